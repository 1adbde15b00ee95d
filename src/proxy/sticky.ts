import { networksOf } from '../model/network.ts'
import { type Member, memberCookiePrefix, type OriginSet } from '../model/origin.ts'
import type { Principal } from '../model/principal.ts'
import { type Draw, drawAtRandom, drawFor, hash } from './draw.ts'
import type { Departure } from './road.ts'

/** How the callers of one set are led to the same member again. */
export interface Lead {
  readonly draw: Draw
  /** The `Set-Cookie` that leads back to a member; `undefined` where none is needed. */
  cookieFor(member: Member): string | undefined
}

/**
 * Leads a caller by what the set goes by. A cookie names a member by a hash, so whoever forges one chooses a
 * member and learns nothing.
 */
export function leadBy(
  sticky: OriginSet['sticky'],
  { request, principal, route }: Departure,
  random: () => number,
): Lead {
  const cookieFor = () => undefined
  switch (sticky) {
    case undefined:
      return { draw: drawAtRandom(random), cookieFor }
    case 'principal':
      return { draw: drawFor(callerOf(principal, request)), cookieFor }
    case 'cookie': {
      const name = memberCookiePrefix + digits(route.origin.name)
      const presented = readCookie(request.headers.get('cookie'), name)
      const turn = drawAtRandom(random)
      return {
        draw: (member) => (markOf(member) === presented ? 1 : turn(member)),
        cookieFor(member) {
          if (markOf(member) === presented) return undefined
          return `${name}=${markOf(member)}; Path=/; Secure; HttpOnly; SameSite=Lax`
        },
      }
    }
  }
}

/** Who is calling, whatever session it is; nobody in particular is the network that they come from. */
function callerOf(principal: Principal, { headers }: Request): string {
  switch (principal.kind) {
    case 'user':
      return principal.userId
    case 'machine':
      return principal.subject
    case 'anonymous':
      return networksOf(headers.get('cf-connecting-ip') ?? '')[0] ?? ''
  }
}

function markOf({ name }: Member): string {
  return digits(name)
}

function digits(text: string): string {
  return hash(text).toString(16).padStart(8, '0')
}

/** Lines of cookies arrive joined by commas. */
function readCookie(header: string | null, name: string): string | undefined {
  if (header === null) return undefined
  return new RegExp(`(?:^|[;,])\\s*${name}=([0-9a-f]{8})\\s*(?:$|[;,])`).exec(header)?.[1]
}
