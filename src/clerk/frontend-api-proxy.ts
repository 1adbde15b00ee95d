import { clerkFrontendApiProxy, fapiUrlFromPublishableKey } from '@clerk/backend/proxy'
import type { Asking } from '../model/asking.ts'
import { announcedBytes } from '../model/body-length.ts'
import { clerkProxyPath } from '../model/clerk-proxy.ts'
import { type Clock, within } from '../model/clock.ts'
import { foldHeaderName, isHopByHop, isHostWide, isReserved } from '../model/headers.ts'
import { originAlone } from '../model/referrer.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import { ok, type Result } from '../model/result.ts'
import { onlyClerkCookies, setsClerkCookie } from './browser-cookies.ts'

/** How long the Frontend API may take until its answer begins, once it has the body. */
export const frontendApiLimitMs = 10_000
/** A picture of a profile may have 10 MB at Clerk; nothing else comes near. */
export const bodyMaxBytes = 12 * 1024 * 1024
/** Who sends a body no slower than this is not too late because of it. */
const uploadBytesPerSecondMin = 64 * 1024

/** Answers below {@link clerkProxyPath}, whatever it is asked. */
export type ProxyFrontendApi = (asking: Asking) => Promise<Response>

/** What a proxy of the Frontend API is told of its instance. */
export interface FrontendApiProxyParts {
  /** Where browsers see it: scheme, host and {@link clerkProxyPath}. */
  readonly proxyUrl: string
  readonly publishableKey: string
  readonly secretKey: string
  /** Where the Frontend API is; Clerk's own place for proxies when not given. */
  readonly frontendApiUrl: string | undefined
  readonly clock: Clock
}

/** The methods that the Frontend API has. */
const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What Clerk's scripts send, or what a browser says of itself. Nothing that speaks for the proxy is among them. */
const passedOn: readonly string[] = [
  'accept',
  'accept-language',
  'content-type',
  'content-length',
  'if-modified-since',
  'if-none-match',
  'origin',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'user-agent',
]

/**
 * Clerk's Frontend API through the gateway's own domain, by the helper of Clerk's SDK. That helper believes
 * whatever a client writes (`X-Forwarded-Host` becomes the place that redirects and cookies are for) and waits
 * for ever, so it is given a request made anew and a limit.
 */
export function createFrontendApiProxy(parts: FrontendApiProxyParts): ProxyFrontendApi {
  const { proxyUrl, publishableKey, secretKey, clock } = parts
  const publicOrigin = new URL(proxyUrl).origin
  const fapiUrl = parts.frontendApiUrl ?? fapiUrlFromPublishableKey(publishableKey)
  const upstream = { publicOrigin, basePath: new URL(fapiUrl).pathname.replace(/\/+$/, '') }
  const options = { proxyPath: clerkProxyPath, publishableKey, secretKey, fapiUrl }

  async function send(asking: Asking): Promise<Result<Response, Refusal>> {
    const outgoing = outgoingRequest(asking, publicOrigin)
    if (!outgoing.ok) return outgoing
    const { request, lengthBytes } = outgoing.value
    let isLate = false
    const asked = clerkFrontendApiProxy(request, options).then((response) => {
      // Nobody is there any more to read it, and what is not read keeps its connection.
      if (isLate) response.body?.cancel()
      return response
    })
    const limitMs = frontendApiLimitMs + (lengthBytes / uploadBytesPerSecondMin) * 1000
    const response = await within(clock, limitMs, asked)
    isLate = response === undefined
    if (response === undefined) return refuse('origin-timeout')
    if (response.status === 502) {
      // Of the Frontend API itself, or of the helper, which then tells the caller why.
      await response.body?.cancel()
      return refuse('origin-unreachable')
    }
    return ok(settled(response, upstream))
  }

  return async function proxyFrontendApi(asking) {
    const answered = await send(asking)
    if (answered.ok) return answered.value
    const { method, headers, requestId, moment } = asking
    moment.note({ reason: answered.error.code })
    return refusalResponse(answered.error, { method, headers, requestId })
  }
}

interface Outgoing {
  readonly request: Request
  readonly lengthBytes: number
}

