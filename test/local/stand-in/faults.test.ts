import { describe, expect, it } from 'vitest'
import { openClerk } from '../../../src/clerk/opening.ts'
import { verifyToken } from '../../../src/clerk/token.ts'
import { sessionToken } from '../../../src/local/clerk/kernel/tokens.ts'
import { createTurningClock } from '../../../src/local/clerk/kernel/turning-clock.ts'
import { gatheringMs, lateMs } from '../../../src/local/clerk/kernel/world-opening.ts'
import { makeIssuerKey } from '../../../src/local/keyring.ts'
import { momentAlone } from '../../../src/model/clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { keepInMemory } from '../../support/kept-rows.ts'
import {
  createTestStandIn,
  type TestStandIn,
  type TestStandInParts,
} from '../../support/stand-in.ts'
import { openReceiver, verdictOf } from '../../support/webhook-receiver.ts'

/** Throws switches as a program does. */
async function flip({ standIn }: TestStandIn, switches: object): Promise<void> {
  const request = new Request('http://localhost/switches', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(switches),
  })
  const response = await standIn.fetch(request)
  if (response.status !== 200) throw new Error(await response.text())
}

/** What the page says is broken. */
async function broken({ standIn }: TestStandIn): Promise<readonly string[]> {
  const response = await standIn.fetch(new Request('http://localhost/switches.json'))
  const view: { brokenOnPurpose: readonly string[] } = await response.json()
  return view.brokenOnPurpose
}

const keysPath = '/frontend/.well-known/jwks.json'

function keys({ standIn }: TestStandIn): Promise<Response> {
  return standIn.fetch(new Request(`http://127.0.0.1${keysPath}`))
}

describe('an API that is broken on purpose', () => {
  it.each([
    [{ down: true }, 503, 'service_unavailable', null],
    [{ tooMany: true }, 429, 'too_many_requests', '10'],
  ])('%j: both APIs answer %i, and the page still mends it', async (switches, ...expected) => {
    const test = await createTestStandIn()
    await flip(test, switches)
    for (const answer of [
      await test.backend().get('/users'),
      await test.browser().get('/v1/client'),
    ]) {
      expect([answer.status, answer.code, answer.headers.get('retry-after')]).toEqual(expected)
    }
    expect((await keys(test)).status).toBe(expected[0])
    const page = await test.standIn.fetch(new Request('http://localhost/'))
    expect([page.status, (await page.text()).includes('Broken on purpose')]).toEqual([200, true])
    await flip(test, { mend: true })
    expect((await keys(test)).status).toBe(200)
    const mended = await test.standIn.fetch(new Request('http://localhost/'))
    expect((await mended.text()).includes('Broken on purpose')).toBe(false)
  })

  it('its keys are down alone', async () => {
    const test = await createTestStandIn()
    await flip(test, { keysDown: true })
    expect((await keys(test)).status).toBe(503)
    expect((await test.browser().get('/v1/client')).status).toBe(200)
  })

  it('it is slow to each, and nobody waits for somebody else', async () => {
    const waits: number[] = []
    const goOn: (() => void)[] = []
    const pause = (delayMs: number) => {
      waits.push(delayMs)
      return new Promise<void>((resolve) => goOn.push(resolve))
    }
    const test = await createTestStandIn({ pause })
    await flip(test, { slowMs: 1500 })
    const both = [keys(test), keys(test)]
    expect(waits).toEqual([1500, 1500])
    goOn.at(1)?.()
    expect((await both[1])?.status).toBe(200)
    goOn.at(0)?.()
    expect((await both[0])?.status).toBe(200)
    expect(await broken(test)).toEqual(['every answer takes 1500 ms longer'])
  })
})

