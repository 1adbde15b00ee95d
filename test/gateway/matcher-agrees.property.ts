import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  nat,
  oneof,
  property,
  record,
  subarray,
} from 'fast-check'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'
import { escapes as everyEscape, type Rules } from '../../src/model/route.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import { type Config, faultOf, methods, type RouteDraft } from '../support/route-reference.ts'
import { type Tally, tallyUp } from '../support/tally.ts'

const variables = { CLERK_FRONTEND_API: 'clerk.usher.test' }

/** Names as a config writes them: a few, so that routes meet, each in more than one spelling. */
const literals = [
  ...[
    'a',
    'a',
    'a',
    'b',
    'b',
    'A',
    '%61',
    'a.b',
    '...',
    '.a',
    'a%20b',
    'a b',
    '~a',
    '%7Ea',
    'a-b_c',
  ],
  ...[
    'café',
    'caf%C3%A9',
    'cafe\u0301',
    '日本',
    '%E6%97%A5%E6%9C%AC',
    '\u{1f600}',
    '@a',
    'a!b',
    "a'b",
  ],
  ...['%2A', '%2A%2A', '%3Ax', 'a:b', 'a=b,c', '$', '(a)', '%22', 'a%2Bb', '+', '%7Ba%7D'],
]
const segment = oneof(
  { weight: 6, arbitrary: constantFrom(...literals) },
  { weight: 2, arbitrary: constantFrom(':x', ':y', ':z') },
  { weight: 1, arbitrary: constantFrom('*') },
  { weight: 1, arbitrary: constantFrom('a%2Fb', 'a%3Bb', '100%25', 'a%3Fb', 'a%23') },
)
const path = record({
  segments: array(segment, { maxLength: 4 }),
  end: constantFrom('', '', '', '/', '/**', '/**'),
}).map(({ segments, end }) => `/${segments.join('/')}${end}`.replace('//', '/'))

const hosts = [
  'h.test',
  'a.h.test',
  '*.h.test',
  '*.a.h.test',
  'a.h.test:8443',
  '*.h.test:8443',
  '[::1]:81',
]
const absent = constantFrom(undefined)
/** Something in one of three cases. */
function rarely<T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return oneof<Arbitrary<T | undefined>[]>(arbitrary, absent, absent)
}
const route = record({
  path,
  methods: rarely(subarray(methods, { minLength: 1 })),
  host: rarely(constantFrom(...hosts)),
  escapes: rarely(subarray([...everyEscape], { minLength: 2 })),
}).map(
  ({ path, methods, host, escapes }): RouteDraft => ({
    path,
    ...(methods && { methods }),
    ...(host && { host }),
    ...(escapes && { escapes }),
  }),
)

const requestHosts = [
  ...['h.test', 'a.h.test', 'b.a.h.test', 'x.test', 'h.test:8443', 'b.h.test:8443', 'xh.test'],
]

/** A request that is made after one of the routes, and strays from it now and then. */
const plan = record({
  after: nat({ max: 1_000 }),
  /** What stands for the segments that a pattern leaves open, and how each is spelled. */
  fillings: array(constantFrom(...literals, 'q', 'a%2Fb', 'a;b', 'a%3Bb', '%25'), {
    minLength: 4,
    maxLength: 8,
  }),
  spelling: nat({ max: 255 }),
  extra: constantFrom(0, 0, 0, 1, 2, -1),
  method: oneof(absent, absent, absent, constantFrom(...methods, 'TRACE', 'CONNECT')),
  host: oneof(absent, absent, absent, constantFrom(...requestHosts)),
  label: constantFrom('a', 'b', 'b.c'),
})

type Plan = typeof plan extends Arbitrary<infer P> ? P : never

/** How many of a thousand requests must have ended so, at the least, and how many configs were large. */
export const matchVariety: Readonly<Record<string, number>> = {
  'configs of ten routes': 5,
  found: 500,
  'found by a literal': 200,
  'found by a parameter': 150,
  'found by the rest': 200,
  'found by host': 60,
  'found by subdomain': 30,
  'found by method': 120,
  'found with escapes': 150,
  'route-unknown': 100,
  'method-not-allowed': 40,
  'target-has-encoded-separator': 25,
  'target-has-path-parameter': 3,
}

