import { beforeEach, describe, expect, it } from 'vitest'
import { createExchange, type ExchangeParts } from '../../src/clerk/exchange.ts'
import { type ActiveOrganization, noEntitlements, type User } from '../../src/model/principal.ts'
import { createFakeClock, type FakeClock, noonMs } from '../support/fake-clock.ts'
import { base64url } from '../support/tokens.ts'

const noon = noonMs / 1000

function ada(changes: Partial<User> = {}): User {
  return {
    kind: 'user',
    userId: 'user_ada',
    sessionId: 'sess_ada',
    actor: undefined,
    clientId: undefined,
    features: noEntitlements,
    plans: noEntitlements,
    factorAges: undefined,
    tokenType: 'session_token',
    tokenId: 'jti_1',
    organization: undefined,
    scopes: [],
    issuedAtSeconds: noon,
    expiresAtSeconds: noon + 60,
    claims: {},
    token: 'the session token',
    ...changes,
  }
}

const acme: ActiveOrganization = {
  id: 'org_acme',
  slug: 'acme',
  role: 'org:admin',
  permissions: [],
}

interface Bench {
  readonly clock: FakeClock
  readonly asked: Request[]
  answer: (request: Request) => Response | Promise<Response>
  /** The token, or the code of the refusal. */
  word(user?: User, template?: string): Promise<string>
}

function openBench(changes: Partial<ExchangeParts> = {}): Bench {
  const clock = createFakeClock()
  const asked: Request[] = []
  const exchange = createExchange({
    apiUrl: 'https://api.clerk.test',
    secretKey: 'sk_test_secret',
    clock,
    send: async (request) => {
      asked.push(request)
      return bench.answer(request)
    },
    ...changes,
  })
  const bench: Bench = {
    clock,
    asked,
    answer: () => given({ exp: noon + 60 }),
    async word(user = ada(), template = 'hasura') {
      const moment = { nowMs: clock.now(), waitUntil() {} }
      const outcome = await exchange({ user, template, moment })
      return outcome.ok ? outcome.value : outcome.error.code
    },
  }
  return bench
}

let made = 0

/** A JWT of these claims that no other is equal to. */
function jwtOf(claims: object): string {
  const parts = [{ alg: 'RS256' }, { jti: String(made++), ...claims }]
  const [header, payload] = parts.map((part) =>
    base64url(new TextEncoder().encode(JSON.stringify(part))),
  )
  return `${header}.${payload}.c2ln`
}

const given = (claims: object) => Response.json({ object: 'token', jwt: jwtOf(claims) })

let bench: Bench
beforeEach(() => {
  bench = openBench()
})

describe('the exchange of a session for a token of a template', () => {
  it('asks Clerk for it by the session and the name of the template', async () => {
    const jwt = jwtOf({ exp: noon + 60 })
    bench.answer = () => Response.json({ object: 'token', jwt })
    expect(await bench.word()).toBe(jwt)
    const [request] = bench.asked
    expect([request?.method, request?.url]).toEqual([
      'POST',
      'https://api.clerk.test/v1/sessions/sess_ada/tokens/hasura',
    ])
    expect(await request?.json()).toEqual({})
    expect(request?.headers.get('authorization')).toBe('Bearer sk_test_secret')
    expect(request?.headers.get('clerk-api-version')).toBe('2026-05-12')
    expect([request?.redirect, request?.cache]).toEqual(['manual', 'no-store'])
    expect(JSON.stringify([...(request?.headers ?? [])])).not.toContain('the session token')
  })

  it('keeps it until ten seconds before its own end', async () => {
    const first = await bench.word()
    await bench.clock.advance(49_999)
    expect(await bench.word()).toBe(first)
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    bench.answer = () => given({ exp: noon + 120 })
    const second = await bench.word()
    expect(second).not.toBe(first)
    await bench.clock.advance(30_000)
    expect(await bench.word()).toBe(second)
    expect(bench.asked).toHaveLength(2)
  })

  const others: [string, User, string][] = [
    ['another session', ada({ sessionId: 'sess_2' }), 'hasura'],
    ['another organisation', ada({ organization: acme }), 'hasura'],
    ['another actor', ada({ actor: 'user_support' }), 'hasura'],
    ['another template', ada(), 'hasura-2'],
  ]
  it.each(others)('keeps one of its own for %s', async (_, user, template) => {
    const first = await bench.word()
    const second = await bench.word(user, template)
    expect(second).not.toBe(first)
    expect(await bench.word()).toBe(first)
    expect(await bench.word(user, template)).toBe(second)
    expect(bench.asked).toHaveLength(2)
  })

  it('keeps it for the next token of the same session', async () => {
    const first = await bench.word()
    expect(await bench.word(ada({ token: 'the next session token', tokenId: 'jti_2' }))).toBe(first)
    expect(bench.asked).toHaveLength(1)
  })

  it.each([
    ['does not say when it ends', {}],
    ['says it in words', { exp: 'tomorrow' }],
    ['ends in ten seconds', { exp: noon + 10 }],
    ['ends in a second', { exp: noon + 1 }],
  ])('uses a token that %s, but keeps none', async (_, claims) => {
    bench.answer = () => given(claims)
    const first = await bench.word()
    expect(first).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(await bench.word()).not.toBe(first)
    expect(bench.asked).toHaveLength(2)
  })
})

