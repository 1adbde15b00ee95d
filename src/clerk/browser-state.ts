import { createAuthenticateRequest } from '@clerk/backend/internal'
import type { ClerkSettings } from '../config/environment.ts'
import type { BrowserRules } from '../model/browser-sessions.ts'
import type { Moment } from '../model/clock.ts'
import type { PathPattern } from '../model/pattern.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Backend, BackendAnswer } from './backend.ts'
import { afterSetting, setsClerkCookie } from './browser-cookies.ts'
import { isSecretParameter, withoutParameters } from './browser-parameters.ts'
import { readCookies } from './cookies.ts'
import { createHandshakes, forgottenIn, type Handshake, isTexts } from './handshake.ts'
import type { Issuer } from './issuer.ts'
import { pemFor } from './public-pem.ts'
import { type CallForSession, createSessionCalls } from './session-calls.ts'

/** A browser that asks for a page, as Clerk's SDK is to see it. */
export interface BrowserQuestion {
  /** A `GET` of the canonical address, with nothing but Clerk's cookies and what a browser says of itself. */
  readonly request: Request
  readonly rules: BrowserRules
  readonly clientAddress: string | undefined
  readonly moment: Moment
}

/** What became of the session of a browser, and the cookies that it is to take. */
export interface BrowserState {
  /** Where it has to go to find out; `undefined`: it is known. */
  readonly location: string | undefined
  readonly isSignedIn: boolean
  readonly cookies: readonly string[]
}

/** Finds out what became of the session of a browser. It admits nobody: the gateway verifies whatever comes of it. */
export type ReadBrowserState = (question: BrowserQuestion) => Promise<Result<BrowserState, Refusal>>

/** What it takes to ask Clerk. */
export interface BrowserStateParts extends Backend {
  readonly issuer: Issuer
  readonly clerk: ClerkSettings
}

/**
 * Clerk's own decision for a document, by `authenticateRequest` of its SDK. `clerkMiddleware` of @hono/clerk-auth,
 * which wraps the same function, reads the address from what a client writes, redirects API calls too and makes
 * a client for every request, so it is not used. Nothing here goes by the SDK's own way to the network, which waits
 * without a limit and asks again and again: keys come from the key ring, and what Clerk has to be asked is asked here.
 */
export function createBrowserStateReader(parts: BrowserStateParts): ReadBrowserState {
  const callForSession = createSessionCalls(parts)
  const openHandshake = createHandshakes({ issuer: parts.issuer, callForSession })

  return async function readBrowserState(question) {
    const opened = await openHandshake(question)
    if (!opened.ok) return opened
    const { token, forgotten } = opened.value
    const pem = await pemFor(token, parts.issuer, question.moment)
    if (!pem.ok) return pem
    const asked = { ...question, pem: pem.value, callForSession }
    const read = await decide(opened.value, asked, parts.clerk)
    // Whatever signs nobody in is not brought again.
    const over = read.isSignedIn ? forgotten : forgottenIn(question.request)
    return ok({ ...read, cookies: [...new Set([...read.cookies, ...over])] })
  }
}

interface Asked extends BrowserQuestion {
  readonly pem: string
  readonly callForSession: CallForSession
}

/** How often a browser is sent round in the two seconds that Clerk's cookie counts. */
const roundsMax = 3
const roundsCookie = '__clerk_redirect_count'

async function decide(
  { request, directives }: Handshake,
  asked: Asked,
  clerk: ClerkSettings,
): Promise<BrowserState> {
  const { publishableKey = '', secretKey = '', apiUrl } = clerk
  const { authenticateRequest } = createAuthenticateRequest({
    options: { publishableKey, secretKey, apiUrl },
    apiClient: clientFor(directives, asked),
  })
  const { shown, isLast } = counted(request)
  const state = await authenticateRequest(shown, optionsFor(asked, clerk))
  if (state.status === 'handshake' && isLast) {
    // Whose organisation cannot be made active is signed in all the same.
    const isSignedIn = state.reason === 'active-organization-mismatch'
    return { location: undefined, isSignedIn, cookies: [] }
  }
  const location = state.status === 'handshake' ? state.headers.get('location') : null
  return {
    location: location === null ? undefined : withoutToken(location),
    isSignedIn: state.status === 'signed-in',
    cookies: state.headers.getSetCookie().filter(setsClerkCookie),
  }
}

