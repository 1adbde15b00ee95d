import { localUsers } from '../../../src/local/clerk/users.ts'
import { at, type ClerkBrowser, textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'
import { signInBy, signInWith } from './visitors.ts'

const password = 'member-password-1234'
const role = 'org:member'

interface House {
  readonly tour: Tour
  readonly admin: ClerkBrowser
  readonly organization_id: string
}

/** Founds an organisation, fills it, and closes it. */
export async function visitOrganizations(tour: Tour): Promise<void> {
  const admin = await signInBy(tour.kit, 'grace')
  await tour.frontend(admin, 'getOrganizationCreationDefaults')
  const send = { name: 'Bits & Co', slug: 'bits' }
  const made = await tour.frontend(admin, 'createOrganization', { send })
  const organization_id = textAt(made.response, 'id')
  const house = { tour, admin, organization_id }
  const path = { organization_id }
  await tour.frontend(admin, 'getOrganization', { path })
  await tour.frontend(admin, 'updateOrganization', { path, send: { name: 'Bits' } })
  await tour.frontend(admin, 'ListOrganizationRoles', { path })
  await tour.frontend(admin, 'getOrganizationMemberships', { send: { limit: 10, paginated: true } })
  await visitMembers(house)
  await visitInvitations(house)
  await visitDomains(house)
  await tour.frontend(admin, 'deleteOrganization', { path })
}

async function visitMembers({ tour, admin, organization_id }: House): Promise<void> {
  const path = { organization_id }
  const user_id = localUsers.get('ada')?.id ?? ''
  const named = { ...path, user_id }
  await tour.frontend(admin, 'CreateOrganizationMembership', { path, send: { user_id, role } })
  await tour.frontend(admin, 'ListOrganizationMemberships', {
    ...{ path, send: { limit: 10, paginated: true, query: 'ada', role: [role] } },
  })
  await tour.frontend(admin, 'UpdateOrganizationMembership', {
    ...{ path: named, send: { role: 'org:admin' } },
  })
  await tour.frontend(admin, 'removeOrganizationMember', { path: named })
}

async function visitInvitations({ tour, admin, organization_id }: House): Promise<void> {
  const path = { organization_id }
  const email_address = 'guest@example.com'
  await tour.kit.backend().post('/users', { email_address: [email_address], password })
  await tour.frontend(admin, 'createOrganizationInvitations', {
    ...{ path, send: { email_address, role } },
  })
  const several = { email_address: ['one@example.com', 'two@example.com'], role }
  const bulk = await tour.frontend(admin, 'bulkCreateOrganizationInvitations', {
    ...{ path, send: several },
  })
  await tour.frontend(admin, 'getOrganizationInvitations', {
    ...{ path, send: { status: ['pending'], limit: 10 } },
  })
  await tour.frontend(admin, 'getAllPendingOrganizationInvitations', { path })
  const first = String(at(bulk.body, 'response.0.id') ?? at(bulk.body, 'response.data.0.id'))
  await tour.frontend(admin, 'revokePendingOrganizationInvitation', {
    path: { ...path, invitation_id: first },
  })
  const guest = await signInWith(tour.kit, email_address, password)
  const mine = await tour.frontend(guest, 'getUsersOrganizationInvitations', {
    send: { status: ['pending'], limit: 10 },
  })
  const invitation_id = textAt(mine.response, 'data.0.id')
  await tour.frontend(guest, 'acceptOrganizationInvitation', { path: { invitation_id } })
  await tour.frontend(guest, 'deleteOrganizationMemberships', { path })
}

async function visitDomains({ tour, admin, organization_id }: House): Promise<void> {
  const path = { organization_id }
  const made = await tour.frontend(admin, 'CreateOrganizationDomain', {
    ...{ path, send: { name: 'bits.example' } },
  })
  const named = { ...path, domain_id: textAt(made.response, 'id') }
  await tour.frontend(admin, 'ListOrganizationDomains', { path, send: { limit: 10 } })
  await tour.frontend(admin, 'GetOrganizationDomain', { path: named })
  const affiliation_email_address = 'boss@bits.example'
  await tour.frontend(admin, 'prepareOrganizationDomainVerification', {
    ...{ path: named, send: { affiliation_email_address } },
  })
  await tour.frontend(admin, 'attemptOrganizationDomainVerification', {
    ...{ path: named, send: { code: tour.kit.codeFor(affiliation_email_address) } },
  })
  await tour.frontend(admin, 'UpdateOrganizationDomainEnrollmentMode', {
    ...{ path: named, send: { enrollment_mode: 'automatic_suggestion' } },
  })
  await visitRequests({ tour, admin, organization_id })
  await tour.frontend(admin, 'deleteOrganizationDomain', { path: named })
}

/** Two people of the domain ask to come in: one may, one may not. */
async function visitRequests({ tour, admin, organization_id }: House): Promise<void> {
  const path = { organization_id }
  const operations = ['acceptOrganizationMembershipRequest', 'rejectOrganizationMembershipRequest']
  for (const [index, operation] of operations.entries()) {
    const email = `person${index}@bits.example`
    await tour.kit.backend().post('/users', { email_address: [email], password })
    const person = await signInWith(tour.kit, email, password)
    const suggestions = await tour.frontend(person, 'getOrganizationSuggestions', {
      send: { limit: 10, status: ['pending', 'accepted'] },
    })
    const suggestion_id = textAt(suggestions.response, 'data.0.id')
    await tour.frontend(person, 'acceptOrganizationSuggestion', { path: { suggestion_id } })
    const requests = await tour.frontend(admin, 'listOrganizationMembershipRequests', {
      ...{ path, send: { limit: 10, status: ['pending'] } },
    })
    const request_id = textAt(requests.response, 'data.0.id')
    await tour.frontend(admin, operation, { path: { ...path, request_id } })
  }
}
