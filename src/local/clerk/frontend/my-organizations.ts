import { acceptSuggestion } from '../acts/membership-requests.ts'
import { removeMember } from '../acts/memberships.ts'
import { enroll } from '../acts/organization-domains.ts'
import { acceptInvitation, notPending } from '../acts/organization-invitations.ts'
import { deletedObject } from '../acts/people.ts'
import { countedPage, pageAsAsked, pageFields, paginatedFields } from '../backend/lists.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { list, text } from '../kernel/fields.ts'
import { invitationStatusOf, membershipsOf, verifiedAddressesOf } from '../kernel/organizations.ts'
import type { OrganizationInvitation, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { frontend, resource } from './api.ts'
import { memberWith } from './organization-access.ts'
import { membershipView } from './views/membership.ts'
import { suggestionStatusOf, suggestionView } from './views/membership-request.ts'
import { organizationInvitationView } from './views/organization-invitation.ts'

/** Where users are members, could be, and are no more. */
export const myOrganizationsOperations = [
  frontend({
    id: 'getOrganizationMemberships',
    method: 'GET',
    path: '/v1/me/organization_memberships',
    takes: paginatedFields,
    handle({ world, caller, input }) {
      const all = membershipsOf(world, caller.signedIn().user.id)
      return resource(pageAsAsked(all, input, (one) => membershipView(world, one.membership)))
    },
  }),
  frontend({
    id: 'deleteOrganizationMemberships',
    method: 'DELETE',
    path: '/v1/me/organization_memberships/{organization_id}',
    handle(call) {
      const { membership } = memberWith(call)
      removeMember(call.world, membership)
      return resource(deletedObject('organization_membership', membership.id))
    },
  }),
  frontend({
    id: 'getUsersOrganizationInvitations',
    method: 'GET',
    path: '/v1/me/organization_invitations',
    takes: { ...pageFields, status: list(text()) },
    handle({ world, caller, input, nowMs }) {
      const { user } = caller.signedIn()
      enroll(world, user)
      const found = invitationsFor(world, user).filter(
        (one) => input.status?.includes(invitationStatusOf(one, nowMs)) ?? true,
      )
      return resource(countedPage(found, input, (one) => organizationInvitationView(world, one)))
    },
  }),
  frontend({
    id: 'acceptOrganizationInvitation',
    method: 'POST',
    path: '/v1/me/organization_invitations/{invitation_id}/accept',
    handle({ world, caller, path, nowMs }) {
      const { user } = caller.signedIn()
      const { invitation_id: id } = path
      const invitation = invitationsFor(world, user).find((one) => one.id === id)
      if (invitation === undefined) {
        throw new Complaint(404, 'organization_invitation_not_found', {
          message: 'not found',
          longMessage: `No invitation found with id ${id}.`,
        })
      }
      if (invitationStatusOf(invitation, nowMs) !== 'pending') throw notPending()
      return resource(organizationInvitationView(world, acceptInvitation(world, invitation, user)))
    },
  }),
  frontend({
    id: 'getOrganizationSuggestions',
    method: 'GET',
    path: '/v1/me/organization_suggestions',
    takes: { ...pageFields, status: list(text()) },
    handle({ world, caller, input }) {
      const { user } = caller.signedIn()
      enroll(world, user)
      const found = world.state.membershipRequests
        .filter((one) => {
          if (one.userId !== user.id) return false
          return input.status?.includes(suggestionStatusOf(one)) ?? true
        })
        .reverse()
      return resource(countedPage(found, input, (one) => suggestionView(world, one)))
    },
  }),
  frontend({
    id: 'acceptOrganizationSuggestion',
    method: 'POST',
    path: '/v1/me/organization_suggestions/{suggestion_id}/accept',
    handle({ world, caller, path }) {
      const { user } = caller.signedIn()
      const suggestion = world.state.membershipRequests.get(path.suggestion_id)
      if (suggestion?.userId !== user.id) throw notFound('Organization suggestion not found')
      return resource(suggestionView(world, acceptSuggestion(world, suggestion)))
    },
  }),
  frontend({
    id: 'getOrganizationCreationDefaults',
    method: 'GET',
    path: '/v1/me/organization_creation_defaults',
    handle({ caller }) {
      caller.signedIn()
      // An instance suggests names only where its owner has switched that on.
      return resource({ form: null, advisory: null })
    },
  }),
]

/** The invitations to addresses that the user has proved, the newest first. */
function invitationsFor(world: World, user: User): readonly OrganizationInvitation[] {
  const addresses = verifiedAddressesOf(world, user)
  return world.state.organizationInvitations
    .filter(({ emailAddress }) => addresses.includes(emailAddress))
    .reverse()
}