/** How routes are found; the gateway's way unless a test shows that a wrong one is found out. */
export type OpenMatcher = (
  rules: Rules,
) => (target: CanonicalTarget, request: RoutedBy) => ReturnType<typeof match>

type RoutedBy = Parameters<typeof match>[2]

function openTrie(rules: Rules): ReturnType<OpenMatcher> {
  const table = buildRouteTable(rules.routes)
  return (target, request) => match(table, target, request)
}

/** Fails on the first set of routes, of this many, for which the matcher and its definition differ. */
export function checkMatcher(runs: number, open: OpenMatcher = openTrie): Tally {
  const tally: Tally = new Map()
  const law = property(
    array(route, { minLength: 1, maxLength: 40, size: 'max' }),
    array(plan, { minLength: 10, maxLength: 40, size: 'max' }),
    (drafts, plans) => {
      const config = compile(drafts)
      const find = open(config.rules)
      tallyUp(tally, ['configs', ...(config.written.length >= 10 ? ['configs of ten routes'] : [])])
      for (const one of plans) {
        const { method, url } = requestOf(one, config.written)
        const target = canonicalize({ url, headers: new Headers() }, config.rules.escapes)
        tallyUp(tally, ['requests'])
        if (!target.ok) continue
        const found = find(target.value, { method, headers: new Headers() })
        const fault = faultOf(found, { method, target: target.value }, config)
        if (fault !== undefined) throw new Error(`${method} ${url}: ${fault}`)
        tallyUp(tally, kindsOf(found))
      }
    },
  )
  assert(law, { numRuns: runs })
  return tally
}

/** Compiles routes without those of which the compiler says that something is wrong. */
function compile(written: readonly RouteDraft[]): Config {
  const routes = written.map((draft) => ({ ...draft, origin: 'api', assertion: 'off' as const }))
  const definition = defineGateway(() => ({
    origins: { api: { url: 'https://origin.test' } },
    routes,
  }))
  const compiled = compileGateway(definition, variables, strict)
  if (compiled.ok) return { rules: compiled.value.rules, written }
  const wrong = new Set(compiled.error.map(({ place }) => /^routes\[(\d+)\]/.exec(place)?.[1]))
  const sound = written.filter((_, index) => !wrong.has(`${index}`))
  if (sound.length === written.length) throw new Error(JSON.stringify(compiled.error))
  return compile(sound.length > 0 ? sound : [{ path: '/only' }])
}

function requestOf(one: Plan, written: readonly RouteDraft[]): { method: string; url: string } {
  const model = written[one.after % written.length] ?? { path: '/' }
  const names = model.path.split('/').filter((name) => name !== '' && name !== '**')
  const fillings = [...one.fillings]
  const filled = names.map((name) => (/^[:*]/.test(name) ? (fillings.shift() ?? 'q') : name))
  const strayed = one.extra < 0 ? filled.slice(0, -1) : [...filled, ...fillings.slice(0, one.extra)]
  const spelled = strayed.map((name, index) => respell(name, (one.spelling >> (2 * index)) & 3))
  const methodsOfModel = model.methods ?? ['GET']
  const method = one.method ?? methodsOfModel[one.spelling % methodsOfModel.length] ?? 'GET'
  const host = one.host ?? model.host?.replace('*', one.label) ?? 'h.test'
  return { method, url: `https://${host}/${spelled.join('/')}` }
}

function respell(name: string, way: number): string {
  if (way === 1) return name.replaceAll(/%../g, (octet) => octet.toLowerCase())
  if (way === 2) return name.replace(/^[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  if (way === 3) return name.replaceAll(/(?:%[89A-F][0-9A-F])+/g, decodeURIComponent)
  return name
}

function kindsOf(found: ReturnType<typeof match>): readonly string[] {
  if (!found.ok) return [found.error.code]
  const { path, host, methods: named, escapes } = found.value.route
  const kinds: readonly (readonly [string, boolean])[] = [
    ['found', true],
    ['found by a literal', path.segments.some(({ kind }) => kind === 'literal')],
    ['found by a parameter', path.segments.some(({ kind }) => kind === 'any')],
    ['found by the rest', path.rest],
    ['found by host', host.kind === 'exact'],
    ['found by subdomain', host.kind === 'subdomain'],
    ['found by method', named !== undefined],
    ['found with escapes', escapes.size > 0],
  ]
  return kinds.filter(([, is]) => is).map(([kind]) => kind)
}
