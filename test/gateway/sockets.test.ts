import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { recheckEveryMs, sharedMs, unknownMaxMs } from '../../src/gateway/follow.ts'
import { closingLimitMs } from '../../src/proxy/socket.ts'
import {
  mintAccessToken,
  mintMachineToken,
  mintTemplate,
  ourMachine,
} from '../support/credentials.ts'
import { settle } from '../support/fake-clock.ts'
import { createWorld, type World } from '../support/world.ts'
import {
  type OpenSocket,
  openSocket,
  openSocketScene,
  type SocketScene,
  type Told,
} from './socket-scene.ts'

// A WebSocket lives longer than any token, so it is held against the session behind it.

let scene: SocketScene
let world: World
beforeEach(async () => {
  scene = await openSocketScene()
  world = scene.world
})

const both = { up: true, down: true }
const neither = { up: false, down: false }
const nowSeconds = () => Math.floor(world.clock.now() / 1000)

describe('a WebSocket follows its session, not its token', () => {
  it('outlives its token by as long as the session lasts', async () => {
    const socket = await scene.open('/live/x', await world.token())
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.advance(60_000)
      expect(await socket.passes()).toEqual(both)
    }
    expect(socket.client.closed).toBeUndefined()
  })

  const ends: [what: string, told: Told, closed: string | undefined][] = [
    ['the session ended', { endedSessions: ['sess_ada'] }, '4401 session-ended'],
    ['the user was banned', { status: 'banned' }, '4401 user-banned'],
    ['the user was deleted', { status: 'deleted' }, '4401 user-deleted'],
    ['another session of theirs ended', { endedSessions: ['sess_other'] }, undefined],
    ['strangers locked the user out of signing in', { status: 'locked' }, undefined],
    ['nobody has seen the user yet', { status: 'unknown' }, undefined],
  ]
  it.each(ends)('where %s, both ends hear of it within 30 s or not at all', async (...row) => {
    const [, told, closed] = row
    const socket = await scene.open('/live/x', await world.token())
    scene.tell(told)
    await world.clock.advance(recheckEveryMs)
    expect([socket.client.closed, socket.origin.closed]).toEqual([closed, closed])
    expect(await socket.passes()).toEqual(closed === undefined ? both : neither)
  })

  it('is closed once the role is gone without which the route does not open', async () => {
    const admin = [{ role: 'admin', permissions: [], organizationId: '' }]
    scene.tell({ grants: admin })
    const [socket, plain] = [
      await scene.open('/admin/x', await world.token()),
      await scene.open('/live/x', await world.token()),
    ]
    await world.clock.advance(recheckEveryMs)
    expect(await socket.passes()).toEqual(both)
    scene.tell({ grants: [{ role: 'admin', permissions: [], organizationId: 'org_other' }] })
    await world.clock.advance(recheckEveryMs)
    expect([socket.client.closed, socket.origin.closed]).toEqual(Array(2).fill('4403 role-missing'))
    expect(await plain.passes()).toEqual(both)
  })

  it('is held against the database itself, however late its session ends', async () => {
    const socket = await scene.open('/live/x', await world.token())
    expect(scene.asked).toEqual([])
    await world.clock.advance(20 * recheckEveryMs)
    expect(scene.asked.length).toBeGreaterThanOrEqual(20)
    expect(scene.asked.every(({ mustBeFresh }) => mustBeFresh)).toBe(true)
    scene.tell({ endedSessions: ['sess_ada'] })
    await world.clock.advance(recheckEveryMs)
    expect(socket.client.closed).toBe('4401 session-ended')
  })

  it('is told apart from the others of its moment, so that not all of them read at once', async () => {
    for (let opened = 0; opened < 20; opened++) {
      await scene.open('/live/x', await world.token({ sub: `user_${opened}` }))
    }
    await world.clock.advance(recheckEveryMs)
    expect(new Set(scene.asked.map(({ userId }) => userId)).size).toBe(20)
    expect(new Set(scene.asked.map(({ moment }) => moment.nowMs)).size).toBeGreaterThan(10)
  })

  it('shares what is read of its user with their others, of the same few seconds', async () => {
    const open = async (sid: string) => scene.open('/live/x', await world.token({ sid }))
    const stays = await open('sess_stays')
    const goes: OpenSocket[] = []
    while (goes.length < 20) goes.push(await open('sess_goes'))
    await world.clock.advance(2 * recheckEveryMs)
    const times = scene.asked.map(({ moment }) => moment.nowMs)
    expect(times.length).toBeGreaterThan(1)
    expect(times.every((at, index) => at - (times[index - 1] ?? 0) >= sharedMs)).toBe(true)
    scene.tell({ endedSessions: ['sess_goes'] })
    await world.clock.advance(recheckEveryMs + sharedMs)
    expect(goes.map(({ client }) => client.closed)).toEqual(Array(20).fill('4401 session-ended'))
    expect(await stays.passes()).toEqual(both)
  })

  it('is closed where looking at it fails, for it would never be looked at again', async () => {
    const { client, origin } = await scene.open('/live/x', await world.token())
    Object.assign(world.gateway.rules.routes[0] ?? {}, { access: null })
    await world.clock.advance(recheckEveryMs)
    expect([client.closed, origin.closed]).toEqual(Array(2).fill('1011 internal-error'))
    expect(world.clock.pending()).toBe(0)
  })

  it('is looked at no more once it is over, and leaves nothing behind', async () => {
    const socket = await scene.open('/live/x', await world.token())
    expect(world.clock.pending()).toBe(1)
    socket.client.socket.close(1000, 'bye')
    await settle()
    socket.origin.socket.close(1000, 'bye')
    await settle()
    expect(world.clock.pending()).toBe(0)
    await world.clock.advance(10 * recheckEveryMs)
    expect(scene.asked).toEqual([])
  })

  it('is recorded as soon as it is open', async () => {
    await scene.open('/live/x', await world.token())
    expect(world.records).toMatchObject([{ status: 101, userId: 'user_ada' }])
  })
})

