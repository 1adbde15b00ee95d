import {
  createDomain,
  deleteDomain,
  updateDomain,
  verifyOwnership,
} from '../acts/organization-domains.ts'
import { deletedObject } from '../acts/people.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { type Field, flag, list, needed, nullable, oneOf, text } from '../kernel/fields.ts'
import type { Asked } from '../kernel/operation.ts'
import { isVerified } from '../kernel/organizations.ts'
import type { OrganizationDomain } from '../kernel/records.ts'
import { backend } from './api.ts'
import { countedPage, isAmong, newestFirst, orderBy, ordered, pageFields } from './lists.ts'
import { missing, organizationNamed } from './organization-access.ts'
import { organizationDomainView } from './views/organization-domain.ts'

const all = '/organizations/{organization_id}/domains'
const one = `${all}/{domain_id}`
const modes = ['manual_invitation', 'automatic_invitation', 'automatic_suggestion'] as const

/** Single sign-on needs a connection of an enterprise, and there is none here. */
const mode: Field<(typeof modes)[number]> = (value, name) => {
  if (value !== 'enterprise_sso') return oneOf(modes)(value, name)
  throw new Complaint(403, 'organization_domain_enrollment_mode_not_enabled', {
    message: 'organization enrollment mode not enabled',
    longMessage: `Enrollment mode ${value} is not enabled for this instances's organizations.`,
  })
}

/** Modes to be found, and with a minus sign to be left out; several in one text are separated by commas. */
const wantedModes: Field<readonly string[]> = (value, name) => {
  const texts = list(text())(value, name).flatMap((item) => item.split(','))
  const known = oneOf([...modes, 'enterprise_sso'])
  for (const item of texts) known(item.replace(/^[-+ ]/, ''), name)
  return texts
}

/** The domains of organisations, by the word of the owner of the secret key. */
export const organizationDomainsOperations = [
  backend({
    id: 'CreateOrganizationDomain',
    method: 'POST',
    path: all,
    takes: { name: text(), enrollment_mode: mode, verified: nullable(flag) },
    handle({ world, path, input }) {
      const domain = createDomain(world, {
        organization: organizationNamed(world, path.organization_id),
        name: needed(input.name, 'name'),
        enrollmentMode: input.enrollment_mode,
        isVerified: input.verified ?? true,
      })
      return organizationDomainView(world, domain)
    },
  }),
  backend({
    id: 'ListOrganizationDomains',
    method: 'GET',
    path: all,
    takes: { ...pageFields, verified: flag, enrollment_mode: wantedModes },
    handle({ world, path, input }) {
      const { id } = organizationNamed(world, path.organization_id)
      const found = newestFirst(world.state.organizationDomains.all()).filter(
        (domain) => domain.organizationId === id && isWanted(domain, input),
      )
      return countedPage(found, input, (domain) => organizationDomainView(world, domain))
    },
  }),
  backend({
    id: 'UpdateOrganizationDomain',
    method: 'PATCH',
    path: one,
    takes: { enrollment_mode: nullable(mode), verified: nullable(flag) },
    handle(call) {
      const { enrollment_mode: enrollmentMode, verified } = call.input
      const updated = updateDomain(call.world, named(call), {
        enrollmentMode: enrollmentMode ?? undefined,
        isVerified: verified ?? undefined,
      })
      return organizationDomainView(call.world, updated)
    },
  }),
  backend({
    id: 'DeleteOrganizationDomain',
    method: 'DELETE',
    path: one,
    handle(call) {
      const domain = named(call)
      deleteDomain(call.world, domain)
      return deletedObject('organization_domain', domain.id)
    },
  }),
  backend({
    id: 'VerifyOrganizationDomainOwnership',
    method: 'POST',
    path: `${one}/verify_ownership`,
    handle: (call) => organizationDomainView(call.world, verifyOwnership(call.world, named(call))),
  }),
  backend({
    id: 'ListAllOrganizationDomains',
    method: 'GET',
    path: '/organization_domains',
    takes: {
      ...pageFields,
      organization_id: text(),
      verified: flag,
      enrollment_mode: wantedModes,
      query: text(),
      domains: list(text(), 100),
      order_by: orderBy(['name', 'created_at']),
    },
    handle({ world, input }) {
      const { organization_id: organizationId, query, domains: names, order_by: order } = input
      if (query?.trim() === '') {
        throw wrongParameter('form_param_value_invalid', 'query', 'query must not be empty.')
      }
      const found = newestFirst(world.state.organizationDomains.all()).filter(
        (domain) =>
          (organizationId === undefined || domain.organizationId === organizationId) &&
          (names?.includes(domain.name) ?? true) &&
          isLike(domain, query) &&
          isWanted(domain, input),
      )
      const sorted =
        order === undefined
          ? found
          : ordered(found, order, (domain, column) =>
              column === 'name' ? domain.name : domain.createdAt,
            )
      return countedPage(sorted, input, (domain) => organizationDomainView(world, domain))
    },
  }),
]

function named({ world, path }: Pick<Asked, 'world' | 'path'>): OrganizationDomain {
  const { id } = organizationNamed(world, path.organization_id)
  const domain = world.state.organizationDomains.get(path.domain_id)
  if (domain?.organizationId === id) return domain
  throw missing('Organization domain not found')
}

interface Wanted {
  readonly verified?: boolean | undefined
  readonly enrollment_mode?: readonly string[] | undefined
}

function isWanted(domain: OrganizationDomain, { verified, enrollment_mode }: Wanted): boolean {
  if (verified !== undefined && isVerified(domain) !== verified) return false
  return isAmong([domain.enrollmentMode], enrollment_mode)
}

function isLike({ name, organizationId }: OrganizationDomain, query: string | undefined): boolean {
  if (query === undefined) return true
  return query.startsWith('org_')
    ? organizationId === query
    : name.includes(query.trim().toLowerCase())
}
