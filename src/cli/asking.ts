import type { Send } from '../clerk/key-source.ts'
import { selectRoute } from '../config/selection.ts'
import { type Clock, pause } from '../model/clock.ts'
import type { Rules } from '../model/route.ts'
import type { Line } from './line.ts'

/** How long one question over the network may take. */
export const askLimitMs = 2000
/** How long a new deployment may take: a new custom domain gets its certificate in it. */
export const readyLimitMs = 180_000 // 3 minutes
const readyPauseMs = 2000

/** The network, and the time that passes on it. */
export interface Network {
  readonly send: Send
  readonly clock: Clock
}

/** What an address answered. */
export interface Answer {
  readonly status: number
  /** The body where it is JSON, as text. */
  readonly json: string
  /** How far the clock of the other side is ahead of ours, to about half a second. */
  readonly aheadMs: number | undefined
}

/** One GET without any credential, redirects not followed; `undefined` when there is no answer in time. */
export async function askAddress(
  url: string,
  { send, clock }: Network,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer | undefined> {
  const controller = new AbortController()
  const cancel = clock.after(askLimitMs, () => controller.abort())
  try {
    const sentMs = clock.now()
    const request = new Request(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal: controller.signal,
    })
    const response = await send(request)
    const middleMs = (sentMs + clock.now()) / 2
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
    const json = isJson ? await response.text() : ''
    if (!isJson) await response.body?.cancel()
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    // A Date has whole seconds: on average it is half a second old.
    const aheadMs = Number.isNaN(dateMs) ? undefined : dateMs + 500 - middleMs
    return { status: response.status, json, aheadMs }
  } catch {
    return undefined
  } finally {
    cancel()
  }
}

/** Asks `readyz` until it says yes or the limit is over; what it said last. */
export async function awaitReady(url: string, network: Network): Promise<Answer | undefined> {
  const { clock } = network
  const endMs = clock.now() + readyLimitMs
  for (;;) {
    const answer = await askAddress(url, network)
    if (answer?.status === 200 || clock.now() >= endMs) return answer
    await pause(clock, readyPauseMs)
  }
}

/**
 * A path that only signed-in callers may GET on this host: that of a route, else that of Usher's own
 * surface `clerk-test`, which is so in every gateway.
 */
export function protectedPath(rules: Rules | undefined, host: string): string {
  for (const { path, access } of rules?.routes ?? []) {
    if (access.kind !== 'signed-in') continue
    const segments = path.segments.map((one) => (one.kind === 'literal' ? one.text : 'usher'))
    const taken = selectRoute(rules?.routes ?? [], { host, method: 'GET', segments })
    if (taken?.access.kind === 'signed-in') return `/${segments.map(encodeURIComponent).join('/')}`
  }
  return `${rules?.prefix ?? '/_usher'}/clerk-test`
}

/** What the answer to a request without a token says of a gateway. */
export function judgeRefusal(path: string, answer: Answer | undefined): Line {
  const name = 'refusal'
  if (answer === undefined) return { mark: 'bad', name, text: `GET ${path} was not answered.` }
  const asked = `GET ${path} without a token is answered with ${answer.status}`
  if (answer.status === 401 && answer.json.includes('"token-missing"')) {
    return { mark: 'ok', name, text: `${asked}, token-missing.` }
  }
  if (answer.status === 401) return { mark: 'warn', name, text: `${asked}, but not by Usher.` }
  const mend = 'Look at the route of this path, and at whether this address is that of the gateway.'
  return { mark: 'bad', name, text: `${asked}, not with 401.`, mend }
}
