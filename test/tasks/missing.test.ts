import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { deleteUser } from '../../src/local/clerk/acts/people.ts'
import { walkThroughClerk } from '../../src/tasks/sync.ts'
import { atClerk, fakeWorkflow, keptIn, openSync, populate, type SyncScene } from './sync-scene.ts'

// Clerk lists no deletions: what a whole walk did not come by is asked for, and buried when Clerk does not have it.

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

let scene: SyncScene

beforeEach(async () => {
  scene = await openSync()
})

describe('what Clerk has no longer', () => {
  async function walked(): Promise<void> {
    await scene.start()
    await scene.walk()
    scene.turn(60_000)
  }

  it('is buried, and what was made meanwhile is not', async () => {
    populate(scene)
    await walked()
    const { world } = scene.standIn
    const { users, memberships, organizations } = world.state
    users.remove('user_of000003')
    const [first] = memberships.filter(({ organizationId }) => organizationId === 'org_b')
    memberships.remove(first?.id ?? '')
    organizations.remove('org_b')
    for (const { id } of memberships.filter(({ organizationId }) => organizationId === 'org_b')) {
      memberships.remove(id)
    }
    let asked = 0
    scene.instead = ({ pathname }) => {
      // Made when the list of users was seen to its end, and told of by nobody.
      if (pathname.endsWith('/organizations') && asked++ === 0) scene.addUsers(1, 900)
      return undefined
    }
    const seen = `INSERT INTO users (id, number, created_at) VALUES ('user_of000900', 9000, 1)`
    await env.DB.exec(seen)
    scene.addUsers(1, 900)
    await walked()
    expect(await keptIn(scene)).toEqual(atClerk(scene))
    expect(await scene.kept('users')).toContain('user_of000900')
    expect(await scene.kept('users')).not.toContain('user_of000003')
  })

  it('is asked for by id before it is buried: what a list has left out stays', async () => {
    scene.addUsers(5)
    await walked()
    const left = new Set(['user_of000001', 'user_of000002'])
    scene.instead = (url) => {
      if (!url.pathname.endsWith('/users') || url.searchParams.has('user_id')) return undefined
      if (url.searchParams.get('limit') !== '20') return undefined
      const rows = scene.standIn.world.state.users.all().filter(({ id }) => !left.has(id))
      return Response.json(
        rows.map(({ id, createdAt }) => ({ id, created_at: createdAt, updated_at: createdAt })),
      )
    }
    await walked()
    expect(await scene.kept('users')).toEqual(atClerk(scene).users)
    expect(scene.asked.some((path) => path.includes('user_id=user_of000001'))).toBe(true)
  })

  it('is never most of what is known: a key of another instance buries nobody', async () => {
    scene.addUsers(150)
    await walked()
    const { users } = scene.standIn.world.state
    for (const { id } of users.filter(({ id }) => id.startsWith('user_of'))) users.remove(id)
    const { id } = await scene.start()
    await scene.walk()
    expect(await scene.run(id)).toMatchObject({ state: 'failed', error: 'too-many-missing' })
    expect((await scene.kept('users')).length).toBe(153)
  })

  describe('is never all who are known by a key of another instance', () => {
    /** Another instance: nobody who is here, and so many others. */
    function another(count: number): void {
      const { users } = scene.standIn.world.state
      const [model] = users.all()
      if (model === undefined) throw new Error('Nobody is there')
      for (const { id } of users.all()) users.remove(id)
      for (let at = 0; at < count; at++) users.put({ ...model, id: `user_other${at}`, number: at })
    }

    for (const [kept, there] of [
      [63, 5],
      [63, 70],
      [4, 0],
    ] as const) {
      it(`${kept} are kept, ${there} others are there: nobody is buried`, async () => {
        scene.addUsers(kept - 3)
        await walked()
        const before = await scene.kept('users')
        another(there)
        const { id } = await scene.start()
        await scene.walk()
        expect(await scene.run(id)).toMatchObject({ state: 'failed', error: 'too-many-missing' })
        expect(await scene.kept('users')).toEqual(expect.arrayContaining([...before]))
      })
    }

    it('and the cron buries nobody either, however often it comes', async () => {
      scene.addUsers(60)
      await walked()
      const before = await scene.kept('users')
      another(5)
      scene.turn(dayMs)
      for (let tick = 0; tick < 4; tick++) {
        await scene.tick()
        scene.turn(minuteMs)
      }
      expect(await scene.last('reconcile')).toMatchObject({
        ...{ state: 'failed', error: 'too-many-missing' },
      })
      expect(await scene.kept('users')).toEqual(expect.arrayContaining([...before]))
    })

    it('unless somebody means it, and that is in the audit', async () => {
      scene.addUsers(60)
      await walked()
      another(5)
      const { id } = await scene.start({ mayForget: 'any' })
      await scene.walk()
      expect((await scene.run(id)).state).toBe('done')
      expect(await scene.kept('users')).toEqual(atClerk(scene).users)
      const audited = `SELECT actor, after FROM audit WHERE action = 'sync.started' AND subject = ?`
      expect(await env.DB.prepare(audited).bind(id).first()).toEqual({
        actor: 'user_ada',
        after: '{"kind":"backfill","may_forget":"any"}',
      })
    })
  })

  describe('is never every administrator', () => {
    const grant = `INSERT INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
      VALUES (?, 'admin', '', 'test', 1)`

    async function endWithout(gone: readonly string[], left?: string): Promise<string | null> {
      scene.addUsers(30)
      await walked()
      for (const id of ['user_of000001', 'user_of000002', 'user_never']) {
        await env.DB.prepare(grant).bind(id).run()
      }
      for (const id of gone) scene.standIn.world.state.users.remove(id)
      if (left !== undefined) leaveOut(left)
      const { id } = await scene.start()
      await scene.walk()
      return (await scene.run(id)).error
    }

    function leaveOut(left: string): void {
      scene.instead = ({ pathname, searchParams }) => {
        if (!pathname.endsWith('/users') || searchParams.get('limit') !== '20') return undefined
        const rows = scene.standIn.world.state.users
          .all()
          .filter(({ id }) => id !== left)
          .map(({ id, createdAt }) => ({ id, created_at: createdAt, updated_at: createdAt }))
        const after = rows.findIndex(({ id }) => id === searchParams.get('starting_after')) + 1
        return Response.json(rows.slice(after, after + 20))
      }
    }

    it('all of them are missing: nobody is buried', async () => {
      expect(await endWithout(['user_of000001', 'user_of000002'])).toBe('too-many-missing')
      expect(await scene.kept('users')).toContain('user_of000001')
    })

    it('one of them is missing, and is buried', async () => {
      expect(await endWithout(['user_of000001'])).toBeNull()
      expect(await scene.kept('users')).not.toContain('user_of000001')
    })

    it('all of them were missed, and Clerk has one: only the others are buried', async () => {
      expect(await endWithout(['user_of000001'], 'user_of000002')).toBeNull()
      expect(await scene.kept('users')).not.toContain('user_of000001')
      expect(await scene.kept('users')).toContain('user_of000002')
    })
  })

  it('is not what Clerk has and nobody here can read', async () => {
    await walked()
    scene.instead = ({ pathname }) => {
      if (!/memberships$/.test(pathname)) return undefined
      const data = scene.standIn.world.state.memberships.all().map(({ id }) => ({ id }))
      return Response.json({ data, total_count: data.length })
    }
    await walked()
    expect((await scene.last('backfill'))?.state).toBe('done')
    expect(await scene.kept('memberships')).toEqual(atClerk(scene).memberships)
  })

  it('and is of many organisations is asked for a few at a time: a leg stays far below what it may ask', async () => {
    await walked()
    await env.DB.prepare(
      `INSERT INTO memberships (id, organization_id, user_id, role, permissions, status, created_at,
        updated_at, told_at)
      SELECT 'orgmem_' || value, 'org_' || value, 'user_of', 'org:member', '[]', 'active', 1, 1, 1
      FROM json_each(?)`,
    )
      .bind(JSON.stringify(Array.from({ length: 110 }, (_, at) => at)))
      .run()
    let queries = 0
    scene.beforeQuery = () => void queries++
    const { id } = await scene.start({ mayForget: 'any' })
    scene.asked.length = 0
    const perLeg: number[] = []
    for (let leg = scene.legs.length; leg > 0; leg = scene.legs.length) {
      const next = scene.legs.splice(0)
      queries = 0
      scene.asked.length = 0
      for (const one of next) await walkThroughClerk(one, fakeWorkflow().step, scene.world)
      perLeg.push(scene.asked.length + queries)
    }
    expect((await scene.run(id)).state).toBe('done')
    expect(await keptIn(scene)).toEqual(atClerk(scene))
    expect(perLeg.length).toBeGreaterThan(1)
    expect(Math.max(...perLeg)).toBeGreaterThan(100)
    expect(Math.max(...perLeg)).toBeLessThan(600)
  })

  it('may be the user at whom a walk stands: it goes on by the time of their making', async () => {
    populate(scene)
    const { world } = scene.standIn
    let isDeleted = false
    scene.instead = ({ searchParams }) => {
      const after = searchParams.get('starting_after')
      const user = world.state.users.get(after)
      if (user !== undefined && !isDeleted) {
        isDeleted = true
        deleteUser(world, user)
      }
      return undefined
    }
    await scene.start()
    await scene.walk()
    expect(isDeleted).toBe(true)
    expect(await scene.kept('users')).toEqual(expect.arrayContaining(atClerk(scene).users))
    expect((await scene.last('backfill'))?.state).toBe('done')
  })
})
