import { err, ok, type Result } from '../model/result.ts'

/** A size such as `'512KiB'` or `'10MiB'`. */
export type Size = `${number}KiB` | `${number}MiB` | `${number}GiB`

const unitsBytes: ReadonlyMap<string, number> = new Map([
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
])

/** Reads sizes from `least` to `most`, both written as an author writes them, and gives bytes. */
export function sizeWithin(least: Size, most: Size): (source: string) => Result<number, string> {
  const [minBytes, maxBytes] = [bytesOf(least), bytesOf(most)]
  return function parseSize(source) {
    const bytes = bytesOf(source)
    if (bytes >= minBytes && bytes <= maxBytes) return ok(bytes)
    return err(`Must be a whole number with "KiB", "MiB" or "GiB", from "${least}" to "${most}".`)
  }
}

/** `NaN` for what is no size. */
function bytesOf(source: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(KiB|MiB|GiB)$/.exec(source) ?? []
  return Number(amount) * (unitsBytes.get(unit) ?? Number.NaN)
}
