import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Context } from 'hono'
import { authenticated } from '../../src/api/authenticated.ts'
import type { ApiCapabilities } from '../../src/api/capabilities.ts'
import { lazyClerk } from '../../src/api/clerk-client.ts'
import type { Room } from '../../src/api/room.ts'
import { createApp } from '../../src/app.ts'
import type { Checking } from '../../src/checks/checking.ts'
import { defineGateway, type RouteConfig } from '../../src/config/define.ts'
import { frontDoor } from '../../src/front-door.ts'
import { everyCredential } from '../support/credentials.ts'
import { backendUrl, gatewayUrl, type World } from '../support/world.ts'

/** A room of a test's own below Usher's prefix. */
export interface TestRoom {
  /** Which credentials some route accepts. */
  readonly accepts: RouteConfig['accepts'] & object
  readonly mayBeAnonymous?: boolean
  /** What the room answers, as JSON. */
  readonly look: (c: Context<Room>) => unknown
}

/** A house with a test's room in it. */
export interface House {
  /** Whom the room was shown, one line for each. */
  readonly entered: string[]
  /** Asks for the room through the front door, with a bearer token where one is given. */
  ask(token?: string): Promise<{ readonly status: number; readonly body: unknown }>
}

/**
 * Builds a room into a whole house: requests come in by the front door, and go through the gateway and the
 * front desk to the middleware that every room knows its callers by. Clerk is the one of the `world`.
 */
export function mountRoom(
  world: World,
  { accepts, mayBeAnonymous = false, look }: TestRoom,
): House {
  const entered: string[] = []
  function createAppWithRoom(capabilities: ApiCapabilities, checking: Checking) {
    const app = createApp(capabilities, checking)
    const access = capabilities.clerk
    app.get('/room', authenticated({ access, clerk: lazyClerk(access), mayBeAnonymous }), (c) => {
      entered.push(c.var.principal.kind)
      return c.json(look(c))
    })
    return app
  }
  const door = frontDoor(() => ({
    definition: defineGateway(() => ({
      origins: { api: { url: 'https://origin.usher.test' } },
      routes: [{ path: '/**', origin: 'api', accepts, assertion: 'off' }],
    })),
    app: async () => ({ createApp: createAppWithRoom }),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const isForBackend = request.url.startsWith(`${backendUrl}/`)
      return isForBackend ? world.backend.answer(request) : world.keyServer.answer()
    },
    clock: world.clock,
    record() {},
    log: { log() {}, warn() {}, error: fail },
  }))
  return {
    entered,
    async ask(token) {
      const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })
      const request = new Request(`${gatewayUrl}/_usher/room`, { headers })
      const response = await door.fetch(request, bindings, createExecutionContext())
      return { status: response.status, body: await response.json() }
    },
  }
}

const bindings = {
  CLERK_JWT_ISSUER: 'https://clerk.usher.test',
  CLERK_FRONTEND_API: 'clerk.usher.test',
  AUTHORIZED_PARTIES: 'https://app.usher.test',
  ...everyCredential,
  KV: env.KV,
  DB: env.DB,
}

function fail(problem: string): never {
  throw new Error(problem)
}
