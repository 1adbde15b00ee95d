import type { UsherEvent } from '../model/event.ts'
import type { SubscriptionRow } from '../store/subscriptions.ts'
import type { EventCapabilities } from './capabilities.ts'
import { signatureOf } from './signature.ts'
import { parseSubscriberAddress } from './subscriber-address.ts'

/** How long a subscriber may take to answer. */
export const answerLimitMs = 15_000
/** However long a subscriber asks to be left alone. */
const retryAfterMaxSeconds = 3600

/** How an attempt to bring an event went. */
export type Attempt =
  | { readonly kind: 'success'; readonly status: number | null }
  | {
      readonly kind: 'failure'
      /** `null` where there was no answer. */
      readonly status: number | null
      /** A word of ours: nothing of what others say is kept. */
      readonly error: string
      /** It is no use to try again. */
      readonly isFinal: boolean
      /** When the receiver wants to be asked again. */
      readonly retryAfterSeconds?: number
    }

/** A failure without an answer, after which it is not tried again. */
export function finalFailure(error: string): Attempt {
  return { kind: 'failure', status: null, error, isFinal: true }
}

/** Sends an event to a subscriber, signed as Standard Webhooks says. Its answer is looked at and not read. */
export async function postEvent(
  event: UsherEvent,
  subscription: SubscriptionRow,
  capabilities: EventCapabilities,
): Promise<Attempt> {
  // What was allowed when the subscription was made need not be so under the configuration of today.
  const url = parseSubscriberAddress(subscription.url, capabilities)
  if (url === undefined) return finalFailure('address-not-allowed')
  const controller = new AbortController()
  const request = await requestOf(event, subscription, {
    url,
    nowMs: capabilities.clock.now(),
    signal: controller.signal,
  })
  let stop = () => {}
  const late = new Promise<Attempt>((resolve) => {
    stop = capabilities.clock.after(answerLimitMs, () => {
      resolve({ kind: 'failure', status: null, error: 'timeout', isFinal: false })
      controller.abort()
    })
  })
  return Promise.race([answerTo(request, capabilities), late]).finally(() => stop())
}

/** An event, byte for byte as it is sent, at a time that the signature vouches for. */
async function requestOf(
  event: UsherEvent,
  { secret, previousSecret, previousSecretUntil }: SubscriptionRow,
  { url, nowMs, signal }: { url: URL; nowMs: number; signal: AbortSignal },
): Promise<Request> {
  const { id, type, subject, sequence, atMs, data } = event
  const at = new Date(atMs).toISOString()
  const body = JSON.stringify({ type, timestamp: at, id, subject, sequence, data })
  const timestamp = String(Math.floor(nowMs / 1000))
  const isBoth = previousSecret !== null && nowMs < (previousSecretUntil ?? 0)
  const secrets = isBoth ? [secret, previousSecret] : [secret]
  return new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Usher',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': await signatureOf({ id, timestamp, body }, secrets),
    },
    body,
    // Whoever may name one address must not lead to another by it.
    redirect: 'manual',
    cache: 'no-store',
    signal,
  })
}

async function answerTo(request: Request, { send, clock }: EventCapabilities): Promise<Attempt> {
  let response: Response
  try {
    response = await send(request)
  } catch {
    return { kind: 'failure', status: null, error: 'unreachable', isFinal: false }
  }
  const { status, headers } = response
  // Whether the rest of the answer is still to come does not matter to anybody.
  response.body?.cancel().catch(() => {})
  if (status >= 200 && status < 300) return { kind: 'success', status }
  const isGone = status === 410
  const error = isGone ? 'gone' : status >= 300 && status < 400 ? 'redirected' : 'refused'
  const retryAfterSeconds = readRetryAfter(headers.get('retry-after'), clock.now())
  return { kind: 'failure', status, error, isFinal: isGone, ...retryAfterSeconds }
}

/** Both spellings of RFC 9110 section 10.2.3. */
function readRetryAfter(value: string | null, nowMs: number): { retryAfterSeconds?: number } {
  if (value === null) return {}
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : Math.ceil((Date.parse(value) - nowMs) / 1000)
  if (!(seconds > 0)) return {}
  return { retryAfterSeconds: Math.min(seconds, retryAfterMaxSeconds) }
}
