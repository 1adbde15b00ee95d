import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../support/gateway.ts'

// Sets of two members, one of which is killed with hundreds of requests under way.

/** A member that counts what it is asked, holds its answers back when told to, and can be killed. */
interface Member {
  readonly url: string
  /** How often each path was asked. */
  readonly counts: ReadonlyMap<string, number>
  /** From now on nothing is answered; `onWait` is called for each request that waits. */
  hold(onWait: () => void): void
  /** Answers all that wait, and those that come. */
  letGo(): void
  /** Cuts every connection and listens no more. */
  kill(): Promise<void>
}

async function startMember(): Promise<Member> {
  const counts = new Map<string, number>()
  let waiting: (() => void)[] = []
  let onWait: (() => void) | undefined
  const server = createServer((asked, response) => {
    const path = asked.url ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    const answer = () => void response.end('ok')
    asked.resume().on('end', () => {
      if (onWait === undefined) return answer()
      waiting.push(answer)
      onWait()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    hold(call) {
      onWait = call
    },
    letGo() {
      onWait = undefined
      for (const answer of waiting) answer()
      waiting = []
    },
    async kill() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    },
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 400 })
let gateway: RunningGateway
const names = ['warm', 'new'] as const
const members = new Map<string, Member>()

function memberOf(name: string): Member {
  const member = members.get(name)
  if (member === undefined) throw new Error(`There is no member ${name}`)
  return member
}

/** Two members for each set. */
beforeAll(async () => {
  for (const name of names.flatMap((one) => [`${one}-lasting`, `${one}-dying`])) {
    members.set(name, await startMember())
  }
  const urls = (name: string) => [memberOf(`${name}-lasting`).url, memberOf(`${name}-dying`).url]
  const sets = names.map((name) => [name, { members: urls(name).map((url) => ({ url })) }])
  const routes = names.map((name) => ({ path: `/${name}/**`, origin: name, access: 'public' }))
  gateway = await startGateway(memberOf('new-lasting').url, {
    ORIGINS: JSON.stringify(Object.fromEntries(sets)),
    ROUTES: JSON.stringify(routes),
  })
})
afterAll(async () => {
  agent.destroy()
  await gateway.stop()
  await Promise.all(names.map((name) => memberOf(`${name}-lasting`).kill()))
})

/** The status of the answer to a request without a body. */
function send(method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: gateway.port, method, path, agent }
    const sent = request(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    // What says how long its body is has one, if it be empty, and the platform itself sends no body twice.
    sent.removeHeader('Content-Length')
    sent.removeHeader('Transfer-Encoding')
    sent.on('error', reject).end()
  })
}

/** Resolves once so many requests wait at these members. */
function holdAll(members: readonly Member[], count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    for (const member of members) {
      member.hold(() => {
        left -= 1
        if (left === 0) resolve()
      })
    }
  })
}

const sendMany = (method: string, folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => send(method, `/${folder}/${index}`))

describe('a member that is killed with its requests under way', () => {
  it.each<[(typeof names)[number], number]>([
    ['warm', 4],
    ['new', 0],
  ])('costs no idempotent request, and no other is sent twice: a %s set', async (set, rounds) => {
    const [lasting, dying] = [memberOf(`${set}-lasting`), memberOf(`${set}-dying`)]
    for (let round = 0; round < rounds; round += 1) {
      const statuses = await Promise.all(sendMany('GET', `${set}/before-${round}`, 200))
      expect(new Set(statuses)).toEqual(new Set([200]))
    }
    const held = holdAll([lasting, dying], 300)
    const gets = sendMany('GET', `${set}/during`, 240)
    const posts = sendMany('POST', `${set}/posted`, 60)
    await held
    await dying.kill()
    lasting.letGo()

    const [answered, posted] = [await Promise.all(gets), await Promise.all(posts)]
    expect(answered.filter((status) => status !== 200)).toEqual([])
    const after = await Promise.all(sendMany('DELETE', `${set}/after`, 200))
    expect(after.filter((status) => status !== 200)).toEqual([])

    const asked = (path: string) => (lasting.counts.get(path) ?? 0) + (dying.counts.get(path) ?? 0)
    const timesPosted = posted.map((_, index) => asked(`/${set}/posted/${index}`))
    expect(timesPosted.filter((times) => times !== 1)).toEqual([])
    expect([...new Set(posted)].sort()).toEqual([200, 502])
    const timesGot = gets.map((_, index) => asked(`/${set}/during/${index}`))
    expect(timesGot.filter((times) => times === 2).length).toBeGreaterThan(60)
  })
})
