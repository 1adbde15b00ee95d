import { lineBytes } from '../model/headers.ts'
import type { HeaderLine } from '../model/terms.ts'

/** nginx reads the head of an answer into one page of memory, and the edge adds headers of its own. */
const headMaxBytes = 3584

/** Whether a proxy can take these headers in one answer. */
export function fits(lines: Iterable<HeaderLine>): boolean {
  let sizeBytes = 0
  for (const [name, value] of lines) sizeBytes += lineBytes(name, value)
  return sizeBytes <= headMaxBytes
}
