import type { Profile } from '../model/profile.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { type Backend, callBackend, retryAfterOf } from './backend.ts'
import { readProfile, resourceOf } from './resources.ts'

/** How long the Backend API may take while somebody waits for it. */
const limitMs = 3000
/** The same behind a request. */
const limitBehindMs = 5000
/** A user with all their metadata has a few KiB. */
const maxBytes = 256 * 1024

/** Where Clerk's Backend API is, and what opens it. */
export interface BackendApi extends Backend {
  readonly secretKey: string
}

/** Asks Clerk who a user is, behind a request; `undefined` for any failure, including a slow answer. */
export async function fetchUser(userId: string, api: BackendApi): Promise<Profile | undefined> {
  const found = await findUser(userId, api, limitBehindMs)
  return found.ok ? found.value : undefined
}

/**
 * Asks Clerk who a user is (`GET /v1/users/{id}` of its Backend API); `undefined` where they are gone. Refuses with
 * `verification-unavailable` when Clerk does not say.
 */
export async function findUser(
  userId: string,
  api: BackendApi,
  waitMs = limitMs,
): Promise<Result<Profile | undefined, Refusal>> {
  const path = `/v1/users/${encodeURIComponent(userId)}`
  const { secretKey } = api
  const answer = await callBackend({ path, secretKey, limitMs: waitMs, maxBytes }, api)
  if (answer?.status === 404) return ok(undefined)
  const profile = answer?.status === 200 ? readUser(answer.body) : undefined
  return profile === undefined
    ? refuse('verification-unavailable', { retryAfterSeconds: retryAfterOf(answer) })
    : ok(profile)
}

function readUser(value: unknown): Profile | undefined {
  const user = resourceOf(value)
  return typeof user?.id === 'string' ? readProfile(user) : undefined
}
