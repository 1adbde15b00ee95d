import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../support/fake-clock.ts'
import { jwks, makeKey, type TestKey } from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

let world: World
let next: TestKey
let small: TestKey
beforeAll(async () => {
  next = await makeKey('ins_next')
  small = await makeKey('ins_small', 1024)
})
beforeEach(async () => {
  world = await createWorld()
})

const status = async (token: string, at = world) => (await at.get('/api/x', token)).status
const down = () => new Response('down', { status: 500 })
const never = () => new Promise<Response>(() => {})

/** An answer that takes as long as the clock is moved. */
async function answered(at: World, token: string, waitMs: number): Promise<Response> {
  const response = at.get('/api/x', token)
  await at.clock.advance(waitMs)
  return response
}

describe('keys in memory', () => {
  it('a warm request asks neither store nor source', async () => {
    expect(await status(await world.token())).toBe(200)
    await world.behind()
    const before = [world.keyServer.asked, world.store.reads, world.store.writes]
    for (let turn = 0; turn < 50; turn++) expect(await status(await world.token())).toBe(200)
    expect([world.keyServer.asked, world.store.reads, world.store.writes]).toEqual(before)
    expect(before).toEqual([1, 1, 1])
  })

  it('after five minutes they are looked at again, behind the request', async () => {
    await status(await world.token())
    await world.behind()
    await world.clock.advance(5 * minute)
    world.store.read = () => new Promise(() => {})
    expect(await status(await world.token())).toBe(200)
    expect(world.store.reads).toBe(2)
    expect(await status(await world.token())).toBe(200)
    expect(world.store.reads).toBe(2)
  })

  it('a cold isolate takes them from the store and leaves the source alone', async () => {
    await status(await world.token())
    await world.behind()
    expect(await status(await world.token(), world.coldIsolate())).toBe(200)
    expect(world.keyServer.asked).toBe(1)
  })

  it('a set of more than an hour still serves while it is fetched anew', async () => {
    await status(await world.token())
    await world.behind()
    await world.clock.advance(hour)
    const cold = world.coldIsolate()
    world.keyServer.answer = never
    expect(await status(await world.token(), cold)).toBe(200)
    expect(world.keyServer.asked).toBe(2)
  })

  it('a key that its issuer withdrew is out after an hour and five minutes of traffic', async () => {
    const token = () => world.token({}, {}, world.key)
    await status(await token())
    await world.keyServer.publish(next)
    for (let passed = 0; passed < 65 * minute; passed += minute) {
      await world.clock.advance(minute)
      await status(await token())
      await world.behind()
    }
    expect(await status(await token())).toBe(401)
  })
})

