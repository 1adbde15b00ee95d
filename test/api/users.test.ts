import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { findUser } from '../../src/store/people.ts'
import { eventsOf, grant, openPeopleScene, type Scene } from './people-scene.ts'

const database = openDatabase(env.DB)
const linus = 'user_linus'

let scene: Scene
beforeEach(async () => {
  scene = await openPeopleScene()
})

const auditOf = async (subject: string) =>
  (
    await env.DB.prepare('SELECT actor, action, request_id, address FROM audit WHERE subject = ?')
      .bind(subject)
      .all()
  ).results

const outcomeAt = (path: string) => scene.outcomeAt(path, { sub: linus, sid: 'sess_linus' })

describe('a person', () => {
  it('is shown with what they hold, where they belong, and how new that is', async () => {
    await scene.tell('user.updated', scene.clerk.userOf(linus))
    await grant(linus, 'user')
    await env.DB.exec(
      `INSERT INTO memberships (id, organization_id, user_id, role, created_at) VALUES ('orgmem_1', 'org_1', '${linus}', 'org:admin', 5)`,
    )
    const { status, body, headers } = await scene.call('omar', `GET /users/${linus}`)
    expect([status, headers.get('etag')]).toEqual([200, expect.stringMatching(/^"[\w-]+"$/)])
    expect(body).toMatchObject({
      ...{ id: linus, status: 'active', email: 'user_linus@example.com', first_name: 'Linus' },
      updated_at: scene.clerk.people.get(linus)?.updatedAt,
      told_at: scene.world.clock.now(),
      grants: [{ role: 'user', organization_id: null, granted_by: 'test', granted_at: 1 }],
      memberships: [{ id: 'orgmem_1', organization_id: 'org_1', role: 'org:admin' }],
    })
    expect(JSON.stringify(body)).not.toContain('metadata')
  })

  it.each(['user_nobody', 'user_%25'])(
    'who is not there is 404, and no id is 400: %s',
    async (id) => {
      const { status } = await scene.call('omar', `GET /users/${id}`)
      expect(status).toBe(id === 'user_nobody' ? 404 : 400)
    },
  )

  it('is on one page of a list, whatever a cursor is made of', async () => {
    for (const name of ['linus', 'grace', 'ada', 'omar']) {
      await scene.tell('user.updated', scene.clerk.userOf(`user_${name}`))
    }
    const seen: string[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null && page < 9; page++) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`
      const { body } = await scene.call('omar', `GET /users?limit=1&sort=email${from}`)
      seen.push(...body.data.map(({ id }) => id))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(['user_ada', 'user_grace', 'user_linus', 'user_omar'])
  })

  it('is not looked for by what no list understands', async () => {
    const queries = [
      'sort=number',
      'sort=email;DROP',
      'sort=',
      'status=gone',
      'q=',
      `q=${'a'.repeat(129)}`,
      'limit=0',
      'limit=101',
      'cursor=%00',
      'cursor=WzFd',
      `cursor=${btoa('["email",1,"user_1"]')}`,
      `cursor=${btoa('["-created_at","1","user_1"]')}`,
      `sort=email&cursor=${btoa('["-email","a","user_1"]')}`,
      'name=linus',
      'q=a&q=b',
    ]
    for (const query of queries) {
      const { status, body } = await scene.call('omar', `GET /users?${query}`)
      expect([query, status, body.code]).toEqual([query, 400, 'query-invalid'])
    }
  })
})

describe('a ban', () => {
  it('is made at Clerk and then here, where it counts at once and for all within the bound', async () => {
    expect([await outcomeAt('/fresh/x'), await outcomeAt('/revocable/x')]).toEqual(['200', '200'])
    const { status, body } = await scene.call('omar', `POST /users/${linus}/ban`)
    expect([status, body.status, body.status_from]).toEqual([200, 'banned', 'clerk'])
    expect(scene.clerk.deeds).toEqual([`POST /v1/users/${linus}/ban`])
    expect(await outcomeAt('/fresh/x')).toBe('403 user-banned')
    // In the isolate that did it at once; in any other within a minute.
    expect(await outcomeAt('/revocable/x')).toBe('403 user-banned')
  })

  it('reaches an isolate that remembers the person within a minute', async () => {
    const other = scene.world.coldIsolate()
    const token = () => other.token({ sub: linus, sid: 'sess_linus' })
    expect((await other.get('/revocable/x', await token())).status).toBe(200)
    await other.behind()
    expect((await other.get('/revocable/x', await token())).status).toBe(200)
    await scene.call('omar', `POST /users/${linus}/ban`)
    await scene.world.clock.advance(60_000)
    const { status } = await other.get('/revocable/x', await token())
    expect(status).toBe(403)
  })

  it('is told and written down once, and the webhook of it changes nothing more', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    const before = (await auditOf(linus)).length
    await scene.call('omar', `POST /users/${linus}/ban`, {
      headers: { 'cf-connecting-ip': '192.0.2.7' },
    })
    await scene.tell('user.updated', scene.clerk.userOf(linus))
    await scene.tell('user.updated', scene.clerk.userOf(linus))
    expect(await eventsOf(linus)).toEqual(['user.created', 'user.updated'])
    const [deed, ...more] = (await auditOf(linus)).slice(before)
    expect(more).toEqual([])
    expect(deed).toMatchObject({ actor: 'user_omar', action: 'user.status', address: '192.0.2.7' })
    expect(deed?.request_id).toMatch(/./)
    expect(await verifyAudit(database)).toMatchObject({ brokenAt: undefined })
  })

  it('is not lifted by a webhook from before it that comes late', async () => {
    const stale = scene.clerk.userOf(linus)
    await scene.call('omar', `POST /users/${linus}/ban`)
    await scene.tell('user.updated', stale)
    expect(await findUser(database, linus)).toMatchObject({ status: 'banned' })
  })

  it('is Usher’s alone where Clerk has not said more than yes, until it does', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    await scene.call('omar', 'GET /users')
    const stale = { ...scene.clerk.userOf(linus), updated_at: scene.world.clock.now() }
    scene.clerk.answer = () => new Response(null)
    expect((await scene.call('omar', `POST /users/${linus}/ban`)).body.status_from).toBe('usher')
    scene.clerk.answer = undefined
    await scene.tell('user.updated', stale)
    expect(await findUser(database, linus)).toMatchObject({ status: 'banned' })
    const updated = { updated_at: scene.world.clock.now() + 1, banned: true }
    await scene.tell('user.updated', { ...scene.clerk.userOf(linus), ...updated })
    expect(await findUser(database, linus)).toMatchObject({ status: 'banned', statusFrom: 'clerk' })
  })

  it('is lifted at Clerk first, and a webhook from before that bans nobody again', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    await scene.call('omar', `POST /users/${linus}/ban`)
    const stale = scene.clerk.userOf(linus)
    const { status, body } = await scene.call('omar', `POST /users/${linus}/unban`)
    expect([status, body.status]).toEqual([200, 'active'])
    expect(scene.clerk.deeds.at(-1)).toBe(`POST /v1/users/${linus}/unban`)
    await scene.tell('user.updated', stale)
    expect(await outcomeAt('/fresh/x')).toBe('200')
    expect(await eventsOf(linus)).toEqual(['user.created', 'user.updated', 'user.updated'])
  })
})

describe('a deletion', () => {
  it('leaves a number, and nothing else of the person, and is no way back', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    await grant(linus, 'user')
    const { status } = await scene.call('omar', `DELETE /users/${linus}`)
    expect(status).toBe(204)
    await scene.tell('user.deleted', { id: linus, object: 'user', deleted: true })
    expect(await eventsOf(linus)).toEqual(['user.created', 'role.granted', 'user.deleted'])
    const { body } = await scene.call('omar', `GET /users/${linus}`)
    expect(body).toMatchObject({ status: 'deleted', email: null, first_name: null, grants: [] })
    expect(await outcomeAt('/fresh/x')).toBe('401 user-deleted')
    for (const line of [
      `POST /users/${linus}/ban`,
      `POST /users/${linus}/unban`,
      `DELETE /users/${linus}`,
    ]) {
      const { status, body } = await scene.call('ada', line)
      expect([line, status, body.code]).toEqual([line, 404, 'record-unknown'])
    }
    expect(await findUser(database, linus)).toMatchObject({ status: 'deleted' })
  })

  it('is made here, too, where Clerk has lost the person already', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    scene.clerk.people.delete(linus)
    expect((await scene.call('omar', `DELETE /users/${linus}`)).status).toBe(204)
    expect(await findUser(database, linus)).toMatchObject({ status: 'deleted' })
  })
})

describe('whoever holds more than an operator', () => {
  const deeds = (id: string) => [
    `POST /users/${id}/ban`,
    `POST /users/${id}/unban`,
    `DELETE /users/${id}`,
  ]

  it.each([
    ['an administrator', 'admin'],
    ['another kind of operator', 'auditor'],
  ])('is neither banned, nor let in, nor deleted by them: %s', async (_, role) => {
    await grant('user_grace', role)
    await grant('user_grace', 'admin')
    for (const line of deeds('user_grace')) {
      const { status, body } = await scene.call('omar', line)
      expect([line, status, body.code]).toEqual([line, 403, 'permission-missing'])
    }
    expect(scene.clerk.deeds).toEqual([])
  })

  it('is one who holds it everywhere: what holds in one organisation runs nothing', async () => {
    await env.DB.exec(
      "INSERT INTO role_grants VALUES ('user_grace', 'admin', 'org_1', 'test', 1), ('user_grace', 'support', '', 'test', 1)",
    )
    expect((await scene.call('omar', 'POST /users/user_grace/ban')).status).toBe(200)
  })
})
