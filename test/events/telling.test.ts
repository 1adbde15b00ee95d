import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../support/world.ts'
import { type Observed, observe } from './observed.ts'

// What the caller of a request and its origin are told of it.

let seen: Observed
let world: World
beforeEach(async () => {
  seen = await observe()
  world = seen.world
})

describe('Server-Timing', () => {
  it('tells the stages where the config wants it, behind what the origin says', async () => {
    const { world: timed } = await observe({
      config: { observation: { serverTiming: true } },
    })
    timed.origin = async () => {
      await timed.clock.advance(12)
      return new Response('', { headers: { 'server-timing': 'db;dur=5' } })
    }
    const passed = await timed.get('/api/x', await timed.token())
    expect(passed.headers.get('server-timing')).toBe(
      'db;dur=5, usher-auth;dur=0, usher-introduce;dur=0, usher-origin;dur=12, usher-total;dur=12',
    )
    const refused = await timed.get('/api/x')
    expect(refused.headers.get('server-timing')).toBe('usher-auth;dur=0, usher-total;dur=0')
    const own = await timed.get('/_usher/livez')
    expect(own.headers.get('server-timing')).toBe('usher-total;dur=0')
  })

  it('tells nothing by itself, and leaves what the origin says', async () => {
    world.origin = () => new Response('', { headers: { 'server-timing': 'db;dur=5' } })
    const response = await world.get('/public/x')
    expect(response.headers.get('server-timing')).toBe('db;dur=5')
  })
})

describe('a trace', () => {
  const known = '0af7651916cd43dd8448eb211c80319c'
  const parent = 'b7ad6b7169203331'
  const sent = (name: string) => world.sent.at(-1)?.headers.get(name) ?? null
  const ask = (headers: HeadersInit) => world.get('/public/x', undefined, { headers })

  it.each([`00-${known}-${parent}-01`, `00-${known}-${parent}-00`, `00-${known}-${parent}-ff`])(
    'that a client is part of goes on untouched: %s',
    async (traceparent) => {
      await ask({ traceparent, tracestate: 'a=1,b=2' })
      expect([sent('traceparent'), sent('tracestate')]).toEqual([traceparent, 'a=1,b=2'])
      expect(await seen.last()).toMatchObject({ traceId: known })
    },
  )

  it.each([
    '',
    '00',
    known,
    `00-${known}-${parent}`,
    `00-${known}-${parent}-01-more`,
    `00-${known}-${parent}-01-`,
    `00-${known}-${parent}-1`,
    `00-${known}-${parent}-0x`,
    `ff-${known}-${parent}-01`,
    `01-${known}-${parent}-01`,
    `cc-${known}-${parent}-01-what-the-future-will-be-like`,
    `cc-${known}-${parent}-01-"><script>`,
    `0-${known}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${known}-${'0'.repeat(16)}-01`,
    `00-${known.toUpperCase()}-${parent}-01`,
    `00-${known.slice(1)}-${parent}-01`,
    `00-${known}0-${parent}-01`,
    `00-${known}-${parent}-01, 00-${known}-${parent}-01`,
    `01-${known}-${parent}-01.more`,
    'eyJhbGciOiJSUzI1NiJ9.e30.secret',
  ])('that is none begins anew, and what belonged to it is dropped: %s', async (traceparent) => {
    await ask({ traceparent, tracestate: 'a=1' })
    const requestId = String(sent('x-usher-request-id'))
    const traceId = requestId.replaceAll('-', '')
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(sent('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(sent('tracestate')).toBeNull()
    expect(await seen.last()).toMatchObject({ traceId, requestId })
  })

  it('does not go on where its headers are for this connection alone', async () => {
    const traceparent = `00-${known}-${parent}-01`
    await ask({ traceparent, tracestate: 'a=1', connection: 'traceparent' })
    expect(sent('traceparent')).not.toContain(known)
    expect(sent('tracestate')).toBeNull()
  })

  it('begins with a request that is part of none', async () => {
    await ask({ tracestate: 'a=1' })
    expect(sent('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(sent('tracestate')).toBeNull()
  })

  it('is known of a request that is refused, if its client was part of one', async () => {
    await world.get('/nowhere', undefined, {
      headers: { traceparent: `00-${known}-${parent}-01` },
    })
    expect(await seen.last()).toMatchObject({ traceId: known })
    await world.get('/nowhere', undefined, { headers: { traceparent: 'none' } })
    expect(await seen.last()).not.toHaveProperty('traceId')
  })

  it('is no matter of ours where the config says so', async () => {
    const apart = await createWorld({ config: { observation: { traces: false } } })
    const headers = { traceparent: 'whatever', tracestate: 'a=1' }
    await apart.get('/public/x', undefined, { headers })
    const arrived = apart.sent.at(-1)?.headers
    expect([arrived?.get('traceparent'), arrived?.get('tracestate')]).toEqual(['whatever', 'a=1'])
    await apart.get('/public/x')
    expect(apart.sent.at(-1)?.headers.has('traceparent')).toBe(false)
  })
})

it('the id of a request is told to its client and its origin, and is never what a client says', async () => {
  for (const identity of ['headers', 'assertion'] as const) {
    const own = await createWorld({ config: { identity } })
    const headers = { 'x-usher-request-id': 'forged' }
    const response = await own.get('/public/x', undefined, { headers })
    const told = response.headers.get('x-usher-request-id')
    expect(told).toMatch(/^[0-9a-f-]{36}$/)
    expect(own.sent.at(-1)?.headers.get('x-usher-request-id')).toBe(told)
  }
})
