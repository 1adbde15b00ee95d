import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { endRun, raiseWatermarks, saveRun } from '../../src/store/sync-runs.ts'
import { startBackfill } from '../../src/tasks/backfill.ts'
import { reconcileIfDue } from '../../src/tasks/sync.ts'
import { surviveKills } from './kills.ts'
import { atClerk, fakeWorkflow, keptIn, openSync, populate, type SyncScene } from './sync-scene.ts'

// A backfill walks through all that Clerk has, page by page, and comes to the same end however it is interrupted.

let scene: SyncScene

beforeEach(async () => {
  scene = await openSync()
})

describe('a backfill', () => {
  it('keeps all that Clerk has, asks for every page once, and tells nobody of whom it finds', async () => {
    populate(scene)
    const { id } = await scene.start()
    await scene.walk()
    expect(await keptIn(scene)).toEqual(atClerk(scene))
    const run = await scene.run(id)
    expect(run).toMatchObject({ state: 'done', error: null, finishedAt: run.updatedAt })
    const { users, memberships } = atClerk(scene)
    expect(run.progress).toMatchObject({
      users: { seen: users.length, total: users.length, changed: users.length },
      organizations: { seen: 2, total: 2 },
      memberships: { seen: memberships.length, total: memberships.length },
    })
    const lists = scene.asked.filter((path) => path.includes('limit=20&'))
    expect(new Set(lists).size).toBe(lists.length)
    expect(lists.length).toBe(3 + 1 + 2)
    expect(await count('events')).toBe(0)
  })

  it('that is killed in a step, on either side of it, goes on where it was', async () => {
    expect(await surviveKills(scene, (steps) => [3, steps - 2])).toBe(2)
  })

  it('goes on in another Workflow where one has done its share', async () => {
    populate(scene)
    let asked = 0
    // Clerk has enough of four in five, so that one leg is not enough.
    scene.instead = (url) => {
      const isList = /\/(users|organizations|organization_memberships)$/.test(url.pathname)
      if (!isList || url.searchParams.get('limit') !== '500' || ++asked % 5 === 0) return undefined
      return Response.json({ errors: [] }, { status: 429, headers: { 'retry-after': '3' } })
    }
    const { id } = await scene.start()
    await scene.walk()
    expect((await scene.run(id)).state).toBe('done')
    expect(await keptIn(scene)).toEqual(atClerk(scene))
    expect(scene.started.map(({ leg }) => leg)).toEqual([1, 2])
  })
})

describe('Clerk', () => {
  it('that has enough is asked again after as long as it says', async () => {
    let refused = 0
    scene.instead = () => {
      if (refused++ >= 2) return undefined
      return Response.json({ errors: [] }, { status: 429, headers: { 'retry-after': '9' } })
    }
    const workflow = fakeWorkflow()
    const { id } = await scene.start()
    await scene.walk(workflow)
    expect(workflow.slept).toEqual([9000, 9000])
    expect((await scene.run(id)).state).toBe('done')
  })

  it('that is silent is asked later and later, and then no more', async () => {
    scene.instead = () => new Response(null, { status: 503 })
    const workflow = fakeWorkflow()
    const { id } = await scene.start()
    const walking = scene.walk(workflow)
    await walking
    expect(workflow.slept.slice(0, 7).map((ms) => ms / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60])
    expect(workflow.slept.length).toBe(18)
    expect(await scene.run(id)).toMatchObject({ state: 'failed', error: 'clerk-unavailable' })
  })

  it('that comes back is walked through to the end, and meanwhile the run says why it stands', async () => {
    let silences = 3
    let seen: unknown
    scene.instead = () => (silences-- > 0 ? new Response(null, { status: 500 }) : undefined)
    const { id } = await scene.start()
    const workflow = fakeWorkflow(async (_name, run) => {
      const result = await run()
      if (silences === 1) seen = (await scene.run(id)).error
      return result
    })
    await scene.walk(workflow)
    expect(seen).toBe('clerk-unavailable')
    expect(await scene.run(id)).toMatchObject({ state: 'done', error: null })
  })

  const ends: readonly (readonly [status: number, error: string])[] = [
    [401, 'clerk-key-refused'],
    [403, 'clerk-refused'],
    [422, 'clerk-refused'],
  ]
  for (const [status, error] of ends) {
    it(`that answers ${status} ends the run: ${error}`, async () => {
      scene.instead = () => Response.json({ errors: [] }, { status })
      const { id } = await scene.start()
      await scene.walk()
      expect(await scene.run(id)).toMatchObject({ state: 'failed', error })
    })
  }

  it('without organisations has users nevertheless', async () => {
    scene.instead = ({ pathname }) =>
      pathname.includes('organization') ? Response.json({ errors: [] }, { status: 403 }) : undefined
    const { id } = await scene.start()
    await scene.walk()
    expect((await scene.run(id)).state).toBe('done')
    expect((await keptIn(scene)).users).toEqual(atClerk(scene).users)
  })
})

