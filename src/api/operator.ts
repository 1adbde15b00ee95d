import { type Context, Hono } from 'hono'
import { isOperatorsPlace } from '../model/operator-place.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import { currentBookmark } from '../store/bookmark.ts'
import { isDatabaseFault } from '../store/database-fault.ts'
import { bookmarkHeader, keepBookmark, readBookmark } from './bookmark.ts'
import type { ApiCapabilities } from './capabilities.ts'
import {
  changesRecords,
  type Operation,
  type Operator,
  type RawInput,
  type Reply,
  type Situation,
} from './operation.ts'
import { operations } from './operations.ts'
import { admitOperator } from './operator-admission.ts'
import { type Brought, readInput } from './operator-input.ts'
import { type Room, refused } from './room.ts'

/** What an operation is run with. */
interface Desk {
  readonly capabilities: ApiCapabilities
  readonly operations: readonly Operation[]
}

/**
 * The room of operators: each row of the table is a route of it, and nothing else is. It answers where operators work
 * and nowhere else.
 */
export function createOperatorRoom(
  capabilities: ApiCapabilities,
  table: readonly Operation[] = operations,
): Hono<Room> {
  const room = new Hono<Room>()
  const desk = { capabilities, operations: table }
  room.use(async (c, next) => {
    const { host } = new URL(c.env.call.request.url)
    const isHere = isOperatorsPlace(capabilities.rules.operator, host)
    return isHere ? next() : refused(c, { code: 'route-unknown' })
  })
  for (const row of table) room.on(row.method, row.path, (c) => run(row, c, desk))
  for (const [path, allow] of methodsByPath(table)) {
    room.all(path, (c) => refused(c, { code: 'method-not-allowed', allow }))
  }
  room.notFound((c) => refused(c, { code: 'route-unknown' }))
  room.onError((error) => {
    throw error
  })
  return room
}

function methodsByPath(table: readonly Operation[]): ReadonlyMap<string, readonly string[]> {
  const grouped = Map.groupBy(table, ({ path }) => path)
  return new Map([...grouped].map(([path, rows]) => [path, rows.map(({ method }) => method)]))
}

/** Runs one row: who may, what is missing, what was brought, and only then the row itself. */
async function run(row: Operation, c: Context<Room>, desk: Desk): Promise<Response> {
  const { call } = c.env
  const { capabilities } = desk
  call.moment.note({ surface: row.path })
  const operator = await admitOperator(row.permission, call, capabilities)
  if (!operator.ok) return refused(c, operator.error)
  const missing = missingBinding(row, capabilities)
  if (missing !== undefined) return refused(c, { code: 'binding-missing', binding: missing })
  const brought = await readInput(call.request, c.req.param())
  if (!brought.ok) return refused(c, brought.error)
  const done = await work(row, { c, operator: operator.value, brought: brought.value }, desk)
  if (!done.ok) return refused(c, done.error)
  return answer(c, done.value)
}

function answer(c: Context<Room>, { status, body, etag }: Reply<unknown>): Response {
  c.header('Cache-Control', 'private, no-store')
  c.header('X-Content-Type-Options', 'nosniff')
  if (etag !== undefined) c.header('ETag', `"${etag}"`)
  if (body === undefined) return c.newResponse(null, status ?? 204)
  c.header('Content-Type', 'application/json')
  return c.newResponse(`${JSON.stringify(body)}\n`, status ?? 200)
}

function missingBinding(
  { needs }: Operation,
  { office }: Pick<ApiCapabilities, 'office'>,
): Operation['needs'] {
  const isThere = { QUEUE: office.enqueue !== undefined, SYNC: office.startSync !== undefined }
  return needs === undefined || isThere[needs] ? undefined : needs
}

/** A call that is let in. */
interface Admitted {
  readonly c: Context<Room>
  readonly operator: Operator
  readonly brought: Brought
}

/** An outage of the database is told as one: whoever asks may come again. */
async function work(
  row: Operation,
  admitted: Admitted,
  desk: Desk,
): Promise<Result<Reply<unknown>, Refusal>> {
  const act = changesRecords(row.permission) ? change : read
  try {
    return await act(row, admitted, desk)
  } catch (error) {
    if (!isDatabaseFault(error)) throw error
    return refuse('records-unavailable', { retryAfterSeconds: 5 })
  }
}

/** Reads a copy that knows at least what the caller has seen, unless no copy can be held to what they bring. */
async function read(
  row: Operation,
  admitted: Admitted,
  desk: Desk,
): Promise<Result<Reply<unknown>, Refusal>> {
  const brought = readBookmark(admitted.c)
  try {
    return await readSince(brought, row, { admitted, desk })
  } catch (error) {
    if (brought === undefined || !isDatabaseFault(error)) throw error
    return readSince(undefined, row, { admitted, desk })
  }
}

async function readSince(
  since: string | undefined,
  row: Operation,
  { admitted, desk }: { readonly admitted: Admitted; readonly desk: Desk },
): Promise<Result<Reply<unknown>, Refusal>> {
  const session = await desk.capabilities.openSession(since)
  const done = await row.run(...asked(admitted, session.database, desk))
  const bookmark = session.bookmark()
  if (bookmark !== undefined) admitted.c.header(bookmarkHeader, bookmark)
  return done
}

/**
 * Changes the primary, and reads there too: a copy that is behind would let a change collide with what others did.
 * Whoever made it is told how far the database is now, and events go to those who want to hear of them.
 */
async function change(
  row: Operation,
  admitted: Admitted,
  desk: Desk,
): Promise<Result<Reply<unknown>, Refusal>> {
  const { c } = admitted
  const { office, openSession } = desk.capabilities
  const done = await row.run(...asked(admitted, await office.openDatabase(), desk))
  if (!done.ok) return done
  tellOthers(c, office)
  // The change is made, whether or not it can be said where the database is.
  const finding = openSession('first-primary').then(currentBookmark)
  const bookmark = await finding.catch(() => undefined)
  if (bookmark === undefined) return done
  c.header(bookmarkHeader, bookmark)
  keepBookmark(c, bookmark)
  return done
}

/** Behind the answer: whoever changes something does not wait for those who are told of it. */
function tellOthers(c: Context<Room>, office: ApiCapabilities['office']): void {
  const telling = import('../events/dispatch.ts').then(({ dispatchEvents }) =>
    dispatchEvents(office),
  )
  c.env.call.moment.waitUntil(telling.catch((error) => office.logFault('dispatch', error)))
}

function asked(
  { c, operator, brought }: Admitted,
  database: Situation['database'],
  { capabilities, operations }: Desk,
): [RawInput, Situation] {
  const { call } = c.env
  const { rules, expectations, office: world } = capabilities
  const { ifMatch, mustBeNew, ...raw } = brought
  const { nowMs } = call.moment
  const known = { operator, database, nowMs, ifMatch, mustBeNew, call }
  return [raw, { ...known, world, rules, expectations, operations }]
}
