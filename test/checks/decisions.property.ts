import { constantFrom, record, sample } from 'fast-check'
import { mintTemplate } from '../support/credentials.ts'
import { flipSignature } from '../support/tokens.ts'
import type { World } from '../support/world.ts'
import { decide, hosts, type Scene } from './decisions-scene.ts'

/** The outcomes that must be among those that are compared. */
const wanted: readonly string[] = [
  'passed',
  ...[
    'token-missing',
    'token-expired',
    'token-invalid',
    'token-invalid-signature',
    'token-unknown',
  ],
  ...[
    'token-type-mismatch',
    'user-banned',
    'role-missing',
    'permission-missing',
    'condition-excluded',
  ],
  ...['scope-missing', 'reverification-needed', 'actor-denied', 'organization-mismatch'],
  ...['method-not-allowed', 'route-unknown', 'facts-unavailable', 'target-has-encoded-separator'],
]

const paths = [
  ...['/public/x', '/optional/x', '/in/x', '/in/read', '/role/x', '/orgs/org_1/x', '/either'],
  ...[
    '/not',
    '/lately',
    '/own',
    '/fresh',
    '/tried/x',
    '/half',
    '/keys',
    '/bill',
    '/secret-plans',
    '/nowhere',
    '/',
  ],
  ...[
    '/role/%78?a=1',
    '/role/caf%C3%A9',
    '/orgs/org%5F1',
    '/_usher/nothing',
    '/in/a%2Fb',
    '/in/x/',
  ],
]

const credentials = [
  ...['none', 'ada', 'bob', 'eve', 'mute', 'org', 'acting', 'expired', 'forged', 'junk'],
  ...['cat', 'template', 'key', 'company', 'unknown'],
] as const
type Credential = (typeof credentials)[number]

async function mintAll(world: World): Promise<Readonly<Record<Credential, string | undefined>>> {
  const ada = await world.token()
  const nowSeconds = Math.floor(world.clock.now() / 1000)
  return {
    none: undefined,
    ada,
    bob: await world.token({ sub: 'user_bob', fva: [0, 0] }),
    cat: await world.token({ sub: 'user_cat' }),
    // Longer than a session lives, so that they are held against facts everywhere.
    eve: await world.token({ sub: 'user_eve', exp: nowSeconds + 600 }),
    mute: await world.token({ sub: 'user_mute', exp: nowSeconds + 600 }),
    org: await world.token({ o: { id: 'org_1', slg: 'acme', rol: 'admin' }, plan: 'free' }),
    acting: await world.token({ act: { sub: 'user_root' }, fva: [99, 99] }),
    expired: await world.token({ exp: nowSeconds - 60 }),
    forged: flipSignature(ada),
    junk: 'junk',
    template: await mintTemplate(world),
    key: 'ak_ada',
    company: 'ak_acme',
    unknown: 'ak_nobody',
  }
}

const anyCase = record({
  credential: constantFrom(...credentials),
  method: constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT'),
  host: constantFrom(hosts.api, hosts.api, hosts.billing, 'unserved.usher.test'),
  path: constantFrom(...paths),
})

interface Outcome {
  readonly reason: string
  readonly status: number
  readonly route: string | undefined
  readonly userId: string | undefined
}

interface Asked {
  readonly token: string | undefined
  readonly method: string
  readonly url: string
}

/** Every credential on every path, so that nothing depends on luck. */
const everyCase = credentials.flatMap((credential) =>
  paths.map((path) => ({ credential, method: 'GET', host: hosts.api, path })),
)

/** What becomes of requests that are sent, beside what is said of them when they are asked about. */
export async function agreementOf(scene: Scene, further: number) {
  const { world } = scene
  const tokens = await mintAll(world)
  const chosen = [...everyCase, ...sample(anyCase, further)]
  const cases = chosen.map(({ credential, method, host, path }): Asked => {
    return { token: tokens[credential], method, url: `https://${host}${path}` }
  })
  const count = cases.length
  const [sent, told]: [Outcome[], Outcome[]] = [[], []]
  for (const one of cases) sent.push(await send(one, world))
  for (let start = 0; start < count; start += 100) {
    const { body } = await decide(scene, { requests: cases.slice(start, start + 100) })
    told.push(...body.decisions.map(outcomeOf))
  }
  const outcomes = new Set(sent.map(({ reason }) => reason))
  const differ = (one: Outcome | undefined, other: Outcome | undefined) =>
    JSON.stringify(one) !== JSON.stringify(other)
  return {
    disagreements: cases.flatMap((one, index) =>
      differ(sent[index], told[index]) ? [{ ...one, sent: sent[index], told: told[index] }] : [],
    ),
    shifted: sent.filter((one, index) => differ(one, told[(index + 1) % count])).length,
    missing: wanted.filter((outcome) => !outcomes.has(outcome)),
  }
}

async function send({ token, method, url }: Asked, world: World): Promise<Outcome> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { status } = await world.walk(new Request(url, { method, headers }))
  const { outcome, reason, route, userId, subject } = world.records.at(-1) ?? {}
  if (outcome === 'passed') return { reason: outcome, status, route, userId: userId ?? subject }
  return { reason: String(reason), status, route: routeOf(route), userId: userId ?? subject }
}

/** A surface of Usher's own is no route. */
function routeOf(route: string | undefined): string | undefined {
  return route?.startsWith('usher') ? undefined : route
}

interface Decision {
  readonly status: number
  readonly code: string | null
  readonly route: string | null
  readonly principal: { readonly id: string } | null
}

function outcomeOf({ status, code, route, principal }: Decision): Outcome {
  return { reason: code ?? 'passed', status, route: route ?? undefined, userId: principal?.id }
}
