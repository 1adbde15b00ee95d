import type { Organization } from '@clerk/backend'
import { expect } from 'vitest'
import type { Case, Kit } from './kit.ts'

async function newOrganization({ sdk, ada, word }: Kit): Promise<Organization> {
  const slug = word()
  return sdk.organizations.createOrganization({ name: `Org ${slug}`, slug, createdBy: ada })
}

async function newInvitation(kit: Kit) {
  const { id: organizationId } = await newOrganization(kit)
  const emailAddress = `${kit.word()}@example.com`
  const draft = { organizationId, emailAddress, role: 'org:member' }
  const { id } = await kit.sdk.organizations.createOrganizationInvitation(draft)
  return { organizationId, emailAddress, id }
}

async function newMember(kit: Kit) {
  const { id: organizationId } = await newOrganization(kit)
  const { id: userId } = await kit.person()
  const draft = { organizationId, userId, role: 'org:member' }
  const membership = await kit.sdk.organizations.createOrganizationMembership(draft)
  return { organizationId, userId, membership }
}

async function newDomain(kit: Kit) {
  const { id: organizationId } = await newOrganization(kit)
  const name = `${kit.word()}.com`
  const draft = {
    organizationId,
    name,
    enrollmentMode: 'manual_invitation',
    verified: true,
  } as const
  const { id } = await kit.sdk.organizations.createOrganizationDomain(draft)
  return { organizationId, name, id }
}

async function newRole({ sdk, word }: Kit) {
  const key = `org:${word()}`
  return sdk.organizationRoles.createOrganizationRole({ key, name: key, description: 'a role' })
}

async function newPermission({ sdk, word }: Kit) {
  const key = `org:${word()}:read`
  const draft = { key, name: key, description: 'a permission' }
  return sdk.organizationPermissions.createOrganizationPermission(draft)
}

