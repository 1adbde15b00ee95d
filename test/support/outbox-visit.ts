import type { User } from '../../src/local/clerk/kernel/records.ts'
import type { World } from '../../src/local/clerk/kernel/world.ts'
import { createTestStandIn, type TestStandInParts } from './stand-in.ts'

const origin = 'http://localhost:8787'

/** What browsers say of a form on the stand-in's own page. */
const ownPage: Readonly<Record<string, string>> = { origin, 'sec-fetch-site': 'same-origin' }

const invented = { inventedEvents: 'these tests are about how webhooks are shown' }

/** Opens a stand-in to go to its own page, as people and programs do. */
export async function visitOutbox(parts: TestStandInParts = {}) {
  const { standIn, turn } = await createTestStandIn(parts, invented)
  const { world } = standIn
  const ask = (path: string, init: RequestInit = {}) =>
    standIn.fetch(new Request(`${origin}${path}`, init))
  return {
    ...{ standIn, world, turn, ada: somebody(world) },
    get: (path: string) => ask(path),
    /** What a program sends. */
    post(path: string, members: object, headers: Readonly<Record<string, string>> = {}) {
      const all = { 'content-type': 'application/json', ...headers }
      return ask(path, { method: 'POST', headers: all, body: JSON.stringify(members) })
    },
    /** What a page sends. */
    form: (path: string, members: Record<string, string>, headers = ownPage) =>
      ask(path, { method: 'POST', headers, body: new URLSearchParams(members) }),
  }
}

/** Some user whom the seed knows. */
function somebody({ state }: World): User {
  const [user] = state.users.all()
  if (user === undefined) throw new Error('Nobody is here')
  return user
}

/** All that a stand-in keeps, to be compared. */
export function everythingOf({ state, faults, clock, keys }: World): string {
  const { keep: _, ...tables } = state
  const rows = Object.entries(tables).map(([name, table]) => [name, table.all()])
  return JSON.stringify([rows, faults, clock.turnedMs, keys.published()])
}
