import { localUsers } from '../../../src/local/clerk/users.ts'
import { at, textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'

const page = { limit: 10, offset: 0 }
const grace = localUsers.get('grace')?.id ?? ''
const ada = localUsers.get('ada')?.id ?? ''

/** Organisations and who is in them, as a server sees them. */
export async function visitServerOrganizations(tour: Tour): Promise<void> {
  const made = await tour.backend('CreateOrganization', {
    send: { name: 'Served', slug: 'served', created_by: grace, public_metadata: { a: 1 } },
  })
  const organization_id = textAt(made.body, 'id')
  const path = { organization_id }
  await tour.backend('ListOrganizations', {
    send: { ...page, query: 'serv', include_members_count: true, order_by: '-created_at' },
  })
  await tour.backend('GetOrganization', { path, send: { include_members_count: true } })
  await tour.backend('UpdateOrganization', { path, send: { name: 'Served well' } })
  await tour.backend('MergeOrganizationMetadata', { path, send: { public_metadata: { b: 2 } } })
  await tour.backend('ReplaceOrganizationMetadata', { path, send: { public_metadata: {} } })
  await visitMemberships(tour, organization_id)
  await visitInvitations(tour, organization_id)
  await visitDomains(tour, organization_id)
  await tour.backend('DeleteOrganization', { path })
}

async function visitMemberships(tour: Tour, organization_id: string): Promise<void> {
  const path = { organization_id }
  const member = { organization_id, user_id: ada }
  await tour.backend('CreateOrganizationMembership', {
    ...{ path, send: { user_id: ada, role: 'org:member' } },
  })
  await tour.backend('ListOrganizationMemberships', { path, send: page })
  await tour.backend('InstanceGetOrganizationMemberships', { send: page })
  await tour.backend('UpdateOrganizationMembership', { path: member, send: { role: 'org:admin' } })
  await tour.backend('UpdateOrganizationMembershipMetadata', {
    ...{ path: member, send: { public_metadata: { seat: 7 } } },
  })
  await tour.backend('DeleteOrganizationMembership', { path: member })
}

async function visitInvitations(tour: Tour, organization_id: string): Promise<void> {
  const path = { organization_id }
  const role = 'org:member'
  const made = await tour.backend('CreateOrganizationInvitation', {
    ...{ path, send: { email_address: 'served-guest@example.com', inviter_user_id: grace, role } },
  })
  await tour.backend('CreateOrganizationInvitationBulk', {
    ...{ path, list: [{ email_address: 'served-two@example.com', role }] },
  })
  await tour.backend('ListOrganizationInvitations', { path, send: { ...page, status: 'pending' } })
  await tour.backend('ListPendingOrganizationInvitations', { path, send: page })
  await tour.backend('ListInstanceOrganizationInvitations', { send: page })
  const named = { ...path, invitation_id: textAt(made.body, 'id') }
  await tour.backend('GetOrganizationInvitation', { path: named })
  await tour.backend('RevokeOrganizationInvitation', {
    ...{ path: named, send: { requesting_user_id: grace } },
  })
}

async function visitDomains(tour: Tour, organization_id: string): Promise<void> {
  const path = { organization_id }
  const made = await tour.backend('CreateOrganizationDomain', {
    ...{ path, send: { name: 'served.example', enrollment_mode: 'manual_invitation' } },
  })
  const named = { ...path, domain_id: textAt(made.body, 'id') }
  await tour.backend('ListOrganizationDomains', { path, send: page })
  await tour.backend('ListAllOrganizationDomains', { send: page })
  await tour.backend('VerifyOrganizationDomainOwnership', { path: named })
  await tour.backend('UpdateOrganizationDomain', { path: named, send: { verified: true } })
  await tour.backend('DeleteOrganizationDomain', { path: named })
}

/** Roles and permissions of organisations. */
export async function visitRoles(tour: Tour): Promise<void> {
  const permission = await tour.backend('CreateOrganizationPermission', {
    send: { name: 'Read pages', key: 'org:pages:read', description: 'May read' },
  })
  const permission_id = textAt(permission.body, 'id')
  await tour.backend('ListOrganizationPermissions', { send: { ...page, query: 'pages' } })
  await tour.backend('GetOrganizationPermission', { path: { permission_id } })
  await tour.backend('UpdateOrganizationPermission', {
    ...{ path: { permission_id }, send: { name: 'Read all pages' } },
  })
  const role = await tour.backend('CreateOrganizationRole', {
    send: { name: 'Reader', key: 'org:reader', description: 'Reads', permissions: [] },
  })
  const organization_role_id = textAt(role.body, 'id')
  const path = { organization_role_id }
  await tour.backend('ListOrganizationRoles', { send: { ...page, query: 'read' } })
  await tour.backend('GetOrganizationRole', { path })
  await tour.backend('UpdateOrganizationRole', { path, send: { name: 'Readers' } })
  const both = { organization_role_id, permission_id }
  await tour.backend('AssignPermissionToOrganizationRole', { path: both })
  await tour.backend('RemovePermissionFromOrganizationRole', { path: both })
  await tour.backend('DeleteOrganizationRole', { path })
  await tour.backend('DeleteOrganizationPermission', { path: { permission_id } })
}

/** Who is asked to come, and who asks to. */
export async function visitInvited(tour: Tour): Promise<void> {
  const made = await tour.backend('CreateInvitation', {
    send: { email_address: 'invited@example.com', public_metadata: { plan: 'a' } },
  })
  await tour.backend('CreateBulkInvitations', { list: [{ email_address: 'many@example.com' }] })
  await tour.backend('ListInvitations', { send: { ...page, status: 'pending' } })
  await tour.backend('RevokeInvitation', { path: { invitation_id: textAt(made.body, 'id') } })
  const first = await tour.backend('CreateWaitlistEntry', {
    send: { email_address: 'waiting@example.com' },
  })
  const several = await tour.backend('CreateBulkWaitlistEntries', {
    list: [{ email_address: 'w1@example.com' }, { email_address: 'w2@example.com' }],
  })
  await tour.backend('ListWaitlistEntries', { send: { ...page, status: 'pending' } })
  const entry = (id: unknown) => ({ path: { waitlist_entry_id: String(id) } })
  await tour.backend('InviteWaitlistEntry', entry(at(first.body, 'id')))
  await tour.backend('RejectWaitlistEntry', entry(at(several.body, '0.id')))
  await tour.backend('DeleteWaitlistEntry', entry(at(several.body, '1.id')))
}
