import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import {
  readMembershipChange,
  readOrganizationChange,
  readUserChange,
} from '../../src/clerk/resources.ts'
import { changesOf } from '../../src/clerk/webhook-changes.ts'
import type { SyncStage } from '../../src/model/mirror.ts'
import { applyPage } from '../../src/store/mirror.ts'
import { type ClerkWorld, createClerkWorld, happen, listsOf } from '../store/clerk-world.ts'
import { type Delivery, type Script, script } from '../store/mirror.histories.ts'
import { openSync, rowsPerPage, type SyncScene } from './sync-scene.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** What happens within seconds elsewhere takes minutes here, so that reconciles come in between. */
const stretch = 60
/** So many share one Clerk and one gateway: of few, too many may be missing. */
const together = 25

/** What was looked at. */
export interface LossTally {
  histories: number
  lost: number
  reconciles: number
  /** What was wrong before the walk through everything, and right behind it. */
  staleForADay: number
}

/**
 * Whatever of the webhooks is lost, late or told twice: the reconciles that the cron runs find who is new and what has
 * changed of people within a tick of theirs, and everything else within a day.
 */
export async function expectLossesMended(histories: number): Promise<LossTally> {
  const tally = { histories: 0, lost: 0, reconciles: 0, staleForADay: 0 }
  const scripts = fc.array(script, { minLength: together, maxLength: together })
  const { failed, seed, errorInstance } = await fc.check(
    fc.asyncProperty(scripts, (some) => expectMended(some, tally)),
    { numRuns: Math.ceil(histories / together), endOnFailure: true },
  )
  if (failed) throw new Error(`Seed ${seed}`, { cause: errorInstance })
  return tally
}

async function expectMended(scripts: readonly Script[], tally: LossTally): Promise<void> {
  const scene = await openSync()
  const startMs = scene.nowMs()
  const worlds = scripts.map((story, place) => ({
    world: createClerkWorld({ ...story, prefix: String(place) }),
    due: timesOf(story, startMs),
    story,
  }))
  scene.instead = (url) =>
    answer(
      url,
      worlds.map(({ world }) => world),
    )
  // Before anything happens: from now on it is looked for.
  await scene.tick()
  let [pending, messages]: [Delivery[], number] = [[], 0]
  while (pending.length > 0 || worlds.some(({ due }) => due.length > 0)) {
    scene.turn(minuteMs)
    for (const { world, due, story } of worlds) {
      while (due[0] !== undefined && due[0].atMs <= scene.nowMs()) {
        const { happening } = due.shift() ?? due[0]
        for (const event of happen(world, happening, scene.nowMs())) {
          const fate = happening.fates[messages++ % happening.fates.length]
          if (fate === undefined) continue
          if (fate.isLost) tally.lost += 1
          else pending.push({ event, atMs: scene.nowMs() + fate.delayMs })
          if (fate.againMs !== null && !fate.isLost) {
            pending.push({ event, atMs: scene.nowMs() + fate.againMs })
          }
        }
        expect(story.happenings.length).toBeGreaterThan(due.length)
      }
    }
    // What happens together takes a while at Clerk.
    scene.turn(Math.max(0, ...worlds.map(({ world }) => world.nowMs - scene.nowMs())))
    pending = await deliver(scene, pending)
    await scene.tick()
  }
  const clerk = worlds.map(({ world }) => world)
  await expectWithin(scene, 16 * minuteMs)
  expect(staleOf(clerk, await keptRows(), 'soon')).toEqual([])
  tally.staleForADay += staleOf(clerk, await keptRows(), 'wholly').length
  scene.turn(Math.max(0, startMs + dayMs - scene.nowMs()))
  await expectWithin(scene, 16 * minuteMs)
  expect(staleOf(clerk, await keptRows(), 'wholly')).toEqual([])
  tally.histories += scripts.length
  const all = `SELECT count(*) AS rows FROM sync_runs WHERE state = 'done'`
  tally.reconciles += Number(await env.DB.prepare(all).first('rows'))
  expect(scene.faults).toEqual([])
}

function timesOf({ happenings }: Script, startMs: number) {
  let atMs = startMs
  return happenings.map((happening) => {
    atMs += happening.gapMs * stretch
    return { happening, atMs }
  })
}

/** Delivers what is due, and gives what is not. */
async function deliver(scene: SyncScene, pending: readonly Delivery[]): Promise<Delivery[]> {
  const nowMs = scene.nowMs()
  const due = pending.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
  const telling = { by: 'clerk', requestId: 'msg_1', nowMs, tellsNew: true }
  await applyPage(
    scene.database,
    due.flatMap(({ event }) => changesOf(event)),
    telling,
  )
  return pending.filter(({ atMs }) => atMs > nowMs)
}

/** Ticks until a reconcile that began from now on is over. */
async function expectWithin(scene: SyncScene, maxMs: number): Promise<void> {
  const fromMs = scene.nowMs()
  for (;;) {
    await scene.tick()
    const last = await scene.last('reconcile')
    expect(last?.error ?? null).toBeNull()
    if (last?.state === 'done' && last.startedAt >= fromMs) return
    expect(scene.nowMs() - fromMs).toBeLessThanOrEqual(maxMs)
    scene.turn(minuteMs)
  }
}

