import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localUsers } from '../../src/local/clerk/users.ts'
import { type Listening, listen } from '../support/listen.ts'
import { projectPath } from '../support/platform.ts'
import { type Started, startLocalMode } from '../support/start.ts'

// A subscriber of events on this machine, the gateway with its real queue, and changes that people make.

/** How a subscriber fails before it works: each time in another way. */
const failures = [
  () => new Response(null, { status: 500 }),
  () => new Response(null, { status: 302, headers: { location: '/elsewhere' } }),
  () => new Response(null, { status: 429, headers: { 'retry-after': '1' } }),
  () => new Response('not json', { status: 404 }),
  () => new Response(null, { status: 503 }),
]
const linus = localUsers.get('linus')?.id ?? ''

interface Told {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly sequence: number
}

let gateway: Started
let subscriber: Listening
let token: string
let secret: string
/** How often each event came, by its id. */
const came = new Map<string, number>()
/** What the subscriber did about it: nothing twice, for it knows events by their id. */
const done = new Map<string, Told>()
const strayed: string[] = []
/** What of a request does not hold under the secret of the subscriber. */
const unsigned: string[] = []

async function receive(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname !== '/hook') {
    strayed.push(pathname)
    return new Response(null, { status: 204 })
  }
  const [id, body] = [request.headers.get('webhook-id') ?? '', await request.text()]
  try {
    new Webhook(secret).verify(body, Object.fromEntries(request.headers))
  } catch (error) {
    unsigned.push(String(error))
  }
  const count = (came.get(id) ?? 0) + 1
  came.set(id, count)
  const fail = failures[count - 1]
  if (fail !== undefined) return fail()
  if (!done.has(id)) done.set(id, JSON.parse(body))
  return new Response(null, { status: 204 })
}

beforeAll(async () => {
  subscriber = await listen(receive)
  gateway = await startLocalMode()
  const args = ['run', '-s', 'token', '--', '--user', 'ada', '--expires', '3600']
  const printed = await promisify(execFile)('npm', args, { cwd: projectPath, env: gateway.env })
  token = printed.stdout.trim()
})
afterAll(async () => {
  await gateway.stop()
  await subscriber.close()
})

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://localhost:${gateway.port}/_usher/api/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

async function until(holds: () => boolean, limitMs: number): Promise<void> {
  const startedMs = performance.now()
  while (!holds()) {
    if (performance.now() - startedMs > limitMs) {
      throw new Error(`Not within ${limitMs} ms: ${JSON.stringify([...came])} ${unsigned}`)
    }
    await pause(100)
  }
}

describe('a subscriber that fails five times', { timeout: 180_000 }, () => {
  let id: string

  it('gets every event in the end, each once as it knows them, and can tell their order', async () => {
    const made = await ask('POST', 'subscriptions', {
      url: `${subscriber.origin}/hook`,
      types: ['role.granted', 'role.revoked'],
    })
    id = String(made.id)
    secret = String(made.secret)
    for (let round = 0; round < 3; round++) {
      await ask('POST', 'grants', { user_id: linus, role: 'guest' })
      await ask('DELETE', `grants/${linus}/guest`)
    }
    await until(() => done.size === 6, 120_000)
    const told = [...done.values()].sort((one, other) => one.sequence - other.sequence)
    const [first] = told
    expect(told.map(({ subject, type, sequence }) => [subject, type, sequence])).toEqual(
      told.map((_, place) => [
        linus,
        place % 2 === 0 ? 'role.granted' : 'role.revoked',
        (first?.sequence ?? 0) + place,
      ]),
    )
    expect([...came.values()]).toEqual(told.map(() => failures.length + 1))
    expect([strayed, unsigned]).toEqual([[], []])
  })

  it('is in the log with all that it answered', async () => {
    const { data } = await ask('GET', `deliveries?receiver=${id}`)
    expect(data).toHaveLength(6)
    for (const delivery of Array.isArray(data) ? data : []) {
      expect(delivery).toMatchObject({ state: 'delivered', attempts: 6, last_status: 204 })
    }
  })

  it('is told once more when somebody replays an event, and does nothing twice', async () => {
    const { data } = await ask('GET', `deliveries?receiver=${id}&limit=1`)
    const [delivery] = Array.isArray(data) ? data : []
    await ask('POST', `deliveries/${delivery.id}/replay`)
    await until(() => came.get(delivery.event_id) === failures.length + 2, 20_000)
    expect(done.size).toBe(6)
  })

  it('is sent what both secrets vouch for while one takes the place of the other', async () => {
    const before = secret
    const rotated = await ask('POST', `subscriptions/${id}/rotate-secret`, { overlap_seconds: 600 })
    const { data } = await ask('GET', `deliveries?receiver=${id}&limit=1`)
    const [delivery] = Array.isArray(data) ? data : []
    for (const one of [before, String(rotated.secret)]) {
      secret = one
      const count = came.get(delivery.event_id) ?? 0
      await ask('POST', `deliveries/${delivery.id}/replay`)
      await until(() => came.get(delivery.event_id) === count + 1, 20_000)
    }
    expect([strayed, unsigned]).toEqual([[], []])
  })
})
