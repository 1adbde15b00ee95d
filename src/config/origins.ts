import { err, ok, type Result } from '../model/result.ts'
import type { Origin } from '../model/route.ts'
import { baseOf, parseUpstreamAddress } from './address.ts'
import { parseDuration } from './duration.ts'
import type { Relaxations } from './relaxations.ts'
import { built, isRecord, object, optional, parsed, type Shape, sound, unsound } from './shape.ts'

type Unnamed<T> = T extends unknown ? Omit<T, 'name'> : never

/** An {@link Origin} whose name is the key under which it stands. */
export type Target = Unnamed<Origin>

/** What an origin is read against. */
export interface OriginContext {
  readonly relaxations: Relaxations
  /** The variables that the config reads and that are not set. */
  readonly missingVariables: ReadonlySet<string>
}

const defaultTimeoutMs = 30_000
const timeout = optional(parsed(parseDuration), defaultTimeoutMs)

const service = built(
  object({ service: parsed(parseBinding), timeout }),
  (origin): Target => ({
    kind: 'service',
    binding: origin.service,
    timeoutMs: origin.timeout,
  }),
)

const sameHost = built(
  object({ sameHost: always, timeout }),
  (origin): Target => ({
    kind: 'same-host',
    timeoutMs: origin.timeout,
  }),
)

/** The shape of one origin: `{ url }`, `{ service }`, `{ sameHost: true }` or `'same-host'`. */
export function originShape(context: OriginContext): Shape<Target> {
  const url = built(
    object({ url: urlShape(context), timeout }),
    (origin): Target => ({
      kind: 'url',
      base: origin.url,
      timeoutMs: origin.timeout,
    }),
  )
  const kinds = { url, service, sameHost }
  return function readOrigin(value, place) {
    if (value === 'same-host') return sound({ kind: value, timeoutMs: defaultTimeoutMs })
    const kind = isRecord(value)
      ? (['url', 'service', 'sameHost'] as const).find((key) => Object.hasOwn(value, key))
      : undefined
    if (kind !== undefined) return kinds[kind](value, place)
    return unsound(place, 'Must be { url }, { service }, { sameHost: true } or "same-host".')
  }
}

/** Reads an origin's address and gives it as a base: no trailing slash, query or fragment. */
function urlShape({ relaxations, missingVariables }: OriginContext): Shape<string> {
  const address = parsed((source) => {
    const url = parseUpstreamAddress(source, relaxations)
    return url.ok ? ok(baseOf(url.value)) : url
  })
  return function readUrl(value, place) {
    if (value !== undefined && value !== '') return address(value, place)
    const cause =
      missingVariables.size === 0
        ? 'give the address of the API.'
        : `set ${[...missingVariables].join(', ')}, which the config reads, in the environment.`
    return unsound(place, `Is missing: ${cause}`)
  }
}

function always(value: unknown, place: string) {
  return value === true
    ? sound(true)
    : unsound(place, 'Must be true, or the origin of another kind.')
}

function parseBinding(source: string): Result<string, string> {
  if (/^[A-Za-z_]\w*$/.test(source)) return ok(source)
  return err('Must be the name of a service binding in wrangler.toml, such as "BILLING".')
}
