import { z } from 'zod'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** Where a page begins: the sort keys of the last row of the one before. */
export type Cursor = readonly (string | number)[]

/** What every list takes: at most 100 rows, 25 when not said, and where the last page ended. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(1024).optional(),
}

/** The shape of a page. */
export function pageOf<Row>(row: z.ZodType<Row>) {
  return z.strictObject({ data: z.array(row), next_cursor: z.string().nullable() })
}

/**
 * Where a page begins, by the cursor that was given out with the one before: values of these kinds, in this order.
 * `undefined` is the first page; anything that was not given out is `query-invalid`.
 */
export function readCursor(
  text: string | undefined,
  kinds: readonly ('string' | 'number')[],
): Result<Cursor | undefined, Refusal> {
  if (text === undefined) return ok(undefined)
  try {
    const padded = text.replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(padded), (character) => character.charCodeAt(0))
    const values: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    )
    if (isCursor(values, kinds)) return ok(values)
  } catch {
    // What cannot be read was not given out.
  }
  return refuse('query-invalid')
}

function isCursor(values: unknown, kinds: readonly string[]): values is Cursor {
  return (
    Array.isArray(values) &&
    values.length === kinds.length &&
    values.every((value, index) => typeof value === kinds[index] && isKey(value))
  )
}

/** What the database can keep as it is. */
function isKey(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  return Number.isSafeInteger(value)
}

function writeCursor(cursor: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify(cursor))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** A page of rows, of which one more than `limit` were asked for: whether there is one tells whether there is more. */
export function toPage<Row, View>(
  rows: readonly Row[],
  limit: number,
  { view, keysOf }: { readonly view: (row: Row) => View; readonly keysOf: (row: Row) => Cursor },
): { data: View[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    data: shown.map(view),
    next_cursor: last === undefined ? null : writeCursor(keysOf(last)),
  }
}
