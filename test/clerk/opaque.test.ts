import { beforeEach, describe, expect, it } from 'vitest'
import { apiKey, machineToken } from '../support/credentials.ts'
import { noonMs } from '../support/fake-clock.ts'
import { always, type Bench, openBench } from './opaque-verifier.ts'

let bench: Bench
beforeEach(() => {
  bench = openBench()
})

const unknown = always(404, { errors: [{ code: 'resource_not_found', message: 'not found' }] })

describe('the question that Clerk is asked', () => {
  it.each([
    ['ak_ada', '/api_keys/verify', { secret: 'ak_ada' }],
    ['mt_good', '/m2m_tokens/verify', { token: 'mt_good' }],
    ['oat_good', '/oauth_applications/access_tokens/verify', { access_token: 'oat_good' }],
  ])('about %s goes to %s, as Clerk’s own SDK puts it', async (token, path, body) => {
    expect((await bench.verify(token)).ok).toBe(true)
    const [request] = bench.asked
    expect([request?.method, request?.url]).toEqual(['POST', `https://api.clerk.test${path}`])
    expect(await request?.json()).toEqual(body)
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer sk_test_secret',
      'clerk-api-version': '2026-05-12',
      'content-type': 'application/json',
    })
    expect([request?.redirect, request?.cache]).toEqual(['manual', 'no-store'])
  })

  it('about a machine’s token is asked with the machine’s own key, and no other question is', async () => {
    bench = openBench({ machineSecretKey: 'ak_machine_secret' })
    for (const token of ['mt_good', 'ak_ada', 'oat_good']) await bench.verify(token)
    expect(bench.asked.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer ak_machine_secret',
      'Bearer sk_test_secret',
      'Bearer sk_test_secret',
    ])
  })

  it('about a machine’s token needs no more than the machine’s own key', async () => {
    bench = openBench({ secretKey: undefined, machineSecretKey: 'ak_machine_secret' })
    expect(await bench.word('mt_good')).toBe('machine')
    expect(await bench.word('mt_other')).toBe('token-other-machine')
    expect(await bench.word('ak_ada')).toBe('token-opaque')
    expect(await bench.word('oat_good')).toBe('token-opaque')
    expect(bench.asked).toHaveLength(2)
  })

  it('is not asked without a key to ask with', async () => {
    bench = openBench({ secretKey: undefined })
    for (const token of ['ak_ada', 'mt_good', 'oat_good']) {
      expect(await bench.word(token)).toBe('token-opaque')
    }
    expect(bench.asked).toEqual([])
  })

  it.each([
    'ak_',
    'ak_a b',
    'ak_a\u00e9',
    'ak_a\n',
    'ak_a/../../users',
    'ak_"}',
    'AK_a',
    `ak_${'a'.repeat(509)}`,
    `oat_${'a'.repeat(1_000_000)}`,
    'sk_a',
  ])('is not asked about what no credential looks like: %.40j', async (token) => {
    expect(await bench.word(token, { type: 'api_key' })).toBe('token-invalid')
    expect(bench.asked).toEqual([])
  })

  it.each([`ak_${'a'.repeat(508)}`, 'ak_a-b.c~d_E9'])(
    'is asked about the rest: %.40s',
    async (token) => {
      expect(await bench.word(token)).toBe('token-unknown')
      expect(bench.asked).toHaveLength(1)
    },
  )
})

