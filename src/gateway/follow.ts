import { type OpaqueType, opaqueTypeOf } from '../clerk/token-type.ts'
import type { Asking } from '../model/asking.ts'
import { type Clock, type Moment, momentAlone } from '../model/clock.ts'
import type { Facts, Holdings, ReadFacts } from '../model/facts.ts'
import type { Identified, Principal } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { holdingsOf } from '../model/role-claim.ts'
import type { Revocation } from '../model/route.ts'
import { carry } from '../proxy/socket.ts'
import { type Authority, standingOf } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { Match } from './match.ts'

/** How often it is looked whether the one behind a socket may stay. */
export const recheckEveryMs = 30_000
/** A socket of someone of whom nothing could be learnt for this long is closed. */
export const unknownMaxMs = 60_000

/** What a socket is closed with: as 401 and 403 would say it, and RFC 6455's word for 503. */
const closeCodes = { out: 4401, denied: 4403, unknown: 1013, fault: 1011 } as const

/** Refusals that say nothing of the caller: what would say it cannot be asked at the moment. */
const outages: readonly RefusalCode[] = [
  'facts-unavailable',
  'verification-unavailable',
  'too-many-unknown-credentials',
]

/** Sockets of one user share a reading of the database while it is no older than this. */
export const sharedMs = 5000
/** Users whose last reading is remembered. */
const readersMax = 1000

/** A WebSocket that has been opened. */
export interface Followed {
  readonly response: Response
  /** Resolves once nothing passes any more; `undefined` where the socket was handed over. */
  readonly ended: Promise<void> | undefined
}

/** Keeps a WebSocket no longer than its caller may stay; loaded when the first one is opened. */
export type FollowSocket = (
  answered: Response,
  opened: { readonly asking: Asking; readonly matched: Match; readonly principal: Principal },
) => Promise<Followed>

/** What is needed to look again, and when. */
interface Watch {
  readonly authority: Pick<Authority, 'readFacts' | 'verifyOpaque' | 'roleClaim'>
  readonly clock: Clock
}

/** Whom a socket is kept for. */
interface Holder {
  readonly principal: Identified
  readonly opaqueType: OpaqueType | undefined
  readonly clientAddress: string
  readonly revocation: Revocation
}

/**
 * Keeps a WebSocket for as long as its caller may stay, which is looked at every 30 s: until the session
 * has ended, the user is banned or deleted, a role is gone without which the route does not open, or an
 * opaque credential does not count any more. Where there is no session, the end of the credential is the
 * end. Nobody in particular has nothing that could end: their socket is handed over.
 */
export function createFollow({ authority, clock }: Watch): FollowSocket {
  const { verifyOpaque, roleClaim } = authority
  const sources = { readFacts: shareReadings(authority.readFacts), verifyOpaque, roleClaim }
  return async function follow(answered, { asking, matched, principal }) {
    const { webSocket } = answered
    if (webSocket === null || principal.kind === 'anonymous') {
      return { response: answered, ended: undefined }
    }
    const holder: Holder = {
      principal,
      opaqueType: opaqueTypeOf(principal.token),
      clientAddress: asking.clientAddress ?? '',
      revocation: matched.route.revocation,
    }
    const { waitUntil } = asking.moment
    const momentAt = (nowMs: number) => ({ ...momentAlone(nowMs), waitUntil })
    const endsAtMs = endOf(principal)
    let knownAtMs = clock.now()
    let cancelTurn = () => {}
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const onEnd = () => {
      cancelTurn()
      resolve()
    }
    const socket = carry(answered, webSocket, { clock, onEnd })

    function waitForTurn(delayMs: number): void {
      const leftMs = Math.max(0, endsAtMs - clock.now())
      cancelTurn = clock.after(Math.min(delayMs, leftMs), () => {
        // Where a turn fails in a way that nobody foresaw there would not be another.
        takeTurn().catch(() => socket.end(closeCodes.fault, 'internal-error'))
      })
    }

    async function takeTurn(): Promise<void> {
      const nowMs = clock.now()
      if (nowMs >= endsAtMs) return socket.end(closeCodes.out, 'token-expired')
      const standing = await lookAgain(holder, momentAt(nowMs), sources).catch(() => unread)
      if (socket.hasEnded()) return
      if (standing.ok) {
        knownAtMs = nowMs
        const caller = { principal, holdings: standing.value }
        const permitted = authorize(matched, caller, asking.target)
        if (!permitted.ok) return socket.end(closeCodes.denied, permitted.error.code)
      } else if (!outages.includes(standing.error.code)) {
        return socket.end(closeCodes.out, standing.error.code)
      } else if (nowMs - knownAtMs >= unknownMaxMs) {
        return socket.end(closeCodes.unknown, standing.error.code)
      }
      waitForTurn(recheckEveryMs)
    }

    // Sockets that a deploy or an outage opens all at once part here: not all of them read at once.
    waitForTurn(recheckEveryMs * (1 - Math.random() / 2))
    return { response: socket.response, ended }
  }
}

const unread = refuse('facts-unavailable')

/** Sessions are renewed by new tokens, so that the end of one says nothing; all else ends with its token. */
function endOf({ tokenType, expiresAtSeconds }: Identified): number {
  return tokenType === 'session_token' ? Number.POSITIVE_INFINITY : expiresAtSeconds * 1000
}

/**
 * What someone who was let in holds by now, if they still stand. The database is asked itself, unless another
 * socket of the same user just did; Clerk is, no more often than for requests with the same credential.
 */
async function lookAgain(
  { principal, opaqueType, clientAddress, revocation }: Holder,
  moment: Moment,
  { readFacts, verifyOpaque, roleClaim }: Watch['authority'],
): Promise<Result<Holdings | undefined, Refusal>> {
  if (opaqueType !== undefined) {
    const shown = { token: principal.token, type: opaqueType, clientAddress }
    const verdict = await verifyOpaque({ ...shown, mustBeFresh: revocation === 'fresh', moment })
    if (!verdict.ok) return verdict
  }
  if (principal.kind === 'machine') return ok(undefined)
  const facts = await readFacts({ userId: principal.userId, mustBeFresh: true, moment })
  if (!facts.ok) return facts
  const reason = standingOf(principal, facts.value)
  if (reason !== undefined) return refuse(reason)
  return ok(holdingsOf(principal, facts.value, roleClaim))
}

/**
 * Reads anew what is known of a user, or gives what was read for another socket of theirs a moment ago: one
 * user's sockets must not multiply what is asked of the database. Whoever asks while another one is being
 * answered asks as well, because nobody may wait for what another request began.
 */
function shareReadings(readFacts: ReadFacts): ReadFacts {
  const readings = createRecent<string, { readonly facts: Facts; readonly readAtMs: number }>(
    readersMax,
  )
  return async function readShared(query) {
    const last = readings.get(query.userId)
    if (last !== undefined && query.moment.nowMs - last.readAtMs < sharedMs) return ok(last.facts)
    const facts = await readFacts(query)
    if (facts.ok) readings.set(query.userId, { facts: facts.value, readAtMs: query.moment.nowMs })
    return facts
  }
}
