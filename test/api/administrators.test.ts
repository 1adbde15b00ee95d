import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { findUser } from '../../src/store/people.ts'
import { eventsOf, grant, openPeopleScene, type Scene } from './people-scene.ts'

// Whoever could run Usher alone is not removed, and of two who remove each other one is.

const database = openDatabase(env.DB)
const linus = 'user_linus'

let scene: Scene
beforeEach(async () => {
  scene = await openPeopleScene()
})

/** Two administrators, of whom Clerk has told. */
async function openTwo(): Promise<void> {
  await grant('user_grace', 'admin')
  for (const id of ['user_ada', 'user_grace']) {
    await scene.tell('user.created', scene.clerk.userOf(id))
  }
}

describe('the last administrator', () => {
  const deeds = ['POST /users/user_ada/ban', 'DELETE /users/user_ada']

  it.each(deeds)('is left alone, and Clerk is not asked: %s', async (line) => {
    const { status, body } = await scene.call('ada', line)
    expect([status, body.code]).toEqual([409, 'last-administrator'])
    expect(scene.clerk.deeds).toEqual([])
  })

  const both = ['user_ada', 'user_grace']
  const remove = {
    ban: (id: string) => `POST /users/${id}/ban`,
    delete: (id: string) => `DELETE /users/${id}`,
  }
  const statuses = async () => {
    const rows = await Promise.all(both.map((id) => findUser(database, id)))
    return rows.map((row) => row?.status)
  }

  it.each(['ban', 'delete'] as const)(
    'is what is left of two who %s each other at once, at Clerk too',
    async (way) => {
      await openTwo()
      const outcomes = await Promise.all([
        scene.call('ada', remove[way]('user_grace')),
        scene.call('grace', remove[way]('user_ada')),
      ])
      const done = outcomes.filter(({ status }) => status < 300)
      expect(done.length).toBe(1)
      expect([403, 409]).toContain(outcomes.find(({ status }) => status >= 400)?.status)
      expect(scene.clerk.deeds.length).toBe(1)
      expect((await statuses()).sort()).toEqual(['active', way === 'ban' ? 'banned' : 'deleted'])
    },
  )

  it.each(['ban', 'delete'] as const)(
    'does not %s who is removing them, while Clerk is asked and its webhook is faster than its answer',
    async (way) => {
      await openTwo()
      const late: number[] = []
      scene.clerk.before = async () => {
        scene.clerk.before = undefined
        late.push((await scene.call('grace', remove[way]('user_ada'))).status)
        const updated_at = scene.world.clock.now()
        await scene.tell('user.updated', {
          ...scene.clerk.userOf('user_grace'),
          banned: true,
          updated_at,
        })
      }
      expect((await scene.call('ada', remove[way]('user_grace'))).status).toBeLessThan(300)
      expect(late).toEqual([403])
      expect(await statuses()).toEqual(['active', way === 'ban' ? 'banned' : 'deleted'])
    },
  )

  it('who is made so while Clerk is asked to ban them is let in again, at Clerk too', async () => {
    await scene.tell('user.created', scene.clerk.userOf(linus))
    scene.clerk.before = async (deed) => {
      if (!deed.endsWith('/ban')) return
      await grant(linus, 'admin')
      await env.DB.exec("DELETE FROM role_grants WHERE user_id = 'user_ada'")
    }
    const { status, body } = await scene.call('omar', `POST /users/${linus}/ban`)
    expect([status, body.code]).toEqual([409, 'last-administrator'])
    expect(scene.clerk.people.get(linus)?.banned).toBe(false)
    expect(await findUser(database, linus)).toMatchObject({ status: 'active' })
  })

  it('has been here: whoever works as one without a record gets one, and counts from then on', async () => {
    await grant(linus, 'admin')
    await scene.tell('user.created', scene.clerk.userOf(linus))
    expect(await findUser(database, 'user_ada')).toBeUndefined()
    expect((await scene.call('linus', `DELETE /grants/${linus}/admin`)).status).toBe(409)
    expect((await scene.call('ada', `DELETE /grants/${linus}/admin`)).status).toBe(204)
    expect(await findUser(database, 'user_ada')).toMatchObject({ status: 'active' })
  })

  it('is not the one who is left when there are two', async () => {
    await openTwo()
    expect((await scene.call('ada', 'POST /users/user_grace/ban')).status).toBe(200)
    expect((await scene.call('ada', 'POST /users/user_ada/ban')).status).toBe(409)
  })
})

describe('an administrator whom Clerk is asked to remove', () => {
  const deeds = ['POST /users/user_grace/ban', 'DELETE /users/user_grace']
  const statusesOf = async () =>
    (
      await env.DB.prepare(
        `SELECT actor, before ->> 'status' AS was, after ->> 'status' AS now FROM audit
          WHERE subject = 'user_grace' AND action = 'user.status' ORDER BY id`,
      ).all()
    ).results

  it.each(deeds)(
    'is as before where it does not, and the audit and the events say that they were out: %s',
    async (line) => {
      await openTwo()
      const before = await findUser(database, 'user_grace')
      scene.clerk.answer = () => new Response('oops', { status: 500 })
      expect((await scene.call('ada', line)).body.code).toBe('clerk-unavailable')
      expect(await findUser(database, 'user_grace')).toEqual(before)
      expect(await scene.outcomeAt('/revocable/x', { sub: 'user_grace' })).toBe('200')
      expect(await statusesOf()).toEqual([
        { actor: 'user_ada', was: 'active', now: 'banned' },
        { actor: 'user_ada', was: 'banned', now: 'active' },
      ])
      expect((await eventsOf('user_grace')).slice(-2)).toEqual(['user.updated', 'user.updated'])
      expect(await verifyAudit(database)).toMatchObject({ brokenAt: undefined })
    },
  )

  it('stays banned where Clerk has said so meanwhile, whatever else it answers', async () => {
    await openTwo()
    scene.clerk.before = async () => {
      scene.clerk.before = undefined
      const updated = { banned: true, updated_at: scene.world.clock.now() }
      await scene.tell('user.updated', { ...scene.clerk.userOf('user_grace'), ...updated })
      scene.clerk.answer = () => new Response('', { status: 500 })
    }
    expect((await scene.call('ada', 'POST /users/user_grace/ban')).status).toBe(503)
    expect(await findUser(database, 'user_grace')).toMatchObject({
      status: 'banned',
      statusFrom: 'clerk',
    })
    expect(await statusesOf()).toEqual([{ actor: 'user_ada', was: 'active', now: 'banned' }])
  })

  it('is banned, and told of, once', async () => {
    await openTwo()
    await scene.call('ada', 'POST /users/user_grace/ban')
    await scene.tell('user.updated', scene.clerk.userOf('user_grace'))
    expect(await statusesOf()).toEqual([{ actor: 'user_ada', was: 'active', now: 'banned' }])
    expect(await eventsOf('user_grace')).toEqual(['role.granted', 'user.created', 'user.updated'])
  })
})
