import type { Recording } from './recording.ts'

/** What the stand-ins of the file said that runs now; `undefined` where nobody would judge it. */
let recordings: Recording[] | undefined

/** Begins a file of tests. */
export function beginFile(): void {
  recordings = []
}

/** Ends it: throws unless all that its stand-ins said is as Clerk describes it. */
export async function endFile(): Promise<void> {
  const said = recordings ?? []
  recordings = undefined
  if (said.length === 0) return
  const { expectNoLie, inOne } = await import('./recording.ts')
  expectNoLie(inOne(said))
}

/** Adds what one stand-in says. Throws where the file that runs has no end at which it is judged. */
export function willBeJudged(recording: Recording): void {
  if (recordings === undefined) throw new Error('Nobody would judge what this stand-in says')
  recordings.push(recording)
}
