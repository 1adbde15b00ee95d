import { createRecent } from '../model/recent.ts'

/** Those of whom one isolate remembers it, about 100 bytes each. */
const rememberedMax = 10_000
/** 64 bits: enough to tell people apart, too few to stand for the id anywhere. */
const pseudonymBytes = 8

/** What records call people and machines by. */
export interface Pseudonyms {
  /** The pseudonym of an id, where it was made before. */
  recall(id: string): string | undefined
  /** Makes the pseudonym of an id: the beginning of its SHA-256. */
  make(id: string): Promise<string>
}

/**
 * The same id has the same pseudonym everywhere and always, so that records can be held together, and
 * whoever knows an id can find its records. Nobody finds the id: Clerk's are random.
 */
export function createPseudonyms(): Pseudonyms {
  const made = createRecent<string, string>(rememberedMax)
  return {
    recall: (id) => made.get(id),
    async make(id) {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
      const bytes = new Uint8Array(digest, 0, pseudonymBytes)
      const pseudonym = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
      made.set(id, pseudonym)
      return pseudonym
    },
  }
}
