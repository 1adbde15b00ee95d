import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { answerFrom, apiKey, everyCredential } from '../support/credentials.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'

// Where a credential is looked for, in which order, and what of it an origin ever sees.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public', websocket: true },
  { path: '/bearer/**', origin: 'api', carriers: ['bearer'], websocket: true },
  { path: '/cookie/**', origin: 'api', carriers: ['cookie'] },
  { path: '/cookie-first/**', origin: 'api', carriers: ['cookie', 'bearer'] },
  { path: '/key/**', origin: 'api', carriers: ['x-api-key'] },
  { path: '/key-first/**', origin: 'api', carriers: ['x-api-key', 'bearer', 'cookie'] },
  { path: '/key-last/**', origin: 'api', carriers: ['bearer', 'x-api-key'] },
  { path: '/key-maybe/**', origin: 'api', carriers: ['x-api-key'], access: 'optional' },
  { path: '/key-shown/**', origin: 'api', carriers: ['bearer', 'x-api-key'], passCredential: true },
  { path: '/machine/**', origin: 'api', carriers: ['x-api-key'], accepts: ['api_key'] },
  { path: '/socket/**', origin: 'api', carriers: ['subprotocol', 'cookie'], websocket: true },
  { path: '/socket-last/**', origin: 'api', carriers: ['bearer', 'subprotocol'], websocket: true },
  {
    path: '/socket-shown/**',
    origin: 'api',
    carriers: ['subprotocol'],
    websocket: true,
    passCredential: true,
  },
]

let world: World
let ada: string
let grace: string
beforeAll(async () => {
  world = await createWorld({
    config: { routes },
    variables: everyCredential,
    facts: async () => ({ ok: true, value: everyoneHolds([]) }),
  })
  world.backend.answer = answerFrom({ ak_ada: apiKey({ subject: 'user_ada' }) })
  ada = await world.token()
  grace = await world.token({ sub: 'user_grace' })
})
beforeEach(() => {
  world.sent.length = 0
})

type Headers = Readonly<Record<string, string>>

/** Who the origin is told of, or the refusal. */
async function outcome(path: string, headers: Headers): Promise<unknown> {
  world.sent.length = 0
  const response = await world.walk(new Request(`${gatewayUrl}${path}`, { headers }))
  if (response.ok) return world.sent.at(-1)?.headers.get('x-usher-user-id')
  expect(world.sent).toEqual([])
  const { code }: { code?: unknown } = await response.json()
  return `${response.status} ${code}`
}

