import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readFacts } from '../../src/store/facts.ts'
import { answerFrom, apiKey } from '../support/credentials.ts'
import { gatewayUrl } from '../support/world.ts'
import { eventsOf, grant, openPeopleScene, type Scene } from './people-scene.ts'

const database = openDatabase(env.DB)
const linus = 'user_linus'

let scene: Scene
beforeEach(async () => {
  scene = await openPeopleScene()
  await scene.tell('user.created', scene.clerk.userOf(linus))
})

/** Sessions that Clerk has of someone, by their status. */
function begin(...statuses: readonly string[]): readonly string[] {
  return statuses.map((status, index) => {
    const id = `sess_${status}_${index}`
    scene.clerk.sessions.set(id, { userId: linus, status, updatedAt: 2000 })
    return id
  })
}

const outcomeAt = (path: string, sid: string) => scene.outcomeAt(path, { sub: linus, sid })

const revocations = async () =>
  (await eventsOf(linus)).filter((type) => type === 'auth.session_revoked').length

describe('the sessions of a person', () => {
  it('are those that Clerk has, a page at a time, and of each what it says of itself', async () => {
    const ids = begin('active', 'ended', 'active', 'revoked', 'active')
    const seen: string[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null && page < 9; page++) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`
      const { body } = await scene.call('omar', `GET /users/${linus}/sessions?limit=2${from}`)
      seen.push(...body.data.map(({ id }) => id))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(ids)
    const { body } = await scene.call('omar', `GET /users/${linus}/sessions?status=active&limit=1`)
    expect(body.data).toEqual([
      {
        ...{ id: 'sess_active_0', user_id: linus, status: 'active', actor: null },
        ...{ created_at: 1000, updated_at: 2000, last_active_at: 2000, expire_at: 9e12 },
        ...{ organization_id: null, device: null, browser: 'Lynx', ip_address: '192.0.2.1' },
        ...{ city: null, country: null },
      },
    ])
  })

  it('are not asked for by what was not given out', async () => {
    const cursors = ['WyJhIl0', 'Wy0xXQ', 'WzFlOV0', 'WzAuNV0'].map((cursor) => `cursor=${cursor}`)
    for (const query of [...cursors, 'status=ended']) {
      const { status } = await scene.call('omar', `GET /users/${linus}/sessions?${query}`)
      expect([query, status, scene.clerk.deeds]).toEqual([query, 400, []])
    }
  })

  it('are not made up where Clerk answers something else', async () => {
    for (const body of [{}, 'no', null, 7]) {
      scene.clerk.answer = () => Response.json(body)
      const { status } = await scene.call('omar', `GET /users/${linus}/sessions`)
      expect(status).toBe(503)
    }
    scene.clerk.answer = () => Response.json([null, 7, { id: 7, status: {} }])
    const { status, body } = await scene.call('omar', `GET /users/${linus}/sessions`)
    expect([status, body.data.map(({ id }) => id)]).toEqual([200, ['', '', '']])
  })
})

describe('a session that is revoked', () => {
  it('is out on fresh routes at once, and on revocable ones, and its siblings are not', async () => {
    const [one = '', other = ''] = begin('active', 'active')
    expect(await outcomeAt('/revocable/x', one)).toBe('200')
    const { status, body } = await scene.call('omar', `POST /sessions/${one}/revoke`)
    expect([status, body.id, body.status]).toEqual([200, one, 'revoked'])
    expect(scene.clerk.deeds).toEqual([`POST /v1/sessions/${one}/revoke`])
    expect(await outcomeAt('/fresh/x', one)).toBe('401 session-ended')
    expect(await outcomeAt('/revocable/x', one)).toBe('401 session-ended')
    expect(await outcomeAt('/fresh/x', other)).toBe('200')
  })

  it('is out within a minute in an isolate that remembers its person', async () => {
    const [one = ''] = begin('active')
    const isolate = scene.world.coldIsolate()
    const get = async () =>
      isolate.get('/revocable/x', await isolate.token({ sub: linus, sid: one }))
    for (let turn = 0; turn < 2; turn++) {
      expect((await get()).status).toBe(200)
      await isolate.behind()
    }
    await scene.call('omar', `POST /sessions/${one}/revoke`)
    await scene.world.clock.advance(60_000)
    expect((await get()).status).toBe(401)
  })

  it('is told once, whatever webhooks come later', async () => {
    const [one = ''] = begin('active')
    await scene.tell('session.created', scene.clerk.sessionOf(one))
    await scene.call('omar', `POST /sessions/${one}/revoke`)
    await scene.tell('session.revoked', scene.clerk.sessionOf(one))
    await scene.tell('session.created', { ...scene.clerk.sessionOf(one), status: 'active' })
    expect(await revocations()).toBe(1)
    expect((await readFacts(database, linus)).endedSessions).toEqual([one])
  })

  it.each(['ended', 'expired', 'removed', 'replaced'])(
    'is not told to be that where it had %s by itself',
    async (status) => {
      const [one = ''] = begin(status)
      const { body } = await scene.call('omar', `POST /sessions/${one}/revoke`)
      expect(body.status).toBe(status)
      expect(await revocations()).toBe(0)
      expect((await readFacts(database, linus)).endedSessions).toEqual([one])
    },
  )

  it('is one that Clerk has', async () => {
    const unknown = await scene.call('omar', 'POST /sessions/sess_unknown/revoke')
    expect([unknown.status, unknown.body.code]).toEqual([404, 'record-unknown'])
    for (const id of ['..', 'sess_', 'user_1', 'sess_a%2Fb', `sess_${'a'.repeat(200)}`]) {
      const { status } = await scene.call('omar', `POST /sessions/${id}/revoke`)
      expect([400, 404]).toContain(status)
    }
    expect(scene.clerk.deeds).toEqual([])
  })
})

describe('who ended a session', () => {
  const audited = async () =>
    (
      await env.DB.prepare(
        "SELECT actor, subject, before FROM audit WHERE action = 'sessions.revoked' ORDER BY id",
      ).all()
    ).results

  it('is in the audit, and nobody is where it had ended by itself', async () => {
    const ids = begin('active', 'ended', 'active', 'active')
    await scene.call('omar', `POST /sessions/${ids[0]}/revoke`)
    await scene.call('omar', `POST /sessions/${ids[1]}/revoke`)
    await scene.call('ada', `POST /users/${linus}/sign-out`)
    expect(await audited()).toEqual([
      { actor: 'user_omar', subject: linus, before: JSON.stringify({ session_ids: [ids[0]] }) },
      { actor: 'user_ada', subject: linus, before: JSON.stringify({ session_ids: ids.slice(2) }) },
    ])
    expect(await verifyAudit(database)).toMatchObject({ brokenAt: undefined })
  })
})

describe('whoever may end sessions', () => {
  const mine = (userId: string) => {
    const id = `sess_${userId}`
    scene.clerk.sessions.set(id, { userId, status: 'active', updatedAt: 2000 })
    return [`POST /sessions/${id}/revoke`, `POST /users/${userId}/sign-out`]
  }

  it.each([
    ['an administrator', 'admin', false],
    ['an administrator, of whose session Clerk has told', 'admin', true],
    ['another kind of operator', 'auditor', false],
  ])('ends none of who holds more than they: %s', async (_, role, isTold) => {
    await grant('user_grace', role)
    const lines = mine('user_grace')
    if (isTold) await scene.tell('session.created', scene.clerk.sessionOf('sess_user_grace'))
    for (const line of lines) {
      const { status, body } = await scene.call('omar', line)
      expect([line, status, body.code]).toEqual([line, 403, 'permission-missing'])
    }
    expect(scene.clerk.deeds).toEqual([])
    expect(scene.clerk.sessions.get('sess_user_grace')?.status).toBe('active')
  })

  it('ends their own, also by a key that can do nothing else, and nobody else’s by it', async () => {
    const { backend } = scene.world
    const clerk = backend.answer
    const keys = answerFrom({
      ak_door: apiKey({ subject: 'user_ada', scopes: ['usher.sessions.write'] }),
    })
    backend.answer = (request) => (request.url.includes('/api_keys') ? keys : clerk)(request)
    const by = async (line: string) => {
      const headers = { authorization: 'Bearer ak_door' }
      const [method, path] = line.split(' ')
      const asked = new Request(`${gatewayUrl}/_usher/api${path}`, {
        method: method ?? '',
        headers,
      })
      return (await scene.world.walk(asked)).status
    }
    for (const line of mine('user_ada')) expect([line, await by(line)]).toEqual([line, 200])
    await grant('user_grace', 'admin')
    for (const line of mine('user_grace')) expect([line, await by(line)]).toEqual([line, 403])
  })

  it('is another administrator', async () => {
    await grant('user_grace', 'admin')
    await scene.tell('user.created', scene.clerk.userOf('user_grace'))
    for (const line of mine('user_grace')) expect((await scene.call('ada', line)).status).toBe(200)
  })

  it('ends none of which Clerk does not say whose it is', async () => {
    mine('user_grace')
    for (const body of [{}, { id: 'sess_user_grace', user_id: 7 }, null]) {
      scene.clerk.answer = () => Response.json(body)
      const { status, body: told } = await scene.call(
        'omar',
        'POST /sessions/sess_user_grace/revoke',
      )
      expect([status, told.code, scene.clerk.deeds]).toEqual([503, 'clerk-unavailable', []])
    }
  })
})

describe('a person who is signed out', () => {
  it('has no session left, those that wait for a task among them', async () => {
    const ids = begin('active', 'pending', 'active', 'ended')
    const { body } = await scene.call('omar', `POST /users/${linus}/sign-out`)
    expect(body).toEqual({ revoked: 3, has_more: false })
    expect([...scene.clerk.sessions.values()].map(({ status }) => status)).toEqual([
      ...['revoked', 'revoked', 'revoked', 'ended'],
    ])
    const { endedSessions } = await readFacts(database, linus)
    expect([...endedSessions].sort()).toEqual(ids.slice(0, 3).sort())
    expect(await revocations()).toBe(3)
    const again = await scene.call('omar', `POST /users/${linus}/sign-out`)
    expect(again.body).toEqual({ revoked: 0, has_more: false })
  })

  it('is signed out of forty at a time', async () => {
    begin(...Array.from({ length: 43 }, () => 'active'))
    const first = await scene.call('omar', `POST /users/${linus}/sign-out`)
    expect(first.body).toEqual({ revoked: 40, has_more: true })
    const second = await scene.call('omar', `POST /users/${linus}/sign-out`)
    expect(second.body).toEqual({ revoked: 3, has_more: false })
  })

  it('is out of those sessions that were ended before Clerk failed', async () => {
    const ids = begin('active', 'active', 'active', 'active', 'active', 'active', 'active')
    scene.clerk.before = async (deed) => {
      if (deed.includes('sess_active_6'))
        scene.clerk.answer = () => new Response('', { status: 500 })
    }
    const { status, body } = await scene.call('omar', `POST /users/${linus}/sign-out`)
    expect([status, body.code]).toEqual([503, 'clerk-unavailable'])
    const { endedSessions } = await readFacts(database, linus)
    const revoked = ids.filter((id) => scene.clerk.sessions.get(id)?.status === 'revoked')
    expect(revoked.length).toBeGreaterThan(4)
    expect([...endedSessions].sort()).toEqual([...revoked].sort())
  })

  it('is someone whom Clerk or Usher has heard of', async () => {
    const { status } = await scene.call('omar', 'POST /users/user_nobody/sign-out')
    expect(status).toBe(404)
  })
})
