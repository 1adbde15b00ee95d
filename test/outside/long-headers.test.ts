import { expect, it } from 'vitest'
import { withoutClerkCookies } from '../../src/clerk/cookies.ts'
import { findBearer, looksLikeClerk } from '../../src/clerk/credential.ts'

const long = 256 * 1024
/** What takes the square of the length would need a minute and more. */
const limitMs = 2000

it.each([
  ['one word', 'a'.repeat(long)],
  ['a scheme and one word', `Basic ${'a'.repeat(long)}`],
  ['dots', '.'.repeat(long)],
  ['words and dots', 'a.'.repeat(long / 2)],
  ['two parts without a third', `${'a'.repeat(long / 2)}.${'a'.repeat(long / 2)}`],
  ['spaces', `Bearer${' '.repeat(long)}`],
  ['commas', `Bearer ${',a'.repeat(long / 2)}`],
  ['cookies', `__session=${'a;'.repeat(long / 2)}`],
])('reading a long header takes no more than its length: %s', (_, value) => {
  const startedAtMs = performance.now()
  looksLikeClerk(value, ['https://clerk.usher.test'])
  findBearer(new Headers({ authorization: value }))
  withoutClerkCookies(value)
  expect(performance.now() - startedAtMs).toBeLessThan(limitMs)
})
