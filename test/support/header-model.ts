import type { DrawnLine } from './header-grammar.ts'

/** Header names in lower case, each with its values in their order. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>

/** What of a request is not in its headers, but in those that arrive. */
export interface Circumstances {
  readonly host: string
  readonly origin: string
  readonly requestId: string
  readonly userId: string
}

const neverTheClients =
  /^(x-usher|forwarded|x-real-ip|true-client-ip|cdn-loop|connection|keep-alive|te|trailers?|transfer-encoding|upgrade|expect)$|^(x-usher-|x-forwarded|cf-|proxy|x-original-|x-rewrite-|x-http-method|x-method-override|x-middleware-subrequest|x-clerk-)/

/**
 * What an origin receives of a request, built from empty: what may pass of the client's, what the edge
 * knows of the connection, the identity, and last what the runtime adds to a request that must not be
 * cached. Everything that the client wrote and that is not copied here can never arrive.
 */
export function builtFromEmpty(
  lines: readonly DrawnLine[],
  { host, origin, requestId, userId }: Circumstances,
): HeaderValues {
  const built = new Map<string, readonly string[]>()
  const valuesOf = (name: string) =>
    lines.filter((line) => line.name.toLowerCase() === name).map(({ value }) => value)
  const nominated = valuesOf('connection')
    .flatMap((value) => value.split(','))
    .map(wordsOf)
    .filter((words) => words !== '')

  for (const { name, value, own } of lines) {
    const words = wordsOf(name)
    if (neverTheClients.test(words) || nominated.includes(words)) continue
    const lower = name.toLowerCase()
    built.set(lower, [...(built.get(lower) ?? []), ...(lower === 'cookie' ? own : [value])])
  }
  const credentials = lines.filter(({ name }) => name.toLowerCase() === 'authorization')
  if (userId !== '' || credentials.some(({ own }) => own.length === 0))
    built.delete('authorization')
  if (built.get('cookie')?.length === 0) built.delete('cookie')

  const addresses = valuesOf('cf-connecting-ip')
  if (addresses.length > 0) built.set('x-forwarded-for', addresses)
  built.set('x-forwarded-host', [host])
  built.set('x-forwarded-proto', ['http'])
  built.set('x-usher-authenticated', [userId === '' ? '0' : '1'])
  built.set('x-usher-user-id', [userId])
  built.set('x-usher-org-id', [''])
  built.set('x-usher-request-id', [requestId])
  built.set('x-usher-assertion', [userId === '' ? '' : 'signed'])
  // What another Usher sent on has that header, and the gateways are counted from then on.
  if (valuesOf('x-usher-assertion').length > 0) built.set('x-usher-hops', ['2'])

  const [parent = '', ...others] = built.get('traceparent') ?? []
  if (others.length > 0 || !namesTrace(parent)) {
    built.set('traceparent', [traceOf(requestId)])
    built.delete('tracestate')
  }

  built.set('host', [origin])
  if (!built.has('cache-control')) built.set('cache-control', ['no-cache'])
  if (!built.has('pragma')) built.set('pragma', ['no-cache'])
  return built
}

/** Whether this is a `traceparent` that may pass: four fields of hexadecimal, neither id all zeros. */
function namesTrace(value: string): boolean {
  const fields = value.split('-')
  const lengths = fields.map(({ length }) => length).join()
  const isHexadecimal = fields.every((field) => /^[\da-f]*$/.test(field))
  const [version, trace = '', parent = ''] = fields
  const hasIds = [trace, parent].every((id) => id.replaceAll('0', '') !== '')
  return version === '00' && lengths === '2,32,16,2' && isHexadecimal && hasIds
}

/** The `traceparent` of a trace that begins with a request. */
function traceOf(requestId: string): string {
  const id = requestId.split('-').join('')
  return `00-${id}-${id.slice(0, 16)}-01`
}

/** The words of a name: all that is left of it for a reader who folds case and separators. */
function wordsOf(name: string): string {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
    .join('-')
}
