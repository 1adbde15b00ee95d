import { beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../src/model/principal.ts'
import { acme, ada, type Bench, given, jwtOf, noon, openBench } from './exchange-bench.ts'

let bench: Bench
beforeEach(() => {
  bench = openBench()
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
  it.each(answers)('comes from %s, for two seconds', async (_, answer) => {
    bench.answer = answer
    expect(await bench.word()).toBe('exchange-unavailable')
    bench.answer = () => given({ exp: noon + 60 })
    await bench.clock.advance(1999)
    expect(await bench.word()).toBe('exchange-unavailable')
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    expect(await bench.word()).toContain('.')
    expect(bench.asked).toHaveLength(2)
  })

  it('is had by two hundred requests, of which one asks', async () => {
    bench.answer = () => Response.json({ errors: [] }, { status: 404 })
    for (let turn = 0; turn < 200; turn++) expect(await bench.word()).toBe('exchange-unavailable')
    expect(bench.asked).toHaveLength(1)
  })

  it('is a matter of one session and template, if Clerk is not overloaded', async () => {
    bench.answer = () => Response.json({ errors: [] }, { status: 404 })
    expect(await bench.word()).toBe('exchange-unavailable')
    bench.answer = () => given({ exp: noon + 60 })
    expect(await bench.word(ada(), 'other')).toContain('.')
    expect(await bench.word(ada({ sessionId: 'sess_2' }))).toContain('.')
    expect(await bench.word()).toBe('exchange-unavailable')
  })

  it('is a matter of all when Clerk is overloaded, for as long as it says; what is kept counts', async () => {
    const kept = await bench.word(ada(), 'kept')
    bench.answer = () => {
      return Response.json({ errors: [] }, { status: 429, headers: { 'retry-after': '30' } })
    }
    expect(await bench.refusal()).toEqual({ code: 'exchange-unavailable', retryAfterSeconds: 30 })
    await bench.clock.advance(29_001)
    for (let turn = 0; turn < 100; turn++) {
      const own = ada({ sessionId: `sess_${turn}` })
      expect(await bench.refusal(own)).toMatchObject({ retryAfterSeconds: 1 })
    }
    expect(await bench.word(ada(), 'kept')).toBe(kept)
    expect(bench.asked).toHaveLength(2)
    await bench.clock.advance(999)
    bench.answer = () => given({ exp: noon + 90 })
    expect(await bench.word()).toContain('.')
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

describe('a token of somebody else', () => {
  const inAcme = ada({ organization: acme })
  const others: [string, User, object][] = [
    ['another person', ada(), { sub: 'user_eve' }],
    ['nobody', ada(), { sub: null }],
    ['another organisation', inAcme, { org_id: 'org_other' }],
    ['another organisation, as version 2 says it', inAcme, { o: { id: 'org_other' } }],
    [
      'one organisation by one claim and another by the next',
      inAcme,
      { org_id: 'org_acme', o: { id: 'x' } },
    ],
    ['no organisation', inAcme, { org_id: null }],
    ['no organisation, as version 2 might say it', inAcme, { o: { id: null } }],
    ['an organisation, for a caller without', ada(), { org_id: 'org_acme' }],
    [
      'an organisation as version 2 says it, for a caller without',
      ada(),
      { o: { id: 'org_acme' } },
    ],
    ['an organisation that is no text', inAcme, { org_id: ['org_acme'] }],
  ]
  it.each(others)('(%s) is neither handed over nor kept', async (_, user, claims) => {
    bench.answer = () => given({ exp: noon + 60, ...claims })
    expect(await bench.refusal(user)).toEqual({
      code: 'exchange-unavailable',
      retryAfterSeconds: 2,
    })
    await bench.clock.advance(2000)
    bench.answer = () => given({ exp: noon + 60, sub: 'user_ada' })
    expect(await bench.word(user)).toContain('.')
    expect(bench.asked).toHaveLength(2)
  })

  const own: [string, User, object][] = [
    ['the person', ada(), { sub: 'user_ada' }],
    ['the organisation', inAcme, { org_id: 'org_acme' }],
    ['the organisation, as version 2 says it', inAcme, { o: { id: 'org_acme', rol: 'admin' } }],
    ['no organisation, for a caller without', ada(), { org_id: null }],
    ['something else by the name of the claim', inAcme, { o: 'org_other' }],
    ['nothing of the organisation', inAcme, { sub: 'user_ada', o: {} }],
  ]
  it.each(own)('is none that says %s', async (_, user, claims) => {
    bench.answer = () => given({ exp: noon + 60, ...claims })
    expect(await bench.word(user)).toContain('.')
    await bench.word(user)
    expect(bench.asked).toHaveLength(1)
  })
})
