import { z } from 'zod'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { ok, type Result } from '../../model/result.ts'
import { administratorRole } from '../../store/administrators.ts'
import {
  changeRole,
  createRole,
  findRole,
  listRoles,
  type RoleRow,
  removeRole,
} from '../../store/roles.ts'
import { type Asked, operation, type Reply } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { definableRoleName, description, permissionName, roleName } from '../record-names.ts'
import { etagOf, matchState } from '../record-state.ts'
import { holdsRole, knowsPermissions, mayDefine } from '../role-holding.ts'

const permissionsMax = 200

const role = z.strictObject({
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.string()).readonly(),
})

const named = z.strictObject({ name: roleName })

const content = z.strictObject({
  description: description.default(''),
  permissions: z.array(permissionName).max(permissionsMax),
})

type RoleReply = Result<Reply<z.infer<typeof role>>, Refusal>

/** Usher's own roles: what they are called and what they permit. */
export const roleOperations = [
  operation({
    id: 'roles.list',
    method: 'GET',
    path: '/api/roles',
    permission: 'usher.roles.read',
    summary: "Usher's own roles, by name.",
    shapes: { query: z.strictObject(pageFields), output: pageOf(role) },
    example: { query: { limit: '10' } },
    async handle({ database, query: { cursor, limit } }) {
      const from = readCursor(cursor, ['string'])
      if (!from.ok) return from
      const after = from.value?.[0]
      const place = typeof after === 'string' ? after : undefined
      const rows = await listRoles(database, { after: place, count: limit + 1 })
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf: ({ name }) => [name] }) })
    },
  }),

  operation({
    id: 'roles.get',
    method: 'GET',
    path: '/api/roles/:name',
    permission: 'usher.roles.read',
    summary: 'One role.',
    shapes: { params: named, output: role },
    example: { params: { name: 'user' } },
    async handle({ database, params: { name } }): Promise<RoleReply> {
      const found = await findRole(database, name)
      return found === undefined ? refuse('record-unknown') : ok(await replyOf(found))
    },
  }),

  operation({
    id: 'roles.put',
    method: 'PUT',
    path: '/api/roles/:name',
    permission: 'usher.roles.write',
    summary: 'Makes a role (`If-None-Match: *`), or changes it (`If-Match`).',
    shapes: { params: z.strictObject({ name: definableRoleName }), body: content, output: role },
    example: {
      params: { name: 'support' },
      body: { description: 'Looks after people', permissions: ['usher.users.read'] },
    },
    async handle(asked): Promise<RoleReply> {
      const { name } = asked.params
      const permissions = [...new Set(asked.body.permissions)].sort()
      if (!knowsPermissions(asked.operations, permissions)) return refuse('body-invalid')
      const wanted = { name, description: asked.body.description, permissions }
      const isAllowed = holdsRole(asked.operator, wanted) && mayDefine(name, asked)
      if (!isAllowed) return refuse('permission-missing')
      return asked.mustBeNew ? makeRole(wanted, asked) : replaceRole(wanted, asked)
    },
  }),

  operation({
    id: 'roles.delete',
    method: 'DELETE',
    path: '/api/roles/:name',
    permission: 'usher.roles.write',
    summary: 'Removes a role that nobody holds (`If-Match`).',
    shapes: { params: named },
    example: { params: { name: 'support' } },
    async handle(asked): Promise<Result<Reply<never>, Refusal>> {
      const before = await findMeant(asked)
      if (!before.ok) return before
      const { name } = before.value
      const isKept = [administratorRole, 'user', asked.rules.defaultRole].includes(name)
      if (isKept) return refuse('record-in-use')
      const outcome = await removeRole(asked.database, before.value, deedOf(asked))
      if (outcome === 'in-use') return refuse('record-in-use')
      return outcome === 'removed' ? ok({}) : refuse('precondition-failed')
    },
  }),
]

type Naming = Asked<{ name: string }, unknown, unknown>

async function makeRole(wanted: RoleRow, asked: Naming): Promise<RoleReply> {
  const isMade = await createRole(asked.database, wanted, deedOf(asked))
  return isMade ? ok({ status: 201, ...(await replyOf(wanted)) }) : refuse('record-exists')
}

async function replaceRole(wanted: RoleRow, asked: Naming): Promise<RoleReply> {
  const before = await findMeant(asked)
  if (!before.ok) return before
  const isEqual = JSON.stringify(before.value.permissions) === JSON.stringify(wanted.permissions)
  // What changes nothing is no deed.
  if (isEqual && before.value.description === wanted.description) return ok(await replyOf(wanted))
  // Administrators may do everything as it is: a list would only seem to say what.
  if (wanted.name === administratorRole && !isEqual) return refuse('body-invalid')
  const states = { before: before.value, after: wanted }
  const isChanged = await changeRole(asked.database, states, deedOf(asked))
  return isChanged ? ok(await replyOf(wanted)) : refuse('precondition-failed')
}

/** The role that is meant, in the state that is meant, if whoever asks holds what it permits. */
async function findMeant({
  database,
  params,
  ifMatch,
  operator,
}: Naming): Promise<Result<RoleRow, Refusal>> {
  const found = await findRole(database, params.name)
  if (found === undefined) return refuse('record-unknown')
  const isMeant = matchState(ifMatch, await etagOf(viewOf(found)))
  if (!isMeant.ok) return isMeant
  return holdsRole(operator, found) ? ok(found) : refuse('permission-missing')
}

function deedOf({ operator, nowMs }: Naming) {
  return { by: operator.userId, asked: operator.asked, nowMs }
}

async function replyOf(row: RoleRow) {
  const body = viewOf(row)
  return { body, etag: await etagOf(body) }
}

function viewOf({ name, description, permissions }: RoleRow) {
  return { name, description, permissions }
}
