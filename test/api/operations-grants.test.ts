import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { createRole } from '../../src/store/roles.ts'
import {
  createOperatorScene,
  everyPermission,
  type OperatorScene,
  seedRecords,
} from './operations-scene.ts'

// Who holds which role: nobody gives or takes what they do not hold.

let scene: OperatorScene
beforeAll(async () => {
  scene = await createOperatorScene()
})
beforeEach(async () => {
  await env.DB.prepare("DELETE FROM role_grants WHERE user_id <> 'user_ada'").run()
  await seedRecords()
})

const json = { 'content-type': 'application/json' }
const ruled = (permissions: readonly string[]) =>
  scene.holdings.set('user_grace', { operator: permissions })

const grant = (body: object, userId = 'user_ada') =>
  scene.call('/api/grants', userId, { method: 'POST', headers: json, body: JSON.stringify(body) })
const revoke = (path: string, userId = 'user_ada') =>
  scene.call(`/api/grants/${path}`, userId, { method: 'DELETE' })

describe('a grant', () => {
  it('is given once, told of once, and taken', async () => {
    const body = { user_id: 'user_grace', role: 'support' }
    const told = await grant(body)
    expect([told.status, told.body]).toEqual([
      201,
      {
        ...body,
        organization_id: null,
        granted_by: 'user_ada',
        granted_at: scene.world.clock.now(),
      },
    ])
    const again = await grant(body)
    expect([again.status, again.body]).toEqual([200, told.body])
    expect((await revoke('user_grace/support')).status).toBe(204)
    expect((await revoke('user_grace/support')).body.code).toBe('record-unknown')
    const { results } = await env.DB.prepare(
      "SELECT type FROM events WHERE subject = 'user_grace' AND type LIKE 'role.%' ORDER BY sequence",
    ).all()
    expect(results).toEqual([{ type: 'role.granted' }, { type: 'role.revoked' }])
  })

  it('in one organisation is another than the one everywhere', async () => {
    const place = { user_id: 'user_grace', role: 'support' }
    await grant({ ...place, organization_id: 'org_acme' })
    expect((await revoke('user_grace/support')).status).toBe(404)
    expect((await revoke('user_grace/support?organization_id=org_acme')).status).toBe(204)
  })

  it.each([
    ['a role that is none', { user_id: 'user_grace', role: 'wizard' }, 404],
    ['a role of Clerk', { user_id: 'user_grace', role: 'org:admin' }, 400],
    ['nobody', { user_id: '', role: 'user' }, 400],
    ['an organisation', { user_id: 'org_acme', role: 'user' }, 400],
    ['nothing that is one', { user_id: 'user_grace', role: 'user', organization_id: 'acme' }, 400],
    ['an empty organisation', { user_id: 'user_grace', role: 'user', organization_id: '' }, 400],
  ])('is not given with %s', async (_, body, status) => {
    expect((await grant(body)).status).toBe(status)
  })

  it('is not given to who is deleted, or in an organisation that is', async () => {
    await env.DB.batch([
      env.DB.prepare(
        "INSERT OR IGNORE INTO users (id, number, status, created_at) VALUES ('user_gone', 777, 'deleted', 1)",
      ),
      env.DB.prepare(
        "INSERT OR IGNORE INTO organizations (id, status, created_at) VALUES ('org_gone', 'deleted', 1)",
      ),
    ])
    const user = { user_id: 'user_gone', role: 'support' }
    const place = { user_id: 'user_grace', role: 'support', organization_id: 'org_gone' }
    for (const body of [user, place]) expect((await grant(body)).body.code).toBe('record-unknown')
  })

  it('of an administrator is given and taken by administrators alone, and the last one stays', async () => {
    ruled(everyPermission)
    for (const organization of [null, 'org_acme']) {
      const body = { user_id: 'user_grace', role: 'admin', organization_id: organization }
      expect((await grant(body, 'user_grace')).body.code).toBe('permission-missing')
    }
    expect((await revoke('user_ada/admin', 'user_grace')).body.code).toBe('permission-missing')
    expect((await revoke('user_ada/admin')).body.code).toBe('last-administrator')
    expect((await grant({ user_id: 'user_linus', role: 'admin' })).status).toBe(201)
    expect((await revoke('user_linus/admin')).status).toBe(204)
  })

  it('of what someone does not hold is neither given nor taken by them', async () => {
    ruled(['usher.grants.write'])
    expect((await grant({ user_id: 'user_grace', role: 'support' }, 'user_grace')).body.code).toBe(
      'permission-missing',
    )
    await grant({ user_id: 'user_linus', role: 'support' })
    expect((await revoke('user_linus/support', 'user_grace')).body.code).toBe('permission-missing')
    expect((await grant({ user_id: 'user_linus', role: 'user' }, 'user_grace')).status).toBe(200)
  })

  it('is neither given nor taken by whoever it is for, whatever it permits, but by administrators', async () => {
    const finance = { name: 'finance', description: '', permissions: ['payments:approve'] }
    const by = { by: 'test', asked: { requestId: 'r', address: undefined }, nowMs: 1 }
    await createRole(openDatabase(env.DB), finance, by)
    ruled(['usher.grants.write'])
    for (const organization_id of [null, 'org_acme']) {
      const body = { user_id: 'user_grace', role: 'finance', organization_id }
      expect((await grant(body, 'user_grace')).body.code).toBe('permission-missing')
      expect((await grant({ ...body, user_id: 'user_linus' }, 'user_grace')).status).toBe(201)
    }
    await grant({ user_id: 'user_grace', role: 'finance' })
    const told = await revoke('user_grace/finance', 'user_grace')
    expect(told.body.code).toBe('permission-missing')
    expect((await revoke('user_linus/finance', 'user_grace')).status).toBe(204)
    expect((await grant({ user_id: 'user_ada', role: 'finance' })).status).toBe(201)
    expect((await revoke('user_ada/finance')).status).toBe(204)
  })

  it('of a role that permits more by now than was looked at is not given', async () => {
    const database = openDatabase(env.DB)
    const input = { userId: 'user_x', role: 'support', organizationId: '', by: 'test', nowMs: 1 }
    expect(await grantRole(database, { ...input, permissions: [] })).toBe('role-changed')
    const permissions = ['usher.users.read']
    expect(await grantRole(database, { ...input, permissions })).toBe('granted')
  })

  it('is found by user, role and organisation, page after page, each once', async () => {
    const made = Array.from({ length: 7 }, (_, index) => `user_page${index}`)
    for (const user_id of made) await grant({ user_id, role: 'support' })
    await grant({ user_id: 'user_page0', role: 'support', organization_id: 'org_acme' })
    const list = async (query: string): Promise<string[]> => {
      const seen: string[] = []
      let cursor = ''
      do {
        const { body } = await scene.call(`/api/grants?limit=3&${query}${cursor}`, 'user_ada')
        const page = body.data as readonly { user_id: string; organization_id: string | null }[]
        seen.push(...page.map((one) => `${one.user_id} ${one.organization_id}`))
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
      } while (cursor !== '')
      return seen
    }
    const everywhere = made.map((one) => `${one} null`)
    expect(await list('role=support&organization_id=')).toEqual(everywhere)
    expect(await list('role=support')).toEqual(
      [...everywhere, 'user_page0 org_acme'].sort((a, b) =>
        a.replace('null', '') < b.replace('null', '') ? -1 : 1,
      ),
    )
    expect(await list('role=support&user_id=user_page3')).toEqual(['user_page3 null'])
    expect(await list('organization_id=org_acme')).toEqual([
      'user_grace org_acme',
      'user_page0 org_acme',
    ])
  })
})
