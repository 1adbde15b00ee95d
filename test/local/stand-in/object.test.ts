import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Settings } from '../../../src/local/clerk/kernel/world.ts'
import { makeIssuerKey } from '../../../src/local/keyring.ts'
import { type Listening, listen } from '../../support/listen.ts'
import { verdictOf } from '../../support/webhook-receiver.ts'
import { bundle } from '../../support/workerd.ts'

const secret = `whsec_${btoa('a secret of a test, of 32 bytes.')}`

describe('the object that the stand-in lives in', () => {
  let folder: string
  let receiver: Listening
  let open: () => Promise<Miniflare>
  let isContent = true
  const verdicts: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'usher-stand-in-'))
    receiver = await listen(async (request) => {
      verdicts.push(await verdictOf(request, secret))
      return new Response(null, { status: isContent ? 204 : 404 })
    })
    const script = await bundle('test/support/stand-in-object.worker.ts')
    const bindings = await variables(`${receiver.origin}/hook`)
    open = async () =>
      new Miniflare(
        convertV4MiniflareOptions({
          modules: true,
          script,
          bindings,
          compatibilityDate: '2026-10-01',
          durableObjects: { OBJECTS: { className: 'ClerkStandIn', useSQLite: true } },
          resourcePersistencePath: folder,
          cf: false,
        }),
      )
  })

  afterAll(async () => {
    await receiver.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('brings webhooks by itself, tries again by its clock, and forgets nothing over a restart', async () => {
    const first = await open()
    isContent = false
    await change(first, '/ban', { userId: await idOf(first, 'Linus'), isBanned: true })
    await until(async () => (await log(first)).every(({ attempts }) => attempts.length > 0))
    const before = await log(first)
    expect(before.length).toBeGreaterThan(0)
    expect(before.every(({ state }) => state === 'pending')).toBe(true)
    await change(first, '/switches', { keys: 'rotate', slowMs: 1 })
    const broken = await switches(first)
    await first.dispose()

    const second = await open()
    expect(await switches(second)).toEqual(broken)
    expect((await log(second)).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    isContent = true
    await change(second, '/switches', { turnClockMs: 5 * 60_000 })
    await until(async () => (await log(second)).every(({ state }) => state === 'delivered'))
    expect(verdicts.filter((verdict) => verdict === 'user.updated').length).toBeGreaterThan(1)
    await second.dispose()
  })
})

interface Logged {
  readonly id: string
  readonly state: string
  readonly attempts: readonly object[]
}

async function read<T>(worker: Miniflare, path: string): Promise<T> {
  const response = await worker.dispatchFetch(`http://localhost${path}`)
  return JSON.parse(await response.text())
}

async function log(worker: Miniflare): Promise<readonly Logged[]> {
  return (await read<{ deliveries: readonly Logged[] }>(worker, '/deliveries.json')).deliveries
}

async function switches(worker: Miniflare): Promise<unknown> {
  const { nowMs: _, ...rest } = await read<Record<string, unknown>>(worker, '/switches.json')
  return rest
}

async function idOf(worker: Miniflare, firstName: string): Promise<string> {
  const list = await read<{ people: readonly { id: string; firstName: string }[] }>(
    worker,
    '/people.json',
  )
  return list.people.find((person) => person.firstName === firstName)?.id ?? ''
}

async function change(worker: Miniflare, path: string, members: object): Promise<void> {
  const response = await worker.dispatchFetch(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(members),
  })
  if (response.status !== 200) throw new Error(await response.text())
}

/** Asks until it is so; the runner's own limit ends what never is. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

async function variables(url: string): Promise<Record<string, string>> {
  const host = 'clerk.0123abcd.localhost'
  const settings: Settings = {
    host,
    publishableKey: `pk_live_${btoa(`${host}$`).replace(/=+$/, '')}`,
    secretKey: 'sk_live_secret',
    applicationOrigin: 'http://localhost:8787',
    webhook: { url, secret },
  }
  return {
    LOCAL_CLERK_KEY: JSON.stringify(await makeIssuerKey()),
    LOCAL_CLERK_SETTINGS: JSON.stringify(settings),
    LOCAL_CLERK_SCRIPTS: 'http://127.0.0.1:9',
  }
}
