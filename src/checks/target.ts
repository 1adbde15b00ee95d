import { canonicalize } from '../gateway/canonical.ts'
import { canonicalHost } from '../gateway/host.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'

/** In a path, a segment that is empty or means another one. */
const secondReading = /^[^?#]*\/(?:\/|\.\.?(?:[/?#]|$))/
/** No path begins earlier in a URL: `http://h/`. */
const pathFrom = 'http://h'.length

const noHeaders = new Headers()

const authorityOf = /^(https?):\/\/([^/?#\\]*)/

/**
 * The host of that target. Whether whoever asks may ask about it is looked at before the rest is read, because what
 * paths are taken depends on the routes of all hosts.
 */
export function readHost(url: string): Result<string, Refusal> {
  const [, scheme, authority = ''] = authorityOf.exec(url) ?? []
  const isHttp = scheme === 'http' || scheme === 'https'
  return isHttp ? canonicalHost(authority, scheme) : refuse('target-has-bad-host')
}

/**
 * The target of a request that somebody describes, as canonical as that of one that comes by itself. What only
 * becomes so by leaving segments out is refused rather than mended: whoever asks sends the request on as its
 * client wrote it.
 */
export function readTarget(
  url: string,
  { escapes }: Pick<Rules, 'escapes'>,
): Result<CanonicalTarget, Refusal> {
  const target = canonicalize({ url, headers: noHeaders }, escapes)
  if (!target.ok || target.value.url === url) return target
  const path = url.slice(url.indexOf('/', pathFrom))
  return secondReading.test(path) ? refuse('target-not-canonical') : ok(target.value)
}
