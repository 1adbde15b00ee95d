import { foldHeaderName } from '../model/headers.ts'
import { type Endpoint, endpointsOf } from '../model/origin.ts'
import type { Carrier } from '../model/principal.ts'
import type { Target } from './origins.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'

/** What origins are held against. */
interface OriginSurroundings {
  /** `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  readonly relaxations: Relaxations
}

type Origins = ReadonlyMap<string, Target | undefined>

/** What is wrong with the origins as they are, and before the hosts that are served. */
export function originProblems(
  origins: Origins | undefined,
  { hosts, relaxations }: OriginSurroundings,
): readonly Problem[] {
  const isOwnHost = (one: Endpoint) => one.kind === 'url' && hosts?.has(new URL(one.base).host)
  const problems: Problem[] = []
  for (const [name, target] of origins ?? []) {
    const place = `origins.${name}`
    if (target?.kind === 'set' && (target.retry?.attemptTimeoutMs ?? 0) >= target.timeoutMs) {
      const message = 'Must be shorter than timeout, which is for all attempts together.'
      problems.push({ place: `${place}.retry.attemptTimeout`, message })
    }
    const endpoints = target === undefined ? [] : endpointsOf(target)
    const isSameHost = endpoints.some(({ kind }) => kind === 'same-host')
    if (isSameHost && hosts === undefined && !relaxations.plainAddresses) {
      const message = 'Goes wherever the Host header says: name the hosts that are served in hosts.'
      problems.push({ place, message })
    }
    if (endpoints.some(isOwnHost)) {
      const message = "Is the gateway's own host: requests would go in circles. Use 'same-host'."
      problems.push({ place: target?.kind === 'url' ? `${place}.url` : place, message })
    }
  }
  return problems
}

/** What of a route has to do with the secret of its origin. */
interface SecretDraft {
  readonly origin: string | undefined
  readonly carriers: readonly Carrier[] | 'usual' | undefined
  readonly exchange: string | null | undefined
  readonly passCredential: boolean | undefined
  readonly place: string
}

/** The header of a secret holds nothing else: no credential of a caller's, and none that takes its place. */
export function secretStandsAlone(
  { origin, carriers, exchange, passCredential, place }: SecretDraft,
  { origins }: { readonly origins: Origins | undefined },
): readonly Problem[] {
  const secret = origin === undefined ? undefined : origins?.get(origin)?.secret
  if (secret === undefined) return []
  const folded = foldHeaderName(secret.name)
  const carried = carriers === 'usual' ? [] : (carriers ?? [])
  const problems: Problem[] = []
  if (carried.some((carrier) => carrier === folded)) {
    const message =
      'Names the header of the secret of its origin: choose another for one of the two.'
    problems.push({ place: `${place}.carriers`, message })
  }
  if (folded === 'authorization' && (exchange || passCredential)) {
    const message =
      'Its origin has its secret in Authorization, where the credential would be: choose another.'
    problems.push({ place: `${place}.${exchange ? 'exchange' : 'passCredential'}`, message })
  }
  return problems
}
