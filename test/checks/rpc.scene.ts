import { beforeEach } from 'vitest'
import type { Authentication } from '../../src/checks/calls.ts'
import { authenticate, decideAbout } from '../../src/checks/rpc.ts'
import type { Call } from '../../src/checks/rpc-visit.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import { err, ok } from '../../src/model/result.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { createWorld, everyoneHolds, gatewayUrl } from '../support/world.ts'

const limit = { limiter: 'exact', by: 'user', requests: 1, window: '60s' } as const

const config: Partial<GatewayConfig> = {
  routes: [
    { path: '/public/**', origin: 'api', access: 'public' },
    { path: '/optional/**', origin: 'api', access: 'optional' },
    { path: '/api/**', origin: 'api', limits: [limit] },
    { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
    { path: '/keys/**', origin: 'api', accepts: ['api_key'], assertion: 'off' },
    { path: '/any/**', origin: 'api', accepts: ['session_token', 'oauth_token'] },
    { path: '/elsewhere/**', origin: 'elsewhere', access: 'optional' },
  ],
  identityHeaders: ['roles', 'sessionId'],
  canonicalOrigin: 'https://www.usher.test',
  signInUrl: 'https://accounts.usher.test/sign-in',
  checks: {
    callers: {
      shop: { binding: true, hosts: ['api.usher.test', 'shop.usher.test'] },
      everywhere: { binding: true },
      edge: { secret: 'a-secret-of-more-than-32-characters', may: ['nginx'] },
    },
  },
}

/** The context in which a Worker calls, by the properties of its binding. */
export const callOf = (props: unknown): Call => ({ props, keeper: { waitUntil: () => {} } })

/** A request that came to the calling Worker; its address is exactly this. */
export function comes(url: string, headers: Record<string, string> = {}) {
  const address = url.startsWith('/') ? `${gatewayUrl}${url}` : url
  return { url: address, method: 'GET', headers: new Headers(headers) }
}

/** A gateway that the Worker `shop` may call. */
export async function openCallScene() {
  const read: string[] = []
  const world = await createWorld({
    config,
    variables: everyCredential,
    facts: async ({ userId }) => {
      read.push(userId)
      if (userId === 'user_fault') throw new Error('facts are at fault')
      if (userId === 'user_unknown') return err({ code: 'facts-unavailable', retryAfterSeconds: 5 })
      return ok(everyoneHolds(userId === 'user_ada' ? ['admin'] : []))
    },
  })
  world.backend.answer = answerFrom(opaqueRecords)
  beforeEach(() => {
    for (const list of [read, world.records, world.sent, world.backend.asked]) list.length = 0
  })
  const shop = callOf({ caller: 'shop' })
  return {
    world,
    /** Whose facts were read. */
    read,
    bearer: async (userId: string) => `Bearer ${await world.token({ sub: userId })}`,
    ask: (coming: unknown, call = shop): Promise<Authentication> =>
      authenticate(coming, call, world.gateway),
    decide: (asked: unknown, options?: unknown, call = shop) =>
      decideAbout({ asked, options }, call, world.gateway),
  }
}
