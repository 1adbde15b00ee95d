import type { Endpoint, Origin, OriginTerms, RetryTerms } from '../model/origin.ts'
import { type Duration, parseDuration } from './duration.ts'
import { elsewhere, elsewhereName } from './elsewhere.ts'
import {
  type OriginContext,
  type ServiceEndpoint,
  serviceEndpoint,
  serviceFields,
  type UrlEndpoint,
  urlEndpoint,
  urlFields,
} from './endpoints.ts'
import { type OriginSecretConfig, secretShape } from './origin-secret.ts'
import {
  type RetryConfig,
  retryShape,
  type SetWords,
  setFields,
  setOf,
  setOfOne,
  usualRetry,
} from './origin-sets.ts'
import {
  built,
  isRecord,
  object,
  onlyTrue,
  optional,
  parsed,
  type Shape,
  sound,
  unsound,
} from './shape.ts'

/** What can be said of every kind of origin. */
interface OriginWords {
  /** How long a caller waits for the headers of an answer, 1 ms to 10 min; `'30s'` when not given. */
  readonly timeout?: Duration
  /** A header that only Usher can send, by which the origin knows it; none when not given. */
  readonly secret?: OriginSecretConfig
  /**
   * Whether idempotent requests are sent again where there is no connection, or one of a few answers:
   * `true`, `false` or terms. When not given they are within a set of members, and not elsewhere.
   */
  readonly retry?: boolean | RetryConfig
}

/** An API that is reached by its address. */
export type UrlOrigin = UrlEndpoint & OriginWords

/** An API that is a Worker of the same account, reached by a service binding. */
export type ServiceOrigin = ServiceEndpoint & OriginWords

/** The API on whose own host this Worker runs, as a route in front of it. */
export interface SameHostOrigin extends OriginWords {
  readonly sameHost: true
}

/** An API with several members that answer alike. */
export type SetOrigin = SetWords & OriginWords

/** An API behind Usher, of one of its kinds; `'elsewhere'` is one that another proxy leads to. */
export type OriginConfig =
  | UrlOrigin
  | ServiceOrigin
  | SameHostOrigin
  | SetOrigin
  | 'same-host'
  | 'elsewhere'

type Unnamed<T> = T extends unknown ? Omit<T, 'name'> : never

/** An {@link Origin} whose name is the key under which it stands. */
export type Target = Unnamed<Origin>

const defaultTimeoutMs = 30_000

type Targets = ReadonlyMap<string, Target | undefined>

/** The origins of a config, and the one that every config has. */
export function withElsewhere(origins: Targets | undefined): Targets | undefined {
  return origins && new Map([...origins, [elsewhereName, elsewhere]])
}

function termsFields(context: OriginContext) {
  return {
    timeout: optional(parsed(parseDuration), defaultTimeoutMs),
    secret: optional(secretShape(context), null),
  }
}

interface TermsReading {
  readonly timeout: number
  readonly secret: OriginTerms['secret'] | null
}

function termsOf({ timeout, secret }: TermsReading): Omit<OriginTerms, 'name'> {
  return { timeoutMs: timeout, secret: secret ?? undefined }
}

/** An origin of one endpoint; one that is asked again is a set of one. */
function single(endpoint: Endpoint, read: TermsReading & { retry: RetryTerms | null }): Target {
  const terms = termsOf(read)
  return read.retry === null
    ? { ...endpoint, ...terms }
    : { ...setOfOne(endpoint, read.retry), ...terms }
}

/**
 * The shape of one origin: `{ url }`, `{ service }`, `{ members }`, `{ sameHost: true }`, `'same-host'` or
 * `'elsewhere'`.
 */
export function originShape(context: OriginContext): Shape<Target> {
  const terms = termsFields(context)
  const once = { ...terms, retry: optional(retryShape, null) }
  const kinds = {
    url: built(
      object({ ...urlFields(context), ...once }),
      (read): Target => single(urlEndpoint(read), read),
    ),
    service: built(
      object({ ...serviceFields, ...once }),
      (read): Target => single(serviceEndpoint(read), read),
    ),
    sameHost: built(
      object({ sameHost: onlyTrue('Must be true, or the origin of another kind.'), ...once }),
      (read): Target => single({ kind: 'same-host' }, read),
    ),
    members: built(
      object({ ...setFields(context), ...terms, retry: optional(retryShape, usualRetry) }),
      (read): Target => ({ ...setOf(read), ...termsOf(read) }),
    ),
  }
  return function readOrigin(value, place) {
    if (value === elsewhereName) return sound(elsewhere)
    if (value === 'same-host') return kinds.sameHost({ sameHost: true }, place)
    const kind = isRecord(value)
      ? (['members', 'url', 'service', 'sameHost'] as const).find((key) =>
          Object.hasOwn(value, key),
        )
      : undefined
    if (kind !== undefined) return kinds[kind](value, place)
    return unsound(
      place,
      'Must be { url }, { service }, { members }, { sameHost: true }, "same-host" or "elsewhere".',
    )
  }
}