describe('a key server that fails', () => {
  it('for an hour: keys that are known still verify', async () => {
    await status(await world.token())
    await world.behind()
    world.keyServer.answer = down
    for (let passed = 0; passed < hour; passed += minute) {
      await world.clock.advance(minute)
      expect(await status(await world.token())).toBe(200)
      await world.behind()
    }
  })

  it('for a day: then the last known good is good no more, and that is 503, not 401', async () => {
    await status(await world.token())
    world.keyServer.answer = down
    await world.clock.advance(24 * hour - 1)
    expect(await status(await world.token())).toBe(200)
    await world.clock.advance(2)
    const response = await world.get('/api/x', await world.token())
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
  })

  const nonsense: [string, () => Response | Promise<Response>][] = [
    ['500', down],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/x' } })],
    ['HTML', () => new Response('<html>')],
    ['an empty answer', () => new Response('')],
    ['an empty set', () => Response.json({ keys: [] })],
    ['a list', () => Response.json([])],
    ['null', () => new Response('null')],
    [
      'a set of other kinds of keys',
      () => Response.json({ keys: [{ kty: 'EC', kid: 'a', crv: 'P-256' }] }),
    ],
    ['more than 64 KiB', () => new Response(JSON.stringify({ keys: [], x: 'x'.repeat(70_000) }))],
    ['an exception', () => Promise.reject(new Error('connection refused'))],
  ]
  it.each(nonsense)('with %s: the last known good stays', async (_, answer) => {
    await status(await world.token())
    await world.behind()
    world.keyServer.answer = answer
    await world.clock.advance(hour + 6 * minute)
    expect(await status(await world.token())).toBe(200)
    await world.behind()
    expect(await status(await world.token())).toBe(200)
    expect(world.keyServer.asked).toBe(2)
  })

  it.each(nonsense)('with %s and nothing at all in hand: 503, not 401', async (_, answer) => {
    world.keyServer.answer = answer
    expect(await status(await world.token())).toBe(503)
  })

  it('by never answering: 503 after two seconds', async () => {
    world.keyServer.answer = never
    const response = await answered(world, await world.token(), 2 * second)
    expect(response.status).toBe(503)
  })

  it('by never answering: then the Backend API is asked, where there is a secret key', async () => {
    const own = await createWorld({ variables: { CLERK_SECRET_KEY: 'sk_test_secret' } })
    const good = own.keyServer.answer
    own.keyServer.answer = never
    own.backend.answer = () => good()
    const response = await answered(own, await own.token(), second)
    expect(response.status).toBe(200)
    const [request] = own.backend.asked
    expect([request?.url, request?.headers.get('authorization')]).toEqual([
      'https://api.clerk.com/v1/jwks',
      'Bearer sk_test_secret',
    ])
  })

  it('is asked again a second later, not before', async () => {
    world.keyServer.answer = down
    const token = await world.token()
    expect(await status(token)).toBe(503)
    expect(await status(token)).toBe(503)
    expect(world.keyServer.asked).toBe(1)
    await world.keyServer.publish(world.key)
    await world.clock.advance(second)
    expect(await status(token)).toBe(200)
  })

  it.each([
    ['truncated', '{"fetchedAtMs":17'],
    ['text', 'keys'],
    ['without a time', JSON.stringify({ jwks: '{"keys":[]}' })],
    ['from the future', JSON.stringify({ jwks: '{"keys":[]}', fetchedAtMs: 9e15 })],
    ['null', 'null'],
  ])('a value in the store that is %s is as good as none', async (_, value) => {
    world.store.read = async () => value
    expect(await status(await world.token())).toBe(200)
    expect(world.keyServer.asked).toBe(1)
  })

  it('a store that hangs costs half a second, one that fails nothing', async () => {
    world.store.read = never as () => Promise<never>
    expect((await answered(world, await world.token(), 500)).status).toBe(200)
    const other = world.coldIsolate()
    world.store.read = () => Promise.reject(new Error('KV is down'))
    expect(await status(await world.token(), other)).toBe(200)
  })
})

describe('a set is read with suspicion', () => {
  const withChange = (change: object) => async () => {
    const [jwk] = (await jwks(world.key)).keys
    return Response.json({ keys: [{ ...jwk, ...change }] })
  }
  it.each([
    ['for encryption', { use: 'enc' }],
    ['for another algorithm', { alg: 'RS512' }],
    ['symmetric', { kty: 'oct', k: 'AAAA' }],
    ['without a name', { kid: undefined }],
    ['whose modulus is no base64url', { n: '+++' }],
  ])('a key %s does not count', async (_, change) => {
    world.keyServer.answer = withChange(change)
    expect(await status(await world.token())).toBe(503)
  })

  it('RSA of 1024 bits does not count', async () => {
    await world.keyServer.publish(small)
    expect(await status(await world.token({}, {}, small))).toBe(503)
  })

  it('two keys of one name: the set does not count', async () => {
    await world.keyServer.publish(world.key, { ...next, kid: world.key.kid })
    expect(await status(await world.token())).toBe(503)
  })
})

describe('a cold isolate under a burst', () => {
  it('fetches at most three times at once, and the rest find the keys in memory', async () => {
    const release: (() => void)[] = []
    const good = world.keyServer.answer
    world.keyServer.answer = async () => {
      await new Promise<void>((resolve) => release.push(resolve))
      return good()
    }
    const tokens = await Promise.all(Array.from({ length: 40 }, () => world.token()))
    const answers = Promise.all(tokens.map((token) => status(token)))
    await settle()
    expect(world.keyServer.asked).toBe(3)
    release[0]?.()
    await settle()
    await world.clock.advance(25)
    for (const open of release) open()
    expect(new Set(await answers)).toEqual(new Set([200]))
    expect(world.keyServer.asked).toBe(3)
  })

  it('and gives up together when the source does', async () => {
    world.keyServer.answer = never
    const tokens = await Promise.all(Array.from({ length: 10 }, () => world.token()))
    const answers = Promise.all(tokens.map((token) => status(token)))
    await world.clock.advance(3 * second)
    expect(new Set(await answers)).toEqual(new Set([503]))
    expect(world.keyServer.asked).toBe(3)
  })
})
