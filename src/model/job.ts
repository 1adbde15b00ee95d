/** Something to do behind the requests. A message of the queue names it; what it takes is in the database. */
export type Job =
  | { readonly kind: 'webhook'; readonly id: string }
  | { readonly kind: 'delivery'; readonly id: string }

/** Puts jobs into the queue. Throws when the queue does: nothing may be lost by that. */
export type Enqueue = (jobs: readonly Job[]) => Promise<void>
