import type { SyncStage } from '../model/mirror.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type BackendAnswer, callBackend, isOverloaded, waitOf } from './backend.ts'
import type { BackendApi } from './client.ts'

/** Which rows of a list, and in which order. */
export interface ListQuery {
  /** In Clerk's spelling: `+created_at`, `-updated_at`. */
  readonly order: string
  /** Only for users in the order of their making: those after this one, whatever comes and goes meanwhile. */
  readonly startingAfter?: string | undefined
  /** Only for users: those made after this time, in milliseconds since the epoch. */
  readonly createdAfter?: number | undefined
  readonly offset?: number | undefined
}

/** A page as Clerk gave it; nothing in its rows was looked at. */
export interface ListedPage {
  readonly rows: readonly unknown[]
  /** Of how many, where the list says it. */
  readonly total: number | null
  readonly isLast: boolean
}

/** Why there is no page. `silent`: nothing that could be used came; `refused`: Clerk will not say another time either. */
export type ListTrouble =
  | { readonly kind: 'overloaded' | 'silent'; readonly retryAfterSeconds: number }
  | { readonly kind: 'refused'; readonly status: number }

/** How many rows are asked for at once, the first that fits. Rows with much metadata have 30 KiB and more. */
const pageRows = [500, 100, 20] as const
const maxBytes = 16 * 1024 * 1024
const limitMs = 20_000

/** Of how many Clerk can be asked at once whether they are there (`user_id`, `organization_id`). */
export const idsMax = 100

const paths: Readonly<Record<SyncStage, string>> = {
  users: '/v1/users',
  organizations: '/v1/organizations',
  memberships: '/v1/organization_memberships',
}

/** Asks Clerk for one page of a list. */
export async function listPage(
  list: SyncStage,
  query: ListQuery,
  api: BackendApi,
): Promise<Result<ListedPage, ListTrouble>> {
  for (const limit of pageRows) {
    const search = new URLSearchParams({ limit: String(limit), order_by: query.order })
    if (query.startingAfter !== undefined) search.set('starting_after', query.startingAfter)
    if (query.createdAfter !== undefined) search.set('created_at_after', String(query.createdAfter))
    if (query.offset) search.set('offset', String(query.offset))
    const answer = await ask(`${paths[list]}?${search}`, api)
    // An answer without a body that could be read is one that was too large.
    if (answer?.status === 200 && answer.body === undefined) continue
    return pageIn(answer, { limit, api })
  }
  return silence(undefined, api)
}

/** Asks Clerk which of these users or organisations there are: at most {@link idsMax}. */
export async function listThese(
  list: 'users' | 'organizations',
  ids: readonly string[],
  api: BackendApi,
): Promise<Result<ListedPage, ListTrouble>> {
  const search = new URLSearchParams({ limit: String(idsMax) })
  const name = list === 'users' ? 'user_id' : 'organization_id'
  for (const id of ids) search.append(name, id)
  return pageIn(await ask(`${paths[list]}?${search}`, api), { limit: idsMax, api })
}

/** Asks Clerk which of these users are members of an organisation; nobody is of one that is not there. */
export async function listMembers(
  organizationId: string,
  userIds: readonly string[],
  api: BackendApi,
): Promise<Result<ListedPage, ListTrouble>> {
  const search = new URLSearchParams({ limit: String(idsMax) })
  for (const id of userIds) search.append('user_id', id)
  const path = `/v1/organizations/${encodeURIComponent(organizationId)}/memberships?${search}`
  const answer = await ask(path, api)
  if (answer?.status === 404) return ok({ rows: [], total: 0, isLast: true })
  return pageIn(answer, { limit: idsMax, api })
}

/** Asks Clerk how many users there are; `null` where it does not say. */
export async function countUsers(api: BackendApi): Promise<number | null> {
  const answer = await ask('/v1/users/count', api)
  return answer?.status === 200 ? totalOf(answer.body) : null
}

function ask(path: string, api: BackendApi): Promise<BackendAnswer | undefined> {
  return callBackend({ path, secretKey: api.secretKey, limitMs, maxBytes }, api)
}

function pageIn(
  answer: BackendAnswer | undefined,
  { limit, api }: { readonly limit: number; readonly api: BackendApi },
): Result<ListedPage, ListTrouble> {
  if (answer === undefined || isOverloaded(answer)) return silence(answer, api)
  const { status, body } = answer
  if (status >= 400 && status < 500 && status !== 408) return err({ kind: 'refused', status })
  const rows = status === 200 ? rowsOf(body) : undefined
  if (rows === undefined) return silence(answer, api)
  return ok({ rows, total: totalOf(body), isLast: rows.length < limit })
}

function silence(
  answer: BackendAnswer | undefined,
  { clock }: BackendApi,
): Result<never, ListTrouble> {
  const kind = isOverloaded(answer) ? 'overloaded' : 'silent'
  return err({ kind, retryAfterSeconds: waitOf(answer, clock.now()) })
}

/** Users come as a bare array, everything else as `data` beside a number. */
function rowsOf(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined
  return Array.isArray(data) ? data : undefined
}

function totalOf(body: unknown): number | null {
  if (typeof body !== 'object' || body === null || !('total_count' in body)) return null
  return typeof body.total_count === 'number' ? body.total_count : null
}
