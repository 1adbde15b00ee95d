import { bundleOf, type Checkout } from './bundles.ts'
import type { Contender } from './rounds.ts'
import { startServer } from './server.ts'
import { type Surroundings, variablesFor } from './whole.ts'

/** How many routes a gateway has whose stages are measured. */
export const routeCounts = [10, 1000, 10_000] as const

const entry = 'test/bench/workers/stages.worker.ts'
const tokensCount = 2064
/** All but those of the visitors, who were seen before. */
const newTokens = 2000
/** Tokens live for a minute; older ones than this are not used any more. */
const tokensMaxAgeMs = 20_000

/** The stages, with how often one runs in a window. */
const stages: readonly { name: string; routes: number; times: number }[] = [
  { name: 'nothing', routes: 10, times: 200_000 },
  { name: 'nothing awaited', routes: 10, times: 100_000 },
  { name: 'canonicalize', routes: 10, times: 50_000 },
  ...routeCounts.map((routes) => ({ name: 'match', routes, times: 50_000 })),
  { name: 'authorize', routes: 10, times: 100_000 },
  ...routeCounts.map((routes) => ({ name: 'decide', routes, times: 30_000 })),
  { name: 'verify remembered', routes: 10, times: 30_000 },
  { name: 'verify new', routes: 10, times: newTokens },
  { name: 'a request alone', routes: 10, times: newTokens },
  { name: 'crypto.subtle.verify', routes: 10, times: newTokens },
  { name: 'identity', routes: 10, times: 20_000 },
]

/** The stages of a checkout as contenders, or `undefined` when it does not have them. */
export interface Stages {
  readonly contenders: readonly Contender[]
  readonly stop: () => Promise<void>
}

/** How a stage is named in a comparison. */
export function stageName(name: string, routes: number): string {
  return `${name}, ${routes} routes`
}

/** Starts the Worker that runs single stages. */
export async function startStages(
  checkout: Checkout,
  { issuer, origin }: Surroundings,
): Promise<Stages | undefined> {
  const bundle = bundleOf(checkout, entry)
  if (bundle === undefined) return undefined
  const variables = {
    ...(await variablesFor(entry, issuer)),
    CLERK_JWT_KEY: issuer.publicPem,
    CLERK_JWK: issuer.publicJwk,
  }
  const server = await startServer({ bundle, variables, originPort: origin.port })
  const ask = async (path: string, body?: string) => {
    const init = body === undefined ? {} : { method: 'POST', body }
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`)
  }
  const loadedAtMs = new Map<number, number>()
  const load = async (routes: number) => {
    const tokens = Array.from({ length: tokensCount }, (_, user) =>
      issuer.token({ user, session: user }),
    )
    await ask('/load', tokens.join('\n'))
    await ask(`/furnish?routes=${routes}`)
    loadedAtMs.set(routes, performance.now())
  }
  const isFresh = (routes: number) =>
    performance.now() - (loadedAtMs.get(routes) ?? Number.NEGATIVE_INFINITY) < tokensMaxAgeMs
  return {
    contenders: stages.map(({ name, routes, times }) => ({
      name: stageName(name, routes),
      cpuSeconds: server.cpuSeconds,
      async prepare() {
        if (name === 'verify new' || !isFresh(routes)) await load(routes)
      },
      async work() {
        await ask(`/run?stage=${encodeURIComponent(name)}&routes=${routes}&times=${times}`)
        return times
      },
    })),
    stop: server.stop,
  }
}