/** Clerk's lists, in pages as small as everywhere here. */
function answer(url: URL, worlds: readonly ClerkWorld[]): Response {
  const { pathname, searchParams } = url
  const of = /organizations\/(\w+)\/memberships$/.exec(pathname)?.[1]
  if (pathname.endsWith('/count'))
    return Response.json({ total_count: rowsOf(worlds, 'users').length })
  const stage: SyncStage = /memberships$/.test(pathname)
    ? 'memberships'
    : pathname.endsWith('/users')
      ? 'users'
      : 'organizations'
  const ids = searchParams.getAll(stage === 'organizations' ? 'organization_id' : 'user_id')
  const isAsking = ids.length > 0
  const limit = Number(searchParams.get('limit'))
  if (!isAsking && limit > rowsPerPage) return new Response('[')
  const order = searchParams.get('order_by') ?? '-created_at'
  const sign = order.startsWith('-') ? -1 : 1
  const name = order.endsWith('updated_at') ? 'updatedMs' : 'createdMs'
  const rows = rowsOf(worlds, stage)
    .filter(({ placeId }) => of === undefined || placeId === of)
    .filter(({ id, userId }) => !isAsking || ids.includes(of === undefined ? id : userId))
    .sort((one, other) => sign * (one[name] - other[name]))
  const offset = Number(searchParams.get('offset') ?? 0)
  const data = rows.slice(offset, offset + limit).map(({ row }) => row)
  return Response.json(stage === 'users' ? data : { data, total_count: rows.length })
}

/** What a list has, and what it can be asked for by. Worlds write times in units of their own. */
function rowsOf(worlds: readonly ClerkWorld[], stage: SyncStage) {
  return worlds.flatMap((world) =>
    listsOf(world)[stage].map((row) => {
      const { id, created_at, updated_at }: Readonly<Record<string, unknown>> = { ...row }
      const membership = world.memberships.get(String(id))
      return {
        ...{ row, id: String(id) },
        ...{ createdMs: Number(created_at) / world.factor },
        ...{ updatedMs: Number(updated_at) / world.factor },
        ...{ userId: membership?.userId ?? '', placeId: membership?.placeId ?? '' },
      }
    }),
  )
}

type Kept = Readonly<Record<SyncStage, ReadonlyMap<string, string>>>

const queries: Readonly<Record<SyncStage, string>> = {
  users: `SELECT id, json_array(email, first_name, status) AS content FROM users`,
  organizations: `SELECT id, json_array(name, slug) AS content FROM organizations`,
  memberships: `SELECT id, json_array(organization_id, user_id, role) AS content FROM memberships`,
}

async function keptRows(): Promise<Kept> {
  const read = async (stage: SyncStage) => {
    const query = `${queries[stage]} WHERE status <> 'deleted'`
    const { results } = await env.DB.prepare(query).all<{ id: string; content: string }>()
    return new Map(results.map(({ id, content }) => [id, content]))
  }
  return {
    users: await read('users'),
    organizations: await read('organizations'),
    memberships: await read('memberships'),
  }
}

/** The same by Clerk. */
function trueRows(worlds: readonly ClerkWorld[]): Kept {
  const content = (stage: SyncStage, row: unknown): readonly unknown[] => {
    if (stage === 'users') {
      const { email, firstName, status } = readUserChange(row, 1)?.profile ?? {}
      return [email, firstName, status]
    }
    const place = readOrganizationChange(row, 1)?.record
    if (stage === 'organizations') return [place?.name, place?.slug]
    const member = readMembershipChange(row, 1)
    return [member?.organizationId, member?.userId, member?.role]
  }
  const read = (stage: SyncStage) =>
    new Map(rowsOf(worlds, stage).map(({ id, row }) => [id, JSON.stringify(content(stage, row))]))
  return {
    users: read('users'),
    organizations: read('organizations'),
    memberships: read('memberships'),
  }
}

/**
 * What is kept otherwise than Clerk has it. `soon`: only who and what is new, and what was changed of people, but for
 * locks, which are no change of theirs by Clerk's times.
 */
function staleOf(
  worlds: readonly ClerkWorld[],
  kept: Kept,
  how: 'soon' | 'wholly',
): readonly string[] {
  const clerk = trueRows(worlds)
  const stages = ['users', 'organizations', 'memberships'] as const
  const unlocked = (content = '') => content.replace('"locked"', '"active"')
  return stages.flatMap((stage) => {
    const wrong = [...clerk[stage]].filter(([id, content]) => {
      const own = kept[stage].get(id)
      if (how === 'wholly') return own !== content
      return stage === 'users' ? unlocked(own) !== unlocked(content) : own === undefined
    })
    const gone = [...kept[stage].keys()].filter((id) => !clerk[stage].has(id))
    return [...wrong.map(([id]) => id), ...(how === 'wholly' ? gone : [])]
  })
}
