/** Whatever stands in a query is data: it is refused, or it finds what it finds. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/operations.ts'
import { type OperatorScene, seedRecords } from './operations-scene.ts'

/** A cursor as they are given out, around any value. */
const cursorOf = (value: unknown) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const bytes = new TextEncoder().encode(text)
  return btoa(String.fromCharCode(...bytes))
    .replace(/=+$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}

const nastyTexts: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  '") UNION SELECT secret FROM subscriptions --',
  '%',
  '_',
  '\\',
  '%_\\%',
  '*',
  '?',
  ':id',
  '$1',
  '\0',
  'a\0b',
  '\uFFFD',
  '\u202E',
  'ı',
  '\n',
  '-1',
  '0',
  '1e309',
  '9007199254740993',
  'NaN',
  '0x10',
  ' 5',
  'true',
  'null',
  '[]',
  '{}',
  '',
  ' ',
  'x'.repeat(3000),
  '{"$ne":null}',
  '../../etc/passwd',
  '<script>',
  ...['', 'x', '[', '[]', '{}', 'null', '[null]', '[1e999]', '[-1]', '[0]', '[1.5]'].map(cursorOf),
  ...[["'"], ['\0'], ['\ud800'], [[]], [{}], [true], ['a', 'b', 'c', 'd']].map(cursorOf),
  ...[
    [0, "' OR 1=1 --"],
    [9e15, ''],
    [-9e15, '%'],
    ['\u0000', 'x'],
    [1, 2],
    [1e21, 'x'],
  ].map(cursorOf),
  ...[
    ["'", "'", "'"],
    ['', '', ''],
    ['\uFFFF', '\uFFFF', '\uFFFF'],
    [null, null],
  ].map(cursorOf),
]

/** How much of all combinations is tried: one of so many. */
export async function tryNastyQueries(
  scene: OperatorScene,
  { share }: { readonly share: number },
): Promise<{ readonly asked: number; readonly answered: number }> {
  await seedRecords()
  const before = await count()
  let [asked, answered, at] = [0, 0, 0]
  for (const row of operations) {
    for (const member of membersOf(row)) {
      for (const text of nastyTexts) {
        at += 1
        if (at % share !== 0) continue
        const query = new URLSearchParams({ [member]: text }).toString()
        const { status, body } = await scene.run(row, 'user_ada', { query })
        const isFine = status < 300 || status === 400 || body.code === 'record-unknown'
        expect([row.id, query, status, isFine]).toEqual([row.id, query, status, true])
        asked += 1
        if (status < 300) answered += 1
      }
    }
  }
  expect(await count()).toEqual(before)
  return { asked, answered }
}

/** The names that the query of a row knows. */
function membersOf({ shapes: { query } }: Operation): readonly string[] {
  return query instanceof z.ZodObject ? Object.keys(query.shape) : []
}

/** How many there are of what nobody has changed. */
async function count(): Promise<unknown> {
  const rows = ['users', 'subscriptions', 'webhook_inbox'].map(
    (table) => `(SELECT COUNT(*) FROM ${table})`,
  )
  return env.DB.prepare(`SELECT ${rows.join(' || ')} AS counted`).first()
}
