import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jwksKeptSeconds } from '../../src/api/jwks.ts'
import { formatSigningKeys, makeSigningKey, rotateSigningKeys } from '../../src/cli/signing-keys.ts'
import type { SigningKey } from '../../src/model/signing-key.ts'
import { bearer, type RunningGateway, rawRequest, startGateway } from '../support/gateway.ts'
import { projectPath } from '../support/platform.ts'
import { sendRaw, status } from '../support/raw.ts'
import {
  type KeyServer,
  type OriginProcess,
  startKeyServer,
  startOriginProcess,
} from './origins/origin-process.ts'

// The signing keys are rotated while requests come all the time: each set in a gateway of its own, the old one
// and the new one side by side for a while, before an API that keeps the published keys as long as it may.

/** Requests that are waited for before the next thing happens. */
const patience = 30
const senders = 3

let keys: KeyServer
let origin: OriginProcess
let serving: readonly RunningGateway[] = []
let done = false
let load: Promise<unknown>
/** How many assertions of each key were let in and refused. */
let passed: Map<string, number>
let refused: Map<string, number>
let sent: number

beforeEach(async () => {
  ;[passed, refused, sent, done, serving] = [new Map(), new Map(), 0, false, []]
  let turn = 0
  // Whoever reads the keys is led to any of the gateways that serve.
  keys = await startKeyServer(async () => {
    turn += 1
    return serving[turn % serving.length]?.get('/_usher/jwks.json')
  })
  origin = await startOriginProcess(() => ({
    command: process.execPath,
    words: [`${projectPath}test/outside/origins/serve-strict.ts`],
    folder: projectPath,
    variables: { USHER_URL: keys.url },
  }))
  load = Promise.resolve()
})

afterEach(async () => {
  done = true
  await load
  for (const gateway of serving) await gateway.stop()
  await origin.stop()
  await keys.stop()
})

async function sendOne(number: number): Promise<string> {
  const gateway = serving[number % serving.length]
  if (gateway === undefined) throw new Error('Nobody serves')
  const headerLines = [bearer(await gateway.token())]
  const bytes =
    number % 3 === 0
      ? rawRequest('POST', `/api/${number}`, { headerLines, body: 'x' })
      : rawRequest('GET', `/api/${number}`, { headerLines })
  const answer = await sendRaw(gateway.port, bytes)
  const { kid, assertion } = JSON.parse(answer.body)
  const counted = status(answer) === 200 ? passed : refused
  counted.set(kid, (counted.get(kid) ?? 0) + 1)
  sent += 1
  return assertion
}

/** Sends requests until the test is over. */
async function keepSending(sender: number): Promise<void> {
  for (let number = sender; !done; number += senders) await sendOne(number)
}

/** Waits until so many further requests were answered. */
async function further(): Promise<void> {
  const target = sent + patience
  while (sent < target && !done) await sendOne(sent)
}

/** Puts a set in: both gateways serve for a while, then the new one alone. */
async function deploy(set: readonly SigningKey[]): Promise<void> {
  const next = await startGateway(`http://127.0.0.1:${origin.port}`, {
    USHER_SIGNING_KEY: formatSigningKeys(set),
  })
  const before = serving
  serving = [...before, next]
  if (before.length === 0) {
    load = Promise.all(Array.from({ length: senders }, (_, sender) => keepSending(sender)))
  }
  await further()
  serving = [next]
  await further()
  for (const gateway of before) await gateway.stop()
}

/** Lets time pass for the caches, a minute at a time, while requests go on. */
async function pass(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 60) {
    await fetch(`http://127.0.0.1:${origin.port}/pass/60`)
    await further()
  }
}

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

describe('a rotation under load', () => {
  it('refuses no assertion, each step once the keys that origins keep are newer', async () => {
    const first = [await makeSigningKey('current', Date.now())]
    await deploy(first)
    await pass(jwksKeptSeconds)

    const announced = await rotateSigningKeys(first, Date.now())
    await deploy(announced.keys)
    await pass(jwksKeptSeconds)

    // Of a POST, so made for this very request.
    const late = await sendOne(0)
    const promoted = await rotateSigningKeys(announced.keys, Date.now())
    await deploy(promoted.keys)
    await pass(jwksKeptSeconds)
    const headers = { 'x-usher-assertion': late }
    expect((await fetch(`http://127.0.0.1:${origin.port}/late`, { headers })).status).toBe(200)

    const retired = await rotateSigningKeys(promoted.keys, Date.now())
    await deploy(retired.keys)
    await pass(jwksKeptSeconds)

    expect([announced.step, promoted.step, retired.step]).toEqual([
      ...['announced', 'promoted', 'retired'],
    ])
    expect(total(refused)).toBe(0)
    const [old, fresh] = promoted.keys.map(({ kid }) => passed.get(kid) ?? 0)
    expect(old).toBeGreaterThan(5 * patience)
    expect(fresh).toBeGreaterThan(5 * patience)
    // Each of the five workers of the API has read the keys again and again.
    expect(keys.asked()).toBeGreaterThanOrEqual(4 * 5)
  })

  it.each([
    ['that nobody announced', async (old: SigningKey, fresh: SigningKey) => [fresh, old]],
    ['beside which the old one is gone', async (_old: SigningKey, fresh: SigningKey) => [fresh]],
  ])('refuses what a key signs %s, until the keys are read again', async (_, change) => {
    const old = await makeSigningKey('current', Date.now())
    await deploy([old])
    await pass(jwksKeptSeconds)
    expect(total(refused)).toBe(0)
    const fresh = await makeSigningKey('current', Date.now())
    await deploy(await change({ ...old, state: 'previous' }, fresh))
    expect(refused.get(fresh.kid)).toBeGreaterThan(0)
    await pass(jwksKeptSeconds)
    const before = total(refused)
    await further()
    expect(total(refused)).toBe(before)
  })
})
