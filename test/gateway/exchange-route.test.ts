import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { everyCredential, mintTemplate } from '../support/credentials.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

// A route with `exchange`: its origin receives a template's token where the session's would have been.

const routes: GatewayConfig['routes'] = [
  { path: '/billing/**', origin: 'api', exchange: 'billing' },
  { path: '/maybe/**', origin: 'api', exchange: 'billing', access: 'optional' },
  { path: '/keyed/**', origin: 'api', exchange: 'billing', carriers: ['x-session', 'bearer'] },
  { path: '/admin/**', origin: 'api', exchange: 'billing', access: { role: 'admin' } },
  { path: '/api/**', origin: 'api' },
]

let world: World
let ada: string
let made: string
beforeEach(async () => {
  world = await createWorld({ config: { routes }, variables: everyCredential })
  ada = await world.token()
  made = await mintTemplate(world, { aud: 'billing' })
  world.backend.answer = () => Response.json({ object: 'token', jwt: made })
})

const exchanges = () =>
  world.backend.asked.filter(({ url }) => new URL(url).pathname.includes('/tokens/'))

async function walk(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return world.walk(new Request(`${gatewayUrl}${path}`, { headers }))
}

/** The headers that reached the origin, which was reached once. */
function arrived(): Headers {
  const [request, ...others] = world.sent
  if (request === undefined || others.length > 0) throw new Error('The origin was not reached once')
  return request.headers
}

describe('the origin of a route with exchange', () => {
  const sent: [string, string, () => Record<string, string>][] = [
    ['a bearer token', '/billing/x', () => ({ authorization: `Bearer ${ada}` })],
    ['a cookie', '/billing/x', () => ({ cookie: `__session=${ada}` })],
    [
      'a cookie beside another Authorization',
      '/billing/x',
      () => ({ cookie: `__session=${ada}`, authorization: 'Basic Zm9yZ2Vk' }),
    ],
    ['a header', '/keyed/x', () => ({ 'x-session': ada, authorization: 'Bearer forged' })],
    ['a token on an optional route', '/maybe/x', () => ({ authorization: `Bearer ${ada}` })],
  ]
  it.each(sent)('receives the token of the template for %s', async (_, path, headers) => {
    expect((await walk(path, headers())).status).toBe(200)
    expect(arrived().get('authorization')).toBe(`Bearer ${made}`)
    expect(arrived().get('x-usher-user-id')).toBe('user_ada')
    expect(JSON.stringify([...arrived()])).not.toContain(ada)
    const [request] = exchanges()
    expect(request?.method).toBe('POST')
    expect(new URL(String(request?.url)).pathname).toBe('/v1/sessions/sess_ada/tokens/billing')
  })

  it.each(['-Authorization', 'Authorization_', 'authorization-'])(
    'receives no %s of the client beside it',
    async (name) => {
      await walk('/billing/x', { authorization: `Bearer ${ada}`, [name]: 'forged' })
      expect(JSON.stringify([...arrived()])).not.toContain('forged')
    },
  )

  it('receives no Authorization for nobody, whatever the client sends', async () => {
    for (const authorization of ['Basic Zm9yZ2Vk', 'forged', 'Token forged']) {
      world.sent.length = 0
      expect((await walk('/maybe/x', { authorization })).status).toBe(200)
      expect(arrived().has('authorization')).toBe(false)
      expect(arrived().get('x-usher-authenticated')).toBe('0')
    }
    expect(exchanges()).toEqual([])
  })

  it('is not asked when Clerk makes no token: 503, and never with the session’s', async () => {
    const answers: (() => Response | Promise<Response>)[] = [
      () => Response.json({ errors: [] }, { status: 404 }),
      () => Response.json({}, { status: 500 }),
      () => Promise.reject(new Error('unreachable')),
      () => Response.json({ object: 'token', jwt: 'x' }),
    ]
    for (const answer of answers) {
      world.backend.answer = answer
      const response = await walk('/billing/x', { authorization: `Bearer ${ada}` })
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({ code: 'exchange-unavailable' })
    }
    expect(world.sent).toEqual([])
    expect(world.records.at(-1)).toMatchObject({ status: 503, reason: 'exchange-unavailable' })
    expect((await walk('/api/x', { authorization: `Bearer ${ada}` })).status).toBe(200)
  })

  it('costs Clerk nothing for a caller who may not pass', async () => {
    const grace = await world.token({ sub: 'user_grace', sid: 'sess_grace' })
    expect((await walk('/admin/x', { authorization: `Bearer ${grace}` })).status).toBe(403)
    expect((await walk('/billing/x', {})).status).toBe(401)
    expect((await walk('/billing/x', { authorization: 'Bearer x' })).status).toBe(401)
    expect(exchanges()).toEqual([])
  })

  it('shares one token among the requests of a session', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await walk('/billing/x', { authorization: `Bearer ${ada}` })
    }
    expect(exchanges()).toHaveLength(1)
    const authorizations = world.sent.map(({ headers }) => headers.get('authorization'))
    expect(authorizations).toEqual(Array(3).fill(`Bearer ${made}`))
  })
})

it('another route neither asks for a token nor gives one', async () => {
  await walk('/api/x', { authorization: `Bearer ${ada}` })
  expect(arrived().has('authorization')).toBe(false)
  expect(exchanges()).toEqual([])
})
