import type { CheckCaller } from '../model/checks.ts'
import type { CallerDraft, ChecksDraft } from './checks.ts'
import type { Problem } from './problem.ts'
import { isServed } from './route-rules.ts'
import { placeOf } from './shape.ts'

/** What `checks` is held against. */
interface ChecksContext {
  /** The hosts that are served; `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  /** The secret of the environment. */
  readonly callerSecret: string | undefined
}

interface PlacedCaller extends CallerDraft {
  readonly place: string
}

type Rule = (callers: readonly PlacedCaller[], context: ChecksContext) => readonly Problem[]

const callersPlace = 'checks.callers'

/** What is wrong among the callers, and between them and the rest of the config. No problem quotes a secret. */
export function callerProblems(
  draft: ChecksDraft | null | undefined,
  context: ChecksContext,
): readonly Problem[] {
  if (!draft || draft.callers === undefined) return []
  const { callers, cloudflareAccess } = draft
  if (callers === null) {
    // Access asks by a signature of its own.
    return context.callerSecret || cloudflareAccess !== null ? [] : [nobodyMayAsk]
  }
  if (callers.size === 0) return [nobodyIsNamed]
  const placed = [...callers].flatMap(([name, caller]) =>
    caller ? [{ ...caller, place: placeOf(callersPlace, name) }] : [],
  )
  return rules.flatMap((rule) => rule(placed, context))
}

const nobodyMayAsk: Problem = {
  place: callersPlace,
  message: 'Is missing: name who may ask, or set USHER_CALLER_SECRET.',
}

const nobodyIsNamed: Problem = {
  place: callersPlace,
  message: 'Must not be empty: name who may ask, or leave it out.',
}

const rules: readonly Rule[] = [
  function everyCallerIsKnownByItsOwn(callers) {
    const known = new Set<string>()
    return callers.flatMap((caller) =>
      evidenceOf(caller).flatMap(([evidence, place]) => {
        if (!known.has(evidence)) {
          known.add(evidence)
          return []
        }
        return [{ place, message: 'Is there already: give every caller its own, each once.' }]
      }),
    )
  },

  function envoyStandsAlone(callers) {
    return callers
      .filter(({ may }) => may.has('envoy') && may.size > 1)
      .map(({ place }) => ({
        place: `${place}.may`,
        message:
          "Must be 'envoy' alone: the path of its checks is what a client wrote, and would reach " +
          'whatever else it may ask. Give the rest to another caller.',
      }))
  },

  function envoyShowsASecret(callers) {
    const message =
      "Cannot be 'envoy' by a certificate, which goes with every path that a client makes it ask: give " +
      'it a secret, which no other surface answers.'
    return callers
      .filter(({ may, proof }) => proof.kind === 'certificate' && may.has('envoy'))
      .map(({ place }) => ({ place: `${place}.may`, message }))
  },

  function hostsAreServed(callers, { hosts }) {
    const served = isServed({ hosts })
    return callers.flatMap((caller) =>
      caller.hosts.flatMap((host, index) =>
        served({ host })
          ? []
          : [
              {
                place: `${caller.place}.hosts[${index}]`,
                message: 'Is not one of hosts: add it there, or name another.',
              },
            ],
      ),
    )
  },
]

/** What shows that it is this caller, each with its place. */
function evidenceOf({
  proof,
  place,
}: Pick<CheckCaller, 'proof'> & { readonly place: string }): readonly (readonly [
  evidence: string,
  place: string,
])[] {
  switch (proof.kind) {
    case 'secret':
      return proof.secrets.map((secret, index) => [
        secret,
        proof.secrets.length === 1 ? `${place}.secret` : `${place}.secret[${index}]`,
      ])
    case 'certificate':
      return [[proof.fingerprint, `${place}.certificate`]]
    case 'binding':
      return []
  }
}
