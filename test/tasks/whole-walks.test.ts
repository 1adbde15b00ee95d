import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openSync, populate, type SyncScene } from './sync-scene.ts'

// Once a day all is walked through: what no list of changes tells is found, and who was there before is no news.

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

let scene: SyncScene

beforeEach(async () => {
  scene = await openSync()
})

/** A gateway whose first backfill is over. */
async function filled(): Promise<void> {
  scene.addUsers(9)
  await scene.start()
  await scene.walk()
  scene.turn(20 * minuteMs)
  scene.asked.length = 0
}

function user(id: string) {
  const found = scene.standIn.world.state.users.get(id)
  if (found === undefined) throw new Error(`There is no ${id}`)
  return found
}

describe('a reconcile', () => {
  it('finds a user who is gone, and of whom nobody told, within a day', async () => {
    await filled()
    scene.standIn.world.state.users.remove('user_of000003')
    await scene.tick()
    expect(await scene.kept('users')).toContain('user_of000003')
    scene.turn(dayMs)
    await scene.tick()
    expect(await scene.kept('users')).not.toContain('user_of000003')
  })

  it('finds a new name of an organisation within a day', async () => {
    await filled()
    const { organizations } = scene.standIn.world.state
    const [acme] = organizations.all()
    if (acme === undefined) throw new Error('There is no organisation')
    organizations.put({ ...acme, name: 'Ajax', updatedAt: scene.nowMs() })
    scene.turn(dayMs)
    await scene.tick()
    const name = env.DB.prepare('SELECT name FROM organizations WHERE id = ?').bind(acme.id)
    expect(await name.first('name')).toBe('Ajax')
  })

  it('without a backfill all is walked through within a day, and nobody is told of who was there', async () => {
    scene.addUsers(30)
    scene.turn(1)
    await scene.tick()
    scene.turn(dayMs)
    const { users } = scene.standIn.world.state
    const times = { createdAt: scene.nowMs() - 60_000, updatedAt: scene.nowMs() - 60_000 }
    users.put({ ...user('user_of000005'), id: 'user_new', number: 7000, ...times })
    await scene.tick()
    expect((await scene.last('reconcile'))?.state).toBe('done')
    expect(await scene.kept('users')).toEqual(
      users
        .all()
        .map(({ id }) => id)
        .sort(),
    )
    expect(await scene.kept('memberships')).not.toEqual([])
    const told = await env.DB.prepare('SELECT type, subject FROM events').all()
    expect(told.results).toEqual([{ type: 'user.created', subject: 'user_new' }])
  })

  it('Clerk is not asked before the time that it has said, whatever the ticks', async () => {
    await filled()
    let refused = 0
    scene.instead = () => {
      if (refused++ > 0) return undefined
      return Response.json({ errors: [] }, { status: 429, headers: { 'retry-after': '300' } })
    }
    for (let minute = 0; minute < 5; minute++) {
      await scene.tick()
      scene.turn(minuteMs)
    }
    expect(scene.asked.length).toBe(1)
    await scene.tick()
    expect(scene.asked.length).toBeGreaterThan(1)
    expect((await scene.last('reconcile'))?.state).toBe('done')
  })
})

describe('one who was made after it began', () => {
  it('is told of by the walk that is first to see them, and by each one after the first', async () => {
    populate(scene)
    const { users } = scene.standIn.world.state
    const make = (id: string, createdAt: number) => {
      const model = users.get('user_of000001')
      if (model === undefined) throw new Error('Nobody is there')
      users.put({
        ...model,
        id,
        number: 7000 + users.all().length,
        createdAt,
        updatedAt: createdAt,
      })
    }
    let isMade = false
    scene.instead = ({ searchParams }) => {
      // On the last page: whose webhook is late.
      if (searchParams.has('starting_after') && !isMade) make('user_during', scene.nowMs())
      isMade ||= searchParams.has('starting_after')
      return undefined
    }
    await scene.start()
    await scene.walk()
    expect(await toldOf()).toEqual(['user.created user_during'])
    // With a time of before, as who is brought over from elsewhere has.
    make('user_imported', 1_500_000_000_000)
    await scene.start()
    await scene.walk()
    expect(await toldOf()).toEqual(['user.created user_during', 'user.created user_imported'])
  })

  async function toldOf(): Promise<readonly string[]> {
    const query = `SELECT type || ' ' || subject AS told FROM events ORDER BY subject`
    const { results } = await env.DB.prepare(query).all<{ told: string }>()
    return results.map(({ told }) => told)
  }
})
