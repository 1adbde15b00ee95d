import { verifyJwt } from '@clerk/backend/jwt'
import type { Moment } from '../model/clock.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { type BackendAnswer, retryAfterOf } from './backend.ts'
import { forgetting } from './browser-cookies.ts'
import { withoutParameters } from './browser-parameters.ts'
import { readClient, readCookies, withoutCookies } from './cookies.ts'
import type { Issuer } from './issuer.ts'
import { decodeToken } from './jwt.ts'
import { noPem, pemFor } from './public-pem.ts'
import type { CallForSession } from './session-calls.ts'
import { jwtTypeOf } from './token-type.ts'

const nonceName = '__clerk_handshake_nonce'
const tokenName = '__clerk_handshake'
const nonceShape = /^[\w.~-]{1,512}$/

/** A request with what a handshake came to. */
export interface Handshake {
  /** Without a handshake that came to nothing. */
  readonly request: Request
  /** The `Set-Cookie` lines that a nonce stands for. */
  readonly directives: readonly string[]
  /** The token that will have to be verified first. */
  readonly token: string | undefined
  /** Lines by which the browser forgets what came to nothing. */
  readonly forgotten: readonly string[]
}

/** What it takes to open handshakes. */
export interface HandshakeParts {
  readonly issuer: Issuer
  readonly callForSession: CallForSession
}

interface Bearing {
  readonly request: Request
  readonly clientAddress: string | undefined
  readonly moment: Moment
}

/**
 * Opens what a browser brings back from Clerk: a nonce, whose worth Clerk has to be asked, or a signed token. One that
 * is unknown, used up or of another instance is forgotten, and everything goes on without it; one that Clerk cannot be
 * asked about refuses the request. One that holds a session that does not count comes to nothing too, and not by the
 * SDK, which would write of each to the console.
 */
export function createHandshakes(
  parts: HandshakeParts,
): (bearing: Bearing) => Promise<Result<Handshake, Refusal>> {
  const { callForSession, issuer } = parts

  async function directivesOf(nonce: string, { clientAddress }: Bearing) {
    if (!nonceShape.test(nonce)) return ok(undefined)
    const path = `/v1/clients/handshake_payload?nonce=${nonce}`
    const isWorth = (answer: BackendAnswer) => {
      const read = readPayload(answer)
      return read.ok && read.value !== undefined
    }
    const answer = await callForSession({ path, subject: nonce, clientAddress, isWorth })
    return answer.ok ? readPayload(answer.value) : answer
  }

  /** Whether the SDK will make something of what the browser is to take: a session that counts, or none. */
  async function countsFor(directives: readonly string[], pem: string): Promise<boolean> {
    const session = sessionIn(directives)
    if (!session) return true
    const { authorizedParties, audiences } = issuer
    const demands = { authorizedParties: [...authorizedParties], audience: [...audiences] }
    return verifyJwt(session, { key: pem, ...demands }).then(
      () => true,
      () => false,
    )
  }

  async function withoutHandshake(request: Request, { nowMs }: Moment): Promise<Handshake> {
    const cookie = request.headers.get('cookie') ?? ''
    const { session } = await readClient(cookie, issuer, nowMs)
    return { ...strip(request), directives: [], token: session }
  }

  return async function openHandshake(bearing) {
    const { request, moment } = bearing
    const nonce = brought(request, nonceName)
    if (nonce !== undefined) {
      const directives = await directivesOf(nonce, bearing)
      if (!directives.ok) return directives
      if (directives.value === undefined) return ok(await withoutHandshake(request, moment))
      const session = sessionIn(directives.value)
      const pem = await pemFor(session, issuer, moment)
      if (!pem.ok) return pem
      if (!(await countsFor(directives.value, pem.value))) {
        return ok(await withoutHandshake(request, moment))
      }
      return ok({ request, directives: directives.value, token: session, forgotten: [] })
    }
    const token = brought(request, tokenName)
    const isOne = token !== undefined && mayBeHandshake(token)
    const pem = isOne ? await pemFor(token, issuer, moment) : ok(noPem)
    if (!pem.ok) return pem
    const directives = pem.value === noPem ? undefined : signedDirectives(token)
    if (directives === undefined || !(await countsFor(directives, pem.value))) {
      return ok(await withoutHandshake(request, moment))
    }
    return ok({ request, directives: [], token, forgotten: [] })
  }
}

/** Handshakes are of the category of sessions, and none themselves; the SDK fails altogether on another one. */
function mayBeHandshake(token: string): boolean {
  const decoded = decodeToken(token)
  if (!decoded.ok) return false
  const { payload } = decoded.value
  const type = jwtTypeOf({ ...decoded.value, payload: { ...payload, sid: '' } })
  return type.ok && type.value === 'session_token'
}

/** The lines in a handshake whose signature holds; the SDK takes one without any for signed out. */
function signedDirectives(token: string | undefined): readonly string[] | undefined {
  const decoded = decodeToken(token ?? '')
  const lines = decoded.ok ? (decoded.value.payload.handshake ?? []) : undefined
  return isTexts(lines) ? lines : undefined
}

/** Where the SDK looks for it, in this order. */
function brought(request: Request, name: string): string | undefined {
  const asked = new URL(request.url).searchParams.get(name)
  return asked || readCookies(request.headers.get('cookie') ?? '').get(name) || undefined
}

/** What Clerk says that a nonce stands for; `undefined` where it stands for nothing. */
function readPayload(
  answer: BackendAnswer | undefined,
): Result<readonly string[] | undefined, Refusal> {
  const directives = (answer?.body as { directives?: unknown } | null | undefined)?.directives
  if (answer?.status === 200 && isTexts(directives)) return ok(directives)
  const isUnknown = [400, 404, 410, 422].includes(answer?.status ?? 0)
  if (isUnknown) return ok(undefined)
  return refuse('verification-unavailable', { retryAfterSeconds: retryAfterOf(answer) })
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** The same request as if it had brought nothing. */
function strip(request: Request): Pick<Handshake, 'request' | 'forgotten'> {
  const cookie = request.headers.get('cookie') ?? ''
  const url = new URL(request.url)
  const brings = [...readCookies(cookie).keys()].filter(isHandshake)
  const query = withoutParameters(url.search, isHandshake)
  if (brings.length === 0 && query === url.search) return { request, forgotten: [] }
  url.search = query
  const headers = new Headers(request.headers)
  headers.set('cookie', withoutCookies(cookie, isHandshake) ?? '')
  return { request: new Request(url, { headers }), forgotten: forgottenIn(request) }
}

/** Lines by which a browser forgets every handshake that a request brought in cookies. */
export function forgottenIn(request: Request): readonly string[] {
  const cookie = request.headers.get('cookie') ?? ''
  return [...readCookies(cookie).keys()].filter(isHandshake).map(forgetting)
}

function isHandshake(name: string): boolean {
  return name === nonceName || name === tokenName
}

/** The last one is what the SDK takes. */
function sessionIn(directives: readonly string[]): string | undefined {
  const pair = directives.findLast((line) => line.startsWith('__session'))?.split(';', 1)[0]
  return pair?.slice(pair.indexOf('=') + 1)
}
