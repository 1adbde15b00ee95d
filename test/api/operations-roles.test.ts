import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { operations } from '../../src/api/operations.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { createRole, findRole, removeRole } from '../../src/store/roles.ts'
import { createOperatorScene, type OperatorScene, seedRecords } from './operations-scene.ts'

// Roles, what they permit, and who holds them: nobody gives or takes what they do not hold.

let scene: OperatorScene
beforeAll(async () => {
  scene = await createOperatorScene()
})
beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM roles WHERE name NOT IN ('admin', 'user')"),
    env.DB.prepare("DELETE FROM role_grants WHERE user_id <> 'user_ada'"),
  ])
  await seedRecords()
})

const json = { 'content-type': 'application/json' }
const put = (name: string, body: object, condition: Record<string, string>, userId = 'user_ada') =>
  scene.call(`/api/roles/${name}`, userId, {
    method: 'PUT',
    headers: { ...json, ...condition },
    body: JSON.stringify(body),
  })
const fresh = { 'if-none-match': '*' }
const etagOf = async (name: string) =>
  (await scene.call(`/api/roles/${name}`, 'user_ada')).headers.get('etag') ?? ''
const ruled = (permissions: readonly string[]) =>
  scene.holdings.set('user_grace', { operator: permissions })

describe('a role', () => {
  it('is made once, read, changed in the state that was read, and removed', async () => {
    const content = { description: 'Writes', permissions: ['b', 'a', 'b'] }
    const made = await put('editor', content, fresh)
    const view = { name: 'editor', description: 'Writes', permissions: ['a', 'b'] }
    expect([made.status, made.body]).toEqual([201, view])
    expect((await put('editor', content, fresh)).status).toBe(412)

    const read = await scene.call('/api/roles/editor', 'user_ada')
    const etag = read.headers.get('etag') ?? ''
    expect([read.body, etag]).toEqual([view, made.headers.get('etag')])

    const changed = await put('editor', { permissions: ['c'] }, { 'if-match': etag })
    expect([changed.status, changed.body]).toEqual([
      200,
      { name: 'editor', description: '', permissions: ['c'] },
    ])
    // The edge makes a weak one of it where it compresses the answer.
    const weak = { 'if-match': `W/${changed.headers.get('etag')}` }
    expect((await put('editor', { permissions: ['c'] }, weak)).status).toBe(200)
    const late = await put('editor', { permissions: [] }, { 'if-match': etag })
    expect([late.status, late.body.code]).toEqual([412, 'precondition-failed'])

    const remove = (state: string) =>
      scene.call('/api/roles/editor', 'user_ada', {
        method: 'DELETE',
        headers: { 'if-match': state },
      })
    expect((await remove(etag)).status).toBe(412)
    expect((await remove(changed.headers.get('etag') ?? '')).status).toBe(204)
    expect((await scene.call('/api/roles/editor', 'user_ada')).status).toBe(404)
    const { body } = await scene.call('/api/audit?subject=role:editor', 'user_ada')
    expect(body.data).toMatchObject([
      { action: 'role.deleted', before: { permissions: ['c'] }, after: null },
      {
        action: 'role.changed',
        before: { permissions: ['a', 'b'] },
        after: { permissions: ['c'] },
      },
      { action: 'role.created', before: null, after: { permissions: ['a', 'b'] } },
    ])
  })

  it.each([
    [{}, 428, 'precondition-required'],
    [{ 'if-match': '"another"' }, 412, 'precondition-failed'],
    [{ 'if-match': 'W/"weak"' }, 412, 'precondition-failed'],
    [{ 'if-match': 'bare' }, 412, 'precondition-failed'],
    [{ 'if-match': '"a", "b"' }, 412, 'precondition-failed'],
    [{ 'if-none-match': '"a"' }, 412, 'precondition-failed'],
  ])('is not changed on %j: %i %s', async (condition, status, code) => {
    const told = await put('support', { permissions: [] }, condition)
    expect([told.status, told.body.code]).toEqual([status, code])
  })

  it.each([
    ['a name of Clerk', 'org:admin', {}, 400],
    ['a name with blanks', 'a%20b', {}, 400],
    ['a name too long', 'x'.repeat(65), {}, 400],
    ['a permission of Clerk', 'x', { permissions: ['org:reports:read'] }, 400],
    ['an empty permission', 'x', { permissions: [''] }, 400],
    ['a permission that opens nothing', 'x', { permissions: ['usher.wizards.write'] }, 400],
    ['one in another case', 'x', { permissions: ['USHER.users.read'] }, 400],
    ['every permission at once', 'x', { permissions: ['usher.*'] }, 400],
    ['too many', 'x', { permissions: Array.from({ length: 201 }, (_, index) => `p${index}`) }, 400],
    ['no list', 'x', { permissions: 'reports.read' }, 400],
    ['lines in its description', 'x', { description: 'a\nb' }, 400],
    ['half a character', 'x', { description: '\ud800' }, 400],
  ])('is not made with %s', async (_, name, content, status) => {
    const told = await put(name, { permissions: [], ...content }, fresh)
    expect(told.status).toBe(status)
  })

  it('is kept as it is written, whatever its description says', async () => {
    const description = `'; DROP TABLE roles; -- "%_\\ 😀`
    const made = await put('odd', { description, permissions: [] }, fresh)
    expect(made.body.description).toBe(description)
    expect((await scene.call('/api/roles/odd', 'user_ada')).body.description).toBe(description)
  })

  it.each(['admin', 'user'])('%s is never removed', async (name) => {
    const headers = { 'if-match': '*' }
    const told = await scene.call(`/api/roles/${name}`, 'user_ada', { method: 'DELETE', headers })
    expect([told.status, told.body.code]).toEqual([409, 'record-in-use'])
  })

  it('that the config gives to newcomers is never removed either', async () => {
    const own = await createOperatorScene({
      operator: 'same-host',
      users: { defaultRole: 'support' },
    })
    const headers = { 'if-match': '*' }
    const told = await own.call('/api/roles/support', 'user_ada', { method: 'DELETE', headers })
    expect([told.status, told.body.code]).toEqual([409, 'record-in-use'])
  })

  it('that somebody holds is not removed, in one organisation neither', async () => {
    const place = { userId: 'user_linus', role: 'support', organizationId: 'org_acme' }
    await grantRole(openDatabase(env.DB), { ...place, by: 'test', nowMs: 1 })
    const headers = { 'if-match': await etagOf('support') }
    const told = await scene.call('/api/roles/support', 'user_ada', { method: 'DELETE', headers })
    expect([told.status, told.body.code]).toEqual([409, 'record-in-use'])
  })

  it('of administrators keeps its permissions: it has all of them as it is', async () => {
    const condition = { 'if-match': await etagOf('admin') }
    expect((await put('admin', { permissions: ['x'] }, condition)).status).toBe(400)
    expect(
      (await put('admin', { description: 'Runs it', permissions: [] }, condition)).status,
    ).toBe(200)
  })

  it('is made, changed or removed by nobody who does not hold what it permits', async () => {
    ruled(['usher.roles.write', 'usher.users.read'])
    const by = 'user_grace'
    const body = (permissions: string[]) => ({ permissions })
    const all = { 'if-match': '*' }
    expect((await put('a', body(['usher.users.read', 'reports.read']), fresh, by)).status).toBe(201)
    expect((await put('b', body(['usher.users.write']), fresh, by)).body.code).toBe(
      'permission-missing',
    )
    expect((await put('a', body(['usher.users.write']), all, by)).body.code).toBe(
      'permission-missing',
    )
    expect((await put('admin', body([]), all, by)).body.code).toBe('permission-missing')
    await put('c', body(['usher.users.write']), fresh)
    expect((await put('c', body([]), all, by)).body.code).toBe('permission-missing')
    const init = { method: 'DELETE', headers: all }
    expect((await scene.call('/api/roles/c', by, init)).body.code).toBe('permission-missing')
    expect((await scene.call('/api/roles/a', by, init)).status).toBe(204)
  })

  it('that somebody holds, or that comes to people by itself, is changed by administrators alone', async () => {
    const claim = { claim: 'roles', issuer: 'https://clerk.usher.test', roles: ['claimed'] }
    const users = { defaultRole: 'newcomer', rolesFromClaim: claim }
    const own = await createOperatorScene({ operator: 'same-host', users })
    own.holdings.set('user_grace', { operator: ['usher.roles.write'], held: [] })
    const body = JSON.stringify({ permissions: ['payments:approve'] })
    const ask = async (name: string, by: string, condition: Record<string, string>) => {
      const headers = { ...json, ...condition }
      const told = await own.call(`/api/roles/${name}`, by, { method: 'PUT', headers, body })
      return told.status
    }
    const all = { 'if-match': '*' }
    for (const name of ['operator', 'held', 'newcomer', 'claimed']) {
      expect([name, await ask(name, 'user_grace', fresh)]).toEqual([name, 403])
      expect([name, await ask(name, 'user_ada', fresh)]).toEqual([name, 201])
      expect([name, await ask(name, 'user_grace', all)]).toEqual([name, 403])
    }
    expect(await ask('support', 'user_grace', all)).toBe(403)
    expect(await ask('finance', 'user_grace', fresh)).toBe(201)
    expect(await ask('finance', 'user_grace', all)).toBe(200)
  })

  it.each(['Admin', 'ADMIN', 'aDMIN'])('%s is none: it reads as admin', async (name) => {
    const told = await put(name, { permissions: [] }, fresh)
    expect([told.status, told.body.code]).toEqual([400, 'query-invalid'])
  })

  it.each(['Support', 'SUPPORT', 'uSER'])(
    '%s is not made beside another that differs by case alone',
    async (name) => {
      const told = await put(name, { permissions: [] }, fresh)
      expect([told.status, told.body.code]).toEqual([412, 'record-exists'])
      expect((await scene.call(`/api/roles/${name}`, 'user_ada')).status).toBe(404)
    },
  )

  it('that another changed in the meantime is not removed', async () => {
    const database = openDatabase(env.DB)
    const deed = { by: 'test', asked: { requestId: 'r', address: undefined }, nowMs: 1 }
    const read = { name: 'race', description: '', permissions: ['a'] }
    await createRole(database, { ...read, permissions: ['a', 'b'] }, deed)
    expect(await removeRole(database, read, deed)).toBe('changed')
    expect(await findRole(database, 'race')).toMatchObject({ permissions: ['a', 'b'] })
  })
})

