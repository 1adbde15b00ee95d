import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { fakeWorkflow, keptIn, populate, type SyncScene } from './sync-scene.ts'

/**
 * Walks once to the end, and then once more for each of the steps that `pick` chooses, killed in it: the tables are the
 * same every time, and no page of users is asked for twice. How many kills were survived.
 */
export async function surviveKills(
  scene: SyncScene,
  pick: (steps: number) => Iterable<number>,
): Promise<number> {
  populate(scene)
  const whole = fakeWorkflow()
  await scene.start()
  await scene.walk(whole)
  const wanted = await keptIn(scene)
  let survived = 0
  for (const at of pick(whole.ran.length)) {
    await killAt(scene, at)
    expect(await keptIn(scene)).toEqual(wanted)
    survived += 1
  }
  return survived
}

const tables = ['users', 'organizations', 'memberships', 'sync_runs', 'sync_watermarks', 'audit']

async function killAt(scene: SyncScene, at: number): Promise<void> {
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
  const { id } = await scene.start()
  scene.asked.length = 0
  let left = at
  const workflow = fakeWorkflow(async (_name, run) => {
    if (left-- > 0) return run()
    // Half of them have done their work, which nobody wrote down.
    if (at % 2 === 0) await run()
    throw new Error('killed')
  })
  await expect(scene.walk(workflow)).rejects.toThrow('killed')
  if ((await scene.run(id)).state === 'running') {
    scene.turn(11 * 60_000)
    await scene.tick()
    expect(scene.legs.length).toBe(1)
    await scene.walk()
  }
  expect((await scene.run(id)).state).toBe('done')
  const pages = scene.asked.filter((path) => path.startsWith('/users?limit=20&'))
  expect(pages.length).toBeGreaterThan(2)
  // Where a walk stands is in the database; what was asked when it was killed before is asked again, and no more.
  expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(at % 2 === 0 ? 0 : 1)
}
