import { z } from 'zod'
import { ok } from '../../model/result.ts'
import { administratorRole } from '../../store/administrators.ts'
import { listPermittingRoles } from '../../store/roles.ts'
import { type Operation, operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'

const permission = z.strictObject({
  name: z.string(),
  /** What it opens here; nothing for those that only routes ask for. */
  operations: z.array(z.string()),
  roles: z.array(z.string()),
})

/** What can be permitted: what operations ask for, and what roles name beside it for routes. */
export const permissionOperations = [
  operation({
    id: 'permissions.list',
    method: 'GET',
    path: '/api/permissions',
    permission: 'usher.roles.read',
    summary: 'Every permission: what it opens here, and which roles have it.',
    shapes: { query: z.strictObject(pageFields), output: pageOf(permission) },
    example: { query: { limit: '100' } },
    async handle({ database, operations, query: { cursor, limit } }) {
      const from = readCursor(cursor, ['string'])
      if (!from.ok) return from
      const [after = ''] = from.value ?? []
      const roles = await listPermittingRoles(database)
      const opened = Map.groupBy(operations, (row): string => row.permission)
      const held = roles.flatMap((role) => role.permissions.map((name) => [name, role.name]))
      const holders = Map.groupBy(held, ([name = '']) => name)
      const names = [...new Set([...opened.keys(), ...holders.keys()])].sort()
      const rows = names
        .filter((name) => name > after)
        .map((name) => ({
          name,
          operations: idsOf(opened.get(name)),
          roles: rolesOf(holders.get(name), opened.has(name)),
        }))
      return ok({ body: toPage(rows, limit, { view: (row) => row, keysOf: ({ name }) => [name] }) })
    },
  }),
]

function idsOf(rows: readonly Operation[] = []): string[] {
  return rows.map(({ id }) => id)
}

/** Administrators have every one that opens something here. */
function rolesOf(holders: readonly string[][] = [], opensSomething: boolean): string[] {
  const names = holders.flatMap(([, role = '']) => role)
  return [...new Set(opensSomething ? [administratorRole, ...names] : names)].sort()
}