describe('permissions', () => {
  it('are those of the table with what they open, and what roles name beside them', async () => {
    await put('editor', { permissions: ['articles.write', 'usher.audit.read'] }, fresh)
    const { body } = await scene.call('/api/permissions?limit=100', 'user_ada')
    const list = body.data as readonly { name: string }[]
    const find = (name: string) => list.find((one) => one.name === name)
    const names = [...new Set(operations.map(({ permission }) => permission))]
    expect(list.map(({ name }) => name)).toEqual([...names, 'articles.write'].sort())
    expect(find('usher.audit.read')).toEqual({
      name: 'usher.audit.read',
      operations: ['audit.list'],
      roles: ['admin', 'editor'],
    })
    expect(find('articles.write')).toMatchObject({ operations: [], roles: ['editor'] })
    const paged = await scene.call('/api/permissions?limit=1', 'user_ada')
    expect(paged.body.next_cursor).toEqual(expect.any(String))
  })
})

describe('diagnose', () => {
  it('tells an operator which check a token fails', async () => {
    const token = await scene.world.token({ iss: 'https://evil.test' })
    const init = { method: 'POST', headers: json, body: JSON.stringify({ token }) }
    const told = await scene.call('/diagnose', 'user_ada', init)
    expect([told.status, told.body]).toMatchObject([
      200,
      { valid: false, reason: 'token-invalid-issuer' },
    ])
    ruled(['usher.tokens.read'])
    expect((await scene.call('/diagnose', 'user_grace', init)).status).toBe(200)
    expect((await scene.call('/diagnose', 'user_linus', init)).status).toBe(403)
    expect((await scene.call('/diagnose', undefined, init)).status).toBe(401)
  })
})