describe('facts that cannot be read', () => {
  const outages: readonly Told[] = ['unreadable', 'broken']
  it.each(outages)('(%s) end no socket before a minute, and then as an outage', async (told) => {
    const socket = await scene.open('/live/x', await world.token())
    scene.tell(told)
    await world.clock.advance(unknownMaxMs - 1)
    expect(await socket.passes()).toEqual(both)
    await world.clock.advance(recheckEveryMs)
    expect(socket.client.closed).toBe('1013 facts-unavailable')
    expect(await socket.passes()).toEqual(neither)
  })

  it('are forgotten with the next reading', async () => {
    const socket = await scene.open('/live/x', await world.token())
    for (let turn = 0; turn < 5; turn++) {
      scene.tell('unreadable')
      await world.clock.advance(recheckEveryMs)
      scene.tell({})
      await world.clock.advance(recheckEveryMs)
    }
    expect(await socket.passes()).toEqual(both)
  })
})

describe('a credential without a session', () => {
  const inTwoMinutes = () => ({ exp: nowSeconds() + 120 })
  const machine = () => ({ ...inTwoMinutes(), scopes: ourMachine })
  const forms: [name: string, make: () => Promise<string>][] = [
    ['a template’s token', () => mintTemplate(world, inTwoMinutes())],
    [
      'a template’s token that names a session',
      () => mintTemplate(world, { ...inTwoMinutes(), sid: 'sess_ada' }),
    ],
    ['an OAuth token', () => mintAccessToken(world, inTwoMinutes())],
    ['a machine’s token', () => mintMachineToken(world, machine())],
    [
      'an API key',
      async () => {
        scene.tellOfKey({ expiration: world.clock.now() + 120_000 })
        return 'ak_key'
      },
    ],
  ]
  it.each(forms)('%s is the end of its socket when it ends, to the moment', async (_, make) => {
    const socket = await scene.open('/live/x', await make())
    await world.clock.advance(119_999)
    expect(await socket.passes()).toEqual(both)
    await world.clock.advance(1)
    expect(socket.client.closed).toBe('4401 token-expired')
    expect(socket.origin.closed).toBe('4401 token-expired')
  })

  it.each(forms.filter(([name]) => !name.includes('machine')))(
    '%s ends its socket with a ban of its user',
    async (_, make) => {
      const socket = await scene.open('/live/x', await make())
      scene.tell({ status: 'banned' })
      await world.clock.advance(recheckEveryMs)
      expect(socket.client.closed).toBe('4401 user-banned')
    },
  )

  it('that does not end by itself keeps its socket until Clerk revokes it', async () => {
    const socket = await scene.open('/live/x', 'ak_key')
    await world.clock.advance(600_000)
    expect(await socket.passes()).toEqual(both)
    scene.tellOfKey({ revoked: true })
    // What Clerk said counts for a minute, and is asked for at the next turn.
    await world.clock.advance(60_000 + recheckEveryMs)
    expect(socket.client.closed).toBe('4401 token-revoked')
  })

  it('that is revoked is out at the next turn where the route says fresh', async () => {
    const socket = await scene.open('/fresh/x', 'ak_key')
    scene.tellOfKey({ revoked: true })
    await world.clock.advance(recheckEveryMs)
    expect(socket.client.closed).toBe('4401 token-revoked')
  })

  it('of which Clerk cannot be asked keeps its socket for a minute, and is then an outage', async () => {
    const socket = await scene.open('/fresh/x', 'ak_key')
    world.backend.answer = () => new Response(null, { status: 500 })
    await world.clock.advance(unknownMaxMs - 1)
    expect(await socket.passes()).toEqual(both)
    await world.clock.advance(recheckEveryMs)
    expect(socket.client.closed).toBe('1013 verification-unavailable')
  })
})

