import { describe, expect, it } from 'vitest'
import { gatewayUrl } from '../support/world.ts'
import { openCacheScene } from './cache-scene.ts'

// What a route keeps, in the cache of workerd: whole answers, for how long, and what is passed by.

const scene = await openCacheScene()
const { world, at, ask } = scene

describe('a route that keeps answers', () => {
  it('asks its origin once and tells whoever comes then the same', async () => {
    const first = await ask(at('/open'))
    const second = await ask(at('/open'))
    expect(world.sent).toHaveLength(1)
    expect(first.headers.get('cache-status')).toBe('usher; fwd=miss')
    expect(second.headers.get('cache-status')).toBe('usher; hit; ttl=60')
    expect([second.status, second.body]).toEqual([first.status, first.body])
    const ids = [first, second].map(({ headers }) => headers.get('x-usher-request-id'))
    expect(new Set(ids).size).toBe(2)
    expect(world.records.slice(-2).map(({ cached }) => cached)).toEqual(['miss', 'hit'])
  })

  it('hands on the status, every header and every byte that it kept', async () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, index) => index)
    const said = {
      'x-total': '1',
      etag: '"one"',
      link: '</a>, </b>',
      'cache-control': 'max-age=90',
    }
    world.origin = () => new Response(bytes, { status: 404, headers: said })
    await ask(at('/open'))
    const response = await world.walk(new Request(`${gatewayUrl}${at('/open')}`))
    expect([response.status, response.headers.get('cache-status')?.slice(0, 10)]).toEqual([
      404,
      'usher; hit',
    ])
    expect(Object.fromEntries(response.headers)).toMatchObject({ ...said, age: '0' })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  })

  it('says how old an answer is, and asks again when its time is over', async () => {
    const headers = { 'cache-control': 'max-age=100', age: '55' }
    world.origin = () => new Response('', { headers })
    await ask(at('/open'))
    await world.clock.advance(44_999)
    const old = await ask(at('/open'))
    expect([old.headers.get('age'), old.isHit]).toEqual(['99', true])
    await world.clock.advance(1)
    expect((await ask(at('/open'))).isHit).toBe(false)
    expect(world.sent).toHaveLength(2)
  })

  it('never keeps longer than it says itself', async () => {
    world.origin = () => new Response('', { headers: { 'cache-control': 'max-age=86400' } })
    await ask(at('/open'))
    await world.clock.advance(59_999)
    expect((await ask(at('/open'))).isHit).toBe(true)
    await world.clock.advance(1)
    expect((await ask(at('/open'))).isHit).toBe(false)
  })

  it('answers HEAD from what GET was answered, and keeps no answer to HEAD', async () => {
    await ask(at('/open'), { method: 'HEAD' })
    const got = await ask(at('/open'))
    expect(got.isHit).toBe(false)
    const { headers, body, isHit } = await ask(at('/open'), { method: 'HEAD' })
    expect([isHit, body, headers.get('content-type')]).toEqual([true, '', 'application/json'])
  })

  it.each<[string, string, number]>([
    ['"one"', '"one"', 304],
    ['W/"one"', '"one"', 304],
    ['"one"', 'W/"one"', 304],
    ['"one"', '"zero", "one"', 304],
    ['"one"', '*', 304],
    ['"one"', '"two"', 200],
    ['"one"', 'one', 200],
    ['', '*', 200],
  ])('that is kept with ETag %s answers If-None-Match %s with %i', async (etag, wanted, status) => {
    world.origin = () => new Response('body', { headers: etag === '' ? {} : { etag } })
    const asked = { headers: { 'if-none-match': wanted } }
    const first = await ask(at('/open'), asked)
    expect([first.status, world.sent[0]?.headers.has('if-none-match')]).toEqual([200, false])
    const second = await ask(at('/open'), asked)
    expect(second.headers.get('content-length')).toBe(status === 304 ? null : '4')
    expect([second.status, second.body, second.isHit]).toEqual([
      status,
      status === 304 ? '' : 'body',
      true,
    ])
  })

  it('leads to the member of a set that answered, and back from where it sends', async () => {
    const headers = { location: '/two/set/next' }
    world.origin = () => new Response('', { status: 301, headers })
    const [first, second] = [await ask(at('/set')), await ask(at('/set'))]
    expect(second.isHit).toBe(true)
    expect([first, second].map((one) => one.headers.get('location'))).toEqual([
      '/set/next',
      '/set/next',
    ])
  })

  it.each<[string, ResponseInit]>([
    ['with a cookie', { headers: { 'set-cookie': 'a=b' } }],
    ['that varies with all', { headers: { vary: '*' } }],
    [
      'that varies with what is not keyed',
      { headers: { vary: 'Accept-Encoding, Accept-Language' } },
    ],
    ['that may not be stored', { headers: { 'cache-control': 'max-age=60, no-store' } }],
    ['that belongs to one', { headers: { 'cache-control': 'private, max-age=60' } }],
    ['that must be asked for again', { headers: { 'cache-control': 'no-cache' } }],
    ['that is over', { headers: { 'cache-control': 'max-age=0' } }],
    ['of which a part is missing', { status: 206, headers: { 'content-range': 'bytes 0-3/9' } }],
    ['that sends elsewhere for now', { status: 302, headers: { location: '/' } }],
    ['that is an error', { status: 500 }],
    ['that asks for a credential', { status: 401 }],
  ])('keeps no answer %s', async (_, init) => {
    world.origin = () => new Response('body', init)
    for (let time = 0; time < 2; time++) {
      expect((await ask(at('/open'))).headers.get('cache-status')).toBe('usher; fwd=miss')
    }
    expect(world.sent).toHaveLength(2)
  })

  it('keeps what varies with the page where it answers for pages itself', async () => {
    world.origin = () => new Response('', { headers: { vary: 'Origin' } })
    for (const prefix of ['/shared', '/open']) for (let i = 0; i < 2; i++) await ask(at(prefix))
    expect(world.sent.map(({ url }) => new URL(url).pathname)).toEqual(
      ['/shared', '/open', '/open'].map(at),
    )
  })

  it.each<[string, string, RequestInit]>([
    ['a credential that is not ours', '/open', { headers: { authorization: 'Basic YTpi' } }],
    ['a Range', '/open', { headers: { range: 'bytes=0-1' } }],
    ['another method', '/open', { method: 'POST', body: 'x' }],
    ['a wish to leave no trace', '/open', { headers: { 'cache-control': 'no-cache, No-Store' } }],
  ])(
    'is passed by with %s: nothing is taken from it, nothing put there',
    async (_, prefix, init) => {
      const own = await ask(at(prefix), { ...init, headers: { ...init.headers, 'x-mine': '1' } })
      expect(own.headers.get('cache-status')).toBe('usher; fwd=bypass')
      expect(own.body).toContain('x-mine')
      expect((await ask(at(prefix))).body).not.toContain('x-mine')
      expect((await ask(at(prefix))).isHit).toBe(true)
      expect(world.records.slice(-3).map(({ cached }) => cached)).toEqual(['bypass', 'miss', 'hit'])
      const again = await ask(at(prefix), init)
      expect([again.headers.get('cache-status'), world.sent.length]).toEqual([
        'usher; fwd=bypass',
        3,
      ])
    },
  )

  it('sends what the route itself says to the origin, a credential too, and keeps the answer', async () => {
    const first = await ask(at('/told'), {
      headers: { 'x-app': 'theirs', authorization: 'Basic YTpi' },
    })
    expect(JSON.parse(first.body)).toMatchObject({
      headers: { authorization: 'Basic b3Vycw==', 'x-app': 'ours' },
    })
    expect((await ask(at('/told'))).isHit).toBe(true)
  })
})
