import { deletedObject } from '../acts/people.ts'
import {
  assignPermission,
  createRole,
  deleteRole,
  removePermission,
  updateRole,
} from '../acts/roles.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { type Field, flag, list, needed, nullable, text } from '../kernel/fields.ts'
import type { Asked } from '../kernel/operation.ts'
import type { Role } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { namedListFields, namedPage } from './named-lists.ts'
import { missing } from './organization-access.ts'
import { permissionNamed } from './organization-permissions.ts'
import { roleView } from './views/role.ts'

const one = '/organization_roles/{organization_role_id}'
const assigned = `${one}/permissions/{permission_id}`

const key: Field<string> = (value, name) => {
  if (typeof value === 'string' && /^org:[a-z0-9_]{1,60}$/.test(value)) return value
  throw wrongParameter(
    'form_param_format_invalid',
    name,
    `${name} must start with 'org:' and contain only lowercase alphanumeric characters and underscores.`,
  )
}

/** The roles of the instance. */
export const organizationRolesOperations = [
  backend({
    id: 'ListOrganizationRoles',
    method: 'GET',
    path: '/organization_roles',
    takes: namedListFields,
    handle: ({ world, input }) =>
      namedPage(world.state.roles.all(), input, (role) => roleView(world, role)),
  }),
  backend({
    id: 'CreateOrganizationRole',
    method: 'POST',
    path: '/organization_roles',
    takes: {
      name: text(256),
      key,
      description: nullable(text()),
      permissions: nullable(list(text())),
      // There is one set of roles, and every role is in it.
      include_in_initial_role_set: nullable(flag),
    },
    handle({ world, input }) {
      const role = createRole(world, {
        name: needed(input.name, 'name'),
        key: needed(input.key, 'key'),
        description: input.description ?? '',
        permissions: keysOf(world, input.permissions ?? []),
      })
      return roleView(world, role)
    },
  }),
  backend({
    id: 'GetOrganizationRole',
    method: 'GET',
    path: one,
    handle: (call) => roleView(call.world, named(call)),
  }),
  backend({
    id: 'UpdateOrganizationRole',
    method: 'PATCH',
    path: one,
    takes: {
      name: nullable(text(256)),
      key: nullable(key),
      description: nullable(text()),
      permissions: nullable(list(text())),
    },
    handle(call) {
      const { world, input } = call
      const { permissions, description } = input
      const updated = updateRole(world, named(call), {
        ...(input.name && { name: input.name }),
        ...(input.key && { key: input.key }),
        ...(description !== undefined && { description: description ?? '' }),
        ...(permissions && { permissions: keysOf(world, permissions) }),
      })
      return roleView(world, updated)
    },
  }),
  backend({
    id: 'DeleteOrganizationRole',
    method: 'DELETE',
    path: one,
    handle(call) {
      const role = named(call)
      deleteRole(call.world, role)
      return deletedObject('role', role.id)
    },
  }),
  backend({
    id: 'AssignPermissionToOrganizationRole',
    method: 'POST',
    path: assigned,
    handle(call) {
      const { world, path } = call
      const permission = permissionNamed(world, path.permission_id)
      return roleView(world, assignPermission(world, named(call), permission))
    },
  }),
  backend({
    id: 'RemovePermissionFromOrganizationRole',
    method: 'DELETE',
    path: assigned,
    handle(call) {
      const { world, path } = call
      const permission = permissionNamed(world, path.permission_id)
      return roleView(world, removePermission(world, named(call), permission))
    },
  }),
]

function named({ world, path }: Pick<Asked, 'world' | 'path'>): Role {
  const role = world.state.roles.get(path.organization_role_id)
  if (role !== undefined) return role
  throw missing('Organization role not found')
}

function keysOf(world: World, ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => permissionNamed(world, id).key))]
}