/**
 * The request with a number of rounds that ends no loop in the SDK's eyes, which stops at three and nowhere else, and
 * writes of each loop to the console; and whether this is the last round by our own count.
 */
function counted(request: Request): { readonly shown: Request; readonly isLast: boolean } {
  const cookie = request.headers.get('cookie') ?? ''
  const written = readCookies(cookie).get(roundsCookie)
  if (written === undefined) return { shown: request, isLast: false }
  const rounds = /^\d+$/.test(written) ? Number(written) : 0
  const headers = new Headers(request.headers)
  const line = `${roundsCookie}=${Math.min(rounds, roundsMax - 1)}`
  headers.set('cookie', afterSetting(cookie, [line]))
  return { shown: new Request(request, { headers }), isLast: rounds >= roundsMax }
}

type ApiClient = Parameters<typeof createAuthenticateRequest>[0]['apiClient']

/** Of the client of the Backend API the two calls that the SDK makes of it here. */
function clientFor(directives: readonly string[], asked: Asked): ApiClient {
  const client = {
    clients: { getHandshakePayload: async () => ({ directives }) },
    sessions: {
      refreshSession: (sessionId: string, body: Record<string, unknown>) =>
        refresh(sessionId, body, asked),
    },
  }
  // The SDK's type has every call of the API.
  return client as unknown as ApiClient
}

/** A new session token for an expired one. What fails sends the browser round by the Frontend API instead. */
async function refresh(
  sessionId: string,
  { suffixed_cookies, ...body }: Record<string, unknown>,
  { callForSession, clientAddress }: Asked,
): Promise<{ readonly cookies: readonly string[] }> {
  const query = `suffixed_cookies=${suffixed_cookies === true}`
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}/refresh?${query}`
  const isWorth = (answer: BackendAnswer) => renewedIn(answer) !== undefined
  const subject = sessionId
  const answer = await callForSession({ path, body, subject, clientAddress, isWorth })
  const cookies = answer.ok && answer.value !== undefined ? renewedIn(answer.value) : undefined
  if (cookies !== undefined) return { cookies }
  // The shape of a failure of the SDK's own client.
  throw Object.assign(new Error('No session token'), { errors: [{ code: 'unexpected_error' }] })
}

function renewedIn({ status, body }: BackendAnswer): readonly string[] | undefined {
  const cookies = (body as { cookies?: unknown } | null | undefined)?.cookies
  return status === 200 && isTexts(cookies) ? cookies : undefined
}

function optionsFor({ rules, pem }: Asked, clerk: ClerkSettings) {
  const { proxyUrl, authorizedParties, audiences } = clerk
  const { satellite, signInUrl } = rules
  return {
    jwtKey: pem,
    authorizedParties: [...authorizedParties],
    audience: [...audiences],
    organizationSyncOptions: {
      organizationPatterns: rules.organizationPatterns.flatMap(asPathToRegexp),
      personalAccountPatterns: rules.personalAccountPatterns.flatMap(asPathToRegexp),
    },
    ...(proxyUrl !== undefined && { proxyUrl }),
    ...(signInUrl !== undefined && { signInUrl }),
    ...(satellite !== undefined && {
      isSatellite: true,
      domain: satellite.domain ?? '',
      satelliteAutoSync: satellite.autoSync,
    }),
  }
}

/** The pattern as the SDK's matcher reads it, of a path as it is spelled. */
function asPathToRegexp({ segments, rest }: PathPattern): readonly string[] {
  const parts = segments.map((segment) => {
    if (segment.kind === 'any') return segment.name === undefined ? '([^/]+)' : `:${segment.name}`
    return encodeURIComponent(segment.text).replaceAll(/[^\w%-]/g, String.raw`\$&`)
  })
  const stem = `/${parts.join('/')}`
  return rest ? [stem, `${stem.replace(/\/$/, '')}/(.*)`] : [stem]
}

/** The SDK shows the Frontend API the session token in the address; its cookies say as much and stay out of logs. */
function withoutToken(location: string): string {
  const url = new URL(location)
  url.searchParams.delete('__session')
  const back = url.searchParams.get('redirect_url')
  if (back !== null && URL.canParse(back)) {
    const clean = new URL(back)
    clean.search = withoutParameters(clean.search, isSecretParameter)
    url.searchParams.set('redirect_url', clean.href)
  }
  return url.href
}
