import { setsOwnCookie } from '../clerk/cookies.ts'
import { isBelow, rootAtOrigin } from '../model/rewriting.ts'
import { basesOf, type Passage, pathOutside, rootOf } from './passage.ts'

/**
 * The cookies that an origin sets, as browsers are to take them from the gateway. Clerk's, and Usher's own,
 * are not an origin's to set; a domain that is the origin's own is taken away, which leaves the host of
 * the gateway; a path at the origin becomes the one outside. What needs no change stays byte for byte.
 */
export function settleCookies(headers: Headers, passage: Passage): void {
  const written = headers.getSetCookie()
  const settled = written.flatMap((cookie) => settle(cookie, passage) ?? [])
  const isSame = settled.length === written.length
  if (isSame && settled.every((cookie, index) => cookie === written[index])) return
  headers.delete('Set-Cookie')
  for (const cookie of settled) headers.append('Set-Cookie', cookie)
}

/** `undefined` where it is not to be set. */
function settle(cookie: string, passage: Passage): string | undefined {
  const [pair = '', ...attributes] = cookie.split(';')
  if (setsOwnCookie(pair)) return undefined
  // Browsers take a cookie of this name for the whole host, or not at all.
  if (/^\s*__host-/i.test(pair)) return cookie
  const domain = attributeOf(attributes, 'domain')
  const path = attributeOf(attributes, 'path')
  const isForeign = domain !== undefined && isOriginsOwn(domain, passage)
  const outside = path?.startsWith('/') ? cookiePathOutside(path, passage) : path
  if (!isForeign && outside === path) return cookie
  const kept = attributes
    .filter((attribute) => !isForeign || nameOf(attribute) !== 'domain')
    .map((attribute) =>
      outside !== path && nameOf(attribute) === 'path'
        ? `${attribute.slice(0, attribute.indexOf('=') + 1)}${outside}`
        : attribute,
    )
  return [pair, ...kept].join(';')
}

/** The last one counts (RFC 6265 section 5.3). */
function attributeOf(attributes: readonly string[], name: string): string | undefined {
  const attribute = attributes.findLast((one) => nameOf(one) === name)
  return attribute?.includes('=') ? attribute.slice(attribute.indexOf('=') + 1).trim() : undefined
}

function nameOf(attribute: string): string {
  return attribute.split('=', 1)[0]?.trim().toLowerCase() ?? ''
}

/** A host of the origin's, or what is above one and not above the gateway's host too. */
function isOriginsOwn(domain: string, passage: Passage): boolean {
  const name = domain.toLowerCase().replace(/^\./, '')
  if (name === '' || isWithin(new URL(passage.asked.url).hostname, name)) return false
  return basesOf(passage).some(({ hostname }) => isWithin(hostname, name))
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

/** What covers all that a route leads to at the origin covers the literal beginning of the route outside. */
function cookiePathOutside(path: string, passage: Passage): string {
  const { rewrite } = passage.route
  const [base] = basesOf(passage)
  if (base === undefined) return path
  const reach = rootOf(base) + (rewrite ? rootAtOrigin(rewrite) : '')
  if (isBelow(reach, path.replace(/\/$/, ''))) return rewrite?.root || '/'
  return pathOutside(passage, base, path) ?? path
}