describe('one at a time', () => {
  it('of twenty that start at once one begins, and the others are told', async () => {
    const { world, database } = scene
    const beginning = { world, database, nowMs: scene.nowMs() }
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => startBackfill({ by: 'user_ada' }, beginning)),
    )
    expect(outcomes.filter(({ ok }) => ok).length).toBe(1)
    const codes = outcomes.flatMap((one) => (one.ok ? [] : [one.error.code]))
    expect(codes).toEqual(Array.from({ length: 19 }, () => 'run-under-way'))
    expect(scene.legs.length).toBe(1)
  })

  it('two that walk for one run come no further than one, and count nothing twice', async () => {
    populate(scene)
    const { id } = await scene.start()
    scene.legs.push({ runId: id, leg: 1 })
    await Promise.all([scene.walk(), scene.walk()])
    const { users, memberships } = atClerk(scene)
    const { state, progress } = await scene.run(id)
    expect(state).toBe('done')
    expect(progress).toMatchObject({
      users: { seen: users.length },
      memberships: { seen: memberships.length },
    })
    expect(await keptIn(scene)).toEqual(atClerk(scene))
  })

  it('of two that come from the same place one writes down how far it came', async () => {
    const was = await scene.start()
    const save = (cursor: string, from = was) =>
      saveRun(scene.database, from, { cursor, nowMs: scene.nowMs() })
    const outcomes = await Promise.all(['one', 'two', 'three'].map((cursor) => save(cursor)))
    expect(outcomes.filter((isSaved) => isSaved).length).toBe(1)
    const now = await scene.run(was.id)
    expect(await save('four', now)).toBe(true)
    expect(await save('five', now)).toBe(false)
    await endRun(scene.database, was.id, { state: 'cancelled', nowMs: scene.nowMs() })
    expect(await save('six', await scene.run(was.id))).toBe(false)
    expect((await scene.run(was.id)).cursor).toBe('four')
  })

  it('a run that is cancelled ends at the next page, and another may begin', async () => {
    populate(scene)
    const { id } = await scene.start()
    const workflow = fakeWorkflow(async (name, run) => {
      const nowMs = scene.nowMs()
      if (name === 'page 2') await endRun(scene.database, id, { state: 'cancelled', nowMs })
      return run()
    })
    await scene.walk(workflow)
    expect(workflow.ran).toEqual(['page 1', 'page 2'])
    expect((await scene.run(id)).state).toBe('cancelled')
    expect((await scene.start()).id).not.toBe(id)
  })

  it('a run that is lost is taken up by whoever starts one, and given up after a day', async () => {
    const { id } = await scene.start()
    scene.legs.length = 0
    scene.turn(11 * 60_000)
    expect((await scene.start()).id).toBe(id)
    expect(scene.legs).toEqual([{ runId: id, leg: scene.nowMs() }])
    scene.turn(24 * 60 * 60_000)
    await scene.tick()
    expect(await scene.run(id)).toMatchObject({ state: 'failed', error: 'lost' })
    expect(scene.legs.length).toBe(1)
  })

  it('a run that is lost where no Workflow is bound any more makes room for what the cron does', async () => {
    const { id } = await scene.start()
    scene.legs.length = 0
    scene.turn(11 * 60_000)
    const world = { ...scene.world, startSync: undefined }
    await reconcileIfDue(world)
    expect(await scene.run(id)).toMatchObject({ state: 'failed', error: 'workflow-unavailable' })
    await reconcileIfDue(world)
    scene.turn(15 * 60_000)
    await reconcileIfDue(world)
    expect(await scene.last('reconcile')).toMatchObject({ state: 'done' })
  })

  it('a Workflow that cannot be started leaves no run under way', async () => {
    const { database } = scene
    const world = { ...scene.world, startSync: () => Promise.reject(new Error('full')) }
    const beginning = { world, database, nowMs: scene.nowMs() }
    await expect(startBackfill({ by: 'user_ada' }, beginning)).rejects.toThrow('full')
    expect(await scene.last('backfill')).toMatchObject({
      ...{ state: 'failed', error: 'workflow-unavailable' },
    })
  })

  it('without a key of Clerk, and without a Workflow, none begins', async () => {
    const { database } = scene
    const begin = async (without: object) => {
      const world = { ...scene.world, ...without }
      const begun = await startBackfill({ by: 'user_ada' }, { world, database, nowMs: 0 })
      return begun.ok ? 'begun' : begun.error
    }
    expect(await begin({ clerk: undefined })).toMatchObject({ code: 'clerk-unavailable' })
    expect(await begin({ startSync: undefined })).toEqual({
      ...{ code: 'binding-missing', binding: 'SYNC' },
    })
    expect(await scene.last('backfill')).toBeUndefined()
  })
})

describe('the database', () => {
  it('that fails in the middle of a page leaves the walk where it was', async () => {
    populate(scene)
    const { id } = await scene.start()
    let [queries, failures] = [0, 0]
    scene.beforeQuery = () => {
      if (++queries % 7 === 0 && failures < 12) {
        failures++
        throw new Error('D1 is down')
      }
    }
    const workflow = fakeWorkflow(async (_name, run) => {
      // As the platform does it: a step that throws is run again.
      for (;;) {
        try {
          return await run()
        } catch (error) {
          if (String(error) !== 'Error: D1 is down') throw error
        }
      }
    })
    await scene.walk(workflow)
    scene.beforeQuery = () => {}
    expect(failures).toBe(12)
    expect((await scene.run(id)).state).toBe('done')
    expect(await keptIn(scene)).toEqual(atClerk(scene))
  })

  it('never lets a watermark go down', async () => {
    await raiseWatermarks(scene.database, ['users'], 50)
    await raiseWatermarks(scene.database, ['users', 'memberships'], 40)
    const { results } = await env.DB.prepare('SELECT * FROM sync_watermarks ORDER BY stage').all()
    expect(results).toEqual([
      { stage: 'memberships', at: 40 },
      { stage: 'users', at: 50 },
    ])
  })
})

async function count(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS rows FROM ${table}`).first('rows')) ?? 0
}
