import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventCapabilities } from '../../src/events/capabilities.ts'
import { dispatchEvents } from '../../src/events/dispatch.ts'
import { concernsRoleMirror, mirrorRoles } from '../../src/events/role-mirror.ts'
import { unknownProfile } from '../../src/model/profile.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole, revokeRole } from '../../src/store/grants.ts'
import { addUser } from '../../src/store/people.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const database = openDatabase(env.DB)
const linus = 'user_linus'
const change = (role: string, organizationId = '') => ({
  ...{ userId: linus, role, organizationId, by: 'test', nowMs: 1 },
})

/** What Clerk has in the metadata of linus, and how it answers. */
let metadata: Record<string, unknown>
let told: unknown[]
let answer: (() => Response | undefined) | undefined
let onMerge: (() => Promise<void>) | undefined
let capabilities: EventCapabilities

beforeEach(async () => {
  for (const table of ['role_grants', 'audit', 'events', 'event_counters', 'deliveries']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
  metadata = { team: 'blue', role: 'theirs' }
  told = []
  answer = undefined
  onMerge = undefined
  const clock = createFakeClock()
  const clerk = { apiUrl: 'https://api.clerk.com', secretKey: 'sk_test_x', send, clock }
  capabilities = {
    ...{ openDatabase: async () => database, clock, clerk, enqueue: undefined },
    ...{ webhookSecret: undefined, mirroredRole: 'roles', forget() {}, logFault() {} },
    ...{ loadHandlers: async () => [], send, allowsPrivateAddresses: false },
    ownHosts: new Set(),
  }
})

async function send(input: RequestInfo | URL): Promise<Response> {
  const request = new Request(input)
  const body = (await request.json()) as { public_metadata: object }
  told.push([request.method, new URL(request.url).pathname, body])
  const instead = answer?.()
  if (instead !== undefined) return instead
  metadata = { ...metadata, ...body.public_metadata }
  await onMerge?.()
  return Response.json({ id: linus })
}

describe('the roles of a person at Clerk', () => {
  it('are those that they hold everywhere, and nothing else there is touched', async () => {
    await grantRole(database, change('user'))
    await grantRole(database, change('admin'))
    await grantRole(database, change('guest', 'org_1'))
    expect(await mirrorRoles(linus, capabilities)).toMatchObject({ ok: true })
    expect(told).toEqual([
      ['PATCH', `/v1/users/${linus}/metadata`, { public_metadata: { roles: ['admin', 'user'] } }],
    ])
    expect(metadata).toEqual({ team: 'blue', role: 'theirs', roles: ['admin', 'user'] })
  })

  it('are none, and not what they were, once the last is taken', async () => {
    expect(await mirrorRoles(linus, capabilities)).toMatchObject({ ok: true })
    expect(metadata).toMatchObject({ roles: [] })
  })

  it('are the last ones where a grant comes while Clerk is told', async () => {
    onMerge = async () => {
      onMerge = undefined
      await grantRole(database, change('user'))
    }
    expect(await mirrorRoles(linus, capabilities)).toMatchObject({ ok: true })
    expect(metadata).toMatchObject({ roles: ['user'] })
  })

  it('are told again later where Clerk fails, and to nobody where the person is gone', async () => {
    answer = () => new Response('', { status: 500 })
    expect(await mirrorRoles(linus, capabilities)).toMatchObject({
      error: { code: 'clerk-unavailable' },
    })
    answer = () => new Response('', { status: 404 })
    expect(await mirrorRoles(linus, capabilities)).toMatchObject({ ok: true })
  })

  it('are nobody’s affair where the config does not say so', async () => {
    const silent = { ...capabilities, mirroredRole: undefined }
    await grantRole(database, change('user'))
    await mirrorRoles(linus, silent)
    await dispatchEvents(silent)
    expect(told).toEqual([])
  })
})

describe('an event', () => {
  const data = { user_id: linus, role: 'user', organization_id: null }

  it.each([
    [{ type: 'role.granted', subject: linus, data } as const, true],
    [{ type: 'role.revoked', subject: linus, data } as const, true],
    [
      {
        type: 'role.granted',
        subject: linus,
        data: { ...data, organization_id: 'org_1' },
      } as const,
      false,
    ],
    [
      { type: 'user.updated', subject: linus, data: { user_id: linus, status: 'active' } } as const,
      false,
    ],
  ])('%j concerns Clerk: %s', (event, concerns) => {
    expect(concernsRoleMirror(event, capabilities)).toBe(concerns)
    expect(concernsRoleMirror(event, { mirroredRole: undefined })).toBe(false)
  })
})

describe('without a queue', () => {
  it('Clerk is told at once and once, and again only of what changes', async () => {
    await grantRole(database, change('user'))
    await grantRole(database, change('admin'))
    for (let minute = 0; minute < 3; minute++) await dispatchEvents(capabilities)
    expect(told.length).toBe(1)
    await addUser(database, 'user_ada', { profile: unknownProfile, nowMs: 1 })
    await grantRole(database, { ...change('admin'), userId: 'user_ada' })
    await revokeRole(database, change('admin'))
    await dispatchEvents(capabilities)
    expect(metadata).toMatchObject({ roles: ['user'] })
    expect(told.length).toBe(3)
  })

  it('Clerk is told each minute until it hears', async () => {
    await grantRole(database, change('user'))
    answer = () => new Response('', { status: 500 })
    await dispatchEvents(capabilities)
    answer = undefined
    await dispatchEvents(capabilities)
    await dispatchEvents(capabilities)
    expect([told.length, metadata.roles]).toEqual([2, ['user']])
  })

  it('what Clerk refuses is given up', async () => {
    await grantRole(database, change('user'))
    answer = () => new Response('', { status: 422 })
    for (let minute = 0; minute < 3; minute++) await dispatchEvents(capabilities)
    expect(told.length).toBe(1)
  })
})

describe('with a queue', () => {
  it('the event has a delivery for Clerk, and goes there', async () => {
    const jobs: unknown[] = []
    const queued = {
      ...capabilities,
      enqueue: async (some: readonly unknown[]) => void jobs.push(...some),
    }
    await grantRole(database, change('user'))
    await grantRole(database, change('guest', 'org_1'))
    await dispatchEvents(queued)
    const { results } = await env.DB.prepare('SELECT id, receiver FROM deliveries').all<{
      id: string
    }>()
    expect(results).toEqual([expect.objectContaining({ receiver: 'clerk' })])
    expect(jobs).toEqual([{ kind: 'delivery', id: results[0]?.id }])
    const { deliver } = await import('../../src/events/delivery.ts')
    answer = () => new Response('', { status: 503 })
    expect(await deliver(results[0]?.id ?? '', 1, queued)).toMatchObject({ retryAfterSeconds: 2 })
    answer = undefined
    expect(await deliver(results[0]?.id ?? '', 2, queued)).toBe('done')
    expect(metadata).toMatchObject({ roles: ['user'] })
  })
})
