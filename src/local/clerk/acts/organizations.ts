import { organizationView } from '../backend/views/organization.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import { creatorRole, defaultMaxMemberships } from '../kernel/organizations.ts'
import type { Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { addMember } from './memberships.ts'

export { membershipsOf, permissionsOf } from '../kernel/organizations.ts'
export { makeFirstRoles } from './first-roles.ts'
export { addMember, changeRole, removeMember } from './memberships.ts'
export { acceptInvitation, invite } from './organization-invitations.ts'

/** What may be said of an organisation at first: all but the name has a default. */
export interface OrganizationDraft extends OrganizationChanges {
  readonly id?: string
  readonly name: string
  /** The user who becomes its administrator; it has no member where nobody is named. */
  readonly createdBy?: string | null
}

/** What may be changed of an organisation. */
export type OrganizationChanges = Partial<Omit<Organization, 'id' | 'updatedAt' | 'createdBy'>>

/** Makes an organisation, with whoever made it as its administrator. */
export function createOrganization(world: World, draft: OrganizationDraft): Organization {
  const { state, clock } = world
  const { id = newId('org'), createdBy = null, slug = freeSlug(world, draft.name) } = draft
  refuseUnfit(world, { ...draft, slug })
  if (createdBy !== null && state.users.get(createdBy) === undefined) {
    throw new Complaint(400, 'organization_creator_not_found', {
      message: 'creator not found',
      longMessage: `No users found with id ${createdBy}.`,
    })
  }
  const now = clock.now()
  const organization = state.organizations.put({
    maxAllowedMemberships: defaultMaxMemberships,
    adminDeleteEnabled: true,
    publicMetadata: {},
    privateMetadata: {},
    createdAt: now,
    ...draft,
    id,
    slug,
    createdBy,
    updatedAt: now,
  })
  world.emit('organization.created', organizationView(world, organization))
  if (createdBy !== null) addMember(world, { organization, userId: createdBy, role: creatorRole })
  return organization
}

/** Changes an organisation. */
export function updateOrganization(
  world: World,
  organization: Organization,
  changes: OrganizationChanges,
): Organization {
  refuseUnfit(world, { ...changes, id: organization.id })
  const updatedAt = world.clock.now()
  const updated = world.state.organizations.put({ ...organization, ...changes, updatedAt })
  world.emit('organization.updated', organizationView(world, updated))
  return updated
}

/**
 * Removes an organisation and all that is its own. Only its own event is sent: that Clerk sends one for
 * each membership too is promised nowhere, and whoever listens must not rely on it.
 */
export function deleteOrganization({ state, clock, emit }: World, { id }: Organization): void {
  const tables = [
    state.memberships,
    state.organizationInvitations,
    state.organizationDomains,
    state.membershipRequests,
  ]
  for (const table of tables) {
    for (const record of table.all()) if (record.organizationId === id) table.remove(record.id)
  }
  for (const session of state.sessions.filter((one) => one.lastActiveOrganizationId === id)) {
    state.sessions.put({ ...session, lastActiveOrganizationId: null, updatedAt: clock.now() })
  }
  state.organizations.remove(id)
  emit('organization.deleted', { object: 'organization', id, deleted: true })
}

interface Fitting {
  readonly id?: string
  readonly name?: string
  readonly slug?: string
}

function refuseUnfit({ state }: World, { id, name, slug }: Fitting): void {
  if (name !== undefined) refuseName(name)
  if (slug === undefined) return
  if (!/^[a-z0-9-]{1,256}$/.test(slug)) {
    throw wrongParameter(
      'form_param_format_invalid',
      'slug',
      'slug can only contain lowercase alphanumeric characters and the dash (-).',
    )
  }
  if (state.organizations.find((one) => one.slug === slug && one.id !== id)) {
    throw wrongParameter(
      'form_identifier_exists',
      'slug',
      'That slug is taken. Please try another.',
    )
  }
}

function refuseName(name: string): void {
  if (name.trim() === '') throw wrongParameter('form_param_nil', 'name', 'Enter name.')
  if (name.length > 256) {
    throw wrongParameter(
      'form_param_max_length_exceeded',
      'name',
      'name should not exceed 256 characters.',
    )
  }
  if (/<[^>]*>|https?:|www\./i.test(name)) {
    throw wrongParameter(
      'form_param_value_invalid',
      'name',
      `The organization name "${name}" is invalid: it may not contain URLs or HTML.`,
    )
  }
}

/** A slug made of the name, with the time where somebody has that already. */
function freeSlug({ state, clock }: World, name: string): string {
  const letters = name.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')
  const words = letters.match(/[a-z0-9]+/g) ?? ['organization']
  const plain = words.join('-').slice(0, 200)
  const isFree = (slug: string) => !state.organizations.find((one) => one.slug === slug)
  const candidates = [plain, `${plain}-${Math.floor(clock.now() / 1000)}`]
  return candidates.find(isFree) ?? `${plain}-${newId('org').slice(-8).toLowerCase()}`
}
