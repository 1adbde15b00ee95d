import { isRecord } from '../config/shape.ts'
import { isMethod } from '../model/method.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** A request that is asked about, without being sent. */
export interface Inquiry {
  readonly sender: Sender
  readonly method: string
  readonly url: string
}

/** Who would send it. */
export type Sender =
  | { readonly kind: 'nobody' }
  /** Whomever a token vouches for that is sent as `Authorization: Bearer`. */
  | { readonly kind: 'bearer'; readonly token: string }
  /** A user for whom nothing vouches but whoever asks. */
  | { readonly kind: 'user'; readonly userId: string }

/** What is asked together. */
export interface Inquiries {
  readonly requests: readonly Inquiry[]
  readonly explain: boolean
}

/** How many requests may be asked about at once. */
export const inquiriesMax = 100

const userIdShape = /^user_\w{1,64}$/

/** Whether a text can be Clerk's id of a user. */
export function isUserId(text: string): boolean {
  return userIdShape.test(text)
}

/**
 * Reads what is asked: `{ requests: [{ token | subject, method, url }], explain }`. One member that is not as it
 * should be, or that nobody knows, and nothing of it is read: what is left out by mistake has no default.
 */
export function readInquiries(asked: unknown): Result<Inquiries, Refusal> {
  const invalid = refuse('body-invalid')
  if (!isRecord(asked) || !hasOnly(asked, ['requests', 'explain'])) return invalid
  const { requests: list, explain = false } = asked
  if (typeof explain !== 'boolean' || !Array.isArray(list)) return invalid
  if (list.length < 1 || list.length > inquiriesMax) return invalid
  const requests = list.flatMap((one: unknown) => readInquiry(one) ?? [])
  return requests.length === list.length ? ok({ requests, explain }) : invalid
}

function readInquiry(value: unknown): Inquiry | undefined {
  if (!isRecord(value) || !hasOnly(value, ['token', 'subject', 'method', 'url'])) return undefined
  const { method, url } = value
  const sender = readSender(value)
  if (sender === undefined || typeof method !== 'string' || typeof url !== 'string')
    return undefined
  return isMethod(method) && url !== '' ? { sender, method, url } : undefined
}

/** Nobody is who sends neither; an empty token is a mistake, and not nobody. */
function readSender({ token, subject }: Readonly<Record<string, unknown>>): Sender | undefined {
  if (token === undefined && subject === undefined) return { kind: 'nobody' }
  if (subject === undefined) {
    return typeof token === 'string' && token !== '' ? { kind: 'bearer', token } : undefined
  }
  const isOne = token === undefined && typeof subject === 'string' && isUserId(subject)
  return isOne ? { kind: 'user', userId: subject } : undefined
}

function hasOnly(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name))
}

/** What can stand behind `Bearer ` and be one token there. */
const bearable = /^[!-+\--~]+$/

/** The headers of the request. What cannot be sent as a token is sent as one that nobody could read. */
export function headersOf(sender: Sender): Headers {
  if (sender.kind !== 'bearer') return new Headers()
  const { token } = sender
  return new Headers({ authorization: bearable.test(token) ? `Bearer ${token}` : 'Bearer' })
}