/** A gateway whose only Clerk is the stand-in, each time one that has just begun. */
function gatewayOf({ standIn, settings }: TestStandIn) {
  const clock = createFakeClock(standIn.world.clock.now() - standIn.world.clock.turnedMs)
  const { issuer } = openClerk(
    {
      publishableKey: settings.publishableKey,
      frontendHost: settings.host,
      proxyUrl: undefined,
      frontendApiUrl: undefined,
      secretKey: undefined,
      machineId: undefined,
      machineSecretKey: undefined,
      apiUrl: 'http://127.0.0.1/backend',
      issuers: [`https://${settings.host}`],
      jwtKey: undefined,
      keySources: [{ url: `http://127.0.0.1${keysPath}`, secretKey: undefined }],
      authorizedParties: [],
      audiences: [],
    },
    {
      network: (request) => standIn.fetch(request),
      store: { read: async () => null, write: async () => {} },
      clock,
    },
  )
  return {
    clock,
    /** `ok`, or why the token is refused. */
    async verdict(token: string): Promise<string> {
      const demand = { issuer, accepts: ['session_token'] as const }
      const result = await verifyToken(token, demand, momentAlone(clock.now()))
      return result.ok ? 'ok' : result.error.code
    },
  }
}

async function tokenOf({ standIn: { world } }: TestStandIn): Promise<string> {
  const session = world.state.sessions.find(({ status }) => status === 'active')
  if (session === undefined) throw new Error('Nobody is signed in')
  return sessionToken(world, session, { authorizedParty: 'http://localhost:8787' })
}

describe('to the gateway', () => {
  it.each<[object, string]>([
    [{ keysDown: false }, 'ok'],
    [{ keysDown: true }, 'keys-unavailable'],
    [{ down: true }, 'keys-unavailable'],
    [{ tooMany: true }, 'keys-unavailable'],
    [{ keys: 'rotate' }, 'ok'],
    [{ keys: 'rotate-and-forget' }, 'jwk-kid-mismatch'],
    [{ tokenSkewSeconds: -30 }, 'ok'],
    [{ tokenSkewSeconds: 3 }, 'ok'],
  ])('%j of a token from before means %s', async (switches, verdict) => {
    const test = await createTestStandIn()
    const token = await tokenOf(test)
    await flip(test, switches)
    expect(await gatewayOf(test).verdict(token)).toBe(verdict)
  })

  it.each<[object, string]>([
    [{ keys: 'rotate' }, 'ok'],
    [{ keys: 'rotate-and-forget' }, 'ok'],
    [{ tokenSkewSeconds: -30 }, 'ok'],
    [{ tokenSkewSeconds: -120 }, 'token-expired'],
    [{ tokenSkewSeconds: 3 }, 'ok'],
    [{ tokenSkewSeconds: 120 }, 'token-not-active-yet'],
    [{ turnClockMs: -300_000 }, 'token-expired'],
    [{ turnClockMs: 60_000 }, 'token-not-active-yet'],
    [{ turnClockMs: 86_400_000 }, 'token-not-active-yet'],
  ])('%j of a token from after means %s', async (switches, verdict) => {
    const test = await createTestStandIn()
    await flip(test, switches)
    const token = await tokenOf(test)
    expect(await gatewayOf(test).verdict(token)).toBe(verdict)
  })

  it('keys that take longer than it waits cannot be had', async () => {
    const test = await createTestStandIn({ pause: () => new Promise(() => {}) })
    await flip(test, { slowMs: 60_000 })
    const gateway = gatewayOf(test)
    const verdict = gateway.verdict(await tokenOf(test))
    await gateway.clock.advance(10_000)
    expect(await verdict).toBe('keys-unavailable')
  })
})

