import { assert, asyncProperty } from 'fast-check'
import { dialects } from '../../src/model/checks.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import { carriers, caseOf, type Drawn, drawnFrom } from './agreement.cases.ts'
import { type Credentials, routeNames, type Worlds } from './agreement.scene.ts'
import { type Case, type Outcome, type Ways, ways } from './agreement.ways.ts'

// What is left out, because nobody decides about it: preflights, bodies, limits, bounds of headers, WebSockets.
// Cookies, keys and what browsers say of a page are asked about in three ways: decisions know bearer tokens alone.

/** Who decides, and about what. */
export interface Trial {
  readonly worlds: Worlds
  readonly credentials: Credentials
  /** Stands in for some of the ways, to show that a wrong one is found out. */
  readonly wrong?: Partial<Ways>
}

/** Fails on the first request, of this many, that is not decided alike by all who decide. */
export async function checkAgreement(trial: Trial, runs: number): Promise<Tally> {
  const tally: Tally = new Map()
  const { worlds, credentials, wrong } = trial
  const law = asyncProperty(drawnFrom([...credentials.keys()]), async (drawn) => {
    const one = caseOf(drawn, credentials)
    const world = drawn.isDown ? worlds.down : worlds.well
    const outcomes = await decideEveryWay(one, world, { ...ways, ...wrong })
    const fault = faultOf(one, outcomes)
    if (fault !== undefined) {
      throw new Error(`${fault}: ${JSON.stringify({ ...one, credential: drawn.credential })}`)
    }
    tallyUp(tally, classesOf(drawn, one, outcomes))
  })
  // A wrong one need not be made small.
  const endOnFailure = wrong !== undefined
  await assert(law, { numRuns: runs, endOnFailure, includeErrorInReport: true })
  return tally
}

/** What one request came to in every way that can express it. */
type Outcomes = Readonly<Record<keyof Ways, Outcome | undefined>>

async function decideEveryWay(one: Case, world: Worlds['well'], how: Ways): Promise<Outcomes> {
  const isExpressible = one.bearer !== undefined
  return {
    proxy: await how.proxy(one, world),
    forwardAuth: await how.forwardAuth(one, world),
    authenticate: await how.authenticate(one, world),
    decisions: isExpressible ? await how.decisions(one, world) : undefined,
    decide: isExpressible ? await how.decide(one, world) : undefined,
  }
}

function faultOf(one: Case, outcomes: Outcomes): string | undefined {
  const { proxy, ...others } = outcomes
  for (const [way, outcome] of Object.entries(others)) {
    if (outcome === undefined) continue
    const expected = expectedOf(proxy, way, one)
    const said = JSON.stringify(way.startsWith('deci') ? withoutIdentity(outcome) : outcome)
    if (isTheirs(one) ? isRefusedApart(outcome) : said === JSON.stringify(expected)) continue
    return `${way} says ${said}, and the proxy ${JSON.stringify(expected)}`
  }
  return undefined
}

/** Whether the gateway by itself makes something of a request that nobody is told of: it mends it, or answers it. */
function isTheirs({ uri }: Case): boolean {
  return hasSecondReading(uri) || uri.startsWith('/_usher/')
}

/** Whether a path has a segment that somebody leaves out; the last may be empty, which is a slash at the end. */
function hasSecondReading(uri: string): boolean {
  const path = uri.split(/[?#]/, 1).join('')
  const segments = path.split('/').slice(1)
  const dotted = segments.some((segment) => segment === '.' || segment === '..')
  return dotted || segments.slice(0, -1).includes('')
}

/** A path of Usher's own is none of a proxy's; a path that climbs out of a check of Envoy's leads nowhere. */
const apart = ['target-not-canonical', 'route-unknown', 'host-unknown', 'check-misdirected']

function isRefusedApart(outcome: Outcome): boolean {
  return 'code' in outcome && (apart.includes(String(outcome.code)) || isOfTarget(outcome.code))
}

/** What else is wrong with a target may be found first. */
function isOfTarget(code: string | undefined): boolean {
  return code?.startsWith('target-') ?? false
}

function expectedOf(proxy: Outcome | undefined, way: string, { dialect }: Case) {
  if (proxy === undefined) return undefined
  if ('identity' in proxy) return way.startsWith('deci') ? withoutIdentity(proxy) : proxy
  const isNginx = way === 'forwardAuth' && dialect === 'nginx'
  return isNginx ? { ...proxy, status: proxy.status === 401 ? 401 : 403 } : proxy
}

function withoutIdentity(outcome: Outcome): Outcome {
  return 'identity' in outcome ? { identity: {} } : outcome
}

function classesOf(drawn: Drawn, one: Case, { proxy, decisions }: Outcomes): string[] {
  const isPassed = proxy !== undefined && 'identity' in proxy
  if (isTheirs(one))
    return [isPassed ? 'mended by the gateway alone' : 'answered by the gateway alone']
  const outcome = isPassed ? 'allowed' : 'refused'
  const code = proxy !== undefined && 'code' in proxy ? [String(proxy.code)] : []
  return [
    outcome,
    ...code,
    `${outcome} by ${one.dialect}`,
    ...(decisions === undefined ? [] : ['in every way', `${outcome} in every way`]),
    ...(isPassed ? [`allowed at ${drawn.place}`] : []),
    ...(drawn.credential === undefined ? [] : [`${outcome} by ${drawn.carrier}`]),
  ]
}

/** How many of a thousand requests must have come to this, at the least. */
export const variety: Readonly<Record<string, number>> = {
  'in every way': 700,
  'allowed in every way': 130,
  'refused in every way': 350,
  ...Object.fromEntries(
    dialects.flatMap((one) => [
      [`allowed by ${one}`, 8],
      [`refused by ${one}`, 60],
    ]),
  ),
  'allowed by bearer': 120,
  'mended by the gateway alone': 3,
  'route-unknown': 30,
  'token-missing': 40,
  'token-type-mismatch': 12,
  'keys-unavailable': 6,
  'method-not-allowed': 4,
  'host-unknown': 2,
}

/** What must have come up among thousands: every route let somebody pass, by every carrier, and every code was there. */
export const seldom: readonly string[] = [
  ...routeNames.map((name) => `allowed at ${name}`),
  ...carriers.map((carrier) => `allowed by ${carrier}`),
  'answered by the gateway alone',
  ...['target-has-backslash', 'target-has-bad-escape', 'target-has-control-character'],
  ...['target-has-encoded-dots', 'target-has-encoded-separator', 'target-has-fragment'],
  ...['target-has-path-parameter', 'target-is-not-utf8', 'token-expired', 'token-invalid'],
  ...['token-invalid-algorithm', 'token-invalid-authorized-parties', 'token-invalid-issuer'],
  ...['token-invalid-signature', 'token-missing-sid', 'token-missing-sub', 'token-not-active-yet'],
  ...['token-iat-in-the-future', 'token-other-machine', 'token-unknown', 'session-ended'],
  ...['session-pending', 'user-banned', 'user-deleted', 'facts-unavailable', 'role-missing'],
  ...['verification-unavailable', 'permission-missing', 'organization-mismatch', 'scope-missing'],
  ...['feature-missing', 'plan-missing', 'reverification-needed', 'actor-denied'],
  ...['condition-excluded', 'cross-site-request'],
]
