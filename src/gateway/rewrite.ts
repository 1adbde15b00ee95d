import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { rewritePath } from '../model/rewriting.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { canonicalize } from './canonical.ts'
import { isOwn } from './own.ts'

const noHeaders = new Headers()

/**
 * The target as the origin is to see it. What a rewrite makes is canonicalised again and has to be itself,
 * so that no segment of a client's adds one, takes one away or is a dot segment; and it is nowhere where
 * Usher's own surfaces would be, should the origin be an Usher too.
 */
export function rewrite(
  target: CanonicalTarget,
  route: Pick<Route, 'rewrite' | 'escapes'>,
  prefix: string,
): Result<CanonicalTarget, Refusal> {
  if (route.rewrite === undefined) return ok(target)
  const path = rewritePath(route.rewrite, target.path)
  const url = `${target.scheme}://${target.host}${path}${target.query}`
  const again = canonicalize({ url, headers: noHeaders }, route.escapes)
  if (!again.ok) return again
  const { there, restFrom } = route.rewrite
  const segmentsKept = restFrom === undefined ? 0 : target.segments.length - restFrom
  const isItself = again.value.url === url && again.value.path === path
  if (!isItself || again.value.segments.length !== there.length + segmentsKept) {
    return refuse('internal-error')
  }
  return isOwn(again.value, prefix) ? refuse('route-unknown') : again
}
