import { beforeEach } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

/** A page that most routes let in. */
export const page = 'https://app.usher.test'
/** One that they do not. */
export const other = 'https://evil.test'

/** What most routes of the scene grant. */
export const cors = { origins: [page, 'https://other.usher.test:8443'], exposed: ['X-Total'] }

const routes: GatewayConfig['routes'] = [
  { path: '/open/**', origin: 'api', access: 'public', cors: { origins: '*' } },
  { path: '/api/**', origin: 'api', cors },
  { path: '/cookie/**', origin: 'api', cors: { ...cors, credentials: true } },
  { path: '/mixed', methods: ['GET'], origin: 'api', access: 'public' },
  { path: '/mixed', methods: ['PUT'], origin: 'api', cors },
  { path: '/plain/**', origin: 'api', access: 'public' },
  { path: '/narrow', methods: ['GET', 'POST'], origin: 'api', cors: { ...cors, maxAge: '30s' } },
  { path: '/socket', origin: 'api', access: 'public', websocket: true, cors },
  { path: '/two/**', methods: ['DELETE'], origin: 'api' },
  { path: '/two/**', origin: 'api', access: 'public', cors: { origins: [other] } },
  { path: '/keyed', origin: 'api', accepts: ['api_key'], carriers: ['bearer', 'x-api-key'], cors },
]

/** Headers by their names. */
export type Lines = Readonly<Record<string, string>>

/** A gateway with routes that grant this and that. */
export interface CorsScene {
  readonly world: World
  /** Ada's token. */
  readonly token: string
  ask(path: string, headers?: Lines, method?: string): Promise<Response>
  /** Asks as a browser does what a page may do. */
  preflight(path: string, method: string, headers?: Lines): Promise<Response>
}

/** Opens the scene for the tests of a file. */
export async function openCorsScene(): Promise<CorsScene> {
  const world = await createWorld({
    config: { routes, cors },
    variables: { CLERK_SECRET_KEY: 'sk_test_x' },
  })
  const ask: CorsScene['ask'] = (path, headers = {}, method = 'GET') =>
    world.walk(new Request(`${gatewayUrl}${path}`, { method, headers }))
  beforeEach(() => {
    world.sent.length = 0
    world.records.length = 0
    world.origin = () => new Response('from the origin')
  })
  return {
    world,
    token: await world.token(),
    ask,
    preflight(path, method, headers = {}) {
      const asked = { origin: page, 'access-control-request-method': method, ...headers }
      return ask(path, asked, 'OPTIONS')
    },
  }
}

/** What an answer says of CORS, and what it varies with. */
export function saidBy({ headers }: Response): Lines {
  return Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )
}
