import { type Clock, type Moment, within } from '../model/clock.ts'
import type { FactsQuery, ReadFacts } from '../model/facts.ts'
import type { User } from '../model/principal.ts'
import { createFactsMemory } from './facts-memory.ts'
import type { Introduction } from './first-sight.ts'
import type { findUser } from './people.ts'

/** How long someone waits to be told what is kept of them. */
const knowLimitMs = 2000
/** How long it may take to note someone. The platform ends what goes on behind an answer after 30 s. */
const noteLimitMs = 20_000

/** What decides how people are known, and who is asked about them. */
export interface PeopleParts extends Introduction {
  readonly d1: D1Database
  readonly clock: Clock
  /** Whether facts come from the primary database, within a bound, or from the nearest copy, without one. */
  readonly factsRead: 'primary' | 'nearest'
  /** The claim of a session token whose address is believed without asking Clerk. */
  readonly trustedEmailClaim: string | undefined
  /** The roles that a claim may bring: what they permit is read with the facts. */
  readonly claimableRoles?: readonly string[]
}

/** The record of a person, as the database has it. */
type UserRow = Awaited<ReturnType<typeof findUser>>

/** What is known of people, as capabilities of the isolate. */
export interface KnownPeople {
  readonly readFacts: ReadFacts
  /** Notes that someone is here; throws when there is no record of them afterwards. */
  record(user: User, moment: Moment): Promise<void>
  /** The record of someone who is here; makes it where there is none. `undefined` when D1 cannot be asked. */
  know(user: User, moment: Moment): Promise<UserRow>
  /** Forgets what this isolate remembers of someone who has just changed. */
  forget(userId: string): void
}

/** Opens what is known of people. Nothing of the database is loaded before something is asked of it. */
export function openPeople(parts: PeopleParts): KnownPeople {
  const { clock } = parts
  const facts = createFactsMemory((query) => readFactsOf(query, parts), clock)

  async function note(user: User, { nowMs }: Moment): Promise<boolean> {
    const { recordSight } = await import('./first-sight.ts')
    const sight = { userId: user.userId, trustedEmail: trustedEmailOf(user, parts), nowMs }
    const hasChanged = await recordSight(await databaseAt(parts.d1), sight, parts)
    if (hasChanged) facts.forget(user.userId)
    return hasChanged
  }

  async function record(user: User, moment: Moment): Promise<void> {
    const hasChanged = await within(clock, noteLimitMs, note(user, moment))
    if (hasChanged === undefined) throw new Error('There is no record yet')
  }

  async function find(user: User, moment: Moment): Promise<UserRow> {
    const { findUser } = await import('./people.ts')
    const database = await databaseAt(parts.d1)
    const known = await findUser(database, user.userId)
    // Clerk's messages may have told of someone who was never here.
    if (known !== undefined && known.lastSeenAt !== null) return known
    await note(user, moment)
    return findUser(database, user.userId)
  }

  async function know(user: User, moment: Moment): Promise<UserRow> {
    const finding = find(user, moment)
    // Where Clerk is slow to say who it is, the record is still made, behind the request.
    moment.waitUntil(within(clock, noteLimitMs, finding))
    return within(clock, knowLimitMs, finding)
  }

  return { readFacts: facts.read, record, know, forget: facts.forget }
}

async function readFactsOf({ userId, mustBeFresh }: FactsQuery, parts: PeopleParts) {
  const { d1, factsRead, claimableRoles } = parts
  const { readFacts } = await import('./facts.ts')
  const isNear = factsRead === 'nearest' && !mustBeFresh
  const binding = isNear ? d1.withSession('first-unconstrained') : d1
  return readFacts(await databaseAt(binding), userId, claimableRoles)
}

/** What stands in a template's token or a key is up to whoever shaped it, and would make administrators. */
function trustedEmailOf(user: User, { trustedEmailClaim: claim }: PeopleParts): string | undefined {
  if (claim === undefined || user.tokenType !== 'session_token') return undefined
  const trusted = user.claims[claim]
  return typeof trusted === 'string' && trusted !== '' ? trusted.toLowerCase() : undefined
}

async function databaseAt(binding: D1Database | D1DatabaseSession) {
  const { openDatabase } = await import('./database.ts')
  return openDatabase(binding)
}
