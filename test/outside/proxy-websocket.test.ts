import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type RunningGateway, startGateway } from '../support/gateway.ts'
import {
  digest,
  opcodes,
  type SocketOrigin,
  startSocketOrigin,
  upgrade,
  type WebSocketEnd,
} from '../support/websocket.ts'

// What passes over a WebSocket once it is open, frame by frame on both sides: over one that the gateway
// carries itself, because it follows its caller, and over one that it hands over.

const { text, binary, ping, pong, more } = opcodes
const handedRoute = { path: '/handed/**', origin: 'api', websocket: { recheck: false } }

let gateway: RunningGateway
/** The same, where half a minute takes a third of a second. */
let hasty: RunningGateway
let origin: SocketOrigin

beforeAll(async () => {
  origin = await startSocketOrigin()
  const variables = { ROUTES: JSON.stringify([handedRoute]) }
  gateway = await startGateway(origin.url, variables)
  hasty = await startGateway(origin.url, { ...variables, HASTE: '90' })
})
afterAll(async () => {
  await gateway.stop()
  await hasty.stop()
  origin.stop()
})
beforeEach(() => origin.clear())

/** Both ends of a WebSocket through the gateway. */
async function open(target: string, through = gateway, changes = {}) {
  const client = await upgrade(through.port, target, [bearer(await through.token(changes))])
  expect(client.status).toBe(101)
  return { client, far: await origin.accepted() }
}

/** The same in both directions. */
async function bothWays(
  target: string,
  exchange: (from: WebSocketEnd, to: WebSocketEnd) => Promise<void>,
) {
  const { client, far } = await open(target)
  await exchange(client, far)
  await exchange(far, client)
}

/** Claims of someone whom facts ban, which a young token alone does not say. */
const banned = { sub: 'user_banned', sid: 'sess_banned' }
const carried = '/ws/x'
const handed = '/handed/x'

describe.each([carried, handed])('messages over %s', (target) => {
  it('arrive with their kind, their bytes and their length', async () => {
    const large = Buffer.from(Array.from({ length: 2 ** 20 }, (_, index) => index % 251))
    await bothWays(target, async (from, to) => {
      from.send(text, 'ü€😀')
      from.send(binary, Buffer.from([0, 255, 128]))
      from.send(text, '')
      from.send(binary, '')
      from.send(binary, large)
      expect(await to.next()).toBe('text ü€😀')
      expect(await to.next()).toBe('binary 00ff80')
      expect(await to.next()).toBe('text')
      expect(await to.next()).toBe('binary')
      expect(await to.next()).toBe(`binary ${large.length} bytes, ${digest(large)}`)
    })
  })

  it('arrive all, and in their order', async () => {
    await bothWays(target, async (from, to) => {
      const sent = Array.from({ length: 2000 }, (_, index) => `text ${index}`)
      for (const [index] of sent.entries()) from.send(index % 2 === 0 ? text : binary, `${index}`)
      for (const [index, message] of sent.entries()) {
        const digits = Buffer.from(`${index}`).toString('hex')
        expect(await to.next()).toBe(index % 2 === 0 ? message : `binary ${digits}`)
      }
    })
  })

  it('arrive at once: one is answered before the next is sent', async () => {
    const { client, far } = await open(target)
    for (let turn = 0; turn < 20; turn++) {
      client.send(text, `question ${turn}`)
      expect(await far.next()).toBe(`text question ${turn}`)
      far.send(text, `answer ${turn}`)
      expect(await client.next()).toBe(`text answer ${turn}`)
    }
  })

  const codes: [number, string][] = [
    [1000, ''],
    [1000, 'done'],
    [1001, 'going away'],
    [1003, 'no such data'],
    [1007, 'no UTF-8'],
    [1008, 'policy'],
    [1009, 'too big'],
    [1010, 'extension'],
    [1011, 'broken'],
    [1012, 'restarting'],
    [1013, 'later'],
    [1014, 'bad gateway'],
    [3000, 'of a library'],
    [4000, 'ü'],
    [4401, 'x'.repeat(123)],
    [4999, ''],
  ]
  it.each(codes)('end with %i “%s”, told and answered either way', async (code, reason) => {
    for (const clientBegins of [true, false]) {
      const { client, far } = await open(target)
      const [from, to] = clientBegins ? [client, far] : [far, client]
      from.close(code, reason)
      expect(await to.next()).toBe(`close ${code} ${reason}`.trimEnd())
      to.close(code, reason)
      expect(await from.next()).toBe(`close ${code} ${reason}`.trimEnd())
    }
  })

  it('end without a code where none was given', async () => {
    await bothWays(target, async (from, to) => {
      if (from.socket.destroyed) return
      from.send(opcodes.close)
      expect(await to.next()).toBe('close')
      to.send(opcodes.close)
      expect(await from.next()).toBe('close')
      from.socket.destroy()
      to.socket.destroy()
    })
  })

  it('still come from a side that was told of the end, until it ends in words of its own', async () => {
    for (const clientBegins of [true, false]) {
      const { client, far } = await open(target)
      const [from, to] = clientBegins ? [client, far] : [far, client]
      from.close(1000, 'that was all')
      expect(await to.next()).toBe('close 1000 that was all')
      to.send(text, 'not yet')
      to.send(binary, 'one more')
      to.close(4000, 'now')
      expect(await from.next()).toBe('text not yet')
      expect(await from.next()).toBe(`binary ${Buffer.from('one more').toString('hex')}`)
      expect(await from.next()).toBe('close 4000 now')
    }
  })
})

