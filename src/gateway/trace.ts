/** W3C Trace Context, version 00: there is no other yet, and what a later one may hold nobody knows. */
const traceparentShape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const allZeros = /^0*$/

/** The id of the trace that a `traceparent` names, or `undefined` where it is none. */
export function traceIdOf(traceparent: string | null): string | undefined {
  if (traceparent === null) return undefined
  const [, traceId = '', parentId = ''] = traceparentShape.exec(traceparent) ?? []
  return allZeros.test(traceId) || allZeros.test(parentId) ? undefined : traceId
}

/** A request that is given its place in a trace. */
export interface Traced {
  readonly requestId: string
  /** The names of the headers that its client sent. */
  readonly names: readonly string[]
}

/**
 * Gives a request to an origin its place in a trace, and says in which: a valid `traceparent` of the client
 * stays as it is. Without one a trace begins here.
 */
export function passTrace(headers: Headers, traced: Traced): string {
  const isPartOfOne = traced.names.includes('traceparent')
  const known = isPartOfOne ? traceIdOf(headers.get('traceparent')) : undefined
  return known ?? beginTrace(headers, traced)
}

/**
 * Begins a trace whose id is the request's own. It counts as sampled: an origin that follows its parent would
 * otherwise record nothing of what it records today. Whatever the client wrote is dropped, with the
 * `tracestate` that belonged to it.
 */
export function beginTrace(headers: Headers, { requestId, names }: Traced): string {
  const traceId = withoutDashes(requestId)
  headers.set('traceparent', `00-${traceId}-${traceId.slice(0, 16)}-01`)
  if (names.includes('tracestate')) headers.delete('tracestate')
  return traceId
}

/** A UUID has them at fixed places, and cutting there is cheaper than looking for them. */
function withoutDashes(id: string): string {
  const [low, mid, high] = [id.slice(0, 8), id.slice(9, 13), id.slice(14, 18)]
  return `${low}${mid}${high}${id.slice(19, 23)}${id.slice(24)}`
}
