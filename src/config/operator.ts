import type { OperatorPlace } from '../model/operator-place.ts'
import { parseHost } from './address.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import type { RouteDraft } from './route-shape.ts'
import { built, object, optional, parsed, type Reading, unsound } from './shape.ts'

/** Where operators work: the API below `/api`, and whatever else is for them alone. */
export type OperatorConfig =
  /** On every host that is served: scripts of the origins share its cookies. */
  | 'same-host'
  /** On this host alone, which leads to no origin. */
  | { readonly host: string }

const nowhere: OperatorPlace = { isAnywhere: false, host: undefined }

const ownHost = built(object({ host: parsed(parseHost) }), ({ host }): OperatorPlace => {
  return { isAnywhere: false, host }
})

/** The shape of `operator`. */
export const operatorShape = optional(function readOperator(
  value: unknown,
  place: string,
): Reading<OperatorPlace> {
  if (value === 'same-host') return { value: { isAnywhere: true, host: undefined }, problems: [] }
  if (typeof value !== 'string') return ownHost(value, place)
  const message = 'Must be "same-host", or name a host: { host: "ops.example.com" }.'
  return unsound(place, message)
}, nowhere)

/** Where operators work once the entry has relaxed what it relaxes. */
export function operatorPlaceOf(
  place: OperatorPlace,
  { operatorAnywhere }: Pick<Relaxations, 'operatorAnywhere'>,
): OperatorPlace {
  return operatorAnywhere ? { ...place, isAnywhere: true } : place
}

/** What of the config the host of the operators must agree with. */
interface OperatorContext {
  readonly operator: OperatorPlace | undefined
  readonly routes: readonly RouteDraft[] | undefined
  readonly canonicalOrigin: string | null | undefined
}

/** What is wrong between the operators' host and the rest of the config. */
export function operatorProblems(
  { operator, routes = [], canonicalOrigin }: OperatorContext,
  hosts: ReadonlySet<string> | undefined,
): readonly Problem[] {
  const own = operator?.host
  if (own === undefined) return []
  const problems: Problem[] = routes.flatMap(({ host, place }) => {
    if (host?.kind !== 'exact' || host.host !== own) return []
    const message = "Is the operators' own, which leads to no origin: name another host."
    return [{ place: `${place}.host`, message }]
  })
  if (hosts !== undefined && [...hosts].every((host) => host === own)) {
    const message = 'Is the only one of hosts, and leads to no origin: name a host of its own.'
    problems.push({ place: 'operator.host', message })
  }
  if (canonicalOrigin && new URL(canonicalOrigin).host === own) {
    const message = "Is at the operators' host, where no route is reached: name that of the routes."
    problems.push({ place: 'canonicalOrigin', message })
  }
  return problems
}

/** The hosts that are served, that of the operators among them; `undefined` is any. */
export function withOperators(
  hosts: ReadonlySet<string> | undefined,
  { host }: Partial<OperatorPlace> = {},
): ReadonlySet<string> | undefined {
  return hosts === undefined || host === undefined ? hosts : new Set([...hosts, host])
}
