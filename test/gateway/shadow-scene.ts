import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts, FactsQuery } from '../../src/model/facts.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import { everyCredential } from '../support/credentials.ts'
import { createWorld, everyoneHolds, type World, type WorldOptions } from '../support/world.ts'

/** Puts a route or a condition into shadow. */
export const shadow = { mode: 'shadow' } as const

const origins = {
  api: { url: 'https://origin.usher.test' },
  tried: { url: 'https://tried.usher.test' },
}

/** A world of these routes, with an origin for what is tried. */
export function worldOf(
  routes: GatewayConfig['routes'],
  options: WorldOptions = {},
): Promise<World> {
  const config = { origins, routes, ...options.config }
  return createWorld({ variables: everyCredential, ...options, config })
}

/** Facts that a test changes, and every question about somebody. */
export function factsInHand(told: () => Partial<Facts> | 'unreadable' | 'broken') {
  const asked: FactsQuery[] = []
  async function facts(query: FactsQuery) {
    asked.push(query)
    const now = told()
    if (now === 'broken') throw new TypeError('Nobody expected that')
    return now === 'unreadable'
      ? refuse('facts-unavailable')
      : ok({ ...everyoneHolds(['reader']), ...now })
  }
  return { facts, asked }
}

/** How a request ended: where it went and as whom, or why not; and what was tried on it. */
export async function fate(world: World, path: string, token?: string, init?: RequestInit) {
  const before = world.sent.length
  const response = await world.get(path, token, init)
  const [sent] = world.sent.slice(before)
  const { shadow: tried, reason } = world.records.at(-1) ?? {}
  const { host } = new URL(sent?.url ?? 'https://nowhere.test')
  const end = sent === undefined ? `${response.status} ${reason ?? ''}`.trim() : host.split('.')[0]
  return [end, sent?.headers.get('x-usher-user-id'), tried && `${tried.route}: ${tried.outcome}`]
}
