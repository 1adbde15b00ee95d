import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { CanonicalTarget } from './canonical.ts'
import { lenientReadings } from './reading.ts'

/** Clerk's Frontend API through the gateway's own domain lives here; no origin ever does. */
const clerkPrefix = '/__clerk'

/**
 * Which of Usher's own surfaces a target leads to: the path below the prefix, such as `/me`, or
 * `undefined` when it is none of Usher's business. Only the exact spelling leads there; whatever else
 * some origin could read as the same prefix (another case, escapes, a path parameter) is refused with
 * `route-unknown`, so that it reaches no origin. A host that is not served is refused first.
 */
export function findSurface(
  target: CanonicalTarget,
  rules: Rules,
): Result<string | undefined, Refusal> {
  if (rules.hosts !== undefined && !rules.hosts.has(target.host)) return refuse('host-unknown')
  const alias = rules.aliases.get(target.path)
  if (alias !== undefined) return ok(alias)
  if (target.path.startsWith(`${rules.prefix}/`)) {
    return ok(target.path.slice(rules.prefix.length))
  }
  const readings =
    target.escapes.length === 0 ? [target.segments] : lenientReadings(target.segments)
  const isReserved = readings.some(([first = '']) => reservedNames(rules).includes(fold(first)))
  return isReserved ? refuse('route-unknown') : ok(undefined)
}

function reservedNames({ prefix }: Rules): readonly string[] {
  return [prefix.toLowerCase(), clerkPrefix]
}

/** An origin may not tell upper case from lower, and Windows drops dots and spaces at the end. */
function fold(name: string): string {
  return `/${name.toLowerCase().replace(/[. ]+$/, '')}`
}
