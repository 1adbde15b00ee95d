import type { Identified } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'

const rememberedMax = 5000
const everAdmittedMax = 20_000

/** What Clerk said of a credential, for it or against it, and when it was asked. */
export interface Verdict {
  readonly outcome: Result<Identified, Refusal>
  readonly askedAtMs: number
}

/** The memory of verdicts. It knows credentials by a digest alone. */
export interface Verdicts {
  find(digest: string): Verdict | undefined
  /** Keeps a verdict unless a newer one is known, and gives the one that counts. */
  keep(digest: string, verdict: Verdict): Verdict
  /** Whether any verdict was in its favour, however long ago. */
  hasAdmitted(digest: string): boolean
}

/** A memory of its own. */
export function createVerdicts(): Verdicts {
  // Apart, for anyone can fill the memory of what is refused: that must not cost those who are admitted theirs.
  const admitted = createRecent<string, Verdict>(rememberedMax)
  const refused = createRecent<string, Verdict>(rememberedMax)
  const everAdmitted = createRecent<string, true>(everAdmittedMax)

  function find(digest: string): Verdict | undefined {
    return admitted.get(digest) ?? refused.get(digest)
  }

  return {
    find,
    keep(digest, verdict) {
      if (verdict.outcome.ok) everAdmitted.set(digest, true)
      const known = find(digest)
      if (known !== undefined && outdates(known, verdict)) return known
      const [own, other] = verdict.outcome.ok ? [admitted, refused] : [refused, admitted]
      own.set(digest, verdict)
      other.delete(digest)
      return verdict
    },
    hasAdmitted: (digest) => everAdmitted.get(digest) === true,
  }
}

/** Answers come in any order. Of two questions of one millisecond the one that was refused counts. */
function outdates(known: Verdict, verdict: Verdict): boolean {
  const isSameMoment = known.askedAtMs === verdict.askedAtMs
  return isSameMoment ? !known.outcome.ok : known.askedAtMs > verdict.askedAtMs
}

/** What a verdict means at `nowMs`: a credential that has ended since is admitted no longer. */
export function outcomeAt({ outcome }: Verdict, nowMs: number): Verdict['outcome'] {
  const hasEnded = outcome.ok && outcome.value.expiresAtSeconds * 1000 <= nowMs
  return hasEnded ? refuse('token-expired') : outcome
}
