import { invitationStatusOf } from '../../kernel/organizations.ts'
import { publicOrganizationData } from '../../kernel/public-data.ts'
import type { OrganizationDomain } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** A domain of an organisation. Both APIs and the events show it alike. */
export function organizationDomainView(world: World, domain: OrganizationDomain): object {
  const organization = world.state.organizations.get(domain.organizationId)
  const affiliation = affiliationView(domain)
  return {
    object: 'organization_domain',
    id: domain.id,
    organization_id: domain.organizationId,
    name: domain.name,
    enrollment_mode: domain.enrollmentMode,
    affiliation_email_address: domain.affiliationEmailAddress,
    affiliation_verification: affiliation,
    ownership_verification: ownershipView(domain),
    // The older name of the same.
    verification: affiliation,
    ...totalsOf(world, domain),
    public_organization_data: organization ? publicOrganizationData(organization) : null,
    created_at: domain.createdAt,
    updated_at: domain.updatedAt,
  }
}

/** The proof that somebody receives mail at the domain. */
function affiliationView({ verification, verifiedAt }: OrganizationDomain): object | null {
  if (verification === null) return null
  const { status, strategy, attempts, expireAt } = verification
  return { status, strategy, attempts, expire_at: expireAt, verified_at: verifiedAt }
}

/** The proof that the domain is the organisation's: the word of the owner of the instance. */
function ownershipView({ ownershipVerifiedAt }: OrganizationDomain): object | null {
  if (ownershipVerifiedAt === null) return null
  const proof = { status: 'verified', strategy: 'manual_override', attempts: null, expire_at: null }
  return { ...proof, verified_at: ownershipVerifiedAt }
}

function totalsOf({ state, clock }: World, { id }: OrganizationDomain): object {
  const now = clock.now()
  const invitations = state.organizationInvitations.filter(
    (one) => one.domainId === id && invitationStatusOf(one, now) === 'pending',
  )
  const suggestions = state.membershipRequests.filter(
    ({ domainId, status }) => domainId === id && status === 'suggested',
  )
  return {
    total_pending_invitations: invitations.length,
    total_pending_suggestions: suggestions.length,
  }
}
