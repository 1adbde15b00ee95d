import { administratorRole } from '../store/administrators.ts'
import type { Asked, Operation, Operator } from './operation.ts'

/** Whether someone holds a role themselves, as far as it lets one work as an operator: nobody gives or takes more. */
export function holdsRole(
  operator: Operator,
  { name, permissions }: { readonly name: string; readonly permissions: readonly string[] },
): boolean {
  if (name === administratorRole) return operator.isAdministrator
  return permissions.filter(isReserved).every((permission) => operator.holds(permission))
}

/** Whether someone may give a role to a person, or take it from them: to oneself only administrators do. */
export function mayGrantTo(operator: Operator, userId: string): boolean {
  return operator.isAdministrator || operator.userId !== userId
}

/**
 * Whether someone may say what a role permits: only administrators do so of one that they hold, or that comes to people
 * without anybody's deed. Whoever else could would give themselves whatever an origin asks for.
 */
export function mayDefine(
  name: string,
  { operator, rules }: Pick<Asked<unknown, unknown, unknown>, 'operator' | 'rules'>,
): boolean {
  const ownOrEverybodys = [...operator.roles, rules.defaultRole, ...(rules.roleClaim?.roles ?? [])]
  return operator.isAdministrator || !ownOrEverybodys.includes(name)
}

/** Whether every permission of the reserved names is one that opens something. */
export function knowsPermissions(
  operations: readonly Operation[],
  permissions: readonly string[],
): boolean {
  const known = new Set<string>(operations.map(({ permission }) => permission))
  return permissions.filter(isReserved).every((permission) => known.has(permission))
}

function isReserved(permission: string): boolean {
  return permission.toLowerCase().startsWith('usher.')
}
