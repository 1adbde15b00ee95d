import { permissionView, roleView } from '../backend/views/role.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import {
  creatorRole,
  domainRole,
  hasMinimum,
  invitationStatusOf,
  minimumPermissions,
} from '../kernel/organizations.ts'
import type { Permission, Role } from '../kernel/records.ts'
import type { Table } from '../kernel/table.ts'
import type { World } from '../kernel/world.ts'

/** How many roles an instance may have. */
const maxRoles = 10

/** What is said of a role when it is made; `permissions` are keys. */
export type RoleDraft = Pick<Role, 'key' | 'name' | 'description' | 'permissions'>

/** What is said of a permission when it is made. */
export type PermissionDraft = Pick<Permission, 'key' | 'name' | 'description'>

/** Makes a role. */
export function createRole(world: World, draft: RoleDraft): Role {
  const { state, clock } = world
  refuseTakenRole(world, draft.key)
  if (state.roles.size >= maxRoles) {
    throw new Complaint(403, 'organization_instance_roles_quota_exceeded', {
      message: 'organization roles for instance quota exceeded',
      longMessage: `You have reached your limit of ${maxRoles} organization roles per instance.`,
    })
  }
  const now = clock.now()
  const role = state.roles.put({ ...draft, id: newId('role'), createdAt: now, updatedAt: now })
  world.emit('role.created', roleView(world, role))
  return role
}

/** Changes a role. Whoever has it keeps it under its new key. */
export function updateRole(world: World, role: Role, changes: Partial<RoleDraft>): Role {
  const { state, clock } = world
  const { key = role.key, permissions = role.permissions } = changes
  if (key !== role.key) {
    // The stand-in has no settings in which another creator role could be named.
    if (role.key === creatorRole || role.key === domainRole) throw inUseAsDefault(role)
    refuseTakenRole(world, key)
  }
  if (role.key === creatorRole && !hasMinimum(permissions)) {
    throw new Complaint(422, 'organization_missing_creator_role_permissions', {
      message: 'missing permissions for creator role',
      longMessage: `The creator role must contain the following permissions: ${minimumPermissions.join(', ')}`,
    })
  }
  const updated = state.roles.put({ ...role, ...changes, updatedAt: clock.now() })
  renameRole(state.memberships, role.key, key)
  renameRole(state.organizationInvitations, role.key, key)
  world.emit('role.updated', roleView(world, updated))
  return updated
}

/** Removes a role that nobody has and that nothing depends on. */
export function deleteRole(world: World, role: Role): void {
  const { state, clock } = world
  if (role.key === creatorRole || role.key === domainRole) throw inUseAsDefault(role)
  if (state.memberships.find((one) => one.role === role.key)) {
    throw new Complaint(422, 'organization_role_assigned_members', {
      message: 'role is assigned to organization members',
      longMessage:
        'The organization role is currently assigned to one or more organization members.',
    })
  }
  const now = clock.now()
  const isInvitedTo = state.organizationInvitations.find(
    (one) => one.role === role.key && invitationStatusOf(one, now) === 'pending',
  )
  if (isInvitedTo) {
    throw new Complaint(422, 'organization_role_exists_in_invitations', {
      message: 'role exists in pending organization invitations',
      longMessage:
        'The organization role exists in one or more pending organization invitations. Please revoke these invitations to proceed.',
    })
  }
  state.roles.remove(role.id)
  world.emit('role.deleted', { object: 'role', id: role.id, deleted: true })
}

/** Gives a role one more permission. */
export function assignPermission(world: World, role: Role, { key }: Permission): Role {
  if (!role.permissions.includes(key)) {
    return updateRole(world, role, { permissions: [...role.permissions, key] })
  }
  throw new Complaint(409, 'organization_role_permission_association_exists', {
    message: 'permission already assigned to role',
    longMessage: 'This organization permission is already associated to this organization role.',
  })
}

/** Takes a permission from a role. */
export function removePermission(world: World, role: Role, { key }: Permission): Role {
  const permissions = role.permissions.filter((one) => one !== key)
  if (permissions.length < role.permissions.length) return updateRole(world, role, { permissions })
  throw new Complaint(404, 'resource_not_found', {
    message: 'not found',
    longMessage: 'Organization permission not found',
  })
}

/** Makes a permission. */
export function createPermission(world: World, draft: PermissionDraft): Permission {
  const { state, clock } = world
  refuseTakenPermission(world, draft.key)
  const now = clock.now()
  const dated = { id: newId('perm'), createdAt: now, updatedAt: now }
  const permission = state.permissions.put({ ...draft, ...dated, type: 'user' })
  world.emit('permission.created', permissionView(permission))
  return permission
}

/** Changes a permission that is not Clerk's own. Roles have it under its new key. */
export function updatePermission(
  world: World,
  permission: Permission,
  changes: Partial<PermissionDraft>,
): Permission {
  const { state, clock } = world
  refuseSystem(permission)
  const { key = permission.key } = changes
  if (key !== permission.key) refuseTakenPermission(world, key)
  const updated = state.permissions.put({ ...permission, ...changes, updatedAt: clock.now() })
  for (const role of rolesWith(world, permission)) {
    const permissions = role.permissions.map((one) => (one === permission.key ? key : one))
    state.roles.put({ ...role, permissions })
  }
  world.emit('permission.updated', permissionView(updated))
  return updated
}

/** Removes a permission that is not Clerk's own; no role has it any more. */
export function deletePermission(world: World, permission: Permission): void {
  refuseSystem(permission)
  for (const role of rolesWith(world, permission)) removePermission(world, role, permission)
  world.state.permissions.remove(permission.id)
  const deleted = { object: 'permission', id: permission.id, deleted: true }
  world.emit('permission.deleted', deleted)
}

function rolesWith({ state }: World, { key }: Permission): readonly Role[] {
  return state.roles.filter(({ permissions }) => permissions.includes(key))
}

function renameRole<T extends { readonly id: string; readonly role: string }>(
  table: Table<T>,
  from: string,
  to: string,
): void {
  if (from === to) return
  for (const record of table.filter(({ role }) => role === from)) table.put({ ...record, role: to })
}

function refuseTakenRole({ state }: World, key: string): void {
  if (state.roles.find((role) => role.key === key)) throw taken('key')
}

function refuseTakenPermission({ state }: World, key: string): void {
  if (state.permissions.find((permission) => permission.key === key)) throw taken('key')
}

function taken(name: string): Complaint {
  return wrongParameter(
    'form_identifier_exists',
    name,
    `That ${name} is taken. Please try another.`,
  )
}

function refuseSystem({ type }: Permission): void {
  if (type === 'user') return
  throw new Complaint(403, 'organization_system_permission_not_modifiable', {
    message: 'organization system permission cannot be modified',
    longMessage:
      'This organization permission cannot be modified because it is a system permission.',
  })
}

function inUseAsDefault({ key }: Role): Complaint {
  const [code, use] =
    key === creatorRole
      ? ['organization_role_default_creator_role', 'creator role']
      : ['organization_role_domain_default_role', 'default domain role']
  return new Complaint(422, code ?? '', {
    message: `role is used as the ${use}`,
    longMessage: `The organization role cannot be deleted as it is currently used as the ${use}.`,
  })
}
