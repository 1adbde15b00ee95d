import fc from 'fast-check'
import {
  bornSeconds,
  byteChanges,
  type Instant,
  type JsonPart,
  kids,
  kindOf,
  type Members,
  type Mutation,
  type Plan,
  type Settings,
  signings,
  spellings,
  wireChanges,
} from '../support/token-grammar.ts'
import { sessionCategory, testIssuer } from '../support/tokens.ts'
import {
  audience,
  type Json,
  oddClaims,
  oddHeaders,
  otherTexts,
  party,
} from './differential-odd-values.ts'

// Arbitrary session tokens: most of them valid but for one thing, taken from lists of what is odd.

const json = JSON.stringify
const oneOf = fc.constantFrom

const parts = oneOf<JsonPart>('header', 'claims')

function members(
  part: JsonPart,
  values: Readonly<Record<string, readonly Json[]>>,
): fc.Arbitrary<Mutation>[] {
  return Object.entries(values).map(([name, texts]) =>
    fc
      .option(oneOf(...texts), { freq: 5, nil: undefined })
      .map((text) => ({ change: 'member', part, name, json: text })),
  )
}

const repeats: fc.Arbitrary<Mutation> = oneOf<readonly [JsonPart, Members[number]]>(
  ['claims', ['sub', '"user_eve"']],
  ['claims', ['sub', '"user_ada"']],
  ['claims', ['exp', String(bornSeconds + 3600)]],
  ['claims', ['azp', json(party)]],
  ['claims', ['s\\u0075b', '"user_eve"']],
  ['claims', ['deep', '[{"a":1,"a":2}]']],
  ['claims', ['o', '{"id":"org_1","id":"org_2"}']],
  ['header', ['alg', '"RS256"']],
  ['header', ['alg', '"none"']],
  ['header', ['kid', json(kids.main)]],
  ['header', ['\\u0061lg', '"RS256"']],
).map(([part, member]) => ({ change: 'repeat', part, member }))

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  ...members('claims', oddClaims),
  ...members('header', oddHeaders),
  repeats,
  fc.record({ change: fc.constant('text' as const), part: parts, text: oneOf(...otherTexts) }),
  ...[0, 1].map(() =>
    fc.record({ change: fc.constant('bytes' as const), part: parts, bytes: oneOf(...byteChanges) }),
  ),
  ...[0, 1, 2].map(() =>
    fc.record({
      change: fc.constant('spelling' as const),
      part: oneOf('header', 'claims', 'signature'),
      spelling: oneOf(...spellings),
    }),
  ),
  ...[0, 1, 2].map(() =>
    fc.record({ change: fc.constant('signing' as const), signing: oneOf(...signings) }),
  ),
  ...[0, 1, 2, 3].map(() =>
    fc.record({ change: fc.constant('wire' as const), wire: oneOf(...wireChanges) }),
  ),
)

/** Every kind of mutation that there is. */
export const kinds: readonly string[] = [
  ...Object.keys(oddClaims).map((name) => `claims: ${name}`),
  ...Object.keys(oddHeaders).map((name) => `header: ${name}`),
  ...['header: ', 'claims: '].flatMap((part) =>
    ['a member again', 'other text', ...byteChanges].map((change) => `${part}${change}`),
  ),
  ...['header: ', 'claims: ', 'signature: '].flatMap((part) =>
    spellings.map((spelling) => `${part}${spelling}`),
  ),
  ...signings,
  ...wireChanges,
]

/** A token is signed in one way and meets one accident, so that none undoes another. */
function slotOf(mutation: Mutation): string {
  return ['wire', 'signing'].includes(mutation.change) ? mutation.change : kindOf(mutation)
}

const mutations = fc.oneof(
  { weight: 25, arbitrary: fc.constant([]) },
  { weight: 60, arbitrary: fc.tuple(mutation) },
  {
    weight: 15,
    arbitrary: fc.uniqueArray(mutation, { selector: slotOf, minLength: 2, maxLength: 4 }),
  },
)

const settings: fc.Arbitrary<Settings> = fc.record({
  keys: oneOf('published', 'published', 'silent', 'pem', 'pem'),
  audiences: oneOf([], [], [audience], ['other', audience]),
  authorizedParties: oneOf([], [party], [party, 'https://www.usher.test']),
})

const organization1 = oneOf<Members>(
  [],
  [['org_id', '"org_1"']],
  [['org_id', 'null']],
  [
    ['org_id', '"org_1"'],
    ['org_slug', '"acme"'],
    ['org_role', '"org:admin"'],
    ['org_permissions', '["org:reports:read","org:billing:manage"]'],
  ],
)
const list = (name: string) =>
  fc.array(oneOf(`${name}1`, `${name}2`, ` ${name}3 `), { maxLength: 3 })
