import { organizationDomainView } from '../backend/views/organization-domain.ts'
import { invitationWithOrganizationView } from '../backend/views/organization-invitation.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import {
  domainRole,
  invitationStatusOf,
  isVerified,
  membershipOf,
  verifiedAddressesOf,
} from '../kernel/organizations.ts'
import type { Organization, OrganizationDomain, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { attempt, begin } from './verifications.ts'

const dayMs = 24 * 60 * 60 * 1000

/** How many domains an organisation may have. */
const maxDomains = 10

/** Where everybody has an address: no organisation's. */
const commonDomains: ReadonlySet<string> = new Set([
  'aol.com',
  'gmail.com',
  'gmx.com',
  'googlemail.com',
  'hotmail.com',
  'icloud.com',
  'live.com',
  'mail.com',
  'me.com',
  'msn.com',
  'outlook.com',
  'proton.me',
  'protonmail.com',
  'yahoo.com',
])

/** What somebody with an address at a domain may do. */
export type EnrollmentMode = OrganizationDomain['enrollmentMode']

/** What is said of a domain when it is made. */
export interface DomainDraft {
  readonly organization: Organization
  readonly name: string
  readonly enrollmentMode?: EnrollmentMode | undefined
  /** The owner of the instance says that it is the organisation's. */
  readonly isVerified: boolean
}

/** Gives an organisation a domain. */
export function createDomain(world: World, draft: DomainDraft): OrganizationDomain {
  const { organization, enrollmentMode = 'manual_invitation' } = draft
  const { state, clock } = world
  const name = draft.name.trim().toLowerCase()
  refuseName(name)
  refuseForeign(world, { name, organizationId: organization.id, isNew: true })
  const own = state.organizationDomains.filter((one) => one.organizationId === organization.id)
  if (own.length >= maxDomains) {
    throw new Complaint(403, 'organization_domain_quota_exceeded', {
      message: 'organization domains quota exceeded',
      longMessage: `You have reached your limit of ${maxDomains} domains per organization.`,
    })
  }
  if (!draft.isVerified) refuseUnproved(enrollmentMode)
  const now = clock.now()
  const domain = state.organizationDomains.put({
    id: newId('orgdmn'),
    organizationId: organization.id,
    name,
    enrollmentMode,
    affiliationEmailAddress: null,
    verification: null,
    verifiedAt: draft.isVerified ? now : null,
    ownershipVerifiedAt: draft.isVerified ? now : null,
    createdAt: now,
    updatedAt: now,
  })
  world.emit('organizationDomain.created', organizationDomainView(world, domain))
  enrollEveryone(world)
  return domain
}

/** What the owner of the instance may change of a domain. */
export interface DomainChanges {
  readonly enrollmentMode?: EnrollmentMode | undefined
  readonly isVerified?: boolean | undefined
}

/** Changes a domain by the word of the owner of the instance, or by a member's where nothing is proved by it. */
export function updateDomain(
  world: World,
  domain: OrganizationDomain,
  changes: DomainChanges,
): OrganizationDomain {
  const { enrollmentMode = domain.enrollmentMode } = changes
  const now = world.clock.now()
  const wasVerified = isVerified(domain)
  const verified = changes.isVerified ?? wasVerified
  if (!verified) refuseUnproved(enrollmentMode)
  if (verified && !wasVerified) refuseForeign(world, { ...domain, isNew: false })
  const proof =
    verified === wasVerified
      ? {}
      : {
          verification: null,
          verifiedAt: verified ? now : null,
          ownershipVerifiedAt: verified ? now : null,
        }
  return change(world, domain, { ...proof, enrollmentMode })
}

/** The word of the owner of the instance that a domain is the organisation's. */
export function verifyOwnership(world: World, domain: OrganizationDomain): OrganizationDomain {
  if (domain.ownershipVerifiedAt !== null) return domain
  refuseForeign(world, { ...domain, isNew: false })
  const now = world.clock.now()
  const verifiedAt = domain.verifiedAt ?? now
  return change(world, domain, { verifiedAt, ownershipVerifiedAt: now })
}

/** Says what people with an address there may do; `deletesPending` takes back what the domain has offered. */
export function setEnrollmentMode(
  world: World,
  domain: OrganizationDomain,
  mode: { readonly enrollmentMode: EnrollmentMode; readonly deletesPending: boolean },
): OrganizationDomain {
  if (mode.deletesPending) withdraw(world, domain)
  return updateDomain(world, domain, { enrollmentMode: mode.enrollmentMode })
}

/** Sends a code to an address at the domain. */
export async function prepareAffiliation(
  world: World,
  domain: OrganizationDomain,
  { emailAddress, userId }: { readonly emailAddress: string; readonly userId: string },
): Promise<OrganizationDomain> {
  if (!emailAddress.endsWith(`@${domain.name}`)) {
    throw wrongParameter(
      'organization_domain_mismatch',
      'affiliation_email_address',
      "The provided email address doesn't match the organization domain name.",
    )
  }
  const strategy = 'affiliation_email_code'
  const verification = await begin(world, { strategy, channel: 'email', to: emailAddress, userId })
  return change(world, domain, { affiliationEmailAddress: emailAddress, verification })
}

/** Tries the code that was sent there. */
export async function attemptAffiliation(
  world: World,
  domain: OrganizationDomain,
  code: string,
): Promise<OrganizationDomain> {
  refuseForeign(world, { ...domain, isNew: false })
  const { organizationDomains } = world.state
  const verification = await attempt(world, domain.verification, {
    code,
    save: (tried) => void organizationDomains.put({ ...domain, verification: tried }),
  })
  return change(world, domain, { verification, verifiedAt: world.clock.now() })
}

/** Takes a domain away, and what it has offered. */
export function deleteDomain(world: World, domain: OrganizationDomain): void {
  withdraw(world, domain)
  world.state.organizationDomains.remove(domain.id)
  const deleted = { object: 'organization_domain', id: domain.id, deleted: true }
  world.emit('organizationDomain.deleted', deleted)
}

/** Offers a user what the domains of the user's addresses offer, once. */
export function enroll(world: World, user: User): void {
  const names = verifiedAddressesOf(world, user).map((address) => ({
    address,
    name: address.slice(address.lastIndexOf('@') + 1),
  }))
  for (const domain of world.state.organizationDomains.filter(isVerified)) {
    const address = names.find(({ name }) => name === domain.name)?.address
    const isMember = membershipOf(world, domain.organizationId, user.id) !== undefined
    if (address !== undefined && !isMember) offer(world, domain, { user, address })
  }
}

function enrollEveryone(world: World): void {
  for (const user of world.state.users.all()) enroll(world, user)
}

function offer(
  world: World,
  domain: OrganizationDomain,
  { user, address }: { readonly user: User; readonly address: string },
): void {
  const { state, clock } = world
  const now = clock.now()
  const dated = { createdAt: now, updatedAt: now }
  const { id: domainId, organizationId, enrollmentMode } = domain
  if (enrollmentMode === 'automatic_suggestion') {
    const known = state.membershipRequests.find(
      (one) => one.organizationId === organizationId && one.userId === user.id,
    )
    if (known !== undefined) return
    const suggestion = { organizationId, userId: user.id, domainId, status: 'suggested' } as const
    state.membershipRequests.put({ ...suggestion, ...dated, id: newId('orgsug') })
  }
  if (enrollmentMode === 'automatic_invitation') {
    const known = state.organizationInvitations.find(
      (one) => one.organizationId === organizationId && one.emailAddress === address,
    )
    if (known !== undefined && known.status !== 'revoked') return
    const invitation = state.organizationInvitations.put({
      ...dated,
      id: newId('orginv'),
      organizationId,
      domainId,
      emailAddress: address,
      role: domainRole,
      status: 'pending',
      inviterUserId: null,
      redirectUrl: null,
      publicMetadata: {},
      privateMetadata: {},
      expiresAt: now + 30 * dayMs,
      userId: null,
      url: null,
      ticketDigest: null,
    })
    const view = invitationWithOrganizationView(world, invitation)
    world.emit('organizationInvitation.created', view)
  }
}

/** Takes back what a domain has offered and nobody has taken. */
function withdraw({ state, clock }: World, { id }: OrganizationDomain): void {
  const now = clock.now()
  const invitations = state.organizationInvitations.filter((one) => one.domainId === id)
  for (const one of invitations) {
    if (invitationStatusOf(one, now) === 'pending') state.organizationInvitations.remove(one.id)
  }
  const requests = state.membershipRequests.filter((one) => one.domainId === id)
  for (const one of requests) {
    if (one.status === 'suggested') state.membershipRequests.remove(one.id)
  }
}

function change(
  world: World,
  domain: OrganizationDomain,
  changes: Partial<OrganizationDomain>,
): OrganizationDomain {
  const updatedAt = world.clock.now()
  const updated = world.state.organizationDomains.put({ ...domain, ...changes, updatedAt })
  world.emit('organizationDomain.updated', organizationDomainView(world, updated))
  enrollEveryone(world)
  return world.state.organizationDomains.get(domain.id) ?? updated
}

function refuseName(name: string): void {
  if (!/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(name)) {
    throw wrongParameter('form_param_format_invalid', 'name', 'name must be a valid domain name.')
  }
  if (commonDomains.has(name)) {
    throw wrongParameter(
      'organization_domain_common',
      'name',
      'This is a common email provider domain. Please use a different one.',
    )
  }
}

interface Claimed {
  readonly name: string
  readonly organizationId: string
  readonly isNew: boolean
}

/** Nobody has a domain twice, nor one that another organisation has proved to be its own. */
function refuseForeign({ state }: World, { name, organizationId, isNew }: Claimed): void {
  const taken = state.organizationDomains.find((one) => {
    if (one.name !== name) return false
    return one.organizationId === organizationId ? isNew : isVerified(one)
  })
  if (taken === undefined) return
  throw wrongParameter(
    'organization_domain_already_exists',
    'name',
    'This domain is already used by another organization.',
  )
}

/** Only a domain that was proved offers anything by itself. */
function refuseUnproved(mode: EnrollmentMode): void {
  if (mode === 'manual_invitation') return
  throw wrongParameter(
    'form_verification_needed',
    'enrollment_mode',
    'This domain needs to be verified before you can perform this action.',
  )
}
