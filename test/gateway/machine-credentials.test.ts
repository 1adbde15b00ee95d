import { beforeEach, describe, expect, it } from 'vitest'
import { answerFrom, apiKey, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

// Opaque credentials through the whole gateway: what Clerk is asked, and what callers are told.

const machineTypes = ['api_key', 'm2m_token', 'oauth_token'] as const
const routes = [
  { path: '/people/**', origin: 'api' },
  { path: '/machines/**', origin: 'api', accepts: [...machineTypes] },
  { path: '/both/**', origin: 'api', accepts: ['session_token', ...machineTypes] as const },
  { path: '/ingest', origin: 'api', accepts: ['api_key'] as const, access: { scope: 'ingest' } },
  { path: '/fresh/**', origin: 'api', accepts: ['api_key'] as const, fresh: true },
  {
    path: '/named/**',
    origin: 'api',
    accepts: ['api_key'] as const,
    carriers: ['x-api-key'] as const,
  },
]

let world: World
beforeEach(async () => {
  world = await createWorld({ config: { routes }, variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
})

async function told(path: string, token: string, clientAddress = '192.0.2.1') {
  const headers = { 'cf-connecting-ip': clientAddress, authorization: `Bearer ${token}` }
  const response = await world.walk(new Request(`${gatewayUrl}${path}`, { headers }))
  const { code }: { code?: string } = response.ok ? {} : await response.json()
  return { status: response.status, code, retryAfter: response.headers.get('retry-after') }
}

async function count(tell: (index: number) => ReturnType<typeof told>, times: number) {
  const counts: Record<string, number> = {}
  for (let index = 0; index < times; index++) {
    const { status, code } = await tell(index)
    const word = `${status} ${code ?? ''}`.trim()
    counts[word] = (counts[word] ?? 0) + 1
  }
  return counts
}

describe('keys that nobody knows', () => {
  it('a thousand of them from one address cost twenty questions', async () => {
    expect(await count((index) => told('/machines/x', `ak_junk${index}`), 1000)).toEqual({
      '401 token-unknown': 20,
      '429 too-many-unknown-credentials': 980,
    })
    expect(world.backend.asked).toHaveLength(20)
    expect(world.sent).toHaveLength(0)
  })

  it('a thousand at once cost no more', async () => {
    const all = Array.from({ length: 1000 }, (_, index) => told('/machines/x', `ak_junk${index}`))
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(20)
    expect(statuses.filter((status) => status === 429)).toHaveLength(980)
    expect(world.backend.asked).toHaveLength(20)
  })

  it('of all kinds and routes are counted together', async () => {
    const kinds = ['ak_', 'mt_', 'oat_']
    const paths = ['/machines/x', '/both/y']
    await count((index) => told(paths[index % 2] ?? '', `${kinds[index % 3]}junk${index}`), 100)
    expect(world.backend.asked).toHaveLength(20)
  })

  it('from a /64 are counted together, from another one apart', async () => {
    await count((index) => told('/machines/x', `ak_a${index}`, `2001:db8::${index}`), 100)
    expect(world.backend.asked).toHaveLength(20)
    await count((index) => told('/machines/x', `ak_b${index}`, '2001:db8:0:1::1'), 5)
    expect(world.backend.asked).toHaveLength(25)
  })

  it('from all of a /48 have Clerk asked a hundred times', async () => {
    const address = (index: number) => `2001:db8:0:${index}::1`
    await count((index) => told('/machines/x', `ak_c${index}`, address(index)), 300)
    expect(world.backend.asked).toHaveLength(100)
  })

  it('cost nothing where keys are not accepted', async () => {
    const counts = await count((index) => told('/people/x', `ak_junk${index}`), 100)
    expect(counts).toEqual({ '401 token-type-mismatch': 100 })
    expect(world.backend.asked).toHaveLength(0)
  })

  it('shut out neither the address’s known keys nor its sessions', async () => {
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    await count((index) => told('/machines/x', `ak_junk${index}`), 30)
    await world.clock.advance(60_000 - 1)
    await count((index) => told('/machines/x', `ak_more${index}`), 30)
    await world.clock.advance(1)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    expect((await told('/both/x', await world.token())).status).toBe(200)
  })

  it('are told when to come back', async () => {
    await count((index) => told('/machines/x', `ak_junk${index}`), 20)
    await world.clock.advance(15_000)
    expect(await told('/machines/x', 'ak_ada')).toEqual({
      status: 429,
      code: 'too-many-unknown-credentials',
      retryAfter: '45',
    })
    await world.clock.advance(45_000)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
  })
})

describe('with Clerk’s verify endpoints stopped', () => {
  const outages: [string, World['backend']['answer']][] = [
    ['answering 500', () => new Response('down', { status: 500 })],
    ['refusing the key', () => Response.json({ errors: [] }, { status: 401 })],
    ['out of reach', () => Promise.reject(new Error('no route to host'))],
  ]
  it.each(outages)(
    'and %s, machine routes answer 503 and session routes go on',
    async (_, answer) => {
      world.backend.answer = answer
      for (const token of ['ak_ada', 'mt_good', 'oat_good']) {
        expect(await told('/machines/x', token)).toEqual({
          status: 503,
          code: 'verification-unavailable',
          retryAfter: '2',
        })
      }
      expect(world.sent).toHaveLength(0)
      expect((await told('/people/x', await world.token())).status).toBe(200)
      expect((await told('/both/x', await world.token())).status).toBe(200)
    },
  )

  it('and silent, a machine route answers 503 after three seconds, a session route at once', async () => {
    world.backend.answer = () => new Promise(() => {})
    const slow = told('/both/x', 'ak_ada')
    expect((await told('/both/x', await world.token())).status).toBe(200)
    await world.clock.advance(3000)
    expect((await slow).status).toBe(503)
  })

  it('known keys go on for a minute, and not where the route is fresh', async () => {
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    world.backend.answer = () => new Response('down', { status: 500 })
    await world.clock.advance(59_999)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    expect((await told('/fresh/x', 'ak_ada')).status).toBe(503)
    await world.clock.advance(1)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(503)
    world.backend.answer = answerFrom(opaqueRecords)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(503)
    await world.clock.advance(2000)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
  })

  it('a key that is tried again and again is never one too many, and costs a call in two seconds', async () => {
    world.backend.answer = () => new Response('down', { status: 500 })
    for (let turn = 0; turn < 50; turn++) {
      expect((await told('/machines/x', 'ak_ada')).status).toBe(503)
      await world.clock.advance(200)
    }
    expect(world.backend.asked).toHaveLength(5)
    world.backend.answer = answerFrom(opaqueRecords)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
  })

  it('and overloaded, nobody’s key has it asked until it wants to be, and sessions go on', async () => {
    expect((await told('/machines/x', 'mt_good')).status).toBe(200)
    const headers = { 'retry-after': '30' }
    world.backend.answer = () => new Response('slow down', { status: 429, headers })
    expect(await told('/machines/x', 'ak_ada')).toMatchObject({ status: 503, retryAfter: '30' })
    await world.clock.advance(20_000)
    for (const [index, token] of ['ak_ada', 'ak_acme', 'oat_good', 'ak_junk'].entries()) {
      const answer = await told('/machines/x', token, `192.0.2.${index}`)
      expect(answer).toMatchObject({ status: 503, retryAfter: '10' })
    }
    expect((await told('/machines/x', 'mt_good')).status).toBe(200)
    expect((await told('/both/x', await world.token())).status).toBe(200)
    expect(world.backend.asked).toHaveLength(2)
    world.backend.answer = answerFrom(opaqueRecords)
    await world.clock.advance(10_000)
    expect((await told('/machines/x', 'oat_good')).status).toBe(200)
  })
})

describe('an opaque credential', () => {
  it('brings its owner to the origin and stays behind itself', async () => {
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    const headers = Object.fromEntries(world.sent[0]?.headers ?? [])
    expect(headers).toMatchObject({ 'x-usher-authenticated': '1', 'x-usher-user-id': 'user_ada' })
    expect(JSON.stringify(headers)).not.toContain('ak_ada')
    expect(JSON.stringify(world.records)).not.toContain('ak_ada')
  })

  it('of an organisation brings that organisation, and no person', async () => {
    expect((await told('/machines/x', 'ak_acme')).status).toBe(200)
    const headers = world.sent[0]?.headers
    expect(headers?.get('x-usher-org-id')).toBe('org_acme')
    expect(headers?.get('x-usher-user-id')).toBe('')
  })

  it('is limited to its scopes', async () => {
    expect((await told('/ingest', 'ak_ada')).status).toBe(200)
    expect(await told('/ingest', 'ak_acme')).toMatchObject({ status: 403, code: 'scope-missing' })
  })

  it('is found in the header that the route names', async () => {
    const ask = async (token: string) =>
      (await world.get('/named/x', undefined, { headers: { 'x-api-key': token } })).status
    expect([await ask('ak_ada'), await ask('ak_no')]).toEqual([200, 401])
    expect(world.sent[0]?.headers.has('x-api-key')).toBe(false)
  })

  it.each([
    ['mt_other', 'token-other-machine'],
    ['ak_no', 'token-unknown'],
  ])('%s is refused with %s', async (token, code) => {
    expect(await told('/machines/x', token)).toMatchObject({ status: 401, code })
    expect(world.sent).toHaveLength(0)
  })

  it('that was revoked is out within a minute, and at once where the route is fresh', async () => {
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    world.backend.answer = answerFrom({ ak_ada: apiKey({ revoked: true }) })
    await world.clock.advance(59_000)
    expect((await told('/machines/x', 'ak_ada')).status).toBe(200)
    expect(await told('/fresh/x', 'ak_ada')).toMatchObject({ status: 401, code: 'token-revoked' })
    expect(await told('/machines/x', 'ak_ada')).toMatchObject({ code: 'token-revoked' })
  })

  it('is asked about once by an isolate, and again by the next', async () => {
    for (let turn = 0; turn < 10; turn++) await told('/machines/x', 'ak_ada')
    expect(world.backend.asked).toHaveLength(1)
    world = world.coldIsolate()
    await told('/machines/x', 'ak_ada')
    expect(world.backend.asked).toHaveLength(2)
  })
})
