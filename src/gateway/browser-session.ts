import { afterSetting, onlyClerkCookies } from '../clerk/browser-cookies.ts'
import {
  clerkParametersIn,
  isClerkParameter,
  isSecretParameter,
  isTicketParameter,
  type Parameters,
  withoutParameters,
  withQuery,
} from '../clerk/browser-parameters.ts'
import type { BrowserState, ReadBrowserState } from '../clerk/browser-state.ts'
import { readClient, readCookies, withoutCookies } from '../clerk/cookies.ts'
import type { Asking } from '../model/asking.ts'
import type { BrowserRules } from '../model/browser-sessions.ts'
import { signedIn } from '../model/condition.ts'
import { isWebSocket } from '../model/headers.ts'
import { sessionsAlone } from '../model/principal.ts'
import { originAlone } from '../model/referrer.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'
import { type Authority, authenticate } from './authenticate.ts'
import { isInDoubt, isStale, type Seen } from './browser-doubt.ts'
import { ReadHeaders } from './read-headers.ts'

/** A request of a route for browsers, once it is known what became of its session. */
export interface Attended {
  /** The request as everything behind sees it: without Clerk's parameters, and with the cookies as they are now. */
  readonly asking: Asking
  /** `Set-Cookie` lines for the answer, whatever it is. */
  readonly cookies: readonly string[]
  /** Where the browser is sent instead of an answer. */
  readonly location: string | undefined
  /** What a sign-in page is to be shown of the query: the ticket of an invitation. */
  readonly ticket: Parameters
}

/** A request of a route for browsers, as it came. */
export interface Arriving {
  readonly asking: Asking
  readonly route: Pick<Route, 'carriers' | 'cookieAzp'>
  readonly rules: BrowserRules
}

/** Looks after the session of a browser before anybody is admitted. It admits nobody itself. */
export type AttendBrowser = (arriving: Arriving) => Promise<Result<Attended, Refusal>>

/** What it takes to attend browsers. */
export interface Attendance {
  readonly authority: Authority
  readonly readState: ReadBrowserState
}

/**
 * Attends browsers. Clerk is asked only for documents, and only where what the browser shows is in doubt; the answer
 * is cookies, which the gateway then verifies like any others. Calls of scripts are never sent anywhere.
 */
export function createAttendant({ authority, readState }: Attendance): AttendBrowser {
  const { issuer } = authority

  async function look({ asking, route }: Arriving, parameters: Parameters): Promise<Seen> {
    const { headers, moment, target } = asking
    const { cookieAzp } = route
    const verified = await authenticate(asking, { ...cookieAlone, cookieAzp }, authority)
    const cookie = headers.get('cookie') ?? ''
    const isProduction = issuer.isProduction ?? false
    return {
      verified: verified.ok ? ok(verified.value.principal) : verified,
      client: await readClient(cookie, issuer, moment.nowMs),
      cookies: readCookies(cookie),
      parameters: believed(parameters, { isProduction, parties: issuer.authorizedParties }),
      segments: target.segments,
      referrer: headers.get('referer'),
      isProduction,
    }
  }

  /** What became of the session: as it is shown, or as Clerk says. */
  async function settle(
    { asking, rules }: Arriving,
    seen: Seen,
  ): Promise<Result<BrowserState, Refusal>> {
    const isDocument = asksForDocument(asking)
    // Only a document finds out who is here now. Anything else must not pass for nobody's.
    if (!isDocument && isStale(seen)) return refuse('token-expired')
    if (!isDocument || !isInDoubt(seen, rules)) {
      return ok({ isSignedIn: seen.verified.ok, cookies: [], location: undefined })
    }
    const { moment, clientAddress } = asking
    const request = requestFor(asking, seen.parameters, rules)
    return readState({ request, rules, clientAddress, moment })
  }

  return async function attendBrowser(arriving) {
    const { asking, route } = arriving
    const parameters = clerkParametersIn(asking.target.query)
    const inside = parameters.length === 0 ? asking : withoutClerks(asking)
    const ticket = parameters.filter(([name]) => isTicketParameter(name))
    if (!countsByCookie(asking, route)) {
      return ok({ asking: inside, cookies: [], location: undefined, ticket })
    }
    const seen = await look({ ...arriving, asking: inside }, parameters)
    const settled = await settle({ ...arriving, asking: inside }, seen)
    if (!settled.ok) return settled
    const { cookies, isSignedIn } = settled.value
    const location = settled.value.location ?? cleanAddress(arriving, isSignedIn)
    const isOver = isStale(seen) && !isSignedIn
    return ok({ asking: withCookies(inside, cookies, isOver), cookies, location, ticket })
  }
}

