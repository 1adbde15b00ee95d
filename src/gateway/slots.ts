/**
 * A place that nobody has kept for this long is free. Whoever is under way keeps theirs every half of it, so
 * that nothing is forgotten but what the platform ended without a word, as for its CPU time.
 */
export const keptMs = 120_000

/** A place that is taken. */
export interface Place {
  /** Says that it is still needed. */
  keep(nowMs: number): void
  /** Gives it back; once is as good as twice. */
  leave(): void
}

/** Places for requests that are under way, of which every key has so many. */
export interface Slots {
  /** Takes a place; `undefined` where none is free. */
  take(key: string, places: number, nowMs: number): Place | undefined
}

/** Places in the memory of this isolate. */
export function createSlots(): Slots {
  const held = new Map<string, Map<Place, number>>()

  function take(key: string, places: number, nowMs: number): Place | undefined {
    const taken = held.get(key) ?? new Map<Place, number>()
    for (const [other, keptAtMs] of taken) {
      if (taken.size < places) break
      // The first of them has been kept by nobody for the longest time.
      if (nowMs - keptAtMs < keptMs) return undefined
      taken.delete(other)
    }
    const place: Place = {
      keep(atMs) {
        if (taken.delete(place)) taken.set(place, atMs)
      },
      leave() {
        taken.delete(place)
        if (taken.size === 0 && held.get(key) === taken) held.delete(key)
      },
    }
    held.set(key, taken.set(place, nowMs))
    return place
  }

  return { take }
}
