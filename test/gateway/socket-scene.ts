import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts, FactsQuery } from '../../src/model/facts.ts'
import { type Refusal, refuse } from '../../src/model/refusal.ts'
import { ok, type Result, unreachable } from '../../src/model/result.ts'
import { answerFrom, apiKey, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { settle } from '../support/fake-clock.ts'
import { createWorld, everyoneHolds, type World } from '../support/world.ts'

const everyType = ['session_token', 'jwt_template', 'oauth_token', 'm2m_token', 'api_key'] as const
const routes: GatewayConfig['routes'] = [
  { path: '/live/**', origin: 'api', websocket: true, accepts: everyType },
  { path: '/fresh/**', origin: 'api', websocket: true, accepts: everyType, fresh: true },
  { path: '/optional/**', origin: 'api', websocket: true, access: 'optional' },
  { path: '/public/**', origin: 'api', websocket: true, access: 'public' },
  { path: '/handed/**', origin: 'api', websocket: { recheck: false }, accepts: everyType },
  { path: '/admin/**', origin: 'api', websocket: true, access: { role: 'admin' } },
]

/** One end of a WebSocket, and what it has heard. */
export interface End {
  readonly socket: WebSocket
  readonly heard: unknown[]
  /** Code and reason of the close that came; `undefined` before. */
  closed: string | undefined
}

/** A WebSocket that passes through the gateway, with both of its ends in the hands of a test. */
export interface OpenSocket {
  readonly client: End
  readonly origin: End
  /** Whether a message still gets from end to end, in each direction. */
  passes(): Promise<{ up: boolean; down: boolean }>
}

/** What facts say from now on: of everybody, or that they cannot be read. */
export type Told = Partial<Facts> | 'unreadable' | 'broken'

/** A gateway whose WebSockets are followed, with the facts and the clock in the hands of a test. */
export interface SocketScene {
  readonly world: World
  /** Every question about someone. */
  readonly asked: FactsQuery[]
  tell(told: Told): void
  /** What Clerk knows of the opaque credential `ak_key` from now on. */
  tellOfKey(changes: Readonly<Record<string, unknown>>): void
  open(path: string, token: string | undefined): Promise<OpenSocket>
}

/** Opens the scene. */
export async function openSocketScene(): Promise<SocketScene> {
  let told: Told = {}
  const asked: FactsQuery[] = []
  const world = await createWorld({
    config: { routes },
    variables: everyCredential,
    facts: async (query) => {
      asked.push(query)
      return factsOf(told)
    },
  })

  function tellOfKey(changes: Readonly<Record<string, unknown>>): void {
    world.backend.answer = answerFrom({ ...opaqueRecords, ak_key: apiKey(changes) })
  }

  tellOfKey({})
  const tell = (next: Told) => {
    told = next
  }
  const open: SocketScene['open'] = (path, token) => openSocket(world, path, token)
  return { world, asked, tell, tellOfKey, open }
}

/** Opens a WebSocket through the gateway of a world. */
export async function openSocket(
  world: World,
  path: string,
  token: string | undefined,
): Promise<OpenSocket> {
  const { 0: near, 1: far } = new WebSocketPair()
  world.origin = () => new Response(null, { status: 101, webSocket: near })
  const response = await world.get(path, token, { headers: { upgrade: 'websocket' } })
  const { status, webSocket } = response
  if (webSocket === null) throw new Error(`No WebSocket: ${status} ${await response.text()}`)
  const [client, origin] = [listen(webSocket), listen(far)]
  await world.behind()
  return { client, origin, passes: () => passes(client, origin) }
}

function factsOf(told: Told): Result<Facts, Refusal> {
  switch (told) {
    case 'unreadable':
      return refuse('facts-unavailable')
    case 'broken':
      throw new TypeError('Nobody expected that')
    default:
      return typeof told === 'string' ? unreachable(told) : ok({ ...everyoneHolds([]), ...told })
  }
}

function listen(socket: WebSocket): End {
  const end: End = { socket, heard: [], closed: undefined }
  socket.addEventListener('message', ({ data }) => void end.heard.push(data))
  socket.addEventListener('close', ({ code, reason }) => {
    end.closed = `${code} ${reason}`
  })
  socket.binaryType = 'arraybuffer'
  socket.accept({ allowHalfOpen: true })
  return end
}

let serial = 0

async function passes(client: End, origin: End) {
  const [up, down] = [`up ${++serial}`, `down ${serial}`]
  for (const [end, message] of [[client, up] as const, [origin, down] as const]) {
    try {
      end.socket.send(message)
    } catch {
      // It is closed on this end already.
    }
  }
  await settle()
  return { up: origin.heard.includes(up), down: client.heard.includes(down) }
}