const cookieAlone = {
  access: signedIn,
  accepts: sessionsAlone,
  carriers: ['cookie'],
  revocation: 'token',
  tellsFacts: false,
} as const

/** Whether the cookie would decide, if there is one: whoever shows a credential in a header is no browser. */
function countsByCookie({ headers }: Asking, { carriers }: Arriving['route']): boolean {
  const isShown = (one: string) => one.startsWith('x-') && headers.has(one)
  return !headers.has('authorization') && !isWebSocket(headers) && !carriers.some(isShown)
}

/** Whether a browser asks for a page: only such a request may be sent elsewhere, and only by `GET`. */
function asksForDocument({ method, headers }: Asking): boolean {
  if (method !== 'GET') return false
  const destination = headers.get('sec-fetch-dest')
  if (destination !== null) return destination === 'document'
  return headers.get('accept')?.trimStart().toLowerCase().startsWith('text/html') ?? false
}

/**
 * Of Clerk's parameters those that may count. A production instance brings handshakes in cookies alone: one in an
 * address would sign a browser in as whoever made the link. Where an instance in development sends a browser back
 * with a token in the address, that must be to a page of this instance.
 */
function believed(
  parameters: Parameters,
  {
    isProduction,
    parties,
  }: { readonly isProduction: boolean; readonly parties: readonly string[] },
): Parameters {
  return parameters.filter(([name, value]) => {
    if (name === '__clerk_redirect_url') {
      return !isProduction && URL.canParse(value) && parties.includes(new URL(value).origin)
    }
    return name === '__clerk_synced' || (!isProduction && isSecretParameter(name))
  })
}

/** The request as Clerk's SDK is to see it: nothing in it says by which host or address it came. */
function requestFor(
  { target, headers }: Asking,
  parameters: Parameters,
  rules: BrowserRules,
): Request {
  const url = new URL(`${rules.origin}${target.path}${target.query}`)
  for (const [name, value] of parameters) url.searchParams.append(name, value)
  const shown = new Headers()
  for (const name of ['accept', 'sec-fetch-dest', 'user-agent']) {
    const value = headers.get(name)
    if (value !== null) shown.set(name, value)
  }
  const referrer = originAlone(headers.get('referer'))
  if (referrer !== undefined) shown.set('referer', referrer)
  const cookies = onlyClerkCookies(headers.get('cookie') ?? '')
  if (cookies !== undefined) shown.set('cookie', cookies)
  return new Request(url, { headers: shown })
}

/** The address without what of Clerk's parameters has done its work; `undefined`: it stays as it is. */
function cleanAddress({ asking, rules }: Arriving, isSignedIn: boolean): string | undefined {
  const { path, query } = asking.target
  // It says that a satellite need not ask again, so it stays for whoever is signed out.
  const isDone = (name: string) =>
    isSecretParameter(name) || (isSignedIn && name === '__clerk_synced')
  const clean = withoutParameters(query, isDone)
  return clean === query || !asksForDocument(asking) ? undefined : `${rules.origin}${path}${clean}`
}

function withoutClerks(asking: Asking): Asking {
  const query = withoutParameters(asking.target.query, isClerkParameter)
  return { ...asking, target: withQuery(asking.target, query) }
}

const sessionCookie = /^__session(?:_|$)/

/** The request as the browser will send it with the cookies that it is given, or without the session that is over. */
function withCookies(asking: Asking, lines: readonly string[], isOver: boolean): Asking {
  if (lines.length === 0 && !isOver) return asking
  const set = afterSetting(asking.headers.get('cookie') ?? '', lines)
  const cookie = isOver ? withoutCookies(set, (name) => sessionCookie.test(name)) : set
  const headers = new Headers(asking.request.headers)
  if (cookie) headers.set('cookie', cookie)
  else headers.delete('cookie')
  const request = new Request(asking.request, { headers })
  return { ...asking, request, headers: new ReadHeaders(headers) }
}
