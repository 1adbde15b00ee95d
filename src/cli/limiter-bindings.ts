import { unstable_readConfig } from 'wrangler'
import type { Problem } from '../config/problem.ts'
import type { Route } from '../model/route.ts'
import type { Limit } from '../model/terms.ts'

/** What of `wrangler.toml` limits rest on. */
export interface LimiterBindings {
  readonly objects: readonly string[]
  readonly rates: readonly RateBinding[]
}

/** A Rate Limiting binding and the limit that it is deployed with. */
export interface RateBinding {
  readonly name: string
  readonly simple: { readonly limit: number; readonly period: number }
}

/** The bindings of a `wrangler.toml` on which limits rest. */
export function readLimiterBindings(path: string): LimiterBindings {
  const { durable_objects: objects, ratelimits } = unstable_readConfig(
    { config: path },
    { hideWarnings: true },
  )
  const bound: readonly { readonly name: string }[] = objects.bindings
  return { objects: bound.map(({ name }) => name), rates: ratelimits ?? [] }
}

/** What the limits of routes need and `wrangler.toml` does not say, or says otherwise. */
export function limiterProblems(
  routes: readonly Pick<Route, 'limits'>[],
  bindings: LimiterBindings,
): readonly Problem[] {
  return routes.flatMap(({ limits = [] }, index) =>
    limits.flatMap((limit, position) => {
      const message = complaint(limit, bindings)
      return message === undefined
        ? []
        : [{ place: `routes[${index}].limits[${position}]`, message }]
    }),
  )
}

function complaint(limit: Limit, { objects, rates }: LimiterBindings): string | undefined {
  if (limit.kind === 'concurrent') return undefined
  if (limit.kind === 'exact') {
    if (objects.includes('LIMITER')) return undefined
    return 'Needs the Durable Object LIMITER, which is not bound: add it to wrangler.toml.'
  }
  const { binding, requests, windowMs } = limit
  const bound = rates.find(({ name }) => name === binding)
  const wanted = `limit = ${requests}, period = ${windowMs / 1000}`
  if (bound === undefined) {
    return `${binding} is not bound: add [[ratelimits]] of this name to wrangler.toml, with ${wanted}.`
  }
  const { limit: number, period } = bound.simple
  if (number === requests && period * 1000 === windowMs) return undefined
  return `${binding} in wrangler.toml says limit = ${number}, period = ${period}, and not ${wanted}: change one of the two.`
}
