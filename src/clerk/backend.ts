import { type Clock, within } from '../model/clock.ts'
import { readText, type Send } from './key-source.ts'

/** The version of the Backend API that the answers are read by. */
const apiVersion = '2026-05-12'

/** Where Clerk's Backend API is, and how it is reached. */
export interface Backend {
  readonly apiUrl: string
  readonly send: Send
  readonly clock: Clock
}

/** One call of the Backend API. */
export interface BackendCall {
  /** With `/v1` or without: the endpoints that verify are versioned by their header alone. */
  readonly path: string
  readonly secretKey: string
  /** What is posted; a call without it is a `GET`. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Where it is neither of the two. */
  readonly method?: 'PATCH' | 'DELETE'
  /** How long the whole answer may take. */
  readonly limitMs: number
  readonly maxBytes: number
}

/** What Clerk answered. */
export interface BackendAnswer {
  readonly status: number
  /** `undefined` for what is no JSON, or too much of it. */
  readonly body: unknown
  readonly retryAfter: string | null
}

/** Seconds after which it is worth asking again, where Clerk does not say. */
const retryAfterUsualSeconds = 2
/** However long Clerk says, where somebody is told of it. */
const retryAfterMaxSeconds = 60
/** However long Clerk says, where nobody waits. */
const waitMaxSeconds = 10 * 60

/** Seconds after which it is worth asking again, by an answer that was of no use. */
export function retryAfterOf(answer: BackendAnswer | undefined): number {
  const said = answer?.retryAfter ?? ''
  const seconds = wholeSeconds.test(said) ? Number(said) : retryAfterUsualSeconds
  return Math.min(seconds, retryAfterMaxSeconds)
}

/** The same where nobody waits for it: longer, and Clerk may have said it as a time (RFC 9110, section 10.2.3). */
export function waitOf(answer: BackendAnswer | undefined, nowMs: number): number {
  const said = answer?.retryAfter ?? ''
  const until = httpDate.test(said) ? Date.parse(said) : Number.NaN
  const seconds = wholeSeconds.test(said) ? Number(said) : Math.ceil((until - nowMs) / 1000)
  return Math.min(seconds > 0 ? seconds : retryAfterUsualSeconds, waitMaxSeconds)
}

const wholeSeconds = /^[1-9]\d{0,8}$/
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Whether Clerk wants to be asked nothing for that long, whatever it is about. */
export function isOverloaded(answer: BackendAnswer | undefined): boolean {
  return answer?.status === 429
}

/** Calls the Backend API; `undefined` when no whole answer comes in time. It is never asked twice. */
export async function callBackend(
  call: BackendCall,
  { apiUrl, send, clock }: Backend,
): Promise<BackendAnswer | undefined> {
  const controller = new AbortController()
  const request = new Request(`${apiUrl}${call.path}`, {
    method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
    headers: headersOf(call),
    body: call.body === undefined ? null : JSON.stringify(call.body),
    redirect: 'manual',
    cache: 'no-store',
    signal: controller.signal,
  })
  const answer = await within(clock, call.limitMs, answerTo(request, send, call.maxBytes))
  if (answer === undefined) controller.abort()
  return answer
}

function headersOf({ secretKey, body }: BackendCall): Headers {
  const headers = new Headers({
    accept: 'application/json',
    authorization: `Bearer ${secretKey}`,
    'clerk-api-version': apiVersion,
  })
  if (body !== undefined) headers.set('content-type', 'application/json')
  return headers
}

async function answerTo(request: Request, send: Send, maxBytes: number): Promise<BackendAnswer> {
  const response = await send(request)
  const text = response.body === null ? undefined : await readText(response.body, maxBytes)
  return {
    status: response.status,
    body: text === undefined ? undefined : parseJson(text),
    retryAfter: response.headers.get('retry-after'),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