const organization2 = fc.oneof(
  oneOf<Members>([], [['o', 'null']], [['o', '{"id":"org_1"}']]),
  fc
    .record({
      features: fc.array(oneOf('o:a', 'u:b', 'ou:c', 'uo:d', ' o:e '), { maxLength: 4 }),
      words: list('p'),
      maps: fc.array(
        oneOf('0', '1', '2', '3', '5', '007', ' 1', '-1', 'x', `${2n ** 69n + 1n}`, ''),
      ),
      role: oneOf('admin', 'member', ''),
    })
    .map(({ features, words, maps, role }): Members => {
      const o = { id: 'org_1', slg: 'acme', rol: role, per: words.join(), fpm: maps.join() }
      return [
        ['fea', json(features.join())],
        ['o', json(o)],
      ]
    }),
)
const version1 = fc
  .tuple(oneOf<Members>([], [['v', '1']], [['v', 'null']]), organization1)
  .map((lists) => lists.flat())
const version2 = organization2.map((members): Members => [['v', '2'], ...members])

const customNames = [
  'email',
  'metadata',
  '__proto__',
  'constructor',
  'toString',
  'a:b',
  '"',
  'π',
  '',
]
const custom: fc.Arbitrary<Members> = fc.uniqueArray(
  fc.tuple(
    oneOf(...customNames),
    fc.jsonValue({ maxDepth: 2 }).map((value) => json(value)),
  ),
  { selector: ([name]) => name, maxLength: 2 },
)
const rest = fc
  .tuple(
    oneOf<Members>([['nbf', `${bornSeconds - 10}`]], [['nbf', `${bornSeconds}`]], []),
    oneOf(bornSeconds, bornSeconds - 30).map((iat): Members => [['iat', `${iat}`]]),
    oneOf<Members>([], [['sts', '"active"']]),
    oneOf<Members>([], [], [['act', '{"sub":"user_2","type":"agent"}']], [['act', 'null']]),
    oneOf<Members>([], [['fva', '[0,-1]']]),
    fc
      .noBias(fc.bigInt(0n, 2n ** 64n - 1n))
      .map((number): Members => [['jti', json(number.toString(16))]]),
    fc.oneof(version1, version2),
    custom,
  )
  .map((lists) => lists.flat())

/** Claims that hold under `settings`: a party or an audience that nobody looks at may be any or none. */
function claims({ audiences, authorizedParties }: Settings): fc.Arbitrary<Members> {
  const [authorized] = authorizedParties
  const parties: Json[] =
    authorized === undefined ? [json(party), '"https://x.test"', undefined] : [json(party)]
  const aims =
    audiences.length === 0
      ? ['"x"', undefined, undefined]
      : [json(audience), `["x",${json(audience)}]`]
  return fc
    .tuple(oneOf(...parties), oneOf<Json>(...aims), rest)
    .map(([party, aim, others]) => [
      ['iss', json(testIssuer)],
      ['sub', '"user_ada"'],
      ['sid', '"sess_ada"'],
      ['exp', `${bornSeconds + 60}`],
      ...(party === undefined ? [] : [['azp', party] as const]),
      ...(aim === undefined ? [] : [['aud', aim] as const]),
      ...others,
    ])
}

const header: fc.Arbitrary<Members> = fc
  .tuple(
    oneOf<Members>([['typ', '"JWT"']], [['typ', '"JWT"']], []),
    oneOf<Members>([['cat', json(sessionCategory)]], [['cat', '"cl_I7d4PD111III"']], []),
  )
  .map(([typ, cat]) => [['alg', '"RS256"'], ['kid', json(kids.main)], ...typ, ...cat])

const inLife = fc.nat({ max: 50_000 }).map((byMs): Instant => ({ edge: 'birth', byMs }))
const onEdge = fc.record({
  edge: oneOf('exp', 'exp', 'nbf', 'iat'),
  byMs: oneOf(-1000, -501, -1, 0, 1, 250, 499, 500, 501, 899, 901, 999, 1000),
})
const instants = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: inLife }, { weight: 1, arbitrary: onEdge }),
  fc.oneof({ weight: 1, arbitrary: inLife }, { weight: 2, arbitrary: onEdge }),
)

/** A token and when to judge it. */
export const plan: fc.Arbitrary<Plan> = settings.chain((settings) =>
  fc.record({
    settings: fc.constant(settings),
    header,
    claims: claims(settings),
    layout: oneOf('tight', 'tight', 'spaced', 'escaped'),
    mutations,
    instants,
  }),
)
