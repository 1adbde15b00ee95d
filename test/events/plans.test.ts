import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { tidy } from '../../src/events/tidying.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { openScene, updated } from './subscriber-scene.ts'

/** What of a plan reads more the longer Usher has been running. Of subscriptions there are fifty at most. */
async function faultsOf(statement: string): Promise<readonly string[]> {
  const values = [...statement.matchAll(/\?/g)].map(() => 1)
  const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`).bind(...values)
  const { results } = await explained.all<{ detail: string }>()
  return results
    .map(({ detail }) => detail)
    .filter((step) => /^SCAN /.test(step) || /\(state=\?\)/.test(step))
    .filter((step) => !/^SCAN (?:subscriptions?\b|json_each|\(?subquery|event\b)/.test(step))
}

const bad = [
  "DELETE FROM deliveries WHERE created_at < ? AND state IN ('delivered', 'dead')",
  "SELECT id FROM webhook_inbox WHERE state = 'queued' AND queued_at <= ?",
  "SELECT id FROM events WHERE json_extract(data, '$.user_id') = ?",
]

it('what is done each minute looks for nothing by going through all there is, nor by a state alone', async () => {
  for (const statement of bad) expect(await faultsOf(statement)).toHaveLength(1)
  const hourMs = 60 * 60_000
  const startMs = Math.floor(createFakeClock().now() / hourMs) * hourMs
  const prepared = new Set<string>()
  const recording = new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => {
        if (name === 'prepare') prepared.add(String(given[0]))
        return member.apply(target, given)
      }
    },
  })
  const clerk = { apiUrl: 'https://api.clerk.test', secretKey: 'sk_test_x' }
  for (const enqueue of [async () => {}, undefined]) {
    const scene = await openScene({ enqueue, mirroredRole: 'roles' }, startMs)
    await scene.subscribe()
    await scene.happen(updated('user_1'))
    const { capabilities } = scene
    await tidy({
      ...capabilities,
      openDatabase: async () => openDatabase(recording),
      clerk: { ...clerk, send: capabilities.send, clock: capabilities.clock },
    })
    expect(scene.faults).toEqual([])
  }
  const found = await Promise.all(
    [...prepared].map(async (statement) => ({ statement, faults: await faultsOf(statement) })),
  )
  expect(found.filter(({ faults }) => faults.length > 0)).toEqual([])
  const text = [...prepared].join('\n')
  for (const table of [
    'webhook_inbox',
    'deliveries',
    'events',
    'clerk_objects',
    'ended_sessions',
  ]) {
    expect(text).toMatch(new RegExp(`DELETE FROM ${table}`))
  }
  expect(prepared.size).toBeGreaterThanOrEqual(13)
})
