import { isScriptsOwn } from '../../src/local/clerk/frontend/api.ts'
import type { Delivery } from '../../src/local/clerk/kernel/records.ts'
import { membersOf, methodOf } from '../../src/local/clerk/kernel/request-body.ts'
import { type Exchange, judge, judgeEvent, type Mismatch } from './contract.ts'
import { exceptions } from './contract-exceptions.ts'
import { type Api, asNode, descriptionsAreHere, type Node } from './descriptions.ts'

/** What was said to a stand-in, and by it. */
export interface Recording {
  readonly exchanges: readonly Exchange[]
  /** The webhooks that it made, as it keeps them now. */
  readonly deliveries: () => readonly Delivery[]
}

type Handler = (request: Request) => Promise<Response>

/** A handler that notes what passes through it, and what it noted. */
export function recordedFetch(
  handle: Handler,
  deliveries: () => readonly Delivery[] = () => [],
): { readonly fetch: Handler; readonly recording: Recording } {
  const exchanges: Exchange[] = []
  return {
    recording: { exchanges, deliveries },
    async fetch(request) {
      const { passed, text } = overheard(request)
      const response = await handle(passed)
      const exchange = await exchangeOf(request, text(), response.clone())
      if (exchange !== undefined) exchanges.push(exchange)
      return response
    },
  }
}

/** A request whose body is noted as far as it is read: a copy of it would keep a handler from cutting it off. */
function overheard(request: Request): { readonly passed: Request; readonly text: () => string } {
  if (request.body === null) return { passed: request, text: () => '' }
  const decoder = new TextDecoder()
  let heard = ''
  const note = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      heard += decoder.decode(chunk, { stream: true })
      controller.enqueue(chunk)
    },
  })
  const init = { body: request.body.pipeThrough(note), duplex: 'half' }
  return { passed: new Request(request, init), text: () => heard }
}

/** What was asked and answered; `undefined` for what is of neither API: the pages for people. */
export async function exchangeOf(
  request: Request,
  text: string,
  response: Response,
): Promise<Exchange | undefined> {
  const url = new URL(request.url)
  const [, room = '', ...rest] = url.pathname.split('/')
  if (room !== 'frontend' && room !== 'backend') return undefined
  const api: Api = room
  // Clerk's script ends some paths with a slash.
  const pathname = `/${rest.join('/').replace(/\/$/, '')}`
  const bodyType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  const query = Object.entries(membersOf(url.searchParams))
  return {
    api,
    method: methodOf(request, url),
    pathname: api === 'backend' ? pathname.replace(/^\/v1(?=\/)/, '') : pathname,
    query: Object.fromEntries(query.filter(([name]) => !isScriptsOwn(name))),
    body: bodyOf(text, bodyType),
    bodyType,
    status: response.status,
    answer: response.headers.get('content-type')?.startsWith('application/json')
      ? parsed(await response.text())
      : undefined,
  }
}

function bodyOf(text: string, type: string): Node | undefined {
  if (type === 'application/x-www-form-urlencoded') return membersOf(new URLSearchParams(text))
  if (type !== 'application/json') return undefined
  const value = parsed(text)
  return Array.isArray(value) ? undefined : asNode(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * What a recording comes to; webhooks are not counted, but none of them may be wrong either. An answer is not the worse
 * for what Clerk's own programs say beyond the description when they ask for it.
 */
export interface Honesty {
  readonly valid: number
  readonly invalid: number
  readonly uncounted: number
  /** What no exception excuses, each once. */
  readonly unexcused: readonly string[]
  /** The excuses that were needed. */
  readonly excused: ReadonlySet<string>
}

/** Judges all that was recorded. */
export function honestyOf({ exchanges, deliveries }: Recording): Honesty {
  const counts = { valid: 0, invalid: 0, uncounted: 0 }
  const unexcused = new Set<string>()
  const excused = new Set<string>()
  const said = exchanges.map(judge)
  for (const { kind, mismatches } of said) {
    const isAnswered = mismatches.length > 0 && mismatches.every(isExcusedRequest)
    counts[isAnswered ? 'valid' : kind] += 1
  }
  const sent = deliveries().map(({ body }) => judgeEvent(body))
  for (const { operation, mismatches } of [...said, ...sent]) {
    for (const mismatch of mismatches) {
      const excuse = excuseFor(mismatch)
      if (excuse === undefined) unexcused.add(sentence({ ...mismatch, operation }))
      else excused.add(excuse)
    }
  }
  return { ...counts, unexcused: [...unexcused].sort(), excused }
}

/** The name of an exception, for those who count which of them occur. */
export function nameOf({ operation, status, pointer }: Omit<Mismatch, 'message'>): string {
  return `${operation} ${status} ${pointer}`
}

function excuseFor(mismatch: Mismatch): string | undefined {
  const found = exceptions.find((one) => nameOf(one) === nameOf(mismatch))
  return found && nameOf(found)
}

function isExcusedRequest(mismatch: Mismatch): boolean {
  return mismatch.pointer.startsWith('request/') && excuseFor(mismatch) !== undefined
}

function sentence(mismatch: Mismatch): string {
  return `${nameOf(mismatch)}: ${mismatch.message}`
}

/** All that several stand-ins said. */
export function inOne(recordings: readonly Recording[]): Recording {
  return {
    exchanges: recordings.flatMap(({ exchanges }) => exchanges),
    deliveries: () => recordings.flatMap(({ deliveries }) => deliveries()),
  }
}

/**
 * Throws where something is not as Clerk describes it and no exception says why. Where Clerk's descriptions are not at
 * hand it says nothing: tests that are skipped there say so.
 */
export function expectNoLie(recording: Recording): void {
  if (descriptionsAreHere) truthOf(recording)
}

/** The same, and throws unless something was said, and at least 95 % of it needs no exception. */
export function expectHonest(recording: Recording): void {
  if (!descriptionsAreHere) return
  const { valid, invalid } = truthOf(recording)
  const counted = valid + invalid
  if (counted === 0) throw new Error('Nothing was recorded that a description speaks of')
  if (valid / counted < 0.95)
    throw new Error(`Only ${valid} of ${counted} answers are as described`)
}

function truthOf(recording: Recording): Honesty {
  const honesty = honestyOf(recording)
  const { unexcused } = honesty
  if (unexcused.length > 0) throw new Error(`Not as Clerk describes it:\n${unexcused.join('\n')}`)
  return honesty
}
