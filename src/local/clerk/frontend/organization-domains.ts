import {
  attemptAffiliation,
  createDomain,
  deleteDomain,
  prepareAffiliation,
  setEnrollmentMode,
} from '../acts/organization-domains.ts'
import { deletedObject } from '../acts/people.ts'
import { countedPage, pageFields } from '../backend/lists.ts'
import { organizationDomainView } from '../backend/views/organization-domain.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { emailAddress, flag, list, needed, nullable, oneOf, text } from '../kernel/fields.ts'
import { isVerified } from '../kernel/organizations.ts'
import type { Organization, OrganizationDomain } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { memberWith, type OrganizationCall } from './organization-access.ts'

const manage = 'org:sys_domains:manage'
const read = 'org:sys_domains:read'
const domains = '/v1/organizations/{organization_id}/domains'
const modes = [
  'manual_invitation',
  'automatic_invitation',
  'automatic_suggestion',
  'enterprise_sso',
] as const

/** The domains of an organisation, as its members prove them. */
export const organizationDomainsOperations = [
  frontend({
    id: 'CreateOrganizationDomain',
    method: 'POST',
    path: domains,
    takes: { name: text(), enrollment_mode: nullable(oneOf(modes)) },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, manage)
      const domain = createDomain(world, {
        organization,
        name: needed(input.name, 'name'),
        enrollmentMode: enabled(input.enrollment_mode ?? 'manual_invitation'),
        isVerified: false,
      })
      return resource(organizationDomainView(world, domain))
    },
  }),
  frontend({
    id: 'ListOrganizationDomains',
    method: 'GET',
    path: domains,
    takes: { ...pageFields, verified: flag, enrollment_mode: list(oneOf(modes)) },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, read, manage)
      const { verified, enrollment_mode: wanted } = input
      const found = world.state.organizationDomains
        .filter((one) => {
          if (one.organizationId !== organization.id) return false
          if (verified !== undefined && isVerified(one) !== verified) return false
          return wanted?.includes(one.enrollmentMode) ?? true
        })
        .reverse()
      return resource(countedPage(found, input, (one) => organizationDomainView(world, one)))
    },
  }),
  frontend({
    id: 'GetOrganizationDomain',
    method: 'GET',
    path: `${domains}/{domain_id}`,
    handle: (call) => shown(call, domainNamed(call, memberWith(call, read, manage).organization)),
  }),
  frontend({
    id: 'deleteOrganizationDomain',
    method: 'DELETE',
    path: `${domains}/{domain_id}`,
    handle(call) {
      const domain = managed(call)
      deleteDomain(call.world, domain)
      return resource(deletedObject('organization_domain', domain.id))
    },
  }),
  frontend({
    id: 'UpdateOrganizationDomainEnrollmentMode',
    method: 'POST',
    path: `${domains}/{domain_id}/update_enrollment_mode`,
    takes: { enrollment_mode: oneOf(modes), delete_pending: nullable(flag) },
    handle(call) {
      const { world, input } = call
      const domain = managed(call)
      const enrollmentMode = enabled(needed(input.enrollment_mode, 'enrollment_mode'))
      const deletesPending = input.delete_pending ?? false
      return shown(call, setEnrollmentMode(world, domain, { enrollmentMode, deletesPending }))
    },
  }),
  frontend({
    id: 'prepareOrganizationDomainVerification',
    method: 'POST',
    path: `${domains}/{domain_id}/prepare_affiliation_verification`,
    takes: { affiliation_email_address: emailAddress },
    async handle(call) {
      const { user } = memberWith(call, manage)
      const address = needed(call.input.affiliation_email_address, 'affiliation_email_address')
      const to = { emailAddress: address, userId: user.id }
      return shown(call, await prepareAffiliation(call.world, managed(call), to))
    },
  }),
  frontend({
    id: 'attemptOrganizationDomainVerification',
    method: 'POST',
    path: `${domains}/{domain_id}/attempt_affiliation_verification`,
    takes: { code: text(16) },
    async handle(call) {
      const domain = managed(call)
      const code = needed(call.input.code, 'code')
      return shown(call, await attemptAffiliation(call.world, domain, code))
    },
  }),
]

function shown({ world }: OrganizationCall, domain: OrganizationDomain): unknown {
  return resource(organizationDomainView(world, domain))
}

/** The domain in the path, for a member who may manage it. */
function managed(call: OrganizationCall): OrganizationDomain {
  return domainNamed(call, memberWith(call, manage).organization)
}

function domainNamed({ world, path }: OrganizationCall, { id }: Organization): OrganizationDomain {
  const domain = world.state.organizationDomains.get(path.domain_id)
  if (domain?.organizationId === id) return domain
  throw notFound('Organization domain not found')
}

/** Single sign-on needs a connection of an enterprise, and there is none here. */
function enabled(mode: (typeof modes)[number]): OrganizationDomain['enrollmentMode'] {
  if (mode !== 'enterprise_sso') return mode
  throw new Complaint(403, 'organization_domain_enrollment_mode_not_enabled', {
    message: 'organization enrollment mode not enabled',
    longMessage: `Enrollment mode ${mode} is not enabled for this instances's organizations.`,
  })
}
