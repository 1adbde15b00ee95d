/** One place that answers requests. */
export type Endpoint =
  | {
      readonly kind: 'url'
      /** Scheme, host and base path, without a trailing slash. */
      readonly base: string
      /** The name of an mTLS certificate binding that it is reached through. */
      readonly certificate: string | undefined
    }
  | { readonly kind: 'service'; readonly binding: string }
  /** The host on whose own route this Worker runs. */
  | { readonly kind: 'same-host' }

/** What holds for an origin of every kind. */
export interface OriginTerms {
  /** The name of an origin is the audience of its identity assertions. */
  readonly name: string
  /** How long a caller waits for the headers of an answer, however often the request is sent. */
  readonly timeoutMs: number
  /** `undefined` is none. */
  readonly secret: OriginSecret | undefined
}

/** A header by which an origin knows Usher; nobody else's of that name, in any spelling, reaches it. */
export interface OriginSecret {
  readonly name: string
  readonly value: string
}

/** Several places that answer alike, or one that is asked again where it fails. */
export interface OriginSet {
  readonly kind: 'set'
  readonly members: readonly Member[]
  /** By what a caller is led to the same member again; `undefined` leads by weight alone. */
  readonly sticky: 'cookie' | 'principal' | undefined
  readonly health: HealthTerms
  /** `undefined` never asks again. */
  readonly retry: RetryTerms | undefined
}

/** One of a set. */
export interface Member {
  /** How records name it: by its own name in the config, or by its place in the list, from 1. */
  readonly name: string
  readonly endpoint: Endpoint
  /** Its share of the requests: a whole number, 0 is asked only when no other is left. */
  readonly weight: number
}

/** When a member is left alone for a while, and when it is tried again. */
export interface HealthTerms {
  /** Failures in a row after which a member is ejected, in one isolate. */
  readonly failuresMax: number
  /** The answers that are failures, besides no answer at all. */
  readonly statuses: ReadonlySet<number>
  /** How long it is left alone before one request probes it. */
  readonly probeAfterMs: number
  /** A path that a cron asks of each member; what it finds is kept in KV. */
  readonly check: { readonly path: string } | undefined
}

/** Which requests are sent again. Only idempotent ones without a body ever are. */
export interface RetryTerms {
  /** Attempts in all, the first among them. */
  readonly attemptsMax: number
  /** The answers that count as failures besides no connection. */
  readonly statuses: ReadonlySet<number>
  /** How long one attempt waits while others may follow; `undefined` never sends a late one again. */
  readonly attemptTimeoutMs: number | undefined
  /** Retries for each hundred requests, per isolate, so that an outage is not multiplied. */
  readonly budgetPercent: number
}

/** An API that another proxy leads to: Usher is only asked about it. */
export interface Elsewhere {
  readonly kind: 'elsewhere'
}

/** An API behind Usher, or behind whoever asks it. */
export type Origin = OriginTerms & (Endpoint | OriginSet | Elsewhere)

/** Every place where an origin may be asked. */
export function endpointsOf(origin: Endpoint | OriginSet | Elsewhere): readonly Endpoint[] {
  switch (origin.kind) {
    case 'set':
      return origin.members.map(({ endpoint }) => endpoint)
    case 'elsewhere':
      return []
    default:
      return [origin]
  }
}

/** What the cookies begin with by which callers are led to the same member again: nobody else's do. */
export const memberCookiePrefix = '__Host-usher-'
