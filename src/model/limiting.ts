/** What an exact limiter says of one request. */
export interface Tally {
  readonly passes: boolean
  /** How many more would pass now. */
  readonly remaining: number
  /** How long it takes until one of the counted requests counts no more. */
  readonly resetMs: number
}

/** The limiters that are bound; `undefined` where one is not. */
export interface Limiters {
  readonly edge: (binding: string) => ((key: string) => Promise<boolean>) | undefined
  readonly exact: ((key: string, requests: number, windowMs: number) => Promise<Tally>) | undefined
}
