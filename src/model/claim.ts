import type { Claims } from './principal.ts'

/** A claim by its name, or by JSON Pointer (RFC 6901), which begins with a slash. */
export function readClaim(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return memberOf(claims, name)
  return pointerMembers(name).reduce<unknown>(memberOf, claims)
}

/** The names that a JSON Pointer leads through. */
export function pointerMembers(pointer: string): readonly string[] {
  return pointer.slice(1).split('/').map(unescaped)
}

/** RFC 6901 section 4: in this order, so that `~01` is `~1`. */
function unescaped(member: string): string {
  return member.replaceAll('~1', '/').replaceAll('~0', '~')
}

const indexShape = /^(?:0|[1-9]\d*)$/

/** An own member alone: what every object inherits was said by nobody. */
function memberOf(parent: unknown, name: string): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, name))
    return undefined
  if (Array.isArray(parent) && !indexShape.test(name)) return undefined
  return Reflect.get(parent, name)
}