/** What the helper is given: the canonical address, a few headers, Clerk's own cookies, and the body as it is. */
function outgoingRequest(asking: Asking, publicOrigin: string): Result<Outgoing, Refusal> {
  const { request, method, target } = asking
  if (request.headers.has('upgrade')) return refuse('upgrade-not-allowed')
  if (!methods.includes(method)) return refuse('method-not-allowed', { allow: methods })
  if (!leadsSomewhere(asking)) return refuse('route-unknown')
  const body = method === 'GET' ? null : request.body
  const lengthBytes = body === null ? 0 : announcedBytes(request.headers)
  // The platform counts what is announced. What is not, nobody would count.
  if (lengthBytes === undefined || lengthBytes > bodyMaxBytes) return refuse('body-too-large')
  const url = `${publicOrigin}${target.path}${target.query}`
  const headers = outgoingHeaders(asking, body === null)
  return ok({ request: new Request(url, { method, headers, body }), lengthBytes })
}

const fileInApi = /^\/v1\/(?:.*\/)?[^/]*\.[^/]*$/
/** Packages that are not Clerk's would be anybody's scripts on this domain. */
const foreignPackage = /^\/npm(?:\/(?!@clerk\/)|$)/i

/**
 * The helper appends the path to an address, so it has to mean one thing; and it does not forbid the platform
 * to keep answers, which then goes by the name of what is asked for: nothing in the API has one like a file.
 */
function leadsSomewhere({ target: { path, escapes } }: Asking): boolean {
  const below = path.slice(clerkProxyPath.length)
  const isElsewhere = fileInApi.test(below) || foreignPackage.test(below)
  return below.length > 1 && escapes.length === 0 && !isElsewhere
}

function outgoingHeaders({ headers: asked, clientAddress }: Asking, isBare: boolean): Headers {
  const headers = new Headers()
  for (const name of passedOn) {
    const value = asked.get(name)
    if (value !== null && !(isBare && name.startsWith('content-'))) headers.set(name, value)
  }
  const referrer = originAlone(asked.get('referer'))
  if (referrer !== undefined) headers.set('referer', referrer)
  const cookies = onlyClerkCookies(asked.get('cookie') ?? '')
  if (cookies !== undefined) headers.set('cookie', cookies)
  if (clientAddress !== undefined) headers.set('x-forwarded-for', clientAddress)
  return headers
}

/** Beside what holds for a whole host: how one speaks to it, and what Clerk's edge says of itself. */
const withheld: readonly string[] = ['server', 'strict-transport-security']

function isWithheld(name: string): boolean {
  const folded = foldHeaderName(name)
  return (
    withheld.includes(folded) ||
    isHostWide(folded) ||
    isReserved(folded) ||
    isHopByHop(folded) ||
    folded.startsWith('cf-') ||
    // The helper shows the key in such a header: whatever echoes it stops here.
    (folded.startsWith('clerk-') && folded.endsWith('-key'))
  )
}

interface Upstream {
  readonly publicOrigin: string
  /** Of the Frontend API's address; empty where it is a host alone. */
  readonly basePath: string
}

/** The answer as the browser gets it: Clerk's own cookies and no others, and no header of its edge. */
function settled(response: Response, { publicOrigin, basePath }: Upstream): Response {
  const { headers } = response
  for (const name of [...headers.keys()]) if (isWithheld(name)) headers.delete(name)
  const cookies = headers.getSetCookie()
  headers.delete('set-cookie')
  for (const cookie of cookies) if (setsClerkCookie(cookie)) headers.append('set-cookie', cookie)
  // Nothing of Clerk's is a page: one would have all that pages of this host have.
  headers.set('x-content-type-options', 'nosniff')
  if (/html|xml/i.test(headers.get('content-type') ?? '')) {
    headers.append('content-security-policy', 'sandbox')
  }
  // The helper puts its own place before a path that begins with that of the Frontend API.
  const doubled = `${publicOrigin}${clerkProxyPath}${basePath}/`
  const location = headers.get('location')
  if (basePath !== '' && location?.startsWith(doubled)) {
    headers.set('location', `${publicOrigin}${clerkProxyPath}/${location.slice(doubled.length)}`)
  }
  return response
}
