import { hasMinimum } from '../../kernel/organizations.ts'
import type { Permission, Role } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** A role. Both APIs and the events show it alike. */
export function roleView({ state }: World, role: Role): object {
  const permissions = state.permissions.filter(({ key }) => role.permissions.includes(key))
  return {
    object: 'role',
    id: role.id,
    name: role.name,
    key: role.key,
    description: role.description,
    is_creator_eligible: hasMinimum(role.permissions),
    permissions: permissions.map(permissionView),
    created_at: role.createdAt,
    updated_at: role.updatedAt,
  }
}

/** A permission. Both APIs and the events show it alike. */
export function permissionView(permission: Permission): object {
  const { id, name, key, description, type, createdAt, updatedAt } = permission
  const dates = { created_at: createdAt, updated_at: updatedAt }
  return { object: 'permission', id, name, key, description, type, ...dates }
}
