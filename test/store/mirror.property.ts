import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import {
  readMembershipChange,
  readOrganizationChange,
  readUserChange,
} from '../../src/clerk/resources.ts'
import { changesOf } from '../../src/clerk/webhook-changes.ts'
import type { MirrorChange } from '../../src/model/mirror.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { applyChange, applyPage, type Telling } from '../../src/store/mirror.ts'
import { buryMissing, listMissing } from '../../src/store/mirror-missing.ts'
import {
  type Delivery,
  type History,
  play,
  type Script,
  script,
  type Walk,
  walksMs,
} from './mirror.histories.ts'
import { expectTruth, readKept, type Tally } from './mirror.truth.ts'

const database = openDatabase(env.DB)
const tables = [
  ...['users', 'organizations', 'memberships', 'clerk_objects', 'ended_sessions'],
  ...['role_grants', 'events', 'event_counters', 'audit'],
]
const stages = ['users', 'organizations', 'memberships'] as const
const readers = {
  ...{ users: readUserChange, organizations: readOrganizationChange },
  memberships: readMembershipChange,
}

/** So many are replayed side by side, each in a world of its own, and a few message by message. */
const together = 50
const aloneEvery = 25

/**
 * However late, often and out of order the messages of a history come, and whichever are lost before a walk: in the end
 * what is kept is what Clerk has, nothing was told twice, and nobody has come back in between.
 */
export async function expectMirror(histories: number): Promise<Tally> {
  const tally = { histories: 0, messages: 0, lost: 0, repeated: 0, buried: 0, tombstones: 0 }
  const scripts = fc.array(script, { minLength: together, maxLength: together })
  const property = fc.asyncProperty(scripts, (some) => expectHistories(some, tally))
  await forbidWayBack()
  try {
    // The history that fails is shown as it is: to shorten fifty together takes longer than to read one.
    const numRuns = Math.ceil(histories / together)
    const { failed, seed, errorInstance } = await fc.check(property, {
      numRuns,
      endOnFailure: true,
    })
    if (failed) throw new Error(`Seed ${seed}`, { cause: errorInstance })
  } finally {
    await env.DB.exec('DROP TRIGGER no_way_back')
  }
  return tally
}

/** The same of histories by hand. */
export async function expectHistories(scripts: readonly Script[], tally: Tally): Promise<void> {
  const histories = scripts.map((one, place) => play(one, String(place)))
  await replay(histories, tally)
  const kept = await readKept()
  for (const [place, history] of histories.entries()) {
    expectTruth(history, kept, { tally, script: JSON.stringify(scripts[place]) })
  }
  expect((await verifyAudit(database)).brokenAt).toBe(undefined)
}

/** Who is deleted stays so, and nothing older takes the place of what is newer, not even for a moment. */
async function forbidWayBack(): Promise<void> {
  const trigger = `CREATE TRIGGER no_way_back BEFORE UPDATE ON users
    WHEN (OLD.status = 'deleted' AND NEW.status <> 'deleted') OR NEW.number <> OLD.number
      OR (NEW.updated_at, NEW.told_at) < (OLD.updated_at, iif(OLD.updated_at = 0, 0, OLD.told_at))
    BEGIN SELECT RAISE(ABORT, 'somebody came back'); END`
  await env.DB.prepare(trigger).run()
}

async function replay(histories: readonly History[], tally: Tally): Promise<void> {
  for (const table of tables) await env.DB.exec(`DELETE FROM ${table}`)
  await grantAll(histories)
  let fromMs = 0
  for (const walkMs of [...walksMs, Number.POSITIVE_INFINITY]) {
    const due = histories.map(({ deliveries }) =>
      deliveries.filter(({ atMs }) => fromMs <= atMs && atMs < walkMs),
    )
    for (let turn = 0; due.some((own) => turn < own.length); turn++) {
      await deliver(due.map((own) => own[turn]))
    }
    const walks = histories.flatMap(({ walks }) => walks.filter(({ atMs }) => atMs === walkMs))
    if (walks.length > 0) tally.buried += await walk(histories, walkMs)
    fromMs = walkMs
  }
}

/** Everybody and every place there ever was has grants, which go with them and no sooner. */
async function grantAll(histories: readonly History[]): Promise<void> {
  const ids = histories.flatMap(({ world }) => [...world.ever])
  const grants = ids
    .filter((id) => /^(?:user|org)_/.test(id))
    .map((id) => (id.startsWith('user') ? { id, place: '' } : { id: 'user_other', place: id }))
  await env.DB.prepare(
    `INSERT INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
      SELECT value ->> 'id', 'user', value ->> 'place', 'test', 1 FROM json_each(?)`,
  )
    .bind(JSON.stringify(grants))
    .run()
}

const telling: Telling = { by: 'clerk', requestId: 'msg_1', nowMs: 1, tellsNew: true }

async function deliver(deliveries: readonly (Delivery | undefined)[]): Promise<void> {
  const pages: MirrorChange[] = []
  for (const [place, delivery] of deliveries.entries()) {
    if (delivery === undefined) continue
    const changes = changesOf(delivery.event)
    if (place % aloneEvery > 0) pages.push(...changes)
    else for (const change of changes) await applyChange(database, change, telling)
  }
  await applyPage(database, pages, telling)
}

/** Walks through all that Clerk has, as it was when the walk began, and buries what is no longer among it. */
async function walk(histories: readonly History[], startedAtMs: number): Promise<number> {
  const walked: Telling = { by: 'sync', requestId: 'sync_1', nowMs: startedAtMs, tellsNew: false }
  const own = new Map<string, Walk>()
  for (const { world, walks } of histories) {
    const found = walks.find(({ atMs }) => atMs === startedAtMs)
    if (found !== undefined) own.set(world.prefix, found)
  }
  let buried = 0
  for (const stage of stages) {
    const there = [...own.values()].flatMap(({ lists }) => lists[stage])
    const changes = there
      .map((one) => readers[stage](one, startedAtMs))
      .filter((change) => change !== undefined)
    await applyPage(database, changes, walked)
    const query = { stage, startedAtMs, after: '', count: 10_000 }
    const missing = (await listMissing(database, query)).filter(({ id }) =>
      own.has(id.split('_')[1] ?? ''),
    )
    buried += await buryMissing(database, { stage, missing }, walked)
  }
  return buried
}
