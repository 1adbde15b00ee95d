import { beforeEach, expect } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { answerFrom, apiKey, everyCredential } from '../support/credentials.ts'
import { createWorld, everyoneHolds, gatewayUrl } from '../support/world.ts'

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

/** The headers of a request. */
export type Headers = Readonly<Record<string, string>>

/** A gateway with a route for each way to carry a credential. */
export async function openCarrierScene() {
  const world = await createWorld({
    config: { routes },
    variables: everyCredential,
    facts: async () => ({ ok: true, value: everyoneHolds([]) }),
  })
  world.backend.answer = answerFrom({ ak_ada: apiKey({ subject: 'user_ada' }) })
  beforeEach(() => {
    world.sent.length = 0
  })

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
    const said = await outcome(path, headers)
    const [request] = world.sent
    if (request === undefined) throw new Error(`The origin was not reached: ${said}`)
    return request
  }

  const [ada, grace] = [await world.token(), await world.token({ sub: 'user_grace' })]
  return { ada, grace, outcome, arrival }
}

/** A bearer token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
/** A session cookie. */
export const cookie = (token: string) => ({ cookie: `__session=${token}` })
/** A credential in a header of its own. */
export const key = (token: string) => ({ 'x-api-key': token })
/** The handshake of a WebSocket that offers these subprotocols. */
export const socket = (...protocols: readonly string[]) => ({
  upgrade: 'websocket',
  'sec-websocket-protocol': protocols.join(', '),
})