describe('no token', () => {
  const answers: [string, Bench['answer']][] = [
    ['no such template or session', () => Response.json({ errors: [] }, { status: 404 })],
    ['a wrong key', () => Response.json({ errors: [] }, { status: 401 })],
    ['too many requests', () => Response.json({ errors: [] }, { status: 429 })],
    ['an outage', () => new Response('<html>', { status: 503 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/' } })],
    [
      'a token with another status',
      () => {
        const body = { object: 'token', jwt: jwtOf({ exp: noon + 60 }) }
        return Response.json(body, { status: 201 })
      },
    ],
    ['another object', () => Response.json({ object: 'session', jwt: jwtOf({ exp: noon + 60 }) })],
    ['null', () => Response.json(null)],
    ['a list', () => Response.json([])],
    ['no JSON', () => new Response('a.b.c')],
    ['no token', () => Response.json({ object: 'token' })],
    ['a token that is no text', () => Response.json({ object: 'token', jwt: {} })],
    ['a token that is no JWT', () => Response.json({ object: 'token', jwt: 'secret' })],
    ['two lines', () => Response.json({ object: 'token', jwt: `${jwtOf({})}\r\nx: y` })],
    ['a token that is over', () => given({ exp: noon })],
    ['one longer than any', () => given({ exp: noon + 60, x: 'x'.repeat(8192) })],
    ['a megabyte', () => given({ exp: noon + 60, x: 'x'.repeat(1_000_000) })],
    ['a broken connection', () => Promise.reject(new Error('down'))],
  ]
  it.each(answers)('comes from %s, and the next request asks again', async (_, answer) => {
    bench.answer = answer
    expect(await bench.word()).toBe('exchange-unavailable')
    bench.answer = () => given({ exp: noon + 60 })
    expect(await bench.word()).toContain('.')
    expect(bench.asked).toHaveLength(2)
  })

  it('that comes too late is waited for', async () => {
    bench.answer = () => new Promise(() => {})
    const word = bench.word()
    await bench.clock.advance(3000)
    expect(await word).toBe('exchange-unavailable')
    expect([bench.asked[0]?.signal.aborted, bench.clock.pending()]).toEqual([true, 0])
  })

  it('is asked for where there is no session, or no key to ask with', async () => {
    expect(await bench.word(ada({ sessionId: undefined }))).toBe('exchange-unavailable')
    const keyless = openBench({ secretKey: undefined })
    expect(await keyless.word()).toBe('exchange-unavailable')
    expect([...bench.asked, ...keyless.asked]).toEqual([])
  })

  it.each(['..', '.', 'a/b', 'a%2fb', 'a?b', 'a#b', 'a b', '', 'x'.repeat(256)])(
    'is asked for by a name that leads elsewhere: %.20j',
    async (name) => {
      expect(await bench.word(ada({ sessionId: name }))).toBe('exchange-unavailable')
      expect(await bench.word(ada(), name)).toBe('exchange-unavailable')
      expect(bench.asked).toEqual([])
    },
  )
})

describe('many who need one token at once', () => {
  it('have Clerk asked three times at most, and all get what came first', async () => {
    const waiting: ((response: Response) => void)[] = []
    bench.answer = () => new Promise((resolve) => waiting.push(resolve))
    const told: string[] = []
    const all = Promise.all(
      Array.from({ length: 100 }, async () => void told.push(await bench.word())),
    )
    await bench.clock.pass(1000)
    expect([waiting.length, told.length]).toEqual([3, 0])
    waiting[0]?.(given({ exp: noon + 60 }))
    await bench.clock.pass(25)
    expect([told.length, new Set(told).size]).toEqual([98, 1])
    waiting[1]?.(given({ exp: noon + 60 }))
    waiting[2]?.(given({ exp: noon + 60 }))
    await all
    expect(bench.asked).toHaveLength(3)
  })

  it('are all refused when Clerk fails once', async () => {
    const waiting: ((response: Response) => void)[] = []
    bench.answer = () => new Promise((resolve) => waiting.push(resolve))
    const all = Array.from({ length: 30 }, () => bench.word())
    await bench.clock.pass(100)
    for (const give of waiting) give(new Response(null, { status: 500 }))
    await bench.clock.pass(25)
    expect(new Set(await Promise.all(all))).toEqual(new Set(['exchange-unavailable']))
    expect(bench.asked).toHaveLength(3)
  })
})
