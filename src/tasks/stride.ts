import type { BackendApi } from '../clerk/client.ts'
import type { ListTrouble } from '../clerk/listing.ts'
import type { MirrorChange } from '../model/mirror.ts'
import type { Database } from '../store/database.ts'
import type { Telling } from '../store/mirror.ts'
import type { SyncRun, Watermarks } from '../store/sync-runs.ts'

/** What is to be done next for a run: the next page, the same one after a while, or nothing any more. */
export type Stride =
  | { readonly next: 'page' | 'nothing' }
  | { readonly next: 'pause'; readonly seconds: number }

/** A run at one place of it. */
export interface Walk {
  readonly run: SyncRun
  readonly place: Place
  readonly database: Database
  readonly clerk: BackendApi
  readonly watermarks: Watermarks
  readonly nowMs: number
  /** Brings what is kept up to what Clerk says. How much of it was new or other than here. */
  readonly apply: (changes: readonly MirrorChange[]) => Promise<number>
  readonly telling: Telling
}

/** Where in a list a run stands; `undefined` members are the beginning. */
export interface Place {
  readonly offset?: number
  /** The last user that was seen, and when they were made. */
  readonly user?: { readonly id: string; readonly createdAt: number }
  /** The list was seen to its end: now for what was not in it, behind this id. */
  readonly missingAfter?: string
  /** How many there were before the walk through a whole list began. */
  readonly kept?: number | undefined
  /** Clerk is asked for nothing before, in milliseconds since the epoch. */
  readonly dueAt?: number
  /** Whoever began the run means it: it takes leave of all that Clerk does not have. */
  readonly mayForget?: 'any' | undefined
}

/** The place that a run stands at. */
export function readPlace({ cursor }: Pick<SyncRun, 'cursor'>): Place {
  // The column has only what was written here.
  return cursor === '' ? {} : (JSON.parse(cursor) as Place)
}

/** What is written down of a place. */
export function cursorOf(place: Place): string {
  const cursor = JSON.stringify(place)
  return cursor === '{}' ? '' : cursor
}

/** How far one stride came; without a place the list is done with. */
export interface Advance {
  readonly place: Place | undefined
  readonly seen: number
  readonly changed: number
  /** `undefined` where nothing new is known of it. */
  readonly total?: number | null
  /** Whether all of the list was looked at, and not only what is new. */
  readonly isWhole: boolean
}

/** Why a stride came nowhere. `odd`: more would be buried than Clerk can have lost. */
export type WalkTrouble = ListTrouble | { readonly kind: 'odd' }