describe('a socket is handed over, and looked at no more', () => {
  const handed: [why: string, path: string, token: () => Promise<string | undefined>][] = [
    ['the route says so', '/handed/x', () => world.token()],
    ['the route says so, whatever the credential', '/handed/x', () => mintTemplate(world)],
    ['nobody in particular opened it', '/optional/x', async () => undefined],
    ['nobody is asked who they are', '/public/x', async () => undefined],
  ]
  it.each(handed)('where %s', async (_, path, token) => {
    const socket = await scene.open(path, await token())
    scene.tell({ status: 'banned', endedSessions: ['sess_ada'] })
    expect(world.clock.pending()).toBe(0)
    await world.clock.advance(600_000)
    expect(scene.asked).toEqual([])
    expect(await socket.passes()).toEqual(both)
  })
})

describe('what is carried', () => {
  it('keeps its kind, its bytes and its order, both ways', async () => {
    const { client, origin } = await scene.open('/live/x', await world.token())
    const bytes = new Uint8Array([0, 1, 254, 255]).buffer
    const sent = [
      '',
      'a',
      bytes,
      'ü€😀',
      new ArrayBuffer(0),
      ...Array.from({ length: 200 }, String),
    ]
    for (const message of sent) for (const { socket } of [client, origin]) socket.send(message)
    await expect.poll(() => [origin.heard, client.heard]).toEqual([sent, sent])
  })

  it('that one side has closed still comes from the other, which closes in words of its own', async () => {
    const { client, origin } = await scene.open('/live/x', await world.token())
    client.socket.close(1000, 'done')
    await settle()
    for (const message of ['and', 'another', 'thing']) origin.socket.send(message)
    origin.socket.close(4000, 'that was all')
    await settle()
    expect(client.heard).toEqual(['and', 'another', 'thing'])
    expect(client.closed).toBe('4000 that was all')
  })

  it('is over when a close is not answered in time', async () => {
    const { client, origin } = await scene.open('/live/x', await world.token())
    client.socket.close(1000, 'done')
    await settle()
    expect(origin.closed).toBe('1000 done')
    await world.clock.advance(closingLimitMs)
    expect(client.closed).toBe('1011 The other side is gone.')
    expect(world.clock.pending()).toBe(0)
  })
})

describe('a session that ends in the database', () => {
  it('ends its socket, and no other', async () => {
    const real = await createWorld({
      config: { routes: [{ path: '/live/**', origin: 'api', websocket: true }] },
    })
    const open = async (sid: string) => openSocket(real, '/live/x', await real.token({ sid }))
    const [stays, goes] = [await open('sess_stays'), await open('sess_goes')]
    await env.DB.exec("INSERT INTO ended_sessions VALUES ('sess_goes', 'user_ada', 1)")
    const before = real.store.queries
    // A reading is given its time: the next one of the same database comes after it.
    for (let passedMs = 0; passedMs < recheckEveryMs; passedMs += 500) {
      await real.clock.advance(500)
      await env.DB.prepare('SELECT 1').first()
    }
    await expect.poll(() => goes.origin.closed).toBe('4401 session-ended')
    expect(real.store.queries).toBeGreaterThan(before)
    expect(stays.origin.closed).toBeUndefined()
    await env.DB.exec("DELETE FROM ended_sessions WHERE session_id = 'sess_goes'")
  })
})
