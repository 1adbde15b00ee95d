import { sessionEnds } from '../model/mirror.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { type BackendCall, callBackend, retryAfterOf } from './backend.ts'
import type { BackendApi } from './client.ts'
import type { ClerkEvent } from './webhook-changes.ts'

/** How long Clerk may take to do something while somebody waits for it. */
const limitMs = 5000
/** A user with all their metadata, or a page of sessions. */
const maxBytes = 512 * 1024
/** How long to wait where nobody can be asked before somebody sets a key. */
const keylessWaitSeconds = 60

/** Something that is done at Clerk; `undefined` as `api` is a gateway without a secret key. */
type Deed<Subject> = (
  subject: Subject,
  api: BackendApi | undefined,
) => Promise<Result<ClerkEvent, Refusal>>

/** Bans a user (`POST /v1/users/{id}/ban`): every session of theirs is revoked, and none can be made. */
export const banUser: Deed<string> = async (userId, api) => {
  return userAfter(await act({ path: `${pathOf('users', userId)}/ban`, body: {} }, api), api)
}

/** Lets a user in again (`POST /v1/users/{id}/unban`). */
export const unbanUser: Deed<string> = async (userId, api) => {
  return userAfter(await act({ path: `${pathOf('users', userId)}/unban`, body: {} }, api), api)
}

/** Deletes a user (`DELETE /v1/users/{id}`). One whom Clerk does not know is `record-unknown`. */
export const deleteUser: Deed<string> = async (userId, api) => {
  const done = await act({ path: pathOf('users', userId), method: 'DELETE' }, api)
  return done.ok ? ok(userDeleted(userId, api?.clock.now() ?? 0)) : done
}

/** What Clerk tells of a user who is deleted. */
export function userDeleted(userId: string, toldAtMs: number): ClerkEvent {
  return { type: 'user.deleted', data: { id: userId, deleted: true }, toldAtMs }
}

/** Revokes a session (`POST /v1/sessions/{id}/revoke`). One that is over stays as it is. */
export const revokeSession: Deed<string> = async (sessionId, api) => {
  const done = await act({ path: `${pathOf('sessions', sessionId)}/revoke`, body: {} }, api)
  if (!done.ok) return done
  const session = recordOf(done.value)
  const { status } = session
  // One that had ended by itself was not revoked.
  const hadEnded = typeof status === 'string' && status !== 'revoked' && sessionEnds.has(status)
  return ok(told(hadEnded ? 'session.ended' : 'session.revoked', session, api))
}

/** A session (`GET /v1/sessions/{id}`), as Clerk tells of it. One that it does not know is `record-unknown`. */
export async function findSession(
  sessionId: string,
  api: BackendApi | undefined,
): Promise<Result<Readonly<Record<string, unknown>>, Refusal>> {
  const found = await act({ path: pathOf('sessions', sessionId) }, api)
  return found.ok ? ok(recordOf(found.value)) : found
}

/** Which sessions of a user: `limit` of them from `offset` on, the newest first. */
export interface SessionsQuery {
  readonly userId: string
  readonly status?: 'active' | undefined
  readonly offset: number
  readonly limit: number
}

/** The sessions of a user (`GET /v1/sessions`), as Clerk tells of them. */
export async function listSessions(
  { userId, status, offset, limit }: SessionsQuery,
  api: BackendApi | undefined,
): Promise<Result<readonly Readonly<Record<string, unknown>>[], Refusal>> {
  const query = new URLSearchParams({ user_id: userId, offset: `${offset}`, limit: `${limit}` })
  if (status !== undefined) query.set('status', status)
  const listed = await act({ path: `/v1/sessions?${query}` }, api)
  if (!listed.ok) return listed
  if (!Array.isArray(listed.value)) return refuse('clerk-unavailable', { retryAfterSeconds: 5 })
  return ok(listed.value.map(recordOf))
}

/** What of a user's `public_metadata` is to be how. What is not named stays as it is. */
export interface MetadataChange {
  readonly userId: string
  readonly publicMetadata: Readonly<Record<string, unknown>>
}

/** Merges something into a user's `public_metadata` (`PATCH /v1/users/{id}/metadata`). */
export const mergeMetadata: Deed<MetadataChange> = async ({ userId, publicMetadata }, api) => {
  const path = `${pathOf('users', userId)}/metadata`
  const body = { public_metadata: publicMetadata }
  return userAfter(await act({ path, method: 'PATCH', body }, api), api)
}

/** What Clerk answers to a change of a user is what its webhook will say, and says it sooner. */
function userAfter(
  done: Result<unknown, Refusal>,
  api: BackendApi | undefined,
): Result<ClerkEvent, Refusal> {
  return done.ok ? ok(told('user.updated', recordOf(done.value), api)) : done
}

function told(type: string, data: ClerkEvent['data'], api: BackendApi | undefined): ClerkEvent {
  return { type, data, toldAtMs: api?.clock.now() ?? 0 }
}

type Call = Pick<BackendCall, 'path' | 'body' | 'method'>

/**
 * Asks Clerk to do something. `record-unknown` where it knows of no such thing, `clerk-refused` where it will not,
 * `clerk-unavailable` where nobody can say whether it was done.
 */
async function act(call: Call, api: BackendApi | undefined): Promise<Result<unknown, Refusal>> {
  if (api === undefined) {
    return refuse('clerk-unavailable', { retryAfterSeconds: keylessWaitSeconds })
  }
  const answer = await callBackend({ ...call, secretKey: api.secretKey, limitMs, maxBytes }, api)
  const status = answer?.status ?? 0
  if (status >= 200 && status < 300) return ok(answer?.body)
  if (status === 404) return refuse('record-unknown')
  if (status >= 400 && status < 500 && status !== 429) return refuse('clerk-refused')
  return refuse('clerk-unavailable', { retryAfterSeconds: retryAfterOf(answer) })
}

function pathOf(kind: 'users' | 'sessions', id: string): string {
  return `/v1/${kind}/${encodeURIComponent(id)}`
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isRecord ? (value as Readonly<Record<string, unknown>>) : {}
}
