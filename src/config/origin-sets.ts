import type { Endpoint, HealthTerms, Member, OriginSet, RetryTerms } from '../model/origin.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type Duration, parseDuration } from './duration.ts'
import {
  type OriginContext,
  type ServiceEndpoint,
  serviceEndpoint,
  serviceFields,
  type UrlEndpoint,
  urlEndpoint,
  urlFields,
} from './endpoints.ts'
import type { Problem } from './problem.ts'
import {
  built,
  isRecord,
  listOf,
  object,
  optional,
  parsed,
  placeOf,
  type Shape,
  sound,
  unsound,
  wholeNumber,
  word,
} from './shape.ts'

/** One of several places that answer alike. */
export type MemberConfig = (UrlEndpoint | ServiceEndpoint) & {
  /** How records name it; its place in the list, from 1, when not given. */
  readonly name?: string
  /** Its share of the requests, 0 to 1000; 1 when not given. 0 is asked only when no other is left. */
  readonly weight?: number
}

/** When a member is left alone, and when it is tried again. */
export interface HealthConfig {
  /** Failures in a row after which an isolate leaves a member alone, 1 to 100; 3 when not given. */
  readonly failures?: number
  /** The answers that are failures besides no answer, `[]` is none; 502 to 504, 521 to 523 and 530 when not given. */
  readonly statuses?: readonly number[]
  /** After how long one request tries it again, `'100ms'` to `'10m'`; `'10s'` when not given. */
  readonly probeAfter?: Duration
  /** A path that each member is asked for once a minute: one that answers otherwise than 2xx is left alone. */
  readonly check?: { readonly path: string }
}

/** Which requests are sent again: idempotent ones without a body alone. */
export interface RetryConfig {
  /** Attempts in all, 2 to 5; 3 when not given. */
  readonly attempts?: number
  /** The answers that are sent again besides no connection, `[]` is none; 502 to 504, 521 to 523 and 530 when not given. */
  readonly statuses?: readonly number[]
  /** How long one attempt waits while others may follow; what is late is not sent again when not given. */
  readonly attemptTimeout?: Duration
  /** How many of a hundred requests may be sent again, 1 to 100; 20 when not given. */
  readonly budgetPercent?: number
}

/** An API with several places that answer alike. */
export interface SetWords {
  readonly members: readonly MemberConfig[]
  /** By what a caller is led to the same member again; by nothing when not given. */
  readonly sticky?: 'cookie' | 'principal'
  readonly health?: HealthConfig
}

/** Whoever lists more has a load balancer. */
const membersMax = 32
/**
 * What says that nobody answered behind there. A fetch of Cloudflare's to an origin that is down, silent,
 * out of reach or without a name does not fail: it gives 521, 522, 523 or 530
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
 */
const gatewayErrors = new Set([502, 503, 504, 521, 522, 523, 530])
const retryDefaults = { attempts: 3, budgetPercent: 20 }
const healthDefaults = { failures: 3, probeAfterMs: 10_000 }

/** What holds where `retry: true` says no more. */
export const usualRetry: RetryTerms = {
  attemptsMax: retryDefaults.attempts,
  statuses: gatewayErrors,
  attemptTimeoutMs: undefined,
  budgetPercent: retryDefaults.budgetPercent,
}

/** What holds where `health` is not given. */
const usualHealth: HealthTerms = {
  failuresMax: healthDefaults.failures,
  statuses: gatewayErrors,
  probeAfterMs: healthDefaults.probeAfterMs,
  check: undefined,
}

const statuses = optional(listOrNone(wholeNumber(400, 599)), [...gatewayErrors])

/** No item is a choice, too. */
function listOrNone<T>(item: Shape<T>): Shape<readonly T[]> {
  const list = listOf(item)
  return function readListOrNone(value, place) {
    return Array.isArray(value) && value.length === 0 ? sound([]) : list(value, place)
  }
}

const writtenRetry = built(
  object({
    attempts: optional(wholeNumber(2, 5), retryDefaults.attempts),
    statuses,
    attemptTimeout: optional(parsed(parseDuration), null),
    budgetPercent: optional(wholeNumber(1, 100), retryDefaults.budgetPercent),
  }),
  (read): RetryTerms => ({
    attemptsMax: read.attempts,
    statuses: new Set(read.statuses),
    attemptTimeoutMs: read.attemptTimeout ?? undefined,
    budgetPercent: read.budgetPercent,
  }),
)

/** The shape of `retry`: `true`, `false` (which reads as `null`), or terms. */
export const retryShape: Shape<RetryTerms | null> = function readRetry(value, place) {
  if (typeof value === 'boolean') return sound(value ? usualRetry : null)
  return writtenRetry(value, place)
}

