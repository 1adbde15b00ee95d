import { canonicalize } from '../gateway/canonical.ts'
import { findSurface } from '../gateway/own.ts'
import type { Rules } from '../model/route.ts'

/** What is asked for in `redirect_url`, and where it is asked. */
export interface Asked {
  readonly redirectUrl: string | null
  /** Scheme and host that the page itself is shown under. */
  readonly origin: string
}

const wayBackMaxLength = 2_048

/**
 * What of Usher's own a browser comes back to: pages that do nothing by being looked at. Coming back to others would
 * begin again, or end what was just begun. The demo is there in local mode alone.
 */
const rooms: ReadonlySet<string> = new Set(['/profile', '/organization', '/waitlist', '/demo'])

const noHeaders = new Headers()

/**
 * Where a browser goes from a page: the path on this gateway that it was sent from, or `home` where what is
 * asked for is anything else. Read by the gateway's own rules for targets, so that what is checked is what
 * the browser comes back with; it never begins with two slashes.
 */
export function wayBack({ redirectUrl, origin }: Asked, rules: Rules, home: string): string {
  const path = redirectUrl === null ? undefined : pathOf(redirectUrl, origin)
  if (path === undefined) return home
  const hashAt = path.indexOf('#')
  const bare = hashAt === -1 ? path : path.slice(0, hashAt)
  const target = canonicalize({ url: origin + bare, headers: noHeaders }, rules.escapes)
  if (!target.ok) return home
  const surface = findSurface(target.value, rules)
  if (!surface.ok || !isForComingBack(surface.value)) return home
  return target.value.path + target.value.query + path.slice(bare.length)
}

function isForComingBack(surface: string | undefined): boolean {
  return surface === undefined || rooms.has(surface)
}

/** The path of an address here; blanks, control characters and backslashes are read by each browser in its own way. */
function pathOf(address: string, origin: string): string | undefined {
  if (address.length > wayBackMaxLength || /[\\\s\p{Cc}\p{Cf}]/u.test(address)) return undefined
  const path = address.startsWith(`${origin}/`) ? address.slice(origin.length) : address
  return /^\/(?!\/)/.test(path) ? path : undefined
}
