import { beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../src/model/principal.ts'
import { acme, ada, type Bench, given, jwtOf, noon, openBench } from './exchange-bench.ts'

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
