import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { addMember, createOrganization } from '../../src/local/clerk/acts/organizations.ts'
import { banUser, updateUser } from '../../src/local/clerk/acts/people.ts'
import { openSync, type SyncScene } from './sync-scene.ts'

// What webhooks have lost is found within fifteen minutes, without asking for what was seen already.

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

let scene: SyncScene

beforeEach(async () => {
  scene = await openSync()
})

/** A gateway whose first backfill is over. */
async function filled(users = 9): Promise<void> {
  scene.addUsers(users)
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

async function statusOf(id: string): Promise<unknown> {
  return env.DB.prepare('SELECT status FROM users WHERE id = ?').bind(id).first('status')
}

describe('a reconcile', () => {
  it('finds a ban, a name and a person that no webhook told of, and others are told', async () => {
    await filled()
    const { world } = scene.standIn
    banUser(world, user('user_of000003'))
    updateUser(world, user('user_of000004'), { firstName: 'Another' })
    scene.standIn.world.state.users.put({
      ...user('user_of000005'),
      id: 'user_new',
      createdAt: scene.nowMs(),
      updatedAt: scene.nowMs(),
    })
    await scene.tick()
    expect(await statusOf('user_of000003')).toBe('banned')
    expect(await statusOf('user_new')).toBe('active')
    const told = await env.DB.prepare('SELECT type, subject FROM events ORDER BY subject').all()
    expect(told.results).toEqual([
      { type: 'user.created', subject: 'user_new' },
      { type: 'user.updated', subject: 'user_of000003' },
      { type: 'user.updated', subject: 'user_of000004' },
    ])
    expect(await scene.last('reconcile')).toMatchObject({ state: 'done', startedBy: 'cron' })
  })

  it('asks for one page of each list where nothing has changed', async () => {
    await filled()
    await scene.tick()
    const pages = scene.asked.filter((path) => path.includes('limit=20&'))
    expect(pages).toEqual([
      '/users?limit=20&order_by=-updated_at',
      '/organizations?limit=20&order_by=-created_at',
      '/organization_memberships?limit=20&order_by=-created_at',
    ])
  })

  it('walks back as far as something has changed, and no further', async () => {
    await filled(60)
    const { world } = scene.standIn
    for (let at = 0; at < 25; at++) {
      updateUser(world, user(`user_of${String(at).padStart(6, '0')}`), { lastName: 'Changed' })
    }
    await scene.tick()
    const pages = scene.asked.filter((path) => path.startsWith('/users?limit=20&'))
    // The second page begins ten rows before the first ended.
    expect(pages).toEqual([
      '/users?limit=20&order_by=-updated_at',
      '/users?limit=20&order_by=-updated_at&offset=10',
    ])
    const changed = `SELECT count(*) AS rows FROM users WHERE last_name = 'Changed'`
    expect(await env.DB.prepare(changed).first('rows')).toBe(25)
  })

  it('passes nobody over where the list moves up while it is walked', async () => {
    await filled(60)
    const { world } = scene.standIn
    for (let at = 0; at < 45; at++) {
      updateUser(world, user(`user_of${String(at).padStart(6, '0')}`), { lastName: 'Changed' })
    }
    let pages = 0
    scene.instead = ({ pathname, searchParams }) => {
      const isPage = pathname.endsWith('/users') && searchParams.get('limit') === '20'
      // Between two pages some who were seen are deleted, and the others move up into their places.
      const gone = isPage && pages++ > 0 ? ['44', '43', '42', '41', '40', '39'] : []
      for (const at of gone) world.state.users.remove(`user_of0000${at}`)
      return undefined
    }
    await scene.tick()
    expect(pages).toBeGreaterThan(2)
    const changed = `SELECT count(*) AS rows FROM users WHERE last_name = 'Changed'`
    expect(await env.DB.prepare(changed).first('rows')).toBe(45)
  })

  it('finds what was changed behind its back, however long it took to the end', async () => {
    await filled(60)
    const { world } = scene.standIn
    for (let at = 0; at < 25; at++) {
      updateUser(world, user(`user_of${String(at).padStart(6, '0')}`), { lastName: 'Changed' })
    }
    let pages = 0
    scene.instead = ({ pathname, searchParams }) => {
      const isPage = pathname.endsWith('/users') && searchParams.get('limit') === '20'
      if (isPage && pages++ === 1) {
        // Seen on the first page; and the second takes its time.
        banUser(world, user('user_of000024'))
        scene.turn(2 * minuteMs)
        for (let at = 30; at < 55; at++)
          updateUser(world, user(`user_of0000${at}`), { locale: 'de' })
        scene.turn(8 * minuteMs)
      }
      return undefined
    }
    await scene.tick()
    // A tick has forty seconds: the next one comes to the end.
    expect((await scene.last('reconcile'))?.state).toBe('running')
    await scene.tick()
    expect((await scene.last('reconcile'))?.state).toBe('done')
    await env.DB.exec(
      `UPDATE users SET status = 'active', updated_at = 1 WHERE id = 'user_of000024'`,
    )
    scene.turn(15 * minuteMs)
    await scene.tick()
    expect(await statusOf('user_of000024')).toBe('banned')
  })

  it('finds organisations and memberships that were made, at once', async () => {
    await filled()
    const { world } = scene.standIn
    createOrganization(world, { id: 'org_new', name: 'New', createdBy: 'user_of000001' })
    await scene.tick()
    expect(await scene.kept('organizations')).toContain('org_new')
    const kept = await scene.kept('memberships')
    const [made] = world.state.memberships.filter((one) => one.organizationId === 'org_new')
    expect(kept).toContain(made?.id)
  })

  it('finds a membership that was changed or ended within a day', async () => {
    await filled()
    const { state } = scene.standIn.world
    const organization = createOrganization(scene.standIn.world, { id: 'org_b', name: 'B' })
    const draft = { organization, role: 'org:member' }
    const stays = addMember(scene.standIn.world, { ...draft, userId: 'user_of000001' })
    const goes = addMember(scene.standIn.world, { ...draft, userId: 'user_of000002' })
    await scene.tick()
    scene.turn(60 * minuteMs)
    state.memberships.put({ ...stays, role: 'org:admin', updatedAt: scene.nowMs() })
    state.memberships.remove(goes.id)
    await scene.tick()
    expect(await scene.kept('memberships')).toContain(goes.id)
    scene.turn(dayMs)
    await scene.tick()
    expect(await scene.kept('memberships')).not.toContain(goes.id)
    const role = env.DB.prepare('SELECT role FROM memberships WHERE id = ?').bind(stays.id)
    expect(await role.first('role')).toBe('org:admin')
  })
})

describe('when', () => {
  async function runs(): Promise<number> {
    const all = `SELECT count(*) AS rows FROM sync_runs WHERE kind = 'reconcile'`
    return (await env.DB.prepare(all).first('rows')) ?? 0
  }

  it('every fifteen minutes, however the ticks fall', async () => {
    await filled()
    const began: number[] = []
    const startMs = Math.ceil(scene.nowMs() / minuteMs) * minuteMs
    // A tick is late by up to a second, now and then.
    const ticks = [0.4, 1, 14, 14.9, 15.1, 16, 29.99, 30, 30.3, 45.6, 46, 59.99, 60.3].map(
      (minutes) => startMs + minutes * minuteMs,
    )
    for (const at of ticks) {
      scene.turn(Math.max(0, at - scene.nowMs()))
      const before = await runs()
      await scene.tick()
      if ((await runs()) > before) began.push(Math.floor((at - startMs) / minuteMs))
    }
    expect(began).toEqual([0, 15, 30, 45, 60])
  })

  it('without a backfill it begins with what changes from now on', async () => {
    scene.addUsers(30)
    await scene.tick()
    expect(scene.asked).toEqual([])
    scene.turn(15 * minuteMs)
    updateUser(scene.standIn.world, user('user_of000007'), { firstName: 'Another' })
    await scene.tick()
    expect(await scene.kept('users')).toContain('user_of000007')
    expect(await scene.kept('users')).not.toContain('user_of000001')
  })

  it('without a key nothing is asked, of the database neither', async () => {
    const world = {
      ...scene.world,
      clerk: undefined,
      openDatabase: () => Promise.reject(new Error('asked')),
    }
    const { reconcileIfDue } = await import('../../src/tasks/sync.ts')
    await expect(reconcileIfDue(world)).resolves.toBeUndefined()
  })

  it('not while a backfill is under way', async () => {
    await filled()
    await scene.start()
    await scene.tick()
    expect(await runs()).toBe(0)
  })

  it('one that Clerk interrupts goes on with the next tick, and nothing is passed over', async () => {
    await filled(60)
    const { world } = scene.standIn
    for (let at = 0; at < 45; at++) {
      updateUser(world, user(`user_of${String(at).padStart(6, '0')}`), { lastName: 'Changed' })
    }
    let asked = 0
    scene.instead = ({ pathname }) => {
      const isOver = pathname.endsWith('/users') && ++asked === 4
      return isOver ? new Response(null, { status: 429 }) : undefined
    }
    await scene.tick()
    expect(await scene.last('reconcile')).toMatchObject({
      ...{ state: 'running', error: 'clerk-unavailable' },
    })
    scene.turn(minuteMs)
    await scene.tick()
    expect(await runs()).toBe(1)
    expect(await scene.last('reconcile')).toMatchObject({ state: 'done', error: null })
    const changed = `SELECT count(*) AS rows FROM users WHERE last_name = 'Changed'`
    expect(await env.DB.prepare(changed).first('rows')).toBe(45)
  })

  it('one that comes to no end makes room, and what it has not seen is seen by the next', async () => {
    await filled()
    banUser(scene.standIn.world, user('user_of000003'))
    scene.instead = () => new Response(null, { status: 503 })
    for (let at = 0; at < 3; at++) {
      await scene.tick()
      scene.turn(60 * minuteMs)
    }
    scene.instead = () => undefined
    await scene.tick()
    expect(await statusOf('user_of000003')).toBe('banned')
    const states = await env.DB.prepare(
      `SELECT state, error FROM sync_runs WHERE kind = 'reconcile' ORDER BY started_at`,
    ).all()
    expect(states.results).toEqual([
      { state: 'failed', error: 'too-slow' },
      { state: 'done', error: null },
    ])
  })
})
