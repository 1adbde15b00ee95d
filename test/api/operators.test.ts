import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseThat } from '../support/faults.ts'
import { createWorld } from '../support/world.ts'
import {
  createOperatorScene,
  newRole,
  type OperatorScene,
  seedRecords,
} from './operations-scene.ts'

// Who works as an operator, and what is told of what they did.

let scene: OperatorScene
beforeAll(async () => {
  await seedRecords()
  scene = await createOperatorScene()
})
beforeEach(() => {
  scene.world.store.database = undefined
})

const json = { 'content-type': 'application/json' }

describe('who somebody is', () => {
  it('is read anew for a change, and at most as old as anywhere else for what is read', async () => {
    scene.readings.length = 0
    await scene.call('/api/roles', 'user_ada')
    await scene.call('/api/roles/fresh', 'user_ada', newRole)
    expect(scene.readings).toEqual([false, true])
  })

  it.each([
    ['of whom nobody has told', undefined],
    ['of whom Clerk has told', 'first@usher.test'],
  ])('is found out for the first administrator, %s, who may come here first', async (_, email) => {
    const userId = email === undefined ? 'user_first' : 'user_mirrored'
    if (email !== undefined) {
      await env.DB.prepare(
        `INSERT INTO users (id, number, email, email_verified, created_at, updated_at)
          VALUES (?, 9100, ?, 1, 1, 1)`,
      )
        .bind(userId, email)
        .run()
    }
    const world = await createWorld({
      config: { operator: 'same-host' },
      variables: { CLERK_SECRET_KEY: 'sk_test_x', ADMIN_USER_EMAILS: 'first@usher.test' },
    })
    const address = { email_address: 'first@usher.test', verification: { status: 'verified' } }
    world.backend.answer = () =>
      Response.json({
        id: userId,
        primary_email_address_id: 'idn_1',
        email_addresses: [{ id: 'idn_1', ...address }],
      })
    const token = await world.token({ sub: userId })
    expect((await world.get('/_usher/api/roles', token)).status).toBe(200)
    const another = await world.token({ sub: 'user_another' })
    world.backend.answer = () => Response.json({ id: 'user_another' })
    expect((await world.get('/_usher/api/roles', another)).status).toBe(403)
  })
})

describe('what a change leaves', () => {
  it('is a row of the audit that names who asked, by which request and from where', async () => {
    const headers = { ...newRole.headers, 'cf-connecting-ip': '192.0.2.7' }
    const made = await scene.call('/api/roles/audited', 'user_ada', { ...newRole, headers })
    const { body } = await scene.call('/api/audit?subject=role:audited', 'user_ada')
    expect(body.data).toMatchObject([
      {
        actor: 'user_ada',
        action: 'role.created',
        subject: 'role:audited',
        request_id: made.headers.get('x-usher-request-id'),
        address: '192.0.2.7',
        before: null,
        after: { description: '', permissions: [] },
      },
    ])
  })

  it('is handed to those who want to hear of it, behind the answer', async () => {
    await env.DB.prepare("UPDATE events SET dispatched_at = NULL WHERE id = 'evt_seed'").run()
    const dispatched = () =>
      env.DB.prepare("SELECT dispatched_at AS at FROM events WHERE id = 'evt_seed'").first('at')
    await scene.call('/api/roles', 'user_ada')
    await scene.world.behind()
    expect(await dispatched()).toBe(null)
    await scene.call('/api/roles/dispatched', 'user_ada', newRole)
    await scene.world.behind()
    expect(await dispatched()).toEqual(expect.any(Number))
  })

  it.each([
    ['GET', '/api/users/user_ada', 'usher /api/users/:id'],
    ['GET', '/api/grants', 'usher /api/grants'],
    ['DELETE', '/api/grants/user_nobody/user', 'usher /api/grants/:user_id/:role'],
    ['GET', '/api/made/up', 'usher /api'],
    ['POST', '/diagnose', 'usher /diagnose'],
    ['POST', '/webhooks/clerk', 'usher /webhooks/clerk'],
  ])('is recorded by its template: %s %s is %s', async (method, path, name) => {
    await scene.call(path, 'user_ada', { method })
    expect(scene.world.records.at(-1)?.route).toBe(name)
  })
})

