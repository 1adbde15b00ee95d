import { decodeBase64url, encodeBase64url } from '../model/base64url.ts'
import { type Endpoint, endpointsOf, type Origin } from '../model/origin.ts'
import { ageSeconds } from './keeping-time.ts'
import type { Arrival } from './road.ts'

/** What stands beside the body of an answer in the cache. */
interface Label {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly lengthBytes: number
  readonly keptAtMs: number
  readonly expiresAtMs: number
  /** Its age when it came. */
  readonly ageSeconds: number
  /** Which of its origin's endpoints gave it. */
  readonly place: number
}

const labelHeader = 'x-usher-label'

/** Said of one caching stretch only, or said anew. */
const notKept: readonly string[] = ['age', 'cache-status', 'content-length']

/**
 * An answer as it lies in the cache: the platform's own rules for status and headers never see it, it is only
 * told when to forget it.
 */
export function pack(
  body: Uint8Array,
  { response, endpoint }: Arrival,
  {
    origin,
    nowMs,
    keepMs,
  }: { readonly origin: Origin; readonly nowMs: number; readonly keepMs: number },
): Response {
  const label: Label = {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !notKept.includes(name)),
    lengthBytes: body.byteLength,
    keptAtMs: nowMs,
    expiresAtMs: nowMs + keepMs,
    ageSeconds: ageSeconds(response.headers),
    place: endpoint === undefined ? -1 : endpointsOf(origin).indexOf(endpoint),
  }
  const headers = {
    'cache-control': `max-age=${Math.ceil(keepMs / 1000)}`,
    [labelHeader]: encodeBase64url(JSON.stringify(label)),
  }
  return new Response(body, { headers })
}

/** An answer as it was before, how old it is now, and for how long it may still be given. */
export interface KeptAnswer {
  readonly response: Response
  readonly endpoint: Endpoint | undefined
  readonly ttlSeconds: number
}

/** What was packed, if its time is not over. */
export function unpack(
  packed: Response,
  { origin, nowMs }: { readonly origin: Origin; readonly nowMs: number },
): KeptAnswer | undefined {
  const label = readLabel(packed.headers.get(labelHeader) ?? '')
  if (label === undefined || nowMs >= label.expiresAtMs) return undefined
  const { status, lengthBytes, keptAtMs, expiresAtMs, place } = label
  const headers = new Headers(label.headers.map(([name, value]) => [name, value]))
  // The platform says it of nothing that is encoded, and of no answer to HEAD.
  headers.set('Content-Length', String(lengthBytes))
  headers.set('Age', String(label.ageSeconds + Math.floor((nowMs - keptAtMs) / 1000)))
  return {
    // Its bytes were kept as the origin had encoded them.
    response: new Response(packed.body, { status, headers, encodeBody: 'manual' }),
    endpoint: endpointsOf(origin)[place],
    ttlSeconds: Math.ceil((expiresAtMs - nowMs) / 1000),
  }
}

function readLabel(text: string): Label | undefined {
  const bytes = decodeBase64url(text)
  if (bytes === undefined || bytes.length === 0) return undefined
  // Nobody else writes into this cache.
  return JSON.parse(new TextDecoder().decode(bytes)) as Label
}