describe('a WebSocket that is carried', () => {
  const brokenOff = 'close 1011 The other side is gone.'
  const breaks: [what: string, run: (end: WebSocketEnd) => void][] = [
    ['is reset', ({ socket }) => void socket.resetAndDestroy()],
    ['ends its connection without a word', ({ socket }) => void socket.end()],
    ['breaks the protocol', ({ send }) => send(more, 'the middle of nothing')],
    ['says a code that nobody may say', ({ close }) => close(1006)],
    ['says a code that is none', ({ close }) => close(999)],
  ]
  it.each(breaks)('tells the other side 1011 when one %s', async (_, run) => {
    for (const clientBegins of [true, false]) {
      const { client, far } = await open(carried)
      const [from, to] = clientBegins ? [client, far] : [far, client]
      from.send(text, 'last words')
      expect(await to.next()).toBe('text last words')
      run(from)
      expect(await to.next()).toBe(brokenOff)
    }
  })

  it('has its pings answered by the platform, between the fragments of a message too', async () => {
    await bothWays(carried, async (from, to) => {
      from.send(text, 'one ', false)
      from.send(ping, 'are you there')
      expect(await from.next()).toBe('pong are you there')
      from.send(pong, 'nobody asked')
      from.send(more, 'message')
      expect(await to.next()).toBe('text one message')
    })
  })

  it('never passes on what is no UTF-8', async () => {
    await bothWays(carried, async (from, to) => {
      from.send(text, Buffer.from([0x61, 0xff, 0xfe]))
      expect(await to.next()).toBe('text a\ufffd\ufffd')
    })
  })

  it('is closed with 4401 on both sides once its user is banned, and passes nothing from then on', async () => {
    const { client, far } = await open(carried, hasty, banned)
    client.send(text, 'while it lasts')
    expect(await far.next()).toBe('text while it lasts')
    expect(await client.next()).toBe('close 4401 user-banned')
    expect(await far.next()).toBe('close 4401 user-banned')
    client.send(text, 'still here?')
    client.close(4401)
    far.close(4401)
    expect([await client.next(), await far.next()]).toEqual(['end', 'end'])
  })
})

describe('a WebSocket that is handed over', () => {
  it('is the origin’s own affair: pings, fragments and an end without a word are the other side’s', async () => {
    await bothWays(handed, async (from, to) => {
      from.send(ping, 'are you there')
      from.send(text, 'one ', false)
      from.send(more, 'message')
      expect(await to.next()).toBe('ping are you there')
      expect(await to.next()).toBe('text… one')
      expect(await to.next()).toBe('more message')
    })
    const { client, far } = await open(handed)
    far.socket.resetAndDestroy()
    expect(await client.next()).toBe('end')
  })

  it('is not closed when its user is banned', async () => {
    const followed = await open(carried, hasty, banned)
    const { client, far } = await open(handed, hasty, banned)
    // Half a minute is over for both of them.
    expect(await followed.client.next()).toBe('close 4401 user-banned')
    client.send(text, 'still here')
    expect(await far.next()).toBe('text still here')
  })
})

it('a WebSocket is recorded when it opens, not when it ends', async () => {
  await gateway.notes()
  await open(carried)
  const { records } = await gateway.notes()
  expect(records).toMatchObject([{ status: 101, userId: 'user_ada' }])
})
