import { expect } from 'vitest'
import type { RawMessage } from '../../support/raw.ts'

// What an API learns of whoever is calling.

/** The lines by which an API could know who is calling, in any spelling. */
export function identityLines({ headerLines }: RawMessage): readonly string[] {
  return headerLines.filter((line) => /^x[^a-z]+(?:usher|email)/i.test(line))
}

/** What the API is told of who is calling, without what is empty; fails where it is told twice. */
export function told(request: RawMessage): Readonly<Record<string, string>> {
  const lines = identityLines(request)
    .map((line) => /^([^:]+):\s*(.*)$/.exec(line) ?? [])
    .map(([, name = '', value = '']) => [name.toLowerCase(), value])
  const names = new Set(lines.map(([name]) => name))
  if (names.size < lines.length) throw new Error('The API is told twice')
  return Object.fromEntries(lines.filter(([, value]) => value !== ''))
}

/** What {@link told} gives of nobody. */
export const nobody = { 'x-usher-authenticated': '0', 'x-usher-request-id': expect.any(String) }

/** What {@link told} gives of a user. */
export function somebody(userId: string) {
  return {
    'x-usher-authenticated': '1',
    'x-usher-user-id': userId,
    'x-usher-request-id': expect.any(String),
    'x-usher-assertion': expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    'x-email': `${userId}@example.com`,
  }
}