const healthShape = built(
  object({
    failures: optional(wholeNumber(1, 100), healthDefaults.failures),
    statuses,
    probeAfter: optional(parsed(parsePause), healthDefaults.probeAfterMs),
    check: optional(object({ path: parsed(parseCheckPath) }), null),
  }),
  ({ failures, statuses, probeAfter, check }): HealthTerms => ({
    failuresMax: failures,
    statuses: new Set(statuses),
    probeAfterMs: probeAfter,
    check: check?.path === undefined ? undefined : { path: check.path },
  }),
)

/** The words of a set, besides those of every origin. */
export function setFields(context: OriginContext) {
  return {
    members: membersShape(context),
    sticky: optional(word(['cookie', 'principal']), null),
    health: optional(healthShape, usualHealth),
  }
}

/** What was read of {@link setFields}. */
interface SetReading {
  readonly members: readonly Member[]
  readonly sticky: 'cookie' | 'principal' | null
  readonly health: HealthTerms
  readonly retry: RetryTerms | null
}

/** The set that was read. */
export function setOf({ members, sticky, health, retry }: SetReading): OriginSet {
  return { kind: 'set', members, sticky: sticky ?? undefined, health, retry: retry ?? undefined }
}

/** A set of one endpoint, which is asked again where it fails. */
export function setOfOne(endpoint: Endpoint, retry: RetryTerms): OriginSet {
  return setOf({
    members: [{ name: '1', endpoint, weight: 1 }],
    sticky: null,
    health: usualHealth,
    retry,
  })
}

function membersShape(context: OriginContext): Shape<readonly Member[]> {
  const list = listOf(memberShape(context))
  return function readMembers(value, place) {
    const { value: read, problems } = list(value, place)
    if (read === undefined) return { value: undefined, problems }
    const members = read.map((one, index) => ({ ...one, name: one.name ?? String(index + 1) }))
    const found = memberRules.flatMap((rule) => rule(members, place))
    return found.length > 0 ? { value: undefined, problems: found } : sound(members)
  }
}

type MemberDraft = Omit<Member, 'name'> & { readonly name: string | null }

function memberShape(context: OriginContext): Shape<MemberDraft> {
  const words = {
    name: optional(parsed(parseMemberName), null),
    weight: optional(wholeNumber(0, 1000), 1),
  }
  const url = built(object({ ...urlFields(context), ...words }), ({ name, weight, ...read }) => ({
    name,
    weight,
    endpoint: urlEndpoint(read),
  }))
  const service = built(object({ ...serviceFields, ...words }), ({ name, weight, ...read }) => ({
    name,
    weight,
    endpoint: serviceEndpoint(read),
  }))
  return function readMember(value, place) {
    if (isRecord(value) && Object.hasOwn(value, 'url')) return url(value, place)
    if (isRecord(value) && Object.hasOwn(value, 'service')) return service(value, place)
    return unsound(place, 'Must be { url } or { service }.')
  }
}

type MemberRule = (members: readonly Member[], place: string) => readonly Problem[]

const memberRules: readonly MemberRule[] = [
  function membersAreFew(members, place) {
    if (members.length <= membersMax) return []
    return [{ place, message: `Must be at most ${membersMax} members.` }]
  },

  function someMemberIsAsked(members, place) {
    if (members.some(({ weight }) => weight > 0)) return []
    return [{ place, message: 'Has no member with a weight: give one to at least one of them.' }]
  },

  function namesDiffer(members, place) {
    return repeated(members, ({ name }) => name).map((index) => ({
      place: placeOf(placeOf(place, index), 'name'),
      message: 'Is the name of another member already.',
    }))
  },

  function endpointsDiffer(members, place) {
    return repeated(members, ({ endpoint }) => JSON.stringify(endpoint)).map((index) => ({
      place: placeOf(place, index),
      message: 'Is a member already: give it a larger weight instead.',
    }))
  },
]

/** The indices of those that come to the same as one before them. */
function repeated(members: readonly Member[], nameOf: (member: Member) => string): number[] {
  const names = members.map(nameOf)
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [index] : []))
}

function parseMemberName(name: string): Result<string, string> {
  if (/^[A-Za-z0-9][\w-]{0,63}$/.test(name)) return ok(name)
  return err('The name of a member is letters, digits, "-" or "_", at most 64.')
}

function parsePause(source: string): Result<number, string> {
  const parsed = parseDuration(source)
  if (!parsed.ok || parsed.value >= 100) return parsed
  return err('Must be at least "100ms".')
}

/** A plain path has one spelling, and needs no rewriting. */
function parseCheckPath(path: string): Result<string, string> {
  const isPlain = /^\/[A-Za-z0-9._~/-]{0,255}$/.test(path)
  if (isPlain && !/\/(?:\.{0,2}\/|\.{1,2}$)/.test(path)) return ok(path)
  return err('Must be a plain path, such as "/healthz".')
}
