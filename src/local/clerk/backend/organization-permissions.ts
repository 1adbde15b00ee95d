import { deletedObject } from '../acts/people.ts'
import { createPermission, deletePermission, updatePermission } from '../acts/roles.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { type Field, needed, text } from '../kernel/fields.ts'
import type { Permission } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { namedListFields, namedPage } from './named-lists.ts'
import { missing } from './organization-access.ts'
import { permissionView } from './views/role.ts'

const all = '/organization_permissions'
const one = `${all}/{permission_id}`

const key: Field<string> = (value, name) => {
  const isOwn = typeof value === 'string' && !value.startsWith('org:sys_')
  if (isOwn && /^org:[a-z0-9_]{1,60}:[a-z0-9_]{1,60}$/.test(value)) return value
  throw wrongParameter(
    'form_param_format_invalid',
    name,
    `${name} must have the format "org:feature:action" and cannot begin with "org:sys_".`,
  )
}

const fields = { name: text(256), key, description: text() }

/** The permissions of the instance. */
export const organizationPermissionsOperations = [
  backend({
    id: 'ListOrganizationPermissions',
    method: 'GET',
    path: all,
    takes: namedListFields,
    handle: ({ world, input }) => namedPage(world.state.permissions.all(), input, permissionView),
  }),
  backend({
    id: 'CreateOrganizationPermission',
    method: 'POST',
    path: all,
    takes: fields,
    handle({ world, input }) {
      const permission = createPermission(world, {
        name: needed(input.name, 'name'),
        key: needed(input.key, 'key'),
        description: input.description ?? '',
      })
      return permissionView(permission)
    },
  }),
  backend({
    id: 'GetOrganizationPermission',
    method: 'GET',
    path: one,
    handle: ({ world, path }) => permissionView(permissionNamed(world, path.permission_id)),
  }),
  backend({
    id: 'UpdateOrganizationPermission',
    method: 'PATCH',
    path: one,
    takes: fields,
    handle({ world, path, input }) {
      const permission = permissionNamed(world, path.permission_id)
      const updated = updatePermission(world, permission, {
        ...(input.name && { name: input.name }),
        ...(input.key && { key: input.key }),
        ...(input.description !== undefined && { description: input.description }),
      })
      return permissionView(updated)
    },
  }),
  backend({
    id: 'DeleteOrganizationPermission',
    method: 'DELETE',
    path: one,
    handle({ world, path }) {
      const permission = permissionNamed(world, path.permission_id)
      deletePermission(world, permission)
      return deletedObject('permission', permission.id)
    },
  }),
]

/** The permission of this id; 404 for any other. */
export function permissionNamed({ state }: World, id: string | undefined): Permission {
  const permission = state.permissions.get(id)
  if (permission !== undefined) return permission
  throw missing('Organization permission not found')
}
