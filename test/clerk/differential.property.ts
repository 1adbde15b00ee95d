import fc from 'fast-check'
import { expect } from 'vitest'
import {
  bornSeconds,
  clerkSkewMs,
  type Instant,
  isFatal,
  kindOf,
  type Plan,
} from '../support/token-grammar.ts'
import { flipSignature } from '../support/tokens.ts'
import { type Forge, makeSigners, openForge, type Signers } from './differential-forge.ts'
import { kinds, plan as plans } from './differential-generator.ts'
import { read, type Strictness, strictness } from './differential-strictness.ts'
import {
  type AskClerk,
  openVerifiers,
  personForUsher,
  type Verifier,
  type Verifiers,
} from './differential-verifiers.ts'

/** What was seen in a run. A verdict is one token at one moment, judged by both. */
export interface Tally {
  tokens: number
  verdicts: number
  /** Both accept. */
  accepted: number
  /** Both refuse. */
  refused: number
  /** Usher alone refuses. */
  stricter: number
  /** How often each kind of mutation was there. */
  readonly kinds: Map<string, number>
  /** How often each row of the table of strictness explained a refusal. */
  readonly rows: Map<Strictness, number>
  /** Tokens that were accepted, and, when they were known, accepted again at another moment. */
  keptKnown: number
  /** Tokens that were accepted, and, when they were known, refused at another moment. */
  refusedKnown: number
}

/** Nothing seen yet. */
export function emptyTally(): Tally {
  return {
    tokens: 0,
    verdicts: 0,
    accepted: 0,
    refused: 0,
    stricter: 0,
    kinds: new Map(),
    rows: new Map(strictness.map((row) => [row, 0])),
    keptKnown: 0,
    refusedKnown: 0,
  }
}

/** The two that are compared, and what makes tokens for them. */
export interface Contest {
  readonly forge: Forge
  readonly askClerk: AskClerk
  readonly verifier: Verifier
}

/** Everything that a comparison needs; once in a file, see {@link openVerifiers}. */
export interface Stage {
  readonly signers: Signers
  readonly forge: Forge
  readonly verifiers: Verifiers
}

/** Makes the keys and lets both verifiers know them. */
export async function openStage(): Promise<Stage> {
  const signers = await makeSigners()
  return { signers, forge: await openForge(signers), verifiers: await openVerifiers(signers) }
}

/**
 * Compares Usher with Clerk on `runs` tokens by {@link agreesWithClerk}, and then looks whether the run
 * was worth anything: enough was accepted, as much was refused, and nothing on a list was left out.
 */
export async function proveAgreement({ forge, verifiers }: Stage, runs: number): Promise<Tally> {
  const tally = emptyTally()
  const { askClerk, usher: verifier } = verifiers
  await fc.assert(agreesWithClerk({ forge, askClerk, verifier }, tally), { numRuns: runs })

  expect(tally.tokens).toBeGreaterThanOrEqual(runs)
  expect(tally.accepted).toBeGreaterThan(tally.verdicts * 0.2)
  expect(tally.refused).toBeGreaterThanOrEqual(tally.accepted)
  expect(tally.keptKnown).toBeGreaterThan(runs * 0.1)
  expect(tally.refusedKnown).toBeGreaterThan(runs * 0.1)
  expect(kinds.filter((kind) => !tally.kinds.has(kind))).toEqual([])
  const stale = strictness.filter((row) => tally.rows.get(row) === 0)
  expect(stale.map(({ code, why }) => `${code}: ${why}`)).toEqual([])
  return tally
}

/**
 * The law. What the verifier accepts, Clerk accepts, as the same person; what it alone refuses is in the
 * table of strictness, and nothing that it accepts is; what cannot be right is refused by both. A second
 * look at the same moment sees the same, and at another moment a token that is known is judged like a
 * new one. Every accepted token has a twin with a spoiled signature, which both refuse.
 */
export function agreesWithClerk(contest: Contest, tally: Tally) {
  return fc.asyncProperty(plans, async (plan) => {
    const token = await contest.forge(plan)
    const [first, second] = plan.instants.map((instant) => toMs(instant, plan))
    if (first === undefined || second === undefined) throw new TypeError('A plan has two instants')
    const judge = (text: string, nowMs: number) =>
      compare(contest, { token: text, nowMs, plan, tally })

    const fresh = await judge(token, first)
    const again = await judge(token, first)
    const later = await judge(token, second)
    if (fresh !== again) throw new Error('A second look sees something else')
    const accepted = fresh || later
    if (accepted && plan.mutations.some(isFatal)) {
      throw new Error('Both accept what cannot be right')
    }
    if (accepted && (await judge(flipSignature(token), first))) {
      throw new Error('Both accept a spoiled signature')
    }
    tally.tokens += 1
    if (again && later) tally.keptKnown += 1
    if (again && !later) tally.refusedKnown += 1
    for (const kind of plan.mutations.map(kindOf)) increment(tally.kinds, kind)
  })
}

interface Case {
  readonly token: string
  readonly nowMs: number
  readonly plan: Plan
  readonly tally: Tally
}

/** Whether both accept. Throws where they differ and no row of the table says that they may. */
async function compare(
  { askClerk, verifier }: Contest,
  { token, nowMs, plan: { settings }, tally }: Case,
): Promise<boolean> {
  const clerk = await askClerk(token, settings, nowMs)
  const ours = await verifier(token, settings, nowMs)
  tally.verdicts += 1
  if ('reason' in clerk) {
    if (/^jwk-remote/.test(clerk.reason)) throw new Error('Clerk was left without keys')
    if (ours.ok) throw new Error(`Accepted, but for Clerk it is ${clerk.reason}`)
    tally.refused += 1
    return false
  }
  const seen = read(token, nowMs)
  const rows = strictness.filter((row) => row.holds(seen, settings))
  if (ours.ok) {
    const people = [personForUsher(ours.value), clerk.person()]
    const [usher, theirs] = people.map((person) => JSON.stringify(person))
    if (usher !== theirs) throw new Error(`Two people: ${usher} and ${theirs}`)
    if (rows[0] !== undefined) throw new Error(`Accepted in spite of this: ${rows[0].why}`)
    tally.accepted += 1
    return true
  }
  const { code } = ours.error
  const reasons = rows.filter((row) => row.code === code)
  if (reasons.length === 0) throw new Error(`Refused alone, and nothing explains ${code}`)
  for (const row of reasons) increment(tally.rows, row)
  tally.stricter += 1
  return false
}

/** An edge is where the skew ends: the last moment of a token, or its first. */
function toMs({ edge, byMs }: Instant, { claims }: Plan): number {
  const seconds = Number(claims.find(([name]) => name === edge)?.[1] ?? bornSeconds)
  const skewMs = { birth: 0, exp: clerkSkewMs, nbf: -clerkSkewMs, iat: -clerkSkewMs }[edge]
  return seconds * 1000 + skewMs + byMs
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
