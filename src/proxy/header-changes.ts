import { foldHeaderName } from '../model/headers.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { HeaderChanges, ResponseChanges } from '../model/terms.ts'

/** Changes what an origin receives, once its headers are all there; configs cannot touch an identity. */
export function changeRequest(
  headers: Headers,
  { rewrite, requestHeaders }: Pick<Route, 'rewrite' | 'requestHeaders'>,
): void {
  if (rewrite !== undefined && rewrite.stripped !== '') {
    headers.set('X-Forwarded-Prefix', rewrite.stripped)
  }
  if (requestHeaders !== undefined) changeHeaders(headers, requestHeaders)
}

/** Removes every spelling of the names that are to go, then sets what is to be there. */
export function changeHeaders(headers: Headers, { remove, set }: HeaderChanges): void {
  for (const name of [...headers.keys()]) {
    if (remove.includes(foldHeaderName(name))) headers.delete(name)
  }
  for (const [name, value] of set) headers.set(name, value)
}

/**
 * Says on an answer what its route says on all of them, refusals too, where it does not say it itself: an
 * origin is never contradicted. Over plain http `Strict-Transport-Security` is left out (RFC 6797 section 7.2).
 */
export function dress(
  headers: Headers,
  { defaults, transport }: ResponseChanges,
  { scheme }: Pick<CanonicalTarget, 'scheme'>,
): void {
  for (const [name, value] of defaults) if (!headers.has(name)) headers.set(name, value)
  const name = 'Strict-Transport-Security'
  if (transport !== undefined && scheme === 'https' && !headers.has(name)) {
    headers.set(name, transport)
  }
}
