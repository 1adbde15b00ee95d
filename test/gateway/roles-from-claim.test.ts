import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { setStatus } from '../../src/store/people.ts'
import { testIssuer } from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'

// What a claim that the configuration trusts brings, and all that it does not.

const database = openDatabase(env.DB)
const linus = { sub: 'user_linus', sid: 'sess_linus' }
const roles = ['editor', 'writer', 'unheard']
const rolesFromClaim = { claim: '/metadata/role', issuer: testIssuer, roles }

const routes: GatewayConfig['routes'] = [
  { path: '/signed-in/**', origin: 'api', fresh: true },
  { path: '/editor/**', origin: 'api', access: { role: 'editor' } },
  { path: '/writer/**', origin: 'api', access: { role: 'writer' } },
  { path: '/unheard/**', origin: 'api', access: { role: 'unheard' } },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
  { path: '/publish/**', origin: 'api', access: { permission: 'news.publish' } },
  { path: '/read/**', origin: 'api', access: { permission: 'usher.users.read' } },
  { path: '/no-editor/**', origin: 'api', access: { not: { role: 'editor' } } },
  { path: '/template/**', origin: 'api', access: { role: 'editor' }, accepts: ['jwt_template'] },
]

let world: World
beforeEach(async () => {
  for (const table of ['users', 'role_grants', 'ended_sessions', 'audit']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
  await env.DB.exec("DELETE FROM roles WHERE name IN ('editor', 'writer')")
  await env.DB.exec(
    `INSERT INTO roles VALUES ('editor', '', '["news.publish","usher.users.read"]'), ('writer', '', '[]')`,
  )
  world = await trusting({ rolesFromClaim })
})

const trusting = (users: GatewayConfig['users']) =>
  createWorld({ config: { routes, users, identityHeaders: ['roles', 'permissions'] } })

async function ask(path: string, claims: object): Promise<string> {
  const response = await world.get(path, await world.token({ ...linus, ...claims }))
  await world.behind()
  if (response.status === 200) return '200'
  return `${response.status} ${((await response.json()) as { code: string }).code}`
}

const claiming = (role: unknown) => ({ metadata: { role } })

describe('a trusted claim', () => {
  it('brings a role that it names', async () => {
    for (const role of [
      'editor',
      ['editor'],
      ['writer', 'editor'],
      ['editor', 'editor', 7, null],
    ]) {
      expect([role, await ask('/editor/x', claiming(role))]).toEqual([role, '200'])
      const excluded = await ask('/no-editor/x', claiming(role))
      expect([role, excluded]).toEqual([role, '403 condition-excluded'])
    }
  })

  it('brings nothing by what is not exactly that', async () => {
    const others = [
      ...['viewer', 'Editor', 'editor ', 'editor,writer', 'org:editor', '', 7, true, null],
      ...[{ 0: 'editor' }, { editor: true }, [['editor']], undefined],
    ]
    for (const role of others) {
      const outcome = await ask('/editor/x', claiming(role))
      expect([role, outcome]).toEqual([role, '403 role-missing'])
    }
    expect(await ask('/signed-in/x', claiming(others))).toBe('200')
  })

  it('brings no role that the configuration does not list', async () => {
    for (const role of ['admin', ['admin', 'editor'], ['guest']]) {
      expect(await ask('/admin/x', claiming(role))).toBe('403 role-missing')
      expect(await ask('/signed-in/x', claiming(role))).toBe('200')
      expect(world.sent.at(-1)?.headers.get('x-usher-roles')).not.toMatch(/admin|guest/)
    }
  })

  it('brings what the role permits, and nothing that runs Usher', async () => {
    expect(await ask('/publish/x', claiming('editor'))).toBe('200')
    expect(world.sent.at(-1)?.headers.get('x-usher-permissions')).toBe('news.publish')
    expect(await ask('/read/x', claiming('editor'))).toBe('403 permission-missing')
    await grantRole(database, { ...granted('editor'), userId: 'user_linus' })
    await world.clock.advance(60_000)
    expect(await ask('/read/x', claiming('editor'))).toBe('200')
  })

  it('brings a role that nobody has made by its name alone', async () => {
    expect(await ask('/unheard/x', claiming('unheard'))).toBe('200')
    expect(world.sent.at(-1)?.headers.get('x-usher-permissions')).toBe('')
  })

  it('adds to what was granted, and takes nothing of it', async () => {
    await grantRole(database, granted('writer'))
    expect(await ask('/writer/x', claiming('editor'))).toBe('200')
    expect(world.sent.at(-1)?.headers.get('x-usher-roles')).toBe('editor,writer')
    expect(await ask('/writer/x', {})).toBe('200')
  })

  it('is told to origins in the assertion, too', async () => {
    expect(await ask('/editor/x', claiming('editor'))).toBe('200')
    const assertion = world.sent.at(-1)?.headers.get('x-usher-assertion') ?? ''
    const [, payload = ''] = assertion.split('.')
    const said = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    expect(said).toMatchObject({ roles: ['editor'], permissions: ['news.publish'] })
  })

  it.each([['banned', '403 user-banned'] as const, ['deleted', '401 user-deleted'] as const])(
    'does not count for whoever is %s',
    async (status, outcome) => {
      await setStatus(database, { userId: 'user_linus', status, by: 'test', nowMs: 1 })
      expect(await ask('/editor/x', claiming('editor'))).toBe(outcome)
    },
  )

  it('lets nobody in while it is not known whether they are banned', async () => {
    world.store.isDatabaseDown = true
    expect(await ask('/editor/x', claiming('editor'))).toBe('503 facts-unavailable')
  })
})

describe('a claim is not trusted', () => {
  it('of another issuer than the one that is named', async () => {
    for (const issuer of [`${testIssuer}/`, 'https://clerk.elsewhere.test']) {
      world = await trusting({ rolesFromClaim: { ...rolesFromClaim, issuer } })
      expect(await ask('/editor/x', claiming('editor'))).toBe('403 role-missing')
    }
  })

  it('in a token that a template shaped for somebody else', async () => {
    const iat = Math.floor(world.clock.now() / 1000)
    const header = { cat: 'cl_B7d4PD222AAA' }
    const token = await world.token({ ...linus, ...claiming('editor'), iat }, header)
    const response = await world.get('/template/x', token)
    expect(await response.json()).toMatchObject({ code: 'role-missing' })
  })

  it('under another name, inherited or in the metadata that users write', async () => {
    const others = [
      { role: 'editor' },
      { unsafe_metadata: { role: 'editor' } },
      { metadata: 'editor' },
      { metadata: ['editor'] },
      { 'metadata/role': 'editor' },
      { metadata: { roles: 'editor' } },
      { org_role: 'editor' },
    ]
    for (const claims of others) expect(await ask('/editor/x', claims)).toBe('403 role-missing')
  })

  it('where the configuration names none, and then nothing more is asked of the database', async () => {
    const asking = watchStatements()
    world.store.database = asking.database
    expect(await ask('/editor/x', claiming('editor'))).toBe('200')
    expect(asking.facts.map((text) => text.includes('claimable'))).toContain(true)
    world = await trusting({})
    world.store.database = asking.database
    asking.facts.length = 0
    expect(await ask('/editor/x', claiming('editor'))).toBe('403 role-missing')
    expect(asking.facts.length).toBeGreaterThan(0)
    expect(asking.facts.map((text) => text.includes('claimable'))).not.toContain(true)
  })
})

const granted = (role: string) => ({
  ...{ userId: 'user_linus', role, organizationId: '', by: 'test', nowMs: 1 },
})

/** D1, and every statement that reads facts. */
function watchStatements() {
  const facts: string[] = []
  const database = new Proxy(env.DB, {
    get(real, name) {
      const member: unknown = Reflect.get(real, name)
      if (name === 'prepare') {
        return (text: string) => {
          if (text.includes('AS grants')) facts.push(text)
          return real.prepare(text)
        }
      }
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
  return { database, facts }
}