describe('over a restart', () => {
  it('what is broken stays broken, and what is mended stays mended', async () => {
    const keeper = keepInMemory()
    const open = (parts: TestStandInParts = {}) => createTestStandIn({ keeper, ...parts })
    const first = await open()
    const token = await tokenOf(first)
    const switches = { slowMs: 5, keys: 'rotate', tokenSkewSeconds: 7, webhooks: 'twice' }
    await flip(first, { ...switches, turnClockMs: 60_000 })
    const shown = await broken(first)
    expect(shown).toHaveLength(5)

    const second = await open({ pause: async () => {} })
    expect(await broken(second)).toEqual(shown)
    expect(second.standIn.world.keys.published()).toEqual(first.standIn.world.keys.published())
    expect(second.standIn.world.clock.now()).toBe(first.standIn.world.clock.now())
    expect(await gatewayOf(second).verdict(token)).toBe('ok')
    await flip(second, { mend: true })

    const third = await open()
    expect(await broken(third)).toEqual([])
    expect(third.standIn.world.keys.current().kid).toBe(first.key.kid)
  })

  it('keys that were rotated are forgotten with the keyring on which they were made', async () => {
    const keeper = keepInMemory()
    await flip(await createTestStandIn({ keeper }), { keys: 'rotate-and-forget' })
    const key = await makeIssuerKey()
    const { standIn } = await createTestStandIn({ keeper, key })
    expect(standIn.world.keys.published().map(({ kid }) => kid)).toEqual([key.kid])
  })

  it('publishes four keys at most', async () => {
    const test = await createTestStandIn()
    for (let count = 0; count < 4; count++) await flip(test, { keys: 'rotate' })
    const set: { keys: readonly { kid: string }[] } = await (await keys(test)).json()
    expect(new Set(set.keys.map(({ kid }) => kid)).size).toBe(4)
    expect(set.keys.some((key) => 'd' in key)).toBe(false)
  })
})

describe('webhooks', () => {
  async function openScene(webhooks: string) {
    const startMs = Date.now()
    const receiver = openReceiver()
    const clock = createTurningClock(() => startMs)
    const invented = { inventedEvents: 'these tests are about when webhooks come' }
    const test = await createTestStandIn({ send: receiver.send, clock }, invented)
    await test.standIn.deliverDue()
    receiver.forget()
    await flip(test, { webhooks })
    const { world, deliverDue } = test.standIn
    const emit = (type: string) => world.emit(type, { id: 'user_1' })
    return { ...test, receiver, emit, deliverDue }
  }

  it('come twice, the same both times', async () => {
    const { receiver, emit, deliverDue, standIn } = await openScene('twice')
    emit('user.created')
    await deliverDue()
    const ids = receiver.received.map(({ headers }) => headers.get('svix-id'))
    expect([ids.length, new Set(ids).size]).toEqual([2, 1])
    const delivery = standIn.world.state.deliveries.get(ids[0])
    expect([delivery?.state, delivery?.attempts.length]).toEqual(['delivered', 2])
  })

  it('come a minute late', async () => {
    const { receiver, emit, deliverDue, turn } = await openScene('late')
    emit('user.created')
    turn(lateMs - 1)
    await deliverDue()
    expect(await receiver.types()).toEqual([])
    turn(1)
    await deliverDue()
    expect(await receiver.types()).toEqual(['user.created'])
  })

  it('come in the wrong order', async () => {
    const { receiver, emit, deliverDue, turn } = await openScene('out-of-order')
    emit('user.created')
    turn(gatheringMs / 2)
    emit('user.updated')
    await deliverDue()
    expect(await receiver.types()).toEqual([])
    turn(gatheringMs / 2)
    await deliverDue()
    expect(await receiver.types()).toEqual(['user.updated', 'user.created'])
  })

  it("come with a signature that Clerk's own SDK refuses", async () => {
    const { receiver, emit, deliverDue, settings } = await openScene('bad-signature')
    emit('user.created')
    await deliverDue()
    const [request] = receiver.received
    if (request === undefined) throw new Error('Nothing came')
    const secret = settings.webhook?.secret ?? ''
    expect(await verdictOf(request, secret)).toMatch(/^refused: .*signature/)
  })
})
