import type { OriginConfig } from '../../src/config/origins.ts'
import { momentAlone } from '../../src/model/clock.ts'
import type { Noted } from '../../src/model/noted.ts'
import { anonymous, type Principal } from '../../src/model/principal.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import type { Result } from '../../src/model/result.ts'
import type { Route } from '../../src/model/route.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import type { Arrival, Departure, Road } from '../../src/proxy/road.ts'
import { createSetSender } from '../../src/proxy/set.ts'
import { gatewayOf } from '../config/sample.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

/** What a member does with a request: an answer, a failure, or nothing at all. */
export type Behaviour = (request: Request) => Response | Promise<Response>

/** A request that reached a member. */
interface Call {
  readonly member: string
  readonly atMs: number
  readonly request: Request
}

/** One set in one isolate, with members, clock and chance in the hands of a test. */
export interface SetScene {
  readonly clock: FakeClock
  /** How each member behaves, by its name; one that is not there answers 200 with its name. */
  readonly behaviours: Map<string, Behaviour>
  readonly calls: Call[]
  /** What was noted for the record of each request. */
  readonly noted: Noted[]
  /** What checks found, as KV holds it; replaced by a test to fail. */
  readChecks: () => Promise<ReadonlySet<string>>
  /** The next lots, each from 0 to 1; 0.5 once they are all drawn. */
  readonly lots: number[]
  /** Sends a request and gives what comes back at once; `uploaded` is the end of its body, where that is known. */
  send(
    init?: RequestInit,
    who?: Principal,
    uploaded?: Departure['uploaded'],
  ): Promise<Result<Arrival, Refusal>>
  /** The names of the members that were asked since this was last called. */
  asked(): string[]
  /** Waits for all that goes on behind the requests. */
  behind(): Promise<void>
}

/** Members at hosts of their own names. */
export function at(...names: readonly string[]) {
  return names.map((name) => ({ name, url: `https://${name}.example.com` }))
}

/** A member that cannot be reached. */
export const dead: Behaviour = () => Promise.reject(new Error('connection refused'))

/** A member that never answers. */
export const silent: Behaviour = () => new Promise(() => undefined)

const bodiless: readonly number[] = [204, 304]

/** A member that answers every request with a status. */
export function answering(status: number, init: ResponseInit = {}): Behaviour {
  return () =>
    new Response(bodiless.includes(status) ? null : `status ${status}`, { ...init, status })
}

/** What came back: a status, or the code of the refusal. */
export async function outcome(sending: ReturnType<SetScene['send']>): Promise<number | string> {
  const result = await sending
  return result.ok ? result.value.response.status : result.error.code
}

/** Sends a request and lets time pass, ten minutes when not given, until it is over. */
export async function sendPatiently(
  scene: SetScene,
  init: RequestInit = {},
  { who, forMs = 600_000 }: { who?: Principal; forMs?: number } = {},
): Promise<number | string> {
  const sending = scene.send(init, who)
  await scene.clock.advance(forMs)
  return outcome(sending)
}

/** The first lots of two members: the first is asked first. */
export const firstThenSecond = [0.9, 0.1]

/** Opens a set that is configured so, with these bindings beside the network. */
export function openSet(origin: OriginConfig, bindings: readonly string[] = []): SetScene {
  const route = routeTo(origin)
  const set = route.origin
  if (set.kind !== 'set') throw new Error('This is no set')
  const clock = createFakeClock()
  const behaviours = new Map<string, Behaviour>()
  const calls: Call[] = []
  const lots: number[] = []
  const noted: Noted[] = []
  let behind: Promise<unknown>[] = []
  let told = 0

  async function answer(member: string, request: Request): Promise<Response> {
    calls.push({ member, atMs: clock.now(), request })
    return behaviours.get(member)?.(request) ?? new Response(member)
  }
  const network: Road = async (input, init) => {
    const request = new Request(input, init)
    return answer(new URL(request.url).hostname.split('.')[0] ?? '', request)
  }
  const named = bindings.map((name): [string, Road] => [
    name,
    async (input, init) => answer(name, new Request(input, init)),
  ])
  const sendToSet = createSetSender({
    roads: { network, services: new Map(named), certificates: new Map(named) },
    clock,
    health: { read: () => scene.readChecks(), write: async () => undefined },
    random: () => lots.shift() ?? 0.5,
  })

  const scene: SetScene = {
    ...{ clock, behaviours, calls, lots, noted },
    readChecks: async () => new Set(),
    send(init = {}, principal = anonymous, uploaded = undefined) {
      const request = new Request(`https://usher.test/x`, init)
      const moment = {
        ...momentAlone(clock.now()),
        waitUntil: (work: Promise<unknown>) => void behind.push(work),
        isKept: () => behind.length > 0,
        note: (one: Noted) => void noted.push(one),
      }
      const headers = new Headers(request.headers)
      const names = [...headers.keys()]
      const departure = { request, target: targetOf(), headers, route, principal, moment, names }
      return sendToSet(uploaded === undefined ? departure : { ...departure, uploaded }, set)
    },
    asked() {
      const names = calls.slice(told).map(({ member }) => member)
      told = calls.length
      return names
    },
    async behind() {
      const work = behind
      behind = []
      await Promise.all(work)
    },
  }
  return scene
}

function routeTo(origin: OriginConfig): Route {
  const { rules } = gatewayOf({
    origins: { api: origin },
    routes: [{ path: '/**', origin: 'api', access: 'public' }],
    hosts: ['usher.test'],
  })
  const [route] = rules.routes
  if (route === undefined) throw new Error('There is no route')
  return route
}

function targetOf(): CanonicalTarget {
  const [host, path] = ['usher.test', '/x']
  return {
    ...{ scheme: 'https', host, path, segments: ['x'], query: '' },
    ...{ url: `https://${host}${path}`, escapes: [], isPlain: true },
  }
}
