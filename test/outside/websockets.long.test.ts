import { setTimeout as delay } from 'node:timers/promises'
import { readD1Migrations } from '@cloudflare/vitest-plugin'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recheckEveryMs } from '../../src/gateway/follow.ts'
import { bearer, type RunningGateway, startGateway } from '../support/gateway.ts'
import { projectPath } from '../support/platform.ts'
import {
  opcodes,
  type SocketOrigin,
  startSocketOrigin,
  upgrade,
  type WebSocketEnd,
} from '../support/websocket.ts'

// Many WebSockets for a long time, with the real database and the clock on the wall.

const socketsCount = 500
const revokedCount = 50
const lengthMs = 5 * 60_000
const revokedAfterMs = lengthMs / 2
/** Each side of each socket speaks this often by itself; the client is answered each time, too. */
const speaksEveryMs = 8_000
/** Beyond the bound: a reading may take 2 s, and this machine may be busy. */
const slackMs = 5_000

let gateway: RunningGateway
let origin: SocketOrigin

beforeAll(async () => {
  origin = await startSocketOrigin()
  gateway = await startGateway(origin.url, { FACTS: 'd1' })
  const database = await gateway.database()
  const migrations = await readD1Migrations(`${projectPath}migrations`)
  for (const query of migrations.flatMap(({ queries }) => queries)) {
    await database.prepare(query).run()
  }
})
afterAll(async () => {
  await gateway.stop()
  origin.stop()
})

/** One WebSocket as its client sees it. */
interface Conversation {
  readonly session: string
  readonly client: WebSocketEnd
  /** What the client said, and how much of that was answered. */
  asked: number
  answered: number
  /** What the origin said by itself, as it came. */
  pushes: number
  /** The origin's own account: what it heard, and what it said by itself. */
  account: string | undefined
  /** How it ended, and when. */
  closed: string | undefined
  closedAtMs: number
  readonly surprises: string[]
}

async function openConversation(index: number): Promise<Conversation> {
  const session = `sess_${index}`
  const token = await gateway.token({ sub: `user_${index}`, sid: session })
  const client = await upgrade(gateway.port, '/ws/x', [bearer(token)])
  const counts = { asked: 0, answered: 0, pushes: 0, account: undefined, closed: undefined }
  const conversation: Conversation = { session, client, ...counts, closedAtMs: 0, surprises: [] }
  if (client.status !== 101) conversation.surprises.push(client.head)
  void listen(conversation)
  return conversation
}

/** Takes note of all that comes; whatever is not the next in its row is a surprise. */
async function listen(conversation: Conversation): Promise<void> {
  for (;;) {
    const said = await conversation.client.next()
    if (said === `text answer ${conversation.answered}`) conversation.answered += 1
    else if (said === `text push ${conversation.pushes}`) conversation.pushes += 1
    else if (said.startsWith('text account ')) conversation.account = said
    else if (said.startsWith('close ') && conversation.closed === undefined) {
      conversation.closed = said
      conversation.closedAtMs = Date.now()
      conversation.client.close(1000)
    } else if (said === 'end') return
    else conversation.surprises.push(said)
  }
}

/** The origin's end of one WebSocket. */
interface Answerer {
  readonly push: () => void
  readonly settle: () => void
}

function answer(end: WebSocketEnd): Answerer {
  let [heard, pushed, isOver] = [0, 0, false]
  async function listenOn(): Promise<void> {
    for (;;) {
      const said = await end.next()
      if (said === 'end') return
      if (said.startsWith('close ')) isOver = true
      // Out of its order it is not answered, and the client misses it.
      if (said === `text question ${heard}`) end.send(opcodes.text, `answer ${heard++}`)
    }
  }
  void listenOn()
  return {
    push: () => isOver || end.send(opcodes.text, `push ${pushed++}`),
    settle: () => isOver || end.send(opcodes.text, `account ${heard} ${pushed}`),
  }
}

function ask(conversation: Conversation): void {
  if (conversation.closed !== undefined) return
  conversation.client.send(opcodes.text, `question ${conversation.asked++}`)
}

/** Has all of these speak every few seconds, each at a moment of its own; gives what stops them. */
function speakOn(speakers: readonly (() => unknown)[]): () => void {
  const timers = speakers.map((speak, index) => {
    const offsetMs = (index * speaksEveryMs) / speakers.length
    let timer = setTimeout(function again() {
      speak()
      timer = setTimeout(again, speaksEveryMs)
    }, offsetMs)
    return () => clearTimeout(timer)
  })
  return () => {
    for (const stop of timers) stop()
  }
}

it('500 WebSockets talk for five minutes; the 50 whose sessions end are closed in time, and no other', async () => {
  const conversations: Conversation[] = []
  const answerers: Answerer[] = []
  for (let index = 0; index < socketsCount; index++) {
    conversations.push(await openConversation(index))
    answerers.push(answer(await origin.accepted()))
  }
  const beganAtMs = Date.now()
  const hush = speakOn([
    ...conversations.map((conversation) => () => ask(conversation)),
    ...answerers.map(({ push }) => push),
  ])

  await delay(revokedAfterMs)
  const revoked = conversations.filter((_, index) => index % (socketsCount / revokedCount) === 0)
  const others = conversations.filter((conversation) => !revoked.includes(conversation))
  const database = await gateway.database()
  const end = database.prepare('INSERT INTO ended_sessions VALUES (?, ?, ?)')
  const revokedAtMs = Date.now()
  await database.batch(
    revoked.map(({ session }) => end.bind(session, session.replace('sess', 'user'), revokedAtMs)),
  )
  await delay(beganAtMs + lengthMs - Date.now())
  hush()
  await delay(slackMs)
  for (const { settle } of answerers) settle()
  await expect.poll(() => others.every(({ account }) => account), { timeout: 30_000 }).toBe(true)

  const latestMs = Math.max(...revoked.map(({ closedAtMs }) => closedAtMs)) - revokedAtMs
  const messages = others.reduce((sum, one) => sum + one.asked + one.answered + one.pushes, 0)
  console.info(
    `${messages} messages; the last of ${revoked.length} was closed after ${latestMs} ms`,
  )
  expect(conversations.flatMap(({ surprises }) => surprises)).toEqual([])
  expect(revoked).toHaveLength(revokedCount)
  expect(new Set(revoked.map(({ closed }) => closed))).toEqual(
    new Set(['close 4401 session-ended']),
  )
  expect(Math.min(...revoked.map(({ closedAtMs }) => closedAtMs))).toBeGreaterThan(revokedAtMs)
  expect(latestMs).toBeLessThan(recheckEveryMs + slackMs)
  expect(new Set(others.map(({ closed }) => closed))).toEqual(new Set([undefined]))
  const leastOfEach = Math.floor(lengthMs / 10_000)
  for (const { asked, answered, pushes, account } of others) {
    expect(account).toBe(`text account ${asked} ${pushes}`)
    expect(answered).toBe(asked)
    expect(Math.min(asked, pushes)).toBeGreaterThanOrEqual(leastOfEach)
  }
}, 480_000)
