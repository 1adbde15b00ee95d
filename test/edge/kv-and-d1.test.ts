import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/operations.ts'
import { defineGateway } from '../../src/config/define.ts'
import { frontDoor } from '../../src/front-door.ts'
import production from '../../src/index.ts'
import { webhookRequest } from '../../src/local/clerk/webhooks/signature.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { makeKey, mintSession, publicPem, testIssuer } from '../support/tokens.ts'

// The entry that is deployed where nothing but KV and D1 is bound: no queue, no Workflow, no Durable Object.

const secret = `whsec_${btoa('a secret of a test, of 32 bytes.')}`
const key = await makeKey()
const bindings = {
  ORIGIN_URL: 'https://origin.usher.test',
  CLERK_JWT_ISSUER: testIssuer,
  CLERK_JWT_KEY: await publicPem(key),
  CLERK_WEBHOOK_SIGNING_SECRET: secret,
  USHER_SIGNING_KEY: await makeSigningKeys(),
  KV: env.KV,
  DB: env.DB,
}

/** Somebody as Clerk tells of them. */
const mary = {
  ...{ id: 'user_mary', object: 'user', first_name: 'Mary', last_name: 'Somerville' },
  ...{ username: null, image_url: 'https://img.clerk.com/mary', has_image: true },
  primary_email_address_id: 'idn_mary',
  email_addresses: [
    {
      ...{ id: 'idn_mary', object: 'email_address', email_address: 'mary@example.com' },
      verification: { status: 'verified', strategy: 'admin' },
      linked_to: [],
    },
  ],
  ...{ phone_numbers: [], external_accounts: [], banned: false, locked: false },
  ...{ public_metadata: {}, private_metadata: {}, unsafe_metadata: { role: 'admin' } },
}

async function send(type: string, atMs: number, data: object): Promise<number> {
  const body = JSON.stringify({
    ...{ object: 'event', type, timestamp: atMs, instance_id: 'ins_test' },
    data: { created_at: 1_700_000_000_000, updated_at: atMs, ...data },
  })
  const url = 'https://api.usher.test/_usher/webhooks/clerk'
  const sealed = { id: `msg_${type}_${atMs}`, body, secret, nowMs: Date.now() }
  const { headers } = await webhookRequest(url, sealed)
  const init = { method: 'POST', headers, body }
  const request = new Request<unknown, IncomingRequestCfProperties>(url, init)
  const context = createExecutionContext()
  const { status } = await production.fetch(request, bindings, context)
  await waitOnExecutionContext(context)
  return status
}

function rowOf(table: 'users' | 'webhook_inbox', id: string) {
  return env.DB.prepare(`SELECT * FROM ${table} WHERE id = ?`).bind(id).first()
}

describe('with KV and D1 alone', () => {
  it('a webhook is applied before it is answered', async () => {
    const madeMs = Date.now() - 1000
    expect(await send('user.created', madeMs, mary)).toBe(204)
    expect(await rowOf('users', 'user_mary')).toMatchObject({
      ...{ email: 'mary@example.com', first_name: 'Mary', status: 'active' },
    })
    const { results } = await env.DB.prepare('SELECT state FROM webhook_inbox').all()
    expect(results).toEqual([{ state: 'applied' }])
  })

  it('a ban is there for the next request', async () => {
    expect(await send('user.updated', Date.now(), { ...mary, banned: true })).toBe(204)
    expect(await rowOf('users', 'user_mary')).toMatchObject({ status: 'banned' })
  })

  it('the clock finds nothing that it could not do', async () => {
    await production.scheduled(createScheduledController(), bindings)
    const { results } = await env.DB.prepare('SELECT DISTINCT state FROM webhook_inbox').all()
    expect(results).toEqual([{ state: 'applied' }])
  })
})

describe('an operation that needs a binding which is not there', () => {
  const door = frontDoor(() => ({
    definition: defineGateway(() => ({
      origins: { api: { url: 'https://origin.usher.test' } },
      routes: [{ path: '/**', origin: 'api' }],
      operator: 'same-host',
    })),
    app: () => import('../../src/app.ts'),
    log: { log: () => {}, warn: () => {}, error: () => {} },
  }))

  beforeAll(async () => {
    const grant = { userId: 'user_ada', role: 'admin', organizationId: '', by: 'test', nowMs: 0 }
    await grantRole(openDatabase(env.DB), grant)
  })

  async function run({ method, path, example }: Operation) {
    const { params = {}, query, body } = example
    const filled = path.replace(/:(\w+)/g, (_, name) => params[name] ?? '')
    const url = `https://api.usher.test/_usher${filled}?${new URLSearchParams(query)}`
    const token = await mintSession(key, Math.floor(Date.now() / 1000))
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const context = createExecutionContext()
    const response = await door.fetch(new Request(url, init), bindings, context)
    const answer = { status: response.status, text: await response.text() }
    await waitOnExecutionContext(context)
    return answer
  }

  const [needy, others] = [operations.filter(needs), operations.filter((one) => !needs(one))]
  function needs(one: Operation): boolean {
    return one.needs !== undefined
  }

  it.each(needy)('is 501 and names it: $id', async (operation) => {
    const { status, text } = await run(operation)
    expect([status, text.includes(operation.needs ?? '?')]).toEqual([501, true])
  })

  it('are those of subscriptions and of syncs, and no others', async () => {
    const rooms = new Set(needy.map(({ id, needs }) => `${id.split('.')[0]} ${needs}`))
    expect([...rooms]).toEqual(expect.arrayContaining(['subscriptions QUEUE', 'sync SYNC']))
    const statuses = await Promise.all(
      others.filter(({ method }) => method === 'GET').map(async (one) => (await run(one)).status),
    )
    expect(statuses.length).toBeGreaterThan(5)
    expect(statuses).not.toContain(501)
  })
})
