import {
  invite,
  inviteAll,
  type OrganizationInvitationDraft,
  refuseInviter,
  revokeInvitation,
} from '../acts/organization-invitations.ts'
import {
  emailAddress,
  type Field,
  flag,
  type InputOf,
  json,
  list,
  needed,
  nullable,
  number,
  oneOf,
  readFields,
  text,
} from '../kernel/fields.ts'
import { metadata } from '../kernel/metadata.ts'
import type { Asked } from '../kernel/operation.ts'
import {
  invitationStatusOf,
  invitationsOf,
  pendingInvitationsOf,
  verifiedAddressesOf,
} from '../kernel/organizations.ts'
import type { Organization, OrganizationInvitation } from '../kernel/records.ts'
import { backend } from './api.ts'
import { countedPage, newestFirst, orderBy, ordered, pageFields } from './lists.ts'
import { missing, organizationNamed } from './organization-access.ts'
import { userNamed } from './users.ts'
import {
  invitationWithOrganizationView,
  organizationInvitationView,
} from './views/organization-invitation.ts'

const all = '/organizations/{organization_id}/invitations'
const one = `${all}/{invitation_id}`

const draftFields = {
  email_address: emailAddress,
  inviter_user_id: nullable(text()),
  role: text(),
  public_metadata: metadata,
  private_metadata: metadata,
  redirect_url: nullable(text()),
  expires_in_days: nullable(number(1, 365)),
  notify: nullable(flag),
}

const status = list(oneOf(['pending', 'accepted', 'revoked', 'expired']))
const order = { order_by: orderBy(['created_at', 'email_address']) }

const draft: Field<InputOf<typeof draftFields>> = (value, name) =>
  readFields(json(value, name), draftFields)

/** Invitations to organisations, as the owner of the secret key sends them. */
export const organizationInvitationsOperations = [
  backend({
    id: 'CreateOrganizationInvitation',
    method: 'POST',
    path: all,
    takes: draftFields,
    async handle(call) {
      const organization = organizationNamed(call.world, call.path.organization_id)
      const invitation = await invite(call.world, drafted(call, organization, call.input))
      return organizationInvitationView(call.world, invitation)
    },
  }),
  backend({
    id: 'CreateOrganizationInvitationBulk',
    method: 'POST',
    path: `${all}/bulk`,
    takes: { items: list(draft, 10) },
    async handle(call) {
      const { world, path } = call
      const organization = organizationNamed(world, path.organization_id)
      const drafts = needed(call.input.items, 'items')
      const made = await inviteAll(
        world,
        drafts.map((input) => drafted(call, organization, input)),
      )
      const data = made.map((invitation) => organizationInvitationView(world, invitation))
      return { data, total_count: data.length }
    },
  }),
  backend({
    id: 'ListOrganizationInvitations',
    method: 'GET',
    path: all,
    takes: { ...pageFields, ...order, status, email_address: text() },
    handle({ world, path, input, nowMs }) {
      const { id } = organizationNamed(world, path.organization_id)
      const { email_address: address } = input
      const found = invitationsOf(world, id).filter(
        (invitation) =>
          invitation.domainId === null &&
          (input.status?.includes(invitationStatusOf(invitation, nowMs)) ?? true) &&
          (address === undefined || invitation.emailAddress === address.toLowerCase()),
      )
      const sorted = inOrder(found, input)
      return countedPage(sorted, input, (each) => organizationInvitationView(world, each))
    },
  }),
  backend({
    id: 'ListPendingOrganizationInvitations',
    method: 'GET',
    path: `${all}/pending`,
    takes: pageFields,
    handle({ world, path, input }) {
      const { id } = organizationNamed(world, path.organization_id)
      const pending = pendingInvitationsOf(world, id)
      return countedPage(pending, input, (each) => organizationInvitationView(world, each))
    },
  }),
  backend({
    id: 'GetOrganizationInvitation',
    method: 'GET',
    path: one,
    handle: (call) => organizationInvitationView(call.world, named(call).invitation),
  }),
  backend({
    id: 'RevokeOrganizationInvitation',
    method: 'POST',
    path: `${one}/revoke`,
    takes: { requesting_user_id: nullable(text()) },
    handle(call) {
      const { world, input } = call
      const { organization, invitation } = named(call)
      if (input.requesting_user_id) refuseInviter(world, organization, input.requesting_user_id)
      return organizationInvitationView(world, revokeInvitation(world, invitation))
    },
  }),
  backend({
    id: 'ListInstanceOrganizationInvitations',
    method: 'GET',
    path: '/organization_invitations',
    takes: { ...pageFields, ...order, status, query: text() },
    handle({ world, input, nowMs }) {
      const sought = input.query?.trim().toLowerCase() ?? ''
      const found = newestFirst(world.state.organizationInvitations.all()).filter(
        (invitation) =>
          (input.status?.includes(invitationStatusOf(invitation, nowMs)) ?? true) &&
          invitation.emailAddress.includes(sought),
      )
      const sorted = inOrder(found, input)
      return countedPage(sorted, input, (each) => invitationWithOrganizationView(world, each))
    },
  }),
  backend({
    id: 'UsersGetOrganizationInvitations',
    method: 'GET',
    path: '/users/{user_id}/organization_invitations',
    takes: { ...pageFields, status },
    handle({ world, path, input, nowMs }) {
      const addresses = verifiedAddressesOf(world, userNamed(world, path.user_id))
      const found = newestFirst(world.state.organizationInvitations.all()).filter(
        (invitation) =>
          addresses.includes(invitation.emailAddress) &&
          (input.status?.includes(invitationStatusOf(invitation, nowMs)) ?? true),
      )
      return countedPage(found, input, (each) => invitationWithOrganizationView(world, each))
    },
  }),
]

type Call = Pick<Asked, 'world' | 'path' | 'publicOrigin'>

function drafted(
  { publicOrigin }: Call,
  organization: Organization,
  input: InputOf<typeof draftFields>,
): OrganizationInvitationDraft {
  return {
    organization,
    publicOrigin,
    emailAddress: needed(input.email_address, 'email_address'),
    role: needed(input.role, 'role'),
    inviterUserId: input.inviter_user_id ?? null,
    redirectUrl: input.redirect_url,
    publicMetadata: input.public_metadata,
    privateMetadata: input.private_metadata,
    expiresInDays: input.expires_in_days,
    notify: input.notify,
  }
}

function named({ world, path }: Pick<Call, 'world' | 'path'>): {
  readonly organization: Organization
  readonly invitation: OrganizationInvitation
} {
  const organization = organizationNamed(world, path.organization_id)
  const invitation = world.state.organizationInvitations.get(path.invitation_id)
  if (invitation?.organizationId === organization.id) return { organization, invitation }
  throw missing(`No invitation found with id ${path.invitation_id}.`)
}

function inOrder(
  invitations: readonly OrganizationInvitation[],
  { order_by: wanted }: Pick<InputOf<typeof order>, 'order_by'>,
): readonly OrganizationInvitation[] {
  if (wanted === undefined) return invitations
  return ordered(invitations, wanted, (invitation, column) =>
    column === 'created_at' ? invitation.createdAt : invitation.emailAddress,
  )
}
