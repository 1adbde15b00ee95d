import type { MirrorChange } from '../model/mirror.ts'
import { type Deed, isAuditCollision } from './audit.ts'
import { type Database, runTogether } from './database.ts'
import { BusyError } from './database-fault.ts'
import { isEmpty, type MirrorPlan, planFor } from './mirror-plan.ts'
import { isOvertaken, mentionedIn, readState, stillSo } from './mirror-state.ts'
import type { MirrorDeed, Step } from './mirror-step.ts'
import { statementsOf } from './mirror-writing.ts'
import { awaitTurn, turnsMax } from './turns.ts'

/** Who says that something is so, and whether others are told of what is new by it. */
export interface Telling {
  /** `clerk` for a webhook, `sync` for a walk: as the audit names them. */
  readonly by: string
  /** The id of the message, the run or the request; a command has none. */
  readonly requestId?: string | undefined
  /** Where it was asked from, where somebody did. */
  readonly address?: string | undefined
  readonly nowMs: number
  /** A first backfill tells nobody of whom it finds; everything else does. */
  readonly tellsNew: boolean
}

/** What became of a change. */
export interface MirrorOutcome {
  /** Whether anything is other than before. `false`: what is kept is as new already, is the same, or is gone. */
  readonly isApplied: boolean
  /** The users of whom facts have changed. */
  readonly userIds: readonly string[]
}

/** What is written together. A parameter of D1 takes 2 MB, and a character has up to three bytes. */
const partMax = { changes: 500, characters: 500_000 }

/** Brings what is kept up to one change, or leaves it where it is newer. Throws when the database does. */
export async function applyChange(
  database: Database,
  change: MirrorChange,
  telling: Telling,
): Promise<MirrorOutcome> {
  const [outcome = unchanged] = await applyTogether(database, {
    changes: [change],
    deedsOf,
    telling,
  })
  return outcome
}

/**
 * The same for all changes of one message, in few calls of the database however many they are. What became of each, in
 * their order.
 */
export async function applyMessage(
  database: Database,
  changes: readonly MirrorChange[],
  telling: Telling,
): Promise<readonly MirrorOutcome[]> {
  return applyParts(database, { changes, deedsOf, telling })
}

/** The same for a page of a walk, with one row in the audit for all who are new or otherwise named. */
export async function applyPage(
  database: Database,
  changes: readonly MirrorChange[],
  telling: Telling,
): Promise<readonly MirrorOutcome[]> {
  return applyParts(database, { changes, deedsOf: summaryOf, telling })
}

const unchanged: MirrorOutcome = { isApplied: false, userIds: [] }

/** Changes that are made together or not at all. */
interface Round {
  readonly changes: readonly MirrorChange[]
  readonly deedsOf: (deeds: readonly MirrorDeed[], telling: Telling) => readonly MirrorDeed[]
  readonly telling: Telling
}

async function applyParts(
  database: Database,
  { changes, ...round }: Round,
): Promise<readonly MirrorOutcome[]> {
  const outcomes: MirrorOutcome[] = []
  for (const part of partsOf(changes)) {
    outcomes.push(...(await applyTogether(database, { ...round, changes: part })))
  }
  return outcomes
}

async function applyTogether(
  database: Database,
  { changes, deedsOf, telling }: Round,
): Promise<readonly MirrorOutcome[]> {
  const { by: actor, requestId, address, nowMs, tellsNew } = telling
  const about = mentionedIn(changes)
  for (let turn = 0; turn < turnsMax; turn++) {
    await awaitTurn(turn)
    const state = await readState(database, about)
    const plan = planFor(state, changes, tellsNew)
    if (isEmpty(plan)) return plan.steps.map(outcomeOf)
    const deeds = deedsOf(plan.deeds, telling)
      .map((deed) => withoutDeparted(deed, plan))
      .map((deed): Deed => ({ at: nowMs, actor, requestId, address, ...deed }))
    const statements = await statementsOf(database, plan, { deeds, nowMs })
    try {
      await runTogether(database, [stillSo(about, state), ...statements])
      return plan.steps.map(outcomeOf)
    } catch (error) {
      if (!isOvertaken(error) && !isAuditCollision(error)) throw error
    }
  }
  throw new BusyError('What Clerk tells of is too busy')
}

function outcomeOf({ isApplied, userIds = [] }: Step): MirrorOutcome {
  return { isApplied, userIds }
}

function deedsOf(deeds: readonly MirrorDeed[]): readonly MirrorDeed[] {
  return deeds
}

/** One row for all of a page who are new or otherwise named, by their ids; whoever stands otherwise has one of their own. */
function summaryOf(deeds: readonly MirrorDeed[], { requestId }: Telling): readonly MirrorDeed[] {
  const subjectsOf = (action: string) =>
    deeds.filter((deed) => deed.action === action).map(({ subject }) => subject)
  const after = { created: subjectsOf('user.created'), updated: subjectsOf('user.updated') }
  const own = deeds.filter(({ action }) => action !== 'user.created' && action !== 'user.updated')
  if (own.length === deeds.length) return own
  return [...own, { action: 'users.synced', subject: requestId ?? '', before: null, after }]
}

/** Of whom a page both tells something and takes leave nothing is kept that it told. */
function withoutDeparted(deed: MirrorDeed, { departedUsers }: MirrorPlan): MirrorDeed {
  const isGone = deed.action !== 'user.deleted' && departedUsers.includes(deed.subject)
  return isGone ? { ...deed, before: null, after: null } : deed
}

function partsOf(changes: readonly MirrorChange[]): readonly (readonly MirrorChange[])[] {
  const parts: MirrorChange[][] = []
  let [part, characters]: [MirrorChange[], number] = [[], 0]
  for (const change of changes) {
    const length = JSON.stringify(change).length
    const isFull = part.length === partMax.changes || characters + length > partMax.characters
    if (part.length === 0 || isFull) {
      part = []
      characters = 0
      parts.push(part)
    }
    part.push(change)
    characters += length
  }
  return parts
}
