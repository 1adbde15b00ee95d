import {
  createOrganization,
  deleteOrganization,
  updateOrganization,
} from '../acts/organizations.ts'
import { deletedObject } from '../acts/people.ts'
import { flag, list, needed, nullable, number, text } from '../kernel/fields.ts'
import { mergeMetadata, metadata } from '../kernel/metadata.ts'
import { membersOf } from '../kernel/organizations.ts'
import type { Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { countedPage, isAmong, orderBy, ordered, pageFields } from './lists.ts'
import { notDone } from './not-done.ts'
import { missing, organizationNamed } from './organization-access.ts'
import { time } from './user-fields.ts'
import { organizationView } from './views/organization.ts'

const one = '/organizations/{organization_id}'
const extras = {
  include_members_count: flag,
  include_missing_member_with_elevated_permissions: flag,
}
const usualOrder = { column: 'created_at', isDescending: true } as const
const maxMemberships = nullable(number(0, 1_000_000))
const bothMetadata = { public_metadata: metadata, private_metadata: metadata }

/** Organisations as the owner of the secret key has them. */
export const organizationsOperations = [
  backend({
    id: 'ListOrganizations',
    method: 'GET',
    path: '/organizations',
    takes: {
      ...extras,
      ...pageFields,
      query: text(),
      user_id: list(text(), 100),
      organization_id: list(text(), 100),
      order_by: orderBy(['name', 'created_at', 'members_count']),
    },
    handle({ world, input }) {
      const { query, user_id: userIds, organization_id: ids, order_by: order = usualOrder } = input
      const found = world.state.organizations.filter((organization) => {
        const members = membersOf(world, organization.id).map(({ userId }) => userId)
        return (
          isAmong(members, userIds) &&
          isAmong([organization.id], ids) &&
          isLike(organization, query)
        )
      })
      const sorted = ordered(found, order, (organization, column) => {
        if (column === 'name') return organization.name.toLowerCase()
        if (column === 'created_at') return organization.createdAt
        return membersOf(world, organization.id).length
      })
      return countedPage(sorted, input, (organization) => shown(world, organization, input))
    },
  }),
  backend({
    id: 'CreateOrganization',
    method: 'POST',
    path: '/organizations',
    takes: {
      ...bothMetadata,
      name: text(),
      created_by: nullable(text()),
      slug: nullable(text()),
      max_allowed_memberships: maxMemberships,
      created_at: nullable(time),
      role_set_key: notDone,
    },
    handle({ world, input }) {
      const { max_allowed_memberships: max, created_at: createdAt } = input
      const organization = createOrganization(world, {
        name: needed(input.name, 'name'),
        createdBy: input.created_by ?? null,
        publicMetadata: input.public_metadata ?? {},
        privateMetadata: input.private_metadata ?? {},
        ...(input.slug && { slug: input.slug }),
        ...(typeof max === 'number' && { maxAllowedMemberships: max }),
        ...(typeof createdAt === 'number' && { createdAt }),
      })
      return organizationView(world, organization)
    },
  }),
  backend({
    id: 'GetOrganization',
    method: 'GET',
    path: one,
    takes: extras,
    handle({ world, path, input }) {
      const { organization_id: name = '' } = path
      const { organizations } = world.state
      const found = organizations.get(name) ?? organizations.find(({ slug }) => slug === name)
      if (found === undefined) throw missing('Given organization not found.')
      return shown(world, found, input)
    },
  }),
  backend({
    id: 'UpdateOrganization',
    method: 'PATCH',
    path: one,
    takes: {
      name: nullable(text()),
      slug: nullable(text()),
      max_allowed_memberships: maxMemberships,
      admin_delete_enabled: nullable(flag),
      created_at: nullable(time),
      role_set_key: notDone,
    },
    handle({ world, path, input }) {
      const { max_allowed_memberships: max, created_at: createdAt } = input
      const { admin_delete_enabled: mayDelete } = input
      const updated = updateOrganization(world, organizationNamed(world, path.organization_id), {
        ...(input.name && { name: input.name }),
        ...(input.slug && { slug: input.slug }),
        ...(typeof max === 'number' && { maxAllowedMemberships: max }),
        ...(typeof mayDelete === 'boolean' && { adminDeleteEnabled: mayDelete }),
        ...(typeof createdAt === 'number' && { createdAt }),
      })
      return organizationView(world, updated)
    },
  }),
  backend({
    id: 'DeleteOrganization',
    method: 'DELETE',
    path: one,
    handle({ world, path }) {
      const organization = organizationNamed(world, path.organization_id)
      deleteOrganization(world, organization)
      return deletedObject('organization', organization.id)
    },
  }),
  backend({
    id: 'MergeOrganizationMetadata',
    method: 'PATCH',
    path: `${one}/metadata`,
    takes: bothMetadata,
    handle({ world, path, input }) {
      const organization = organizationNamed(world, path.organization_id)
      const { publicMetadata, privateMetadata } = organization
      const { public_metadata = {}, private_metadata = {} } = input
      const updated = updateOrganization(world, organization, {
        publicMetadata: mergeMetadata(publicMetadata, public_metadata, 'public_metadata'),
        privateMetadata: mergeMetadata(privateMetadata, private_metadata, 'private_metadata'),
      })
      return organizationView(world, updated)
    },
  }),
  backend({
    id: 'ReplaceOrganizationMetadata',
    method: 'PUT',
    path: `${one}/metadata`,
    takes: bothMetadata,
    handle({ world, path, input }) {
      const organization = organizationNamed(world, path.organization_id)
      const { public_metadata: publicMetadata, private_metadata: privateMetadata } = input
      const updated = updateOrganization(world, organization, {
        ...(publicMetadata && { publicMetadata }),
        ...(privateMetadata && { privateMetadata }),
      })
      return organizationView(world, updated)
    },
  }),
]

interface WantedExtras {
  readonly include_members_count?: boolean | undefined
  readonly include_missing_member_with_elevated_permissions?: boolean | undefined
}

function shown(world: World, organization: Organization, wanted: WantedExtras): object {
  return organizationView(world, organization, {
    membersCount: wanted.include_members_count,
    missingMember: wanted.include_missing_member_with_elevated_permissions,
  })
}

function isLike({ id, name, slug }: Organization, query: string | undefined): boolean {
  if (query === undefined || query === id) return true
  const sought = query.trim().toLowerCase()
  return name.toLowerCase().includes(sought) || slug.includes(sought)
}