describe('a reader', () => {
  const bookmark = '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683'
  const since = async (headers: Record<string, string>) => {
    scene.world.store.sessions.length = 0
    const cookie = headers.cookie && `${headers.cookie}; __session=${await scene.world.token()}`
    await scene.call('/api/roles', 'user_ada', {
      headers: { ...headers, ...(cookie && { cookie }) },
    })
    return scene.world.store.sessions
  }

  it('is answered from the nearest copy', async () => {
    expect(await since({})).toEqual(['first-unconstrained'])
  })

  it('is answered from a copy that knows as much as the bookmark in a header or in the cookie', async () => {
    expect(await since({ 'x-usher-bookmark': bookmark })).toEqual([bookmark])
    expect(await since({ cookie: `__Host-usher-bookmark=${bookmark}` })).toEqual([bookmark])
  })

  it('is not held to a cookie that a sibling domain can plant', async () => {
    for (const name of ['__usher_bookmark', '__usher_Host-bookmark', '__Secure-usher-bookmark']) {
      expect(await since({ cookie: `${name}=${bookmark}` })).toEqual(['first-unconstrained'])
    }
  })

  it('is answered from any copy where none can be held to the bookmark, and asked no third time', async () => {
    const lost = Object.assign(
      databaseThat(async () => {
        throw new Error('D1_ERROR: The bookmark is of the future.')
      }, env.DB),
      { getBookmark: () => null },
    )
    let isAllLost = false
    scene.world.store.database = new Proxy(env.DB, {
      get(real, name) {
        const member: unknown = Reflect.get(real, name)
        if (name !== 'withSession') return typeof member === 'function' ? member.bind(real) : member
        return (constraint: string) =>
          isAllLost || constraint === bookmark ? lost : real.withSession(constraint)
      },
    })
    scene.world.store.sessions.length = 0
    const headers = { 'x-usher-bookmark': bookmark }
    expect((await scene.call('/api/roles', 'user_ada', { headers })).status).toBe(200)
    expect(scene.world.store.sessions).toEqual([bookmark, 'first-unconstrained'])
    isAllLost = true
    scene.world.store.sessions.length = 0
    expect((await scene.call('/api/roles', 'user_ada', { headers })).status).toBe(503)
    expect(scene.world.store.sessions).toEqual([bookmark, 'first-unconstrained'])
  })

  it.each([
    'first-primary',
    'first-unconstrained',
    '',
    'x',
    "'; --",
    `${bookmark}-`,
    `${bookmark},${bookmark}`,
    bookmark.toUpperCase(),
    '0'.repeat(300),
    `${'0-'.repeat(7)}0`,
  ])('is not held to %j, which no database gave out', async (text) => {
    expect(await since({ 'x-usher-bookmark': text })).toEqual(['first-unconstrained'])
    const cookie = `__Host-usher-bookmark=${encodeURIComponent(text)}`
    expect(await since({ cookie })).toEqual(['first-unconstrained'])
  })

  it('who has changed something is told how far the database is, and brings it back by a cookie', async () => {
    scene.world.store.sessions.length = 0
    const { headers } = await scene.call('/api/roles/marked', 'user_ada', newRole)
    expect(scene.world.store.sessions).toEqual(['first-primary'])
    const told = headers.get('x-usher-bookmark') ?? ''
    const cookie = headers.get('set-cookie') ?? ''
    expect(cookie).toBe(
      `__Host-usher-bookmark=${told}; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Strict`,
    )
    expect(await since({ 'x-usher-bookmark': told })).toEqual([told])
  })

  it('is given no cookie for what was only read or refused', async () => {
    for (const path of ['/api/roles', '/api/roles/none']) {
      const { headers } = await scene.call(path, 'user_ada')
      expect(headers.get('set-cookie')).toBe(null)
    }
  })
})

describe('what is missing', () => {
  it.each([
    ['POST', '/api/sync', 'SYNC', { kind: 'backfill' }],
    ['POST', '/api/subscriptions', 'QUEUE', { url: 'https://hooks.example.com', types: [] }],
  ])(
    '%s %s is 501 and names the binding, to those alone who may',
    async (method, path, binding, body) => {
      const bare = await createOperatorScene({ operator: 'same-host' }, {})
      const init = { method, headers: json, body: JSON.stringify(body) }
      const told = await bare.call(path, 'user_ada', init)
      expect([told.status, told.body]).toMatchObject([501, { code: 'binding-missing', binding }])
      expect((await bare.call(path, 'user_linus', init)).status).toBe(403)
    },
  )

  it.each(['roles', 'grants', 'audit', 'permissions'])(
    'while the database is: %s is 503, and says when to come again',
    async (path) => {
      scene.world.store.database = databaseThat(async () => {
        throw new Error('D1_ERROR: Network connection lost.')
      }, env.DB)
      Object.assign(scene.world.store.database, { withSession: () => scene.world.store.database })
      const { status, headers, body, text } = await scene.call(`/api/${path}`, 'user_ada')
      expect([status, body.code]).toEqual([503, 'records-unavailable'])
      expect(headers.get('retry-after')).toBe('5')
      expect(text).not.toContain('Network')
    },
  )

  it('a change whose bookmark cannot be had is made all the same', async () => {
    const lost = databaseThat(async () => {
      throw new Error('D1_ERROR: Network connection lost.')
    }, env.DB)
    scene.world.store.database = new Proxy(env.DB, {
      get(real, name) {
        if (name === 'withSession') return () => Object.assign(lost, { getBookmark: () => null })
        const member: unknown = Reflect.get(real, name)
        return typeof member === 'function' ? member.bind(real) : member
      },
    })
    const { status, headers } = await scene.call('/api/roles/unmarked', 'user_ada', newRole)
    expect([status, headers.get('x-usher-bookmark')]).toEqual([201, null])
  })
})

describe('an answer', () => {
  it('to HEAD is that to GET without its body', async () => {
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => scene.call('/api/roles/user', 'user_ada', { method })),
    )
    expect([head?.status, head?.text, head?.headers.get('etag')]).toEqual([
      200,
      '',
      get?.headers.get('etag'),
    ])
  })

  it('is not kept by anyone and taken for nothing but JSON', async () => {
    const { headers } = await scene.call('/api/roles', 'user_ada')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    })
  })
})
