import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { findUser } from '../../src/store/people.ts'
import { eventsOf, openPeopleScene, type Scene } from './people-scene.ts'

const database = openDatabase(env.DB)
const linus = 'user_linus'

let scene: Scene
beforeEach(async () => {
  scene = await openPeopleScene()
})

describe('what Clerk does not do is not done here', () => {
  const deeds = [`POST /users/${linus}/ban`, `POST /users/${linus}/unban`, `DELETE /users/${linus}`]
  const answers: [string, () => Response | Promise<Response>, number, string][] = [
    ['refuses', () => Response.json({}, { status: 422 }), 502, 'clerk-refused'],
    ['knows no such key', () => Response.json({}, { status: 401 }), 502, 'clerk-refused'],
    ['fails', () => new Response('oops', { status: 500 }), 503, 'clerk-unavailable'],
    ['cannot be reached', () => Promise.reject(new Error('no way')), 503, 'clerk-unavailable'],
    [
      'is asked too much',
      () => new Response(null, { status: 429, headers: { 'retry-after': '17' } }),
      ...([503, 'clerk-unavailable'] as const),
    ],
    ['sends somebody else', () => new Response(null, { status: 302 }), 503, 'clerk-unavailable'],
  ]

  it.each(answers)('where it %s', async (_, answer, status, code) => {
    await scene.tell('user.created', { ...scene.clerk.userOf(linus), banned: true })
    const before = await findUser(database, linus)
    scene.clerk.answer = answer
    for (const line of deeds) {
      const called = await scene.call('omar', line)
      expect([line, called.status, called.body.code]).toEqual([line, status, code])
      expect(called.headers.has('retry-after')).toBe(status === 503)
      expect(JSON.stringify(called.body)).not.toMatch(/oops|no way|hush/)
    }
    expect(await findUser(database, linus)).toEqual(before)
    expect(await eventsOf(linus)).toEqual(['user.created'])
  })

  it('where it does not answer in time', async () => {
    await scene.call('omar', 'GET /users')
    const isAsked = new Promise<void>((resolve) => {
      scene.clerk.answer = () => {
        resolve()
        return new Promise(() => {})
      }
    })
    const calling = scene.call('omar', `POST /users/${linus}/ban`)
    await isAsked
    await scene.world.clock.advance(5000)
    expect((await calling).body.code).toBe('clerk-unavailable')
    expect(await findUser(database, linus)).toBeUndefined()
  })

  it('where it knows no such person', async () => {
    scene.clerk.people.clear()
    for (const line of deeds) {
      const { status, body } = await scene.call('omar', line)
      expect([line, status, body.code]).toEqual([line, 404, 'record-unknown'])
    }
    expect(await findUser(database, linus)).toBeUndefined()
  })

  it('where no key is set', async () => {
    scene = await openPeopleScene({ variables: { CLERK_SECRET_KEY: '' } })
    for (const line of [
      ...deeds,
      `GET /users/${linus}/sessions`,
      `POST /users/${linus}/sign-out`,
    ]) {
      const { status, body } = await scene.call('omar', line)
      expect([line, status, body.code]).toEqual([line, 503, 'clerk-unavailable'])
    }
  })

  it('where the operator means another state of the person', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    const { headers } = await scene.call('omar', `GET /users/${linus}`)
    const init = (etag: string) => ({ headers: { 'if-match': etag } })
    const stale = await scene.call('omar', `POST /users/${linus}/ban`, init('"0123"'))
    expect([stale.status, stale.body.code]).toEqual([412, 'precondition-failed'])
    expect(scene.clerk.deeds).toEqual([])
    const etag = headers.get('etag') ?? ''
    expect((await scene.call('omar', `POST /users/${linus}/ban`, init(etag))).status).toBe(200)
  })
})
