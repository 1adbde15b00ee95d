import type { Escape } from './route.ts'

/** The one meaning of a request target: what is matched, what policy sees, what is sent and logged. */
export interface CanonicalTarget {
  readonly scheme: 'http' | 'https'
  /** Lower case, no trailing dot, the port only where it is not the scheme's own. */
  readonly host: string
  /** Begins with a slash; every octet that is not a plain path character is an upper-case escape. */
  readonly path: string
  /** The names between the slashes, decoded; a trailing slash adds none. */
  readonly segments: readonly string[]
  /** Empty, or begins with `?`. */
  readonly query: string
  readonly url: string
  /** What the path holds that only some routes let through. */
  readonly escapes: readonly Escape[]
  /** Whether it is of plain characters alone, so that there is but one way to read it. */
  readonly isPlain: boolean
}
