import { announcedBytes } from '../model/body-length.ts'
import type { Clock } from '../model/clock.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { BodyTerms } from '../model/terms.ts'
import { type Ending, type Moving, moveBody } from './move-body.ts'
import type { Arrival, Departure } from './road.ts'

/** What an exchange is held to, and how it leaves. */
export interface Bounds {
  readonly terms: BodyTerms
  readonly clock: Clock
  readonly send: (departure: Departure) => Promise<Result<Arrival, Refusal>>
}

/**
 * Sends a request whose route bounds its bodies. What breaks a bound before the answer has begun is a refusal;
 * later it breaks the answer off, so that nobody takes it for whole.
 *
 * The origin must not take a body for whole that was cut, either. The platform ends a body in chunks as if it
 * were, whatever becomes of its stream, unless the whole request is ended before an answer is there. So that is
 * how it is cut; once there is an answer, the rest of such a body is left out, and its connection left alone.
 */
export async function sendBounded(
  departure: Departure,
  { terms, clock, send }: Bounds,
): Promise<Result<Arrival, Refusal>> {
  const { request, moment } = departure
  const alarm = createAlarm()
  const upload = uploadOf(request, terms, clock)
  upload?.ended.then((ending) => {
    const code = breaches[ending]
    if (code !== undefined) alarm.raise(code)
  })
  alarm.onRaised(() => upload?.stop())
  if (terms.totalMs !== undefined) {
    const leftMs = Math.max(0, moment.nowMs + terms.totalMs - clock.now())
    alarm.onOver(clock.after(leftMs, () => alarm.raise('origin-timeout')))
  }

  const signal = AbortSignal.any([request.signal, alarm.signal])
  const outcome = await send({
    ...departure,
    request: new Request(request, upload ? { body: upload.readable, signal } : { signal }),
    ...(upload && { uploaded: upload.ended }),
  })
  const breach = alarm.raised()
  if (breach !== undefined || !outcome.ok) {
    alarm.over()
    upload?.stop()
    return breach === undefined ? outcome : refuse(breach)
  }
  const response = held(outcome.value.response, { upload, terms, clock, alarm })
  return ok({ ...outcome.value, response })
}

/** What a caller is told whose body came to a bad end. If its taker goes away, its answer tells. */
const breaches: Partial<Record<Ending, RefusalCode>> = {
  'too-large': 'body-too-large',
  'sender-still': 'body-timeout',
  'taker-still': 'origin-timeout',
  'sender-gone': 'body-incomplete',
}

/** What tells all that an exchange consists of that it has broken a bound. */
interface Alarm {
  readonly signal: AbortSignal
  raise(code: RefusalCode): void
  raised(): RefusalCode | undefined
  onRaised(act: () => void): void
  /** Nothing can break a bound any more. */
  over(): void
  onOver(act: () => void): void
}

function createAlarm(): Alarm {
  const controller = new AbortController()
  const { signal } = controller
  let breach: RefusalCode | undefined
  let atEnd = () => {}
  return {
    signal,
    raise(code) {
      breach ??= code
      controller.abort()
    },
    raised: () => breach,
    onRaised: (act) => signal.addEventListener('abort', act),
    over: () => atEnd(),
    onOver(act) {
      atEnd = act
    },
  }
}

/**
 * The body of a request where it has to be looked at: where it may stand still, or does not say how long it
 * is. The platform lets nobody do that with the body of a GET.
 */
function uploadOf(
  { body, headers, method }: Request,
  { maxBytes, idleMs }: BodyTerms,
  clock: Clock,
): Moving | undefined {
  if (body === null || method === 'GET' || method === 'HEAD') return undefined
  const isSettled = idleMs === undefined && announcedBytes(headers) !== undefined
  return isSettled ? undefined : moveBody(body, headers, { maxBytes, idleMs, clock })
}

interface Exchange {
  readonly upload: Moving | undefined
  readonly terms: BodyTerms
  readonly clock: Clock
  readonly alarm: Alarm
}

/** The answer, whose body is broken off where a bound is broken. */
function held(response: Response, { upload, terms, clock, alarm }: Exchange): Response {
  const { body, headers, webSocket } = response
  const isUploading = upload !== undefined && upload.ending() === undefined
  const isBounded = isUploading || terms.idleMs !== undefined || terms.totalMs !== undefined
  if (webSocket !== null || body === null || !isBounded) {
    alarm.over()
    return response
  }
  const download = moveBody(body, headers, { maxBytes: undefined, idleMs: terms.idleMs, clock })
  alarm.onRaised(() => download.stop())
  download.ended.then((ending) => {
    alarm.over()
    if (ending === 'whole') return
    if (ending !== 'taker-gone') download.breakOff()
    // An origin that is let go in the middle of a body in chunks would take it for whole.
    const isSafe = upload === undefined || upload.isMeasured || upload.ending() === 'whole'
    if (isSafe) download.letGo()
  })
  return new Response(download.readable, response)
}
