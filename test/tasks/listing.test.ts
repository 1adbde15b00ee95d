import { describe, expect, it } from 'vitest'
import { listMembers, listPage, listThese } from '../../src/clerk/listing.ts'
import { createFakeClock } from '../support/fake-clock.ts'

// A page of a list is what Clerk gave and nothing else: what is not one is trouble of a kind, never an empty page.

type Answer = (url: URL) => Response | Promise<Response>

function clerk(answer: Answer) {
  const asked: URL[] = []
  const api = {
    ...{ apiUrl: 'https://api.clerk.test', secretKey: 'sk_live_x', clock: createFakeClock() },
    async send(request: Request) {
      asked.push(new URL(request.url))
      expect(request.headers.get('authorization')).toBe('Bearer sk_live_x')
      return answer(new URL(request.url))
    },
  }
  return { api, asked }
}

const order = '+created_at'

const troubles: readonly (readonly [what: string, answer: Answer, trouble: object])[] = [
  ['429', () => limited('7'), { kind: 'overloaded', retryAfterSeconds: 7 }],
  ['429 that says nothing', () => limited(), { kind: 'overloaded', retryAfterSeconds: 2 }],
  ['429 for five minutes', () => limited('300'), { kind: 'overloaded', retryAfterSeconds: 300 }],
  ['429 for an hour', () => limited('3600'), { kind: 'overloaded', retryAfterSeconds: 600 }],
  [
    '429 until a time',
    () => limited('Mon, 15 Jun 2026 12:01:30 GMT'),
    { kind: 'overloaded', retryAfterSeconds: 90 },
  ],
  [
    '429 until some day',
    () => limited('Sun, 22 Nov 2026 00:00:00 GMT'),
    { kind: 'overloaded', retryAfterSeconds: 600 },
  ],
  [
    '429 until what was',
    () => limited('Mon, 15 Jun 2026 11:00:00 GMT'),
    { kind: 'overloaded', retryAfterSeconds: 2 },
  ],
  [
    '429 until no time',
    () => limited('Mon, 99 Jun 2026 12:01:30 GMT'),
    { kind: 'overloaded', retryAfterSeconds: 2 },
  ],
  ['401', () => json({ errors: [] }, 401), { kind: 'refused', status: 401 }],
  ['403', () => json({ errors: [] }, 403), { kind: 'refused', status: 403 }],
  ['422', () => json({ errors: [] }, 422), { kind: 'refused', status: 422 }],
  ['408', () => json({}, 408), { kind: 'silent', retryAfterSeconds: 2 }],
  ['500', () => json({}, 500), { kind: 'silent', retryAfterSeconds: 2 }],
  [
    '503 with a page in it',
    () => json([{ id: 'user_1' }], 503),
    { kind: 'silent', retryAfterSeconds: 2 },
  ],
  [
    'a redirect',
    () => new Response(null, { status: 302, headers: { location: '/' } }),
    { kind: 'silent', retryAfterSeconds: 2 },
  ],
  ['no network', () => Promise.reject(new Error('down')), { kind: 'silent', retryAfterSeconds: 2 }],
  ['HTML', () => new Response('<html>'), { kind: 'silent', retryAfterSeconds: 2 }],
  [
    'an object without data',
    () => json({ total_count: 3 }),
    { kind: 'silent', retryAfterSeconds: 2 },
  ],
  [
    'data that is no list',
    () => json({ data: {}, total_count: 3 }),
    { kind: 'silent', retryAfterSeconds: 2 },
  ],
  ['null', () => json(null), { kind: 'silent', retryAfterSeconds: 2 }],
]

describe('an answer that is no page', () => {
  for (const [what, answer, trouble] of troubles) {
    it(`${what} is ${JSON.stringify(trouble)}`, async () => {
      const { api } = clerk(answer)
      expect(await listPage('users', { order }, api)).toEqual({ ok: false, error: trouble })
    })
  }
})

describe('a page', () => {
  it('of users is a bare list; of everything else data beside a number', async () => {
    const users = clerk(() => json([{ id: 'user_1' }]))
    expect(await listPage('users', { order }, users.api)).toEqual(
      page({ rows: [{ id: 'user_1' }], total: null, isLast: true }),
    )
    const organizations = clerk(() => json({ data: [{ id: 'org_1' }], total_count: 9 }))
    expect(await listPage('organizations', { order }, organizations.api)).toEqual(
      page({ rows: [{ id: 'org_1' }], total: 9, isLast: true }),
    )
  })

  it('that is as long as was asked for is not the last', async () => {
    const { api, asked } = clerk(() => json(Array.from({ length: 500 }, () => ({}))))
    const got = await listPage('users', { order, startingAfter: 'user_9' }, api)
    expect(got.ok && got.value.isLast).toBe(false)
    expect(asked[0]?.search).toBe('?limit=500&order_by=%2Bcreated_at&starting_after=user_9')
  })

  it('that is larger than 16 MiB is asked for again with fewer rows', async () => {
    const row = JSON.stringify({ id: 'user_1', about: 'x'.repeat(40_000) })
    const { api, asked } = clerk((url) => {
      const limit = Number(url.searchParams.get('limit'))
      return new Response(`[${Array.from({ length: limit }, () => row).join()}]`)
    })
    const got = await listPage('users', { order }, api)
    expect(got.ok && [got.value.rows.length, got.value.isLast]).toEqual([100, false])
    expect(asked.map((url) => url.searchParams.get('limit'))).toEqual(['500', '100'])
  })
})

describe('asking for some', () => {
  it('names each', async () => {
    const { api, asked } = clerk(() => json([]))
    await listThese('users', ['user_1', 'user_2'], api)
    expect(asked[0]?.search).toBe('?limit=100&user_id=user_1&user_id=user_2')
  })

  it('nobody is a member of an organisation that is not there', async () => {
    const { api, asked } = clerk(() => json({ errors: [] }, 404))
    expect(await listMembers('org_1', ['user_1'], api)).toEqual(
      page({ rows: [], total: 0, isLast: true }),
    )
    expect(asked[0]?.pathname).toBe('/v1/organizations/org_1/memberships')
  })
})

function json(body: unknown, status = 200): Response {
  return Response.json(body, { status })
}

function limited(retryAfter?: string): Response {
  const headers: HeadersInit = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return Response.json({ errors: [] }, { status: 429, headers })
}

function page(value: object) {
  return { ok: true, value }
}
