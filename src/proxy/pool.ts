import type { HealthTerms, Member, OriginSet } from '../model/origin.ts'
import { type Draw, turnOf } from './draw.ts'

/** How a member has fared lately. */
interface Fortune {
  /** In a row. */
  readonly failures: number
  /** Before this it is left alone, if it has failed too often. */
  readonly probeAtMs: number
}

/** How a choice is to be made. */
export interface Choice {
  readonly draw: Draw
  /** Members that this request has been to. */
  readonly tried: ReadonlySet<Member>
  /** Whether the request is lost if the member fails, or could not tell: then it is the last to probe one. */
  readonly isPoorProbe: boolean
  readonly nowMs: number
}

/** What an isolate knows of the members of one set. */
export interface Pool {
  /** The member that is asked next. There always is one: where all are left alone, the least bad. */
  choose(choice: Choice): Member
  succeeded(member: Member): void
  failed(member: Member, nowMs: number): void
  /** Whether a member has failed too often while another is well that the request has not been to. */
  hasBetter(member: Member, tried: ReadonlySet<Member>): boolean
  /** Notes the names of those that failed their last check. */
  noteDown(names: ReadonlySet<string>): void
}

const untouched: Fortune = { failures: 0, probeAtMs: 0 }

/**
 * A pool of members, all well at first. One that fails too often in a row is left alone for a while; then one
 * request probes it, which is one without a body that could be sent again, if any comes within as long again.
 * The probe has it to itself for as long as an attempt may last: a request that is cut off in the middle never
 * says how it went, and must not keep others from probing.
 */
export function createPool(
  { members, health }: Pick<OriginSet, 'members' | 'health'>,
  attemptLastsMs: number,
): Pool {
  const fortunes = new Map<Member, Fortune>()
  let down: ReadonlySet<string> = new Set()

  const fortuneOf = (member: Member) => fortunes.get(member) ?? untouched
  const isWell = (member: Member) =>
    fortuneOf(member).failures < health.failuresMax && !down.has(member.name)

  function choose({ draw, tried, isPoorProbe, nowMs }: Choice): Member {
    const restingMs = isPoorProbe ? health.probeAfterMs : 0
    const standings = members.map((member) => {
      const fortune = fortuneOf(member)
      const isOut = down.has(member.name) || isEjected(fortune, health, nowMs - restingMs)
      const isBackup = member.weight === 0
      return {
        member,
        isOut,
        isTried: tried.has(member),
        isBackup,
        fortune,
        turn: turnOf(member, draw),
      }
    })
    const [best] = standings.sort(byPreference)
    if (best === undefined) throw new TypeError('A set without members')
    const isProbe = !best.isOut && best.fortune.failures >= health.failuresMax
    if (isProbe) fortunes.set(best.member, { ...best.fortune, probeAtMs: nowMs + attemptLastsMs })
    return best.member
  }

  function failed(member: Member, nowMs: number): void {
    const { failures } = fortuneOf(member)
    fortunes.set(member, { failures: failures + 1, probeAtMs: nowMs + health.probeAfterMs })
  }

  return {
    choose,
    succeeded: (member) => void fortunes.delete(member),
    failed,
    hasBetter: (member, tried) =>
      !isWell(member) && members.some((other) => !tried.has(other) && isWell(other)),
    noteDown: (names) => {
      down = names
    },
  }
}

function isEjected({ failures, probeAtMs }: Fortune, { failuresMax }: HealthTerms, nowMs: number) {
  return failures >= failuresMax && nowMs < probeAtMs
}

interface Standing {
  readonly isOut: boolean
  readonly isTried: boolean
  readonly isBackup: boolean
  readonly fortune: Fortune
  readonly turn: number
}

/** Whoever is in, has not been asked yet and has a weight; of those that are out, the one that failed least. */
function byPreference(left: Standing, right: Standing): number {
  return (
    Number(left.isOut) - Number(right.isOut) ||
    Number(left.isTried) - Number(right.isTried) ||
    (left.isOut ? left.fortune.failures - right.fortune.failures : 0) ||
    Number(left.isBackup) - Number(right.isBackup) ||
    left.turn - right.turn
  )
}
