import { createClerkClient } from '@clerk/backend'
import { type Context, Hono } from 'hono'
import { afterEach, expect, vi } from 'vitest'
import { authenticated } from '../../src/api/authenticated.ts'
import type { ClerkAccess } from '../../src/api/capabilities.ts'
import { lazyClerk } from '../../src/api/clerk-client.ts'
import type { Room } from '../../src/api/room.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { receive } from '../../src/gateway/reception.ts'
import { momentAlone } from '../../src/model/clock.ts'
import type { Identified, Principal } from '../../src/model/principal.ts'
import { ok } from '../../src/model/result.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

/** What opens the Backend API in these tests. */
export const access: ClerkAccess = {
  apiUrl: 'https://api.clerk.test',
  publishableKey: 'pk_test_Y2xlcmsudXNoZXIudGVzdCQ',
  secretKey: 'sk_test_secret',
  machineSecretKey: 'ak_machine_secret',
}

/** A world for all tests of a file; what one of them put in place of the platform's own is taken back. */
export function sharedWorld(): Promise<World> {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })
  return createWorld({ variables: everyCredential })
}

/** Clerk's Backend API, as its own client reaches it: by the platform's fetch, which it looks up in tests alone. */
export function answerAsBackend(body: object): readonly Request[] {
  const sent: Request[] = []
  vi.stubEnv('NODE_ENV', 'test')
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    sent.push(new Request(input, init))
    return Response.json(body)
  })
  return sent
}

/** Whom the gateway itself sees in a credential. */
export async function verified(
  world: World,
  token: string,
  records = opaqueRecords,
): Promise<Identified> {
  world.backend.answer = answerFrom(records)
  const request = new Request(gatewayUrl)
  const target = canonicalize(request, new Set())
  if (!target.ok) throw new Error(target.error.code)
  const moment = momentAlone(world.clock.now())
  const { method, headers } = request
  const asking = {
    request,
    method,
    headers,
    target: target.value,
    moment,
    requestId: 'test',
    clientAddress: undefined,
  }
  const principal = await receive(asking, world.gateway).verify(token)
  if (!principal.ok) throw new Error(principal.error.code)
  return principal.value
}

/** Who is behind the middleware, and what it is given. */
interface Behind {
  readonly principal: Principal
  readonly access?: ClerkAccess
  readonly clerk?: ReturnType<typeof lazyClerk>
}

/** What a handler behind the middleware sees. */
export async function within<T>(
  behind: Behind,
  look: (c: Context<Room>) => T,
): Promise<Awaited<T>> {
  const seen: Awaited<T>[] = []
  const app = new Hono<Room>()
  app.onError((error) => {
    throw error
  })
  const opening = behind.access ?? access
  const clerk = behind.clerk ?? lazyClerk(opening)
  app.use(authenticated({ access: opening, clerk, mayBeAnonymous: true }))
  app.get('/', async (c) => {
    seen.push(await look(c))
    return c.text('seen')
  })
  const call = { identify: async () => ok(behind.principal) } as unknown as Room['Bindings']['call']
  expect((await app.request('/', {}, { call })).status).toBe(200)
  const [first] = seen
  if (seen.length !== 1 || first === undefined) throw new Error('Nobody looked')
  return first
}

/** A client that is made when first used, and how often it was made. */
export function countedClient(changes: Partial<ClerkAccess> = {}) {
  const createClient = vi.fn(createClerkClient)
  return { createClient, clerk: lazyClerk({ ...access, ...changes }, createClient) }
}