/** The request that reached the origin. */
async function arrival(path: string, headers: Headers): Promise<Request> {
  expect(typeof (await outcome(path, headers))).toBe('string')
  const [request] = world.sent
  if (request === undefined) throw new Error('The origin was not reached')
  return request
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const cookie = (token: string) => ({ cookie: `__session=${token}` })
const key = (token: string) => ({ 'x-api-key': token })
const socket = (...protocols: readonly string[]) => ({
  upgrade: 'websocket',
  'sec-websocket-protocol': protocols.join(', '),
})

describe('the first carrier in order that is there decides', () => {
  const cases: [string, () => Headers, string][] = [
    ['/bearer/x', () => bearer(ada), 'user_ada'],
    ['/bearer/x', () => ({ ...bearer(ada), ...cookie(grace), ...key(grace) }), 'user_ada'],
    ['/bearer/x', () => cookie(ada), '401 token-missing'],
    ['/bearer/x', () => key(ada), '401 token-missing'],
    ['/bearer/x', () => socket('usher', `bearer.${ada}`), '401 token-missing'],
    ['/cookie/x', () => cookie(ada), 'user_ada'],
    ['/cookie/x', () => ({ ...bearer(grace), ...cookie(ada) }), 'user_ada'],
    ['/cookie/x', () => bearer(ada), '401 token-missing'],
    ['/cookie-first/x', () => ({ ...bearer(grace), ...cookie(ada) }), 'user_ada'],
    ['/cookie-first/x', () => bearer(ada), 'user_ada'],
    ['/cookie-first/x', () => ({ ...bearer(ada), ...cookie('x') }), '401 token-invalid'],
    ['/cookie-first/x', () => ({ ...cookie(ada), ...bearer('x') }), 'user_ada'],
    [
      '/cookie-first/x',
      () => ({ cookie: `__session=${grace}; __client_uat=0`, ...bearer(ada) }),
      'user_ada',
    ],
    ['/key/x', () => key(ada), 'user_ada'],
    ['/key/x', () => key(`  ${ada}\t`), 'user_ada'],
    ['/key/x', () => ({ ...bearer(ada), ...cookie(ada) }), '401 token-missing'],
    ['/key/x', () => ({ 'x-api_key': ada }), '401 token-missing'],
    ['/key/x', () => key('ak_ada'), '401 token-type-mismatch'],
    ['/key/x', () => key(`${ada} ${ada}`), '401 token-ambiguous'],
    ['/key/x', () => key(`${ada},${ada}`), '401 token-ambiguous'],
    ['/key/x', () => key(`Bearer ${ada}`), '401 token-ambiguous'],
    ['/key/x', () => key('x'), '401 token-invalid'],
    ['/machine/x', () => key(ada), '401 token-type-mismatch'],
    ['/key-first/x', () => ({ ...key(ada), ...bearer(grace), ...cookie(grace) }), 'user_ada'],
    ['/key-first/x', () => ({ ...key('x'), ...bearer(ada) }), '401 token-invalid'],
    ['/key-first/x', () => ({ ...key(' '), ...bearer(ada), ...cookie(grace) }), 'user_ada'],
    ['/key-last/x', () => ({ ...key(grace), ...bearer(ada) }), 'user_ada'],
    ['/key-last/x', () => ({ ...key(ada), authorization: 'Basic YTpi' }), 'user_ada'],
    ['/key-last/x', () => ({ ...key(ada), authorization: 'Bearer' }), '401 token-invalid'],
    ['/key-maybe/x', () => ({}), ''],
    ['/key-maybe/x', () => ({ ...bearer(ada), ...cookie(ada) }), ''],
    ['/key-maybe/x', () => key('x'), '401 token-invalid'],
    ['/key-maybe/x', () => key(ada), 'user_ada'],
  ]
  it.each(cases)('%s %#: %o', async (path, headers, expected) => {
    expect(await outcome(path, headers())).toBe(expected)
  })

  it('an API key counts in a header of its own, and nowhere else', async () => {
    expect(await outcome('/machine/x', key('ak_ada'))).toBe('user_ada')
    expect(await outcome('/machine/x', key('ak_nobody'))).toBe('401 token-unknown')
    expect(await outcome('/machine/x', bearer('ak_ada'))).toBe('401 token-missing')
  })
})

describe('the subprotocol of a WebSocket', () => {
  const cases: [string, string, () => Headers, string][] = [
    ['counts beside "usher"', '/socket/x', () => socket('usher', `bearer.${ada}`), 'user_ada'],
    ['in any order', '/socket/x', () => socket(`bearer.${ada}`, 'chat', 'usher'), 'user_ada'],
    ['in any case', '/socket/x', () => socket('usher', `Bearer.${ada}`), 'user_ada'],
    [
      'goes before a cookie where it is named first',
      '/socket/x',
      () => ({ ...socket('usher', `bearer.${ada}`), ...cookie(grace), origin: gatewayUrl }),
      'user_ada',
    ],
    [
      'comes after a bearer token where it is named last',
      '/socket-last/x',
      () => ({ ...socket('usher', `bearer.${grace}`), ...bearer(ada) }),
      'user_ada',
    ],
    [
      'is not there without such an element: the next one decides',
      '/socket/x',
      () => ({ ...socket('usher', 'chat', 'bearer'), ...cookie(ada), origin: gatewayUrl }),
      'user_ada',
    ],
    ['is not there', '/socket/x', () => socket('usher'), '401 token-missing'],
    [
      'is not looked at without an upgrade',
      '/socket/x',
      () => ({ 'sec-websocket-protocol': `usher, bearer.${ada}` }),
      '401 token-missing',
    ],
    [
      'needs "usher" beside it',
      '/socket/x',
      () => ({ ...socket('chat', `bearer.${ada}`), ...cookie(ada), origin: gatewayUrl }),
      '401 token-invalid',
    ],
    [
      'needs exactly "usher"',
      '/socket/x',
      () => socket('Usher', `bearer.${ada}`),
      '401 token-invalid',
    ],
    ['is not empty', '/socket/x', () => socket('usher', 'bearer.'), '401 token-invalid'],
    ['has no blanks', '/socket/x', () => socket('usher', `bearer.${ada} x`), '401 token-invalid'],
    [
      'is one and not two',
      '/socket/x',
      () => socket('usher', `bearer.${ada}`, `bearer.${ada}`),
      '401 token-ambiguous',
    ],
    ['is a good token', '/socket/x', () => socket('usher', 'bearer.x'), '401 token-invalid'],
  ]
  it.each(cases)('%s', async (_, path, headers, expected) => {
    expect(await outcome(path, headers())).toBe(expected)
  })
})

describe('a token in the query is never one', () => {
  const names = ['token', 'access_token', '__session', 'bearer', 'x-api-key', '__clerk_db_jwt']
  const paths = ['/bearer/x', '/cookie-first/x', '/key-first/x', '/socket/x']
  it.each(names)('?%s=', async (name) => {
    for (const path of paths) {
      expect(await outcome(`${path}?${name}=${ada}`, {})).toBe('401 token-missing')
    }
    expect(await outcome(`/key-maybe/x?${name}=${ada}`, {})).toBe('')
  })
})

describe('the origin never sees', () => {
  it('the credential that counted, wherever it was', async () => {
    const cases: [string, Headers][] = [
      ['/bearer/x', bearer(ada)],
      ['/cookie/x', cookie(ada)],
      ['/key/x', key(ada)],
      ['/socket/x', socket('usher', `bearer.${ada}`, 'chat')],
    ]
    for (const [path, headers] of cases) {
      const { headers: arrived } = await arrival(path, { ...headers, 'x-mine': 'mine' })
      expect(arrived.get('x-usher-user-id')).toBe('user_ada')
      expect(arrived.get('x-mine')).toBe('mine')
      expect(JSON.stringify([...arrived])).not.toContain(ada)
    }
  })

  const spellings = [
    'X-Api-Key',
    'X_API_KEY',
    'x.api.key',
    'X-Api_Key',
    '-X-Api-Key-',
    'X--Api-Key',
  ]
  it.each(spellings)('a key in %s, whoever decided and if nobody came', async (name) => {
    const forged = { [name]: 'forged' }
    const passing: [string, Headers][] = [
      ['/key-last/x', { ...bearer(ada), ...forged }],
      ['/key-maybe/x', name === 'X-Api-Key' ? { 'x-api-key': '' } : forged],
      ['/key-shown/x', { ...bearer(ada), ...forged }],
    ]
    if (name !== 'X-Api-Key') passing.push(['/key-shown/x', { ...key(ada), ...forged }])
    for (const [path, headers] of passing) {
      const { headers: arrived } = await arrival(path, headers)
      expect(JSON.stringify([...arrived])).not.toContain('forged')
    }
  })

  it('but does where no carrier is in that header: there it is the client’s own', async () => {
    const { headers } = await arrival('/bearer/x', { ...bearer(ada), X_API_KEY: 'theirs' })
    expect(headers.get('x_api_key')).toBe('theirs')
  })

  it('a bearer token that was not looked at, if it is Clerk’s; another one is the origin’s', async () => {
    const theirs = await arrival('/key/x', { ...key(ada), ...bearer(grace) })
    expect(theirs.headers.has('authorization')).toBe(false)
    const own = await arrival('/key/x', { ...key(ada), ...bearer('of-the-origin') })
    expect(own.headers.get('authorization')).toBe('Bearer of-the-origin')
  })
})

describe('passCredential shows the credential that counted', () => {
  it('in its own header', async () => {
    const { headers } = await arrival('/key-shown/x', key(ada))
    expect(headers.get('x-api-key')).toBe(ada)
  })

  it('as a bearer token', async () => {
    const { headers } = await arrival('/key-shown/x', bearer(ada))
    expect(headers.get('authorization')).toBe(`Bearer ${ada}`)
  })

  it('as a subprotocol', async () => {
    const { headers } = await arrival('/socket-shown/x', socket('usher', `bearer.${ada}`))
    expect(headers.get('sec-websocket-protocol')).toBe(`usher, bearer.${ada}`)
  })
})

describe('of the subprotocols the origin receives its own', () => {
  const cases: [string, () => Headers, string | null][] = [
    ['/socket/x', () => socket('usher', `bearer.${ada}`), null],
    ['/socket/x', () => socket('chat', 'usher', `bearer.${ada}`, 'v2.chat'), 'chat, v2.chat'],
    ['/socket-last/x', () => ({ ...socket('usher', 'bearer.x'), ...bearer(ada) }), null],
    ['/socket-last/x', () => ({ ...socket('bearer.x', 'chat'), ...bearer(ada) }), 'chat'],
    [
      '/socket-last/x',
      () => ({ ...socket('chat', 'usherette'), ...bearer(ada) }),
      'chat, usherette',
    ],
    ['/bearer/x', () => ({ ...socket('usher', `bearer.${ada}`, 'chat'), ...bearer(ada) }), 'chat'],
    [
      '/bearer/x',
      () => ({ ...socket('bearer.theirs', 'chat'), ...bearer(ada) }),
      'bearer.theirs, chat',
    ],
    ['/public/x', () => socket('usher', `bearer.${ada}`), null],
    ['/public/x', () => socket('chat', 'superchat'), 'chat, superchat'],
  ]
  it.each(cases)('%s %#', async (path, headers, expected) => {
    const { headers: arrived } = await arrival(path, headers())
    expect(arrived.get('sec-websocket-protocol')).toBe(expected)
  })
})
