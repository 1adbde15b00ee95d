import type { Asking } from '../model/asking.ts'

/** Answers for one of Usher's own surfaces, by its path below the prefix; loaded when first used. */
export type Rooms = (path: string, asking: Asking) => Promise<Response>
