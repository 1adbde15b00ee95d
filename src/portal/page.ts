import type { Call } from '../api/capabilities.ts'
import { refuseCall } from '../api/room.ts'
import type { JsonObject, Pages } from '../model/pages.ts'
import { refusals } from '../model/refusal.ts'
import { frontendOf } from './frontend.ts'
import { markup } from './markup.ts'
import type { Portal } from './parts.ts'
import { newNonce, pageHeaders } from './policy.ts'
import { wayBack } from './way-back.ts'

interface Kind {
  readonly title: string
  /** Whom it is for: whoever is not signed in yet, whoever is, or everyone. */
  readonly audience: 'signed-out' | 'signed-in' | 'everyone'
}

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['sign-in', { title: 'Sign in', audience: 'signed-out' }],
  ['sign-up', { title: 'Sign up', audience: 'signed-out' }],
  ['sign-out', { title: 'Sign out', audience: 'everyone' }],
  ['profile', { title: 'Profile', audience: 'signed-in' }],
  ['organization', { title: 'Organization', audience: 'signed-in' }],
  ['waitlist', { title: 'Waitlist', audience: 'everyone' }],
])

/** A page that is asked for. */
interface Visit {
  readonly name: string
  readonly kind: Kind
  readonly url: URL
  readonly pages: Pages
}

/** Answers with one of the pages, or says where to go instead. */
export async function answerPage(call: Call, name: string, portal: Portal): Promise<Response> {
  const { rules } = portal
  const kind = kinds.get(name)
  if (kind === undefined || rules.pages === undefined) {
    return refuseCall(call, { code: 'route-unknown' })
  }
  const url = new URL(call.request.url)
  const elsewhere = canonicalAddress(url, name, rules)
  if (elsewhere !== undefined) return goTo(elsewhere)
  const visit = { name, kind, url, pages: rules.pages }
  return (await turnedAway(call, visit, portal)) ?? show(call, visit, portal)
}

/** The address of a page under the host by which browsers know the gateway: Clerk's cookies are set there. */
function canonicalAddress(
  url: URL,
  name: string,
  { clerkProxy, canonicalOrigin, prefix }: Portal['rules'],
): string | undefined {
  const origin = clerkProxy?.origin ?? canonicalOrigin
  if (origin === undefined || new URL(origin).host === url.host) return undefined
  return `${origin}${prefix}/${name}${url.search}`
}

/**
 * Where a browser goes that a page is not for. To the sign-in page whoever is not signed in, by whatever is
 * mended there; away from it whoever is, unless something sent them: that has refused them, and might again.
 */
async function turnedAway(
  call: Call,
  { name, kind, url, pages }: Visit,
  { rules: { prefix } }: Portal,
): Promise<Response | undefined> {
  if (kind.audience === 'everyone') return undefined
  if (kind.audience === 'signed-out') {
    const isSent = url.search !== ''
    return !isSent && (await call.identifySession()).ok ? goTo(pages.home) : undefined
  }
  const person = await call.identifySession()
  if (person.ok) return undefined
  if (refusals[person.error.code].status !== 401) return refuseCall(call, person.error)
  call.moment.note({ reason: person.error.code })
  const back = encodeURIComponent(`${prefix}/${name}`)
  return goTo(`${prefix}/sign-in?redirect_url=${back}`)
}

function goTo(location: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location, 'cache-control': 'private, no-store' },
  })
}

function show(call: Call, { name, kind, url, pages }: Visit, portal: Portal): Response {
  const { rules, instance } = portal
  const { prefix } = rules
  const frontend = frontendOf(instance, url.origin)
  const nonce = newNonce()
  const redirectUrl = url.searchParams.get('redirect_url')
  const back = wayBack({ redirectUrl, origin: url.origin }, rules, pages.home)
  const query = back === pages.home ? '' : `?redirect_url=${encodeURIComponent(back)}`
  const settings: JsonObject = {
    page: name,
    proxyUrl: frontend.proxyUrl,
    signInUrl: `${prefix}/sign-in${query}`,
    signUpUrl: `${prefix}/sign-up${query}`,
    waitlistUrl: `${prefix}/waitlist`,
    profileUrl: `${prefix}/profile`,
    organizationUrl: `${prefix}/organization`,
    back,
    home: pages.home,
    isAskedFor: isAskedForHere(call.request.headers),
    appearance: pages.appearance,
    localization: pages.localization,
    googleOneTap: pages.googleOneTap,
  }
  const body = markup({
    ...{ title: kind.title, name: pages.name ?? url.host, language: languageOf(pages) },
    ...{ prefix, home: pages.home, nonce, frontend, settings },
    publishableKey: instance.publishableKey,
    hasComponents: name !== 'sign-out',
    links: kind.audience === 'signed-in' ? linksFrom(prefix) : [],
  })
  const { googleOneTap } = pages
  return new Response(body, {
    headers: pageHeaders({ nonce, origin: url.origin, frontend, googleOneTap }),
  })
}

/** Only a click on a page from here signs anybody out by itself: no other site does, and no browser that looks ahead. */
function isAskedForHere(headers: Headers): boolean {
  return headers.get('sec-fetch-site') === 'same-origin' && !headers.has('sec-purpose')
}

function languageOf({ localization }: Pages): string {
  const locale = localization?.locale
  return typeof locale === 'string' && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(locale)
    ? locale
    : 'en'
}

function linksFrom(prefix: string) {
  return [
    ['Profile', `${prefix}/profile`],
    ['Organization', `${prefix}/organization`],
    ['Sign out', `${prefix}/sign-out`],
  ] as const
}
