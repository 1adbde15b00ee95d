import type { Route, Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Attended } from './browser-session.ts'

/** The answer that sends a browser elsewhere before its page is shown. */
export function sendOn(location: string): Response {
  return new Response(null, {
    status: 307,
    headers: { location, 'cache-control': 'private, no-store' },
  })
}

/** What a network in between goes by before it looks at `Cache-Control`, whoever's it is. */
const lastWord = /(?:cdn-cache-control|surrogate-control|expires)$/

/** Adds cookies of Clerk's to an answer, which nobody may keep from then on: it signs somebody in. */
export function bake(headers: Headers, cookies: readonly string[]): void {
  if (cookies.length === 0) return
  for (const name of [...headers.keys()]) if (lastWord.test(name)) headers.delete(name)
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  headers.set('Cache-Control', 'private, no-store')
}

/** Somebody whose page is not shown, for they are not signed in. */
export interface TurnedAway {
  readonly target: CanonicalTarget
  readonly route: Route
  readonly ticket: Attended['ticket'] | undefined
}

/** Where they sign in. The way back leads to the configured host, never to one that the request names. */
export function signInFor(
  rules: Pick<Rules, 'signInUrl' | 'canonicalOrigin'>,
  { target, route: { sessions }, ticket }: TurnedAway,
): { readonly url: string; readonly returnTo: string } | undefined {
  const signInUrl = rules.signInUrl ?? sessions?.signInUrl
  const origin = rules.canonicalOrigin ?? sessions?.origin
  if (signInUrl === undefined || origin === undefined) return undefined
  const url = new URL(signInUrl)
  for (const [name, value] of ticket ?? []) url.searchParams.set(name, value)
  const page = `${origin}${target.path}${target.query}`
  if (sessions?.satellite === undefined) return { url: url.href, returnTo: page }
  // By this Clerk's SDK knows on a satellite that somebody comes back from signing in elsewhere.
  const returnTo = `${page}${target.query === '' ? '?' : '&'}__clerk_synced=false`
  return { url: url.href, returnTo }
}
