/** What the bodies of a route are held to; a route without any of it hands them on untouched. */
export interface BodyTerms {
  /** The longest body of a request, in bytes. */
  readonly maxBytes: number | undefined
  /** How long either body may stand still. */
  readonly idleMs: number | undefined
  /** How long the whole exchange may take, from its arrival to the last byte of the answer. */
  readonly totalMs: number | undefined
}

/** How the WebSockets of a route are kept. */
export interface SocketTerms {
  /** Whether a socket ends with its caller's session, or with a credential that has none. */
  readonly recheck: boolean
  /** Origins of pages, beside the gateway's own, whose cookies may open a socket. */
  readonly origins: readonly string[]
}

/** A segment of a path: written out, or the index of the one of another path that stands there. */
export type Piece = string | number

/** How a path becomes the origin's, and the way back. All of it is written as canonical paths are. */
export interface Rewrite {
  /** The segments of the origin's path, by those of the client's. */
  readonly there: readonly Piece[]
  /** The segments of the client's path, by those of the origin's; `undefined` where these do not tell. */
  readonly back: readonly Piece[] | undefined
  /** The client's segment from which on they stay as they are; `undefined` where none of them is passed on. */
  readonly restFrom: number | undefined
  /** The literal beginning of the client's path that it stands for: `/api`, or empty. */
  readonly root: string
  /** What was taken off the front with nothing put there, for `X-Forwarded-Prefix`; empty is nothing. */
  readonly stripped: string
}

/** Headers that are set and removed on the way; removed names are folded. */
export interface HeaderChanges {
  readonly set: readonly HeaderLine[]
  readonly remove: readonly string[]
}

/** One header. */
export type HeaderLine = readonly [name: string, value: string]

/** What changes on the way back. */
export interface ResponseChanges extends HeaderChanges {
  /** Said wherever the answer does not say it itself, on refusals too. */
  readonly defaults: readonly HeaderLine[]
  /** `Strict-Transport-Security`, which is said over https alone; `undefined` is none. */
  readonly transport: string | undefined
}

/** By what callers are told apart for a limit; whoever lacks it is told by who they are, else by address. */
export type LimitKey =
  | { readonly kind: 'user' | 'organization' | 'api-key' | 'address' }
  | { readonly kind: 'claim'; readonly claim: string }

/** How many requests of one key pass in a time. Its name is what callers are told of it, apart from others. */
export type Limit =
  | {
      readonly kind: 'edge'
      readonly name: string
      readonly by: LimitKey
      /** The name of a Rate Limiting binding; the two numbers repeat what it was deployed with. */
      readonly binding: string
      readonly requests: number
      readonly windowMs: number
      readonly unreachable: 'allow' | 'refuse'
    }
  | {
      readonly kind: 'exact'
      readonly name: string
      readonly by: LimitKey
      readonly requests: number
      readonly windowMs: number
      readonly unreachable: 'allow' | 'refuse'
    }
  /** How many requests of one key are under way at once, in one isolate. */
  | {
      readonly kind: 'concurrent'
      readonly name: string
      readonly by: LimitKey
      readonly requests: number
    }

/** What pages of other origins may do on a route. */
export interface Cors {
  /** Origins of pages; `'any'` is every one, and never with credentials. */
  readonly origins: ReadonlySet<string> | 'any'
  /** Methods that a preflight is granted; those of the route. */
  readonly methods: readonly string[]
  /** Request headers that a preflight is granted, in lower case. */
  readonly requestHeaders: readonly string[]
  /** Response headers that a page may read, beside the few that it always may. */
  readonly exposed: readonly string[]
  readonly credentials: boolean
  /** How long a browser remembers a preflight. */
  readonly maxAgeSeconds: number
}

/** What of a route is kept, and what tells one answer from another. */
export interface CacheTerms {
  /** The longest time that an answer is kept; its origin may say less. */
  readonly maxAgeMs: number
  /** Kept for everybody, which only public routes can be, or for each principal. */
  readonly scope: 'everyone' | 'principal'
  /** Request headers, in lower case, that are part of the key. No other header of the client's reaches the origin. */
  readonly keyedHeaders: readonly string[]
  /** Parameters of the query that are part of the key and reach the origin; `'all'` is every one. */
  readonly keyedQuery: readonly string[] | 'all'
}
