import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { type Fault, faults, lacksTheKey, mender, replayed } from '../support/faults.ts'
import { makeKey } from '../support/tokens.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'
import { run, type Seen } from './faults.run.ts'
import { alone, kindNames, kinds, longestWaitMs, type State, together } from './faults.table.ts'

// KV, D1, the key server and the origin: each failing, slow or talking nonsense, alone and together,
// with what an isolate may hold by then, for each kind of request. The table says what comes of it.

// What an origin is told is no part of this: the assertion would cost half the time.
const routes = [
  { path: '/public/**', origin: 'api', assertion: 'off', access: 'public' },
  { path: '/optional/**', origin: 'api', assertion: 'off', access: 'optional' },
  { path: '/api/**', origin: 'api', assertion: 'off' },
  { path: '/admin/**', origin: 'api', assertion: 'off', access: { role: 'admin' } },
  { path: '/fresh/**', origin: 'api', assertion: 'off', fresh: true },
] as const

/** All faults, with that of a key server that publishes only the key of a stranger. */
export async function everyFault(): Promise<readonly Fault[]> {
  const stranger = await createWorld()
  await stranger.keyServer.publish(await makeKey('ins_stranger'))
  return [...faults, lacksTheKey(stranger.keyServer.answer)]
}

/** A world in which ada is known. What D1 says of her is read once and given to every isolate. */
export async function openTemplate(options: WorldOptions = {}): Promise<World> {
  const known = await createWorld({ config: { routes }, ...options })
  const template = known.apart()
  template.store.database = replayed(env.DB)
  // Twice: with the first request the person becomes known, which D1 is asked about anew.
  for (const world of [known, known, template]) {
    for (const path of Object.values(kinds)) await world.get(path, await world.token())
    await world.behind()
  }
  return template.apart()
}

const name = (one: Seen) => `${one.name}: ${one.outcome}`
const isRefusal = ({ outcome }: Seen) => outcome !== '200'

/** Tries every fault alone in one state and, where asked, all of them with all others. */
export function describeFaults(state: State, { isCombined }: { isCombined: boolean }): void {
  let seen: readonly Seen[]
  beforeAll(async () => {
    const every = await everyFault()
    const template = await openTemplate()
    const sets = isCombined ? [...alone(every), ...together(every)] : alone(every)
    seen = await run(template, state, { sets, mend: mender(template) })
  })
  describeAnswers(() => seen)
  describeCosts(() => seen)
}

function describeAnswers(all: () => readonly Seen[]): void {
  it.each(kindNames)('what comes of a request is what the table says: %s', (kind) => {
    const own = all().filter((one) => one.kind === kind)
    const wrong = own.filter(({ outcome, expected }) => outcome !== expected)
    expect(wrong.map((one) => `${name(one)}, not ${one.expected}`)).toEqual([])
    expect(own).toHaveLength(all().length / kindNames.length)
  })

  it('no outage is blamed on the caller, and none is a fault of the gateway', () => {
    // The one refusal of a caller here is no outage: the issuer says that there is no such key.
    const answersWell = ({ broken }: Seen) => broken.some(({ way }) => way === 'lacks')
    const blamed = all().filter((one) => /^4/.test(one.outcome) && !answersWell(one))
    const faulty = all().filter(({ outcome }) => /^500/.test(outcome))
    expect([...blamed, ...faulty].map(name)).toEqual([])
  })

  it('every 503 says when to come back', () => {
    const unavailable = all().filter(({ outcome }) => /^503 (keys|facts)/.test(outcome))
    const silent = unavailable.filter(({ retryAfter }) => !/^[1-9]\d?$/.test(retryAfter ?? ''))
    expect(silent.map(name)).toEqual([])
    expect(unavailable.length).toBeGreaterThan(all().length / 100)
  })

  it('a gateway that is not ready says when to ask again', () => {
    const unready = all().filter(({ outcome }) => outcome === '503 not ready')
    const silent = unready.filter(({ retryAfter }) => !/^[1-9]\d?$/.test(retryAfter ?? ''))
    expect(silent.map(name)).toEqual([])
  })

  it('a refusal tells nothing of what is behind it', () => {
    const refusals = all().filter(isRefusal)
    expect(refusals.filter(({ leaks }) => leaks.length > 0).map(name)).toEqual([])
    expect(refusals.length).toBeGreaterThan(all().length / 10)
  })
}

function describeCosts(all: () => readonly Seen[]): void {
  it('nobody waits longer than slow parts may take, and for one that fails not at all', () => {
    const late = all().filter(
      ({ broken, kind, waitedMs }) => waitedMs > longestWaitMs(broken, kind),
    )
    expect(late.map((one) => `${name(one)} after ${one.waitedMs} ms`)).toEqual([])
    expect(all().filter(({ waitedMs }) => waitedMs > 0).length).toBeGreaterThan(all().length / 100)
  })

  it('one request asks KV, the key server and the origin once at most', () => {
    const greedy = all().filter(({ kind, calls }) => {
      // Readiness asks KV for the keys, and whether KV answers at all.
      const readsMax = kind === 'readyz' ? 2 : 1
      return calls.reads > readsMax || calls.asked > 1 || calls.sent > 1
    })
    expect(greedy.map(name)).toEqual([])
  })

  it('who is refused for keys or facts was not shown to the origin', () => {
    const barred = all().filter(({ outcome }) => /^(401|403|503|500)/.test(outcome))
    expect(barred.filter(({ calls }) => calls.sent > 0).map(name)).toEqual([])
    expect(barred.length).toBeGreaterThan(all().length / 100)
  })

  it('five seconds after the end of all faults every request is answered again', () => {
    const lasting = all().filter(({ recovered }) => recovered !== '200')
    expect(lasting.map((one) => `${name(one)}, then ${one.recovered}`)).toEqual([])
  })
}