describe('an answer that tells nothing', () => {
  const outages: [string, Bench['answer']][] = [
    ['a wrong key', always(401, { errors: [{ code: 'clerk_key_invalid' }] })],
    ['a refusal', always(403, { errors: [] })],
    ['too many requests', always(429, { errors: [] })],
    ['an error', always(500, { errors: [] })],
    ['an outage', () => new Response('<html>', { status: 503 })],
    ['a page that is not Clerk’s', () => new Response('<html>not found', { status: 404 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/' } })],
    ['nothing', () => new Response(null)],
    ['broken JSON', () => new Response('{"object":"api_key"')],
    ['too much', () => Response.json({ ...apiKey({}), name: 'x'.repeat(64 * 1024) })],
    ['a broken connection', () => Promise.reject(new Error('down'))],
  ]
  it.each(outages)('such as %s refuses for two seconds, and no longer', async (_, answer) => {
    const good = bench.answer
    bench.answer = answer
    expect(await bench.verify('ak_ada')).toEqual({
      ok: false,
      error: { code: 'verification-unavailable', retryAfterSeconds: 2 },
    })
    bench.answer = good
    await bench.clock.advance(1999)
    expect(await bench.word('ak_ada')).toBe('verification-unavailable')
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    expect(await bench.word('ak_ada')).toBe('user')
    expect(bench.asked).toHaveLength(2)
  })

  it('as much as may be told is heard to the end', async () => {
    bench.answer = () => Response.json({ ...apiKey({}), name: 'x'.repeat(60 * 1024) })
    expect(await bench.word('ak_ada')).toBe('user')
  })

  it.each([
    ['at all', () => new Promise<Response>(() => {})],
    ['to the end', () => new Response(new ReadableStream())],
  ])(
    'is one that does not come %s within three seconds, and the request ends',
    async (_, answer) => {
      bench.answer = answer
      const word = bench.word('ak_ada')
      let isOver = false
      void word.then(() => {
        isOver = true
      })
      await bench.clock.advance(2999)
      expect([isOver, bench.asked[0]?.signal.aborted]).toEqual([false, false])
      await bench.clock.advance(1)
      expect([isOver, bench.asked[0]?.signal.aborted]).toEqual([true, true])
      expect(await word).toBe('verification-unavailable')
      expect(bench.clock.pending()).toBe(0)
    },
  )

  it('comes back when Clerk says', async () => {
    bench.answer = always(429, { errors: [] }, { 'retry-after': '17' })
    expect(await bench.verify('ak_ada')).toMatchObject({ error: { retryAfterSeconds: 17 } })
  })
})

describe('the memory of answers', () => {
  it('serves an accepted credential for a minute, each time with the token that was shown', async () => {
    const first = await bench.verify('ak_ada')
    expect(first).toMatchObject({ value: { userId: 'user_ada', token: 'ak_ada' } })
    await bench.clock.advance(59_999)
    expect(await bench.verify('ak_ada')).toEqual(first)
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    expect(await bench.verify('ak_ada')).toEqual(first)
    expect(bench.asked).toHaveLength(2)
  })

  it('counts the minute from the question, not from the answer', async () => {
    bench.answer = () =>
      new Promise((resolve) => bench.clock.after(2000, () => resolve(Response.json(apiKey({})))))
    const word = bench.word('ak_ada')
    await bench.clock.advance(2000)
    expect(await word).toBe('user')
    await bench.clock.advance(57_999)
    expect(await bench.word('ak_ada')).toBe('user')
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    bench.answer = unknown
    expect(await bench.word('ak_ada')).toBe('token-unknown')
  })

  it('never serves it past its own end, for which Clerk need not be asked', async () => {
    bench.answer = always(200, apiKey({ expiration: noonMs + 10_000 }))
    expect(await bench.word('ak_ada')).toBe('user')
    await bench.clock.advance(9999)
    expect(await bench.word('ak_ada')).toBe('user')
    await bench.clock.advance(1)
    expect(await bench.word('ak_ada')).toBe('token-expired')
    expect(bench.asked).toHaveLength(1)
  })

  it('holds nothing that ended while Clerk was being asked', async () => {
    bench.answer = () =>
      new Promise((resolve) => {
        const record = apiKey({ expiration: noonMs + 1000 })
        bench.clock.after(2000, () => resolve(Response.json(record)))
      })
    const word = bench.word('ak_ada')
    await bench.clock.advance(2000)
    expect(await word).toBe('token-expired')
  })

  it('learns of a revocation within a minute', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    bench.answer = always(200, apiKey({ revoked: true }))
    await bench.clock.advance(60_000)
    expect(await bench.word('ak_ada')).toBe('token-revoked')
  })

  const audiences = ['https://api.usher.test']
  const negatives: [string, string, Bench['answer']][] = [
    ['token-unknown', 'ak_x', unknown],
    ['token-revoked', 'ak_x', always(200, apiKey({ revoked: true }))],
    ['token-expired', 'ak_x', always(200, apiKey({ expired: true }))],
    ['token-expired', 'oat_x', always(200, { active: false })],
    ['token-other-machine', 'mt_x', always(200, machineToken({ scopes: [] }))],
  ]
  it.each(negatives)('serves %s of %s for a minute too', async (code, token, answer) => {
    bench.answer = answer
    expect(await bench.word(token)).toBe(code)
    bench.answer = always(200, token.startsWith('mt_') ? machineToken({}) : apiKey({}))
    await bench.clock.advance(59_999)
    expect(await bench.word(token)).toBe(code)
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    expect(await bench.word(token)).not.toBe(code)
    expect(bench.asked).toHaveLength(2)
  })

  it('serves a wrong audience likewise', async () => {
    bench = openBench({ audiences })
    for (let turn = 0; turn < 3; turn++) {
      expect(await bench.word('oat_good')).toBe('token-invalid-audience')
    }
    expect(bench.asked).toHaveLength(1)
  })

  it('tells credentials apart that differ in one character', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    for (const token of ['ak_adA', 'ak_ad', 'ak_adaa', 'ak_ada.']) {
      expect(await bench.word(token)).toBe('token-unknown')
    }
    expect(bench.asked).toHaveLength(5)
  })

  it('is the isolate’s own', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    const other = openBench()
    expect(await other.word('ak_ada')).toBe('user')
    expect(other.asked).toHaveLength(1)
  })
})

describe('a request that must be fresh', () => {
  const fresh = { mustBeFresh: true }

  it('goes by no answer from before it, however often', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    for (let turn = 0; turn < 50; turn++) expect(await bench.word('ak_ada', fresh)).toBe('user')
    expect(bench.asked).toHaveLength(51)
    bench.answer = always(200, apiKey({ revoked: true }))
    expect(await bench.word('ak_ada', fresh)).toBe('token-revoked')
  })

  it('tells the others what it learned', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    bench.answer = always(200, apiKey({ revoked: true }))
    expect(await bench.word('ak_ada')).toBe('user')
    expect(await bench.word('ak_ada', fresh)).toBe('token-revoked')
    expect(await bench.word('ak_ada')).toBe('token-revoked')
  })

  it('is refused from memory, and admitted never: 503 while Clerk is down', async () => {
    expect(await bench.word('ak_no')).toBe('token-unknown')
    expect(await bench.word('ak_ada')).toBe('user')
    bench.answer = always(500, {})
    expect(await bench.word('ak_no', fresh)).toBe('token-unknown')
    expect(await bench.word('ak_ada', fresh)).toBe('verification-unavailable')
    expect(await bench.word('ak_ada')).toBe('user')
  })
})