/** Organisations with their members, invitations, domains, roles and permissions. */
export const organizations: Readonly<Record<string, Case>> = {
  async 'organizations.getOrganizationList'(kit) {
    const { id, name } = await newOrganization(kit)
    const { data } = await kit.sdk.organizations.getOrganizationList({ query: name })
    expect(data.map((one) => one.id)).toEqual([id])
  },
  async 'organizations.createOrganization'(kit) {
    expect(await newOrganization(kit)).toMatchObject({ createdBy: kit.ada })
  },
  async 'organizations.getOrganization'({ sdk, acme }) {
    expect((await sdk.organizations.getOrganization({ slug: 'acme' })).id).toBe(acme)
    const counted = { organizationId: acme, includeMembersCount: true }
    expect((await sdk.organizations.getOrganization(counted)).membersCount).toBeGreaterThan(0)
  },
  async 'organizations.updateOrganization'(kit) {
    const { id } = await newOrganization(kit)
    const updated = await kit.sdk.organizations.updateOrganization(id, { name: 'Other' })
    expect(updated).toMatchObject({ id, name: 'Other' })
  },
  async 'organizations.updateOrganizationMetadata'(kit) {
    const { id } = await newOrganization(kit)
    const changes = { publicMetadata: { a: 1 } }
    const updated = await kit.sdk.organizations.updateOrganizationMetadata(id, changes)
    expect(updated.publicMetadata).toEqual({ a: 1 })
  },
  async 'organizations.replaceOrganizationMetadata'(kit) {
    const { id } = await newOrganization(kit)
    await kit.sdk.organizations.updateOrganizationMetadata(id, { publicMetadata: { a: 1 } })
    const changes = { publicMetadata: { b: 2 } }
    const updated = await kit.sdk.organizations.replaceOrganizationMetadata(id, changes)
    expect(updated.publicMetadata).toEqual({ b: 2 })
  },
  async 'organizations.deleteOrganization'(kit) {
    const { id: organizationId } = await newOrganization(kit)
    await kit.sdk.organizations.deleteOrganization(organizationId)
    const asked = kit.sdk.organizations.getOrganization({ organizationId })
    await expect(asked).rejects.toMatchObject({ status: 404 })
  },
  async 'organizations.getOrganizationMembershipList'(kit) {
    const { organizationId, userId } = await newMember(kit)
    const query = { organizationId, role: ['org:member'] }
    const { data } = await kit.sdk.organizations.getOrganizationMembershipList(query)
    expect(data.map(({ publicUserData }) => publicUserData?.userId)).toEqual([userId])
  },
  async 'organizations.getInstanceOrganizationMembershipList'(kit) {
    await newMember(kit)
    const found = await kit.sdk.organizations.getInstanceOrganizationMembershipList({ limit: 1 })
    expect([found.data.length, found.totalCount > 1]).toEqual([1, true])
  },
  async 'organizations.createOrganizationMembership'(kit) {
    const { membership, organizationId } = await newMember(kit)
    expect(membership).toMatchObject({ role: 'org:member', organization: { id: organizationId } })
  },
  async 'organizations.updateOrganizationMembership'(kit) {
    const { organizationId, userId } = await newMember(kit)
    const change = { organizationId, userId, role: 'org:admin' }
    const updated = await kit.sdk.organizations.updateOrganizationMembership(change)
    expect(updated.role).toBe('org:admin')
  },
  async 'organizations.updateOrganizationMembershipMetadata'(kit) {
    const { organizationId, userId } = await newMember(kit)
    const change = { organizationId, userId, publicMetadata: { a: 1 } }
    const updated = await kit.sdk.organizations.updateOrganizationMembershipMetadata(change)
    expect(updated.publicMetadata).toEqual({ a: 1 })
  },
  async 'organizations.deleteOrganizationMembership'(kit) {
    const { organizationId, userId } = await newMember(kit)
    await kit.sdk.organizations.deleteOrganizationMembership({ organizationId, userId })
    const { data } = await kit.sdk.users.getOrganizationMembershipList({ userId })
    expect(data).toEqual([])
  },
  async 'users.getOrganizationMembershipList'(kit) {
    const { organizationId, userId } = await newMember(kit)
    const { data } = await kit.sdk.users.getOrganizationMembershipList({ userId })
    expect(data.map(({ organization }) => organization.id)).toEqual([organizationId])
  },
  async 'users.getOrganizationInvitationList'(kit) {
    const { id: userId, emailAddresses } = await kit.person()
    const { id: organizationId } = await newOrganization(kit)
    const emailAddress = emailAddresses[0]?.emailAddress ?? ''
    const draft = { organizationId, emailAddress, role: 'org:member' }
    const { id } = await kit.sdk.organizations.createOrganizationInvitation(draft)
    const { data } = await kit.sdk.users.getOrganizationInvitationList({ userId })
    expect(data.map((one) => one.id)).toEqual([id])
  },
  async 'organizations.getOrganizationInvitationList'(kit) {
    const { organizationId, id } = await newInvitation(kit)
    const query = { organizationId, status: ['pending' as const] }
    const { data } = await kit.sdk.organizations.getOrganizationInvitationList(query)
    expect(data.map((one) => one.id)).toEqual([id])
  },
  async 'organizations.createOrganizationInvitation'(kit) {
    const { emailAddress } = await newInvitation(kit)
    expect(kit.clerk.lastMessage(emailAddress).link).toContain('__clerk_ticket=')
  },
  async 'organizations.createOrganizationInvitationBulk'(kit) {
    const { id } = await newOrganization(kit)
    const drafts = [1, 2].map(() => ({
      emailAddress: `${kit.word()}@example.com`,
      role: 'org:member' as const,
      inviterUserId: kit.ada,
    }))
    const made = await kit.sdk.organizations.createOrganizationInvitationBulk(id, drafts)
    expect(JSON.stringify(made)).toContain(drafts[1]?.emailAddress)
  },
  async 'organizations.getOrganizationInvitation'(kit) {
    const { organizationId, id: invitationId, emailAddress } = await newInvitation(kit)
    const wish = { organizationId, invitationId }
    const found = await kit.sdk.organizations.getOrganizationInvitation(wish)
    expect(found.emailAddress).toBe(emailAddress)
  },
  async 'organizations.revokeOrganizationInvitation'(kit) {
    const { organizationId, id: invitationId } = await newInvitation(kit)
    const wish = { organizationId, invitationId, requestingUserId: kit.ada }
    expect((await kit.sdk.organizations.revokeOrganizationInvitation(wish)).status).toBe('revoked')
  },
  async 'organizations.getOrganizationDomainList'(kit) {
    const { organizationId, id } = await newDomain(kit)
    const { data } = await kit.sdk.organizations.getOrganizationDomainList({ organizationId })
    expect(data.map((one) => one.id)).toEqual([id])
  },
  async 'organizations.createOrganizationDomain'(kit) {
    expect((await newDomain(kit)).id).toMatch(/^\w+_/)
  },
  async 'organizations.updateOrganizationDomain'(kit) {
    const { organizationId, id: domainId } = await newDomain(kit)
    const change = { organizationId, domainId, enrollmentMode: 'automatic_invitation' } as const
    const updated = await kit.sdk.organizations.updateOrganizationDomain(change)
    // The client hands it over as it came, whatever its types say.
    expect(updated).toMatchObject({ id: domainId, enrollment_mode: 'automatic_invitation' })
  },
  async 'organizations.deleteOrganizationDomain'(kit) {
    const { organizationId, id: domainId } = await newDomain(kit)
    const gone = await kit.sdk.organizations.deleteOrganizationDomain({ organizationId, domainId })
    expect(gone).toMatchObject({ id: domainId, deleted: true })
  },
  async 'organizationRoles.getOrganizationRoleList'(kit) {
    const { data } = await kit.sdk.organizationRoles.getOrganizationRoleList({ limit: 100 })
    expect(data.map(({ key }) => key)).toContain('org:admin')
  },
  async 'organizationRoles.getOrganizationRole'(kit) {
    const { id, key } = await newRole(kit)
    expect(await kit.sdk.organizationRoles.getOrganizationRole(id)).toMatchObject({ id, key })
  },
  async 'organizationRoles.createOrganizationRole'(kit) {
    expect((await newRole(kit)).id).toMatch(/^role_/)
  },
  async 'organizationRoles.updateOrganizationRole'(kit) {
    const { id: organizationRoleId } = await newRole(kit)
    const change = { organizationRoleId, name: 'Other' }
    expect((await kit.sdk.organizationRoles.updateOrganizationRole(change)).name).toBe('Other')
  },
  async 'organizationRoles.deleteOrganizationRole'(kit) {
    const { id } = await newRole(kit)
    const gone = await kit.sdk.organizationRoles.deleteOrganizationRole(id)
    expect(gone).toMatchObject({ id, deleted: true })
  },
  async 'organizationRoles.assignPermissionToOrganizationRole'(kit) {
    const { id: organizationRoleId } = await newRole(kit)
    const { id: permissionId, key } = await newPermission(kit)
    const wish = { organizationRoleId, permissionId }
    const role = await kit.sdk.organizationRoles.assignPermissionToOrganizationRole(wish)
    expect(role.permissions.map((one) => one.key)).toContain(key)
  },
  async 'organizationRoles.removePermissionFromOrganizationRole'(kit) {
    const { id: organizationRoleId } = await newRole(kit)
    const { id: permissionId, key } = await newPermission(kit)
    const wish = { organizationRoleId, permissionId }
    await kit.sdk.organizationRoles.assignPermissionToOrganizationRole(wish)
    const role = await kit.sdk.organizationRoles.removePermissionFromOrganizationRole(wish)
    expect(role.permissions.map((one) => one.key)).not.toContain(key)
  },
  async 'organizationPermissions.getOrganizationPermissionList'(kit) {
    const { key } = await newPermission(kit)
    const wish = { limit: 100 }
    const { data } = await kit.sdk.organizationPermissions.getOrganizationPermissionList(wish)
    expect(data.map((one) => one.key)).toContain(key)
  },
  async 'organizationPermissions.getOrganizationPermission'(kit) {
    const { id, key } = await newPermission(kit)
    const found = await kit.sdk.organizationPermissions.getOrganizationPermission(id)
    expect(found.key).toBe(key)
  },
  async 'organizationPermissions.createOrganizationPermission'(kit) {
    expect(await newPermission(kit)).toMatchObject({ name: expect.stringMatching(/^org:/) })
  },
  async 'organizationPermissions.updateOrganizationPermission'(kit) {
    const { id: permissionId } = await newPermission(kit)
    const change = { permissionId, name: 'Other' }
    const updated = await kit.sdk.organizationPermissions.updateOrganizationPermission(change)
    expect(updated.name).toBe('Other')
  },
  async 'organizationPermissions.deleteOrganizationPermission'(kit) {
    const { id } = await newPermission(kit)
    const gone = await kit.sdk.organizationPermissions.deleteOrganizationPermission(id)
    expect(gone).toMatchObject({ id, deleted: true })
  },
}
