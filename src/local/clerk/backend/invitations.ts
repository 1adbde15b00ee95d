import {
  type InvitationDraft,
  inviteToApplication,
  refuseExisting,
  revokeApplicationInvitation,
} from '../acts/invitations.ts'
import { Complaint } from '../kernel/complaint.ts'
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
import { invitationStatusOf } from '../kernel/organizations.ts'
import type { Invitation } from '../kernel/records.ts'
import { backend } from './api.ts'
import { newestFirst, orderBy, ordered, pageAsAsked, paginatedFields } from './lists.ts'
import { missing } from './organization-access.ts'
import { invitationView } from './views/invitation.ts'

const draftFields = {
  email_address: emailAddress,
  public_metadata: metadata,
  redirect_url: nullable(text()),
  notify: nullable(flag),
  ignore_existing: nullable(flag),
  expires_in_days: nullable(number(1, 365)),
  // One message says all there is to say.
  template_slug: nullable(oneOf(['invitation', 'waitlist_invitation'])),
}

const draft: Field<InputOf<typeof draftFields>> = (value, name) =>
  readFields(json(value, name), draftFields)

/** Invitations to the application. */
export const invitationsOperations = [
  backend({
    id: 'CreateInvitation',
    method: 'POST',
    path: '/invitations',
    takes: draftFields,
    async handle({ world, publicOrigin, input }) {
      return invitationView(world, await inviteToApplication(world, drafted(input, publicOrigin)))
    },
  }),
  backend({
    id: 'CreateBulkInvitations',
    method: 'POST',
    path: '/invitations/bulk',
    takes: { items: list(draft, 10) },
    async handle({ world, publicOrigin, input }) {
      const drafts = needed(input.items, 'items').map((one) => drafted(one, publicOrigin))
      const addresses = drafts.map((one) => one.emailAddress)
      if (new Set(addresses).size < addresses.length) throw duplicates()
      // All of them or none.
      for (const one of drafts) if (!one.ignoreExisting) refuseExisting(world, one.emailAddress)
      const made: object[] = []
      for (const one of drafts) {
        made.push(invitationView(world, await inviteToApplication(world, one)))
      }
      return made
    },
  }),
  backend({
    id: 'ListInvitations',
    method: 'GET',
    path: '/invitations',
    takes: {
      ...paginatedFields,
      status: list(oneOf(['pending', 'accepted', 'revoked', 'expired'])),
      query: text(),
      order_by: orderBy(['created_at', 'email_address', 'expires_at']),
    },
    handle({ world, input, nowMs }) {
      const { query, order_by: order } = input
      const statuses: readonly string[] = input.status ?? ['pending', 'accepted', 'expired']
      const sought = query?.trim().toLowerCase() ?? ''
      const found = newestFirst(world.state.invitations.all()).filter(
        (one) =>
          statuses.includes(invitationStatusOf(one, nowMs)) &&
          (one.id === query || one.emailAddress.includes(sought)),
      )
      const sorted =
        order === undefined
          ? found
          : ordered(found, order, (one, column) => {
              if (column === 'email_address') return one.emailAddress
              return column === 'expires_at' ? one.expiresAt : one.createdAt
            })
      return pageAsAsked(sorted, input, (one: Invitation) => invitationView(world, one))
    },
  }),
  backend({
    id: 'RevokeInvitation',
    method: 'POST',
    path: '/invitations/{invitation_id}/revoke',
    handle({ world, path }) {
      const invitation = world.state.invitations.get(path.invitation_id)
      if (invitation === undefined) {
        throw missing(`No invitation was found with id ${path.invitation_id}.`)
      }
      return invitationView(world, revokeApplicationInvitation(world, invitation))
    },
  }),
]

function drafted(input: InputOf<typeof draftFields>, publicOrigin: string): InvitationDraft {
  return {
    publicOrigin,
    emailAddress: needed(input.email_address, 'email_address'),
    redirectUrl: input.redirect_url,
    publicMetadata: input.public_metadata,
    expiresInDays: input.expires_in_days,
    ignoreExisting: input.ignore_existing,
    notify: input.notify,
  }
}

function duplicates(): Complaint {
  return new Complaint(422, 'duplicate_list_items_not_allowed', {
    message: 'duplicate list items not allowed',
    longMessage: 'duplicate list items not allowed: email_address',
  })
}
