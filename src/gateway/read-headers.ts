import type { HeaderReader } from '../model/asking.ts'
import { lineBytes } from '../model/headers.ts'

/**
 * The headers of a request, walked once for everybody: asking the platform for one by name costs ten times what
 * looking it up here does, and a decision asks for a dozen.
 */
export class ReadHeaders implements HeaderReader {
  /** In lower case. */
  readonly names: readonly string[]
  readonly sizeBytes: number
  readonly #values: ReadonlyMap<string, string>

  constructor(headers: Headers) {
    const names: string[] = []
    const values = new Map<string, string>()
    let sizeBytes = 0
    // Each character of a name or a value is one byte: the platform gives them undecoded.
    headers.forEach((value, name) => {
      names.push(name)
      values.set(name, value)
      sizeBytes += lineBytes(name, value)
    })
    this.names = names
    this.sizeBytes = sizeBytes
    this.#values = values
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }
}
