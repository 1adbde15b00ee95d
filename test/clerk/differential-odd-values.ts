import { bornSeconds, kids } from '../support/token-grammar.ts'
import { sessionCategory, testIssuer } from '../support/tokens.ts'

// What is odd about a token, as JSON text: lists from which arbitrary tokens are made.

/** The party and the audience that a valid token names where either is looked at. */
export const party = 'https://app.usher.test'
/** See {@link party}. */
export const audience = 'api.usher.test'

/** JSON text, or nothing at all. */
export type Json = string | undefined

const json = JSON.stringify
/** What alone leads to a row of the table of strictness must not be rare in a short run. */
const often = (text: Json): readonly Json[] => [text, text, text, text]

const odd = [
  'null',
  'true',
  'false',
  '""',
  '"x"',
  '0',
  '-1',
  '7',
  '0.5',
  '1e309',
  '[]',
  '{}',
] as const
const oddIds = [
  ...odd,
  '"user_1\\n"',
  '" user_1"',
  '"user_\u00e9"',
  json('i'.repeat(300)),
  '["user_1"]',
]
const oddNames = [...odd, '["a"]', '"a,b"', '" a , b "', '",,"', '"admin"', '"\ud83d\ude00"']

/** A time near `seconds`, a time of no calendar, or none. */
function times(seconds: number): readonly Json[] {
  const near = [-7, -1, 0, 1, 7].map((by) => String(seconds + by))
  const fractions = [0.001, 0.5, 0.9, 0.999].flatMap((by) => often(String(seconds + by)))
  const far = ['8640000000000', '8640000000001', '1e13', '1e300', '1e309', '9007199254740993']
  const past = ['0', '-0', '-1', '-0.5', '-8640000000001', '-1e13', '-1e309']
  const texts = [json(String(seconds)), `[${seconds}]`, '"x"', '""', ...often('null'), 'true', '{}']
  const written = [`${seconds}.0`, `${seconds}00e-2`, `${seconds / 1e9}e9`]
  return [...near, ...fractions, ...far, ...past, ...texts, ...written]
}

/** By claim: what it may say instead of what it should. Some of it is right after all. */
export const oddClaims: Readonly<Record<string, readonly Json[]>> = {
  sub: [...oddIds, ...often('""'), ...often('"mch_1"'), '"user_eve"', '"__proto__"'],
  sid: [...oddIds, '"sess_2"', '"__proto__"'],
  iss: [
    ...odd,
    json(`${testIssuer}/`),
    json(`[${testIssuer}]`),
    json([testIssuer]),
    '"https://x.test"',
  ],
  azp: [
    ...odd,
    '"https://evil.test"',
    json(`${party}/`),
    json([party]),
    json(party.toUpperCase()),
    '"null"',
  ],
  aud: [
    ...odd,
    '"x"',
    '"null"',
    json(`${audience}/`),
    json(` ${audience}`),
    '["x","y"]',
    '["x"]',
    json(['x', audience]),
    json([audience, 7]),
    '["x",7]',
    '[[]]',
    '[""]',
    json([[audience]]),
    '{"a":1}',
    json(audience.toUpperCase()),
  ],
  exp: times(bornSeconds + 60),
  nbf: times(bornSeconds),
  iat: times(bornSeconds),
  sts: [...odd, '"active"', ...often('"pending"'), '"Pending"', '"ended"', '["active"]'],
  act: [
    ...odd,
    '{"sub":"user_2"}',
    '{"sub":""}',
    '{"sub":7}',
    '{"sub":"a b"}',
    '[{"sub":"user_2"}]',
  ],
  v: [...odd, '1', '2', '3', '"2"', '2.0', '20e-1', '[2]'],
  o: [
    ...odd,
    '"org_1"',
    '{"id":""}',
    '{"id":7}',
    '{"id":"org_1"}',
    '{"id":"org_1","rol":["admin"]}',
    '{"id":"org_1","rol":"","slg":"","per":"","fpm":""}',
    '{"id":"org_1","per":7}',
    '[{"id":"org_1"}]',
  ],
  fea: [
    ...oddNames,
    '"reports"',
    '"o:a,b"',
    '"o:a,u:b,uo:c,ou:d"',
    '"x:a"',
    '":a"',
    '"o:"',
    '"o:a:b"',
  ],
  fva: [...odd, '[0,-1]', '[-1,-1]', '["0"]'],
  org_id: [...oddIds, '"org_1"', '"org_2"'],
  org_role: [...oddNames, '"org:admin"'],
  org_slug: oddNames,
  org_permissions: [...oddNames, '[""]', '["org:a:b"]', '["org:a:b",7]', '[["a"]]', '"org:a:b"'],
  bulk: [200, 3000, 5000, 5200, 5300, 5400, 5500, 6000, 9000].map((size) => json('b'.repeat(size))),
  deep: ['['.repeat(1000) + ']'.repeat(1000), `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`],
}

/** By member of the header: the same. */
export const oddHeaders: Readonly<Record<string, readonly Json[]>> = {
  alg: [
    ...odd,
    '"none"',
    '"None"',
    '"HS256"',
    '"rs256"',
    '"RS256 "',
    '"RS384"',
    '"RS512"',
    '"PS256"',
    '"ES256"',
    '"EdDSA"',
    '["RS256"]',
    '"toString"',
  ],
  typ: [...odd, '"JWT"', '"jwt"', '"at+jwt"', '"application/at+jwt"', '["JWT"]', '"JOSE"'],
  cat: [
    ...odd,
    json(sessionCategory),
    '"cl_I7d4PD111III"',
    '"cl_B7d4PD222AAA"',
    '"cl_B7d4PD333AAA"',
  ],
  kid: [
    ...often(undefined),
    ...odd,
    json(kids.second),
    '"ins_nobody"',
    '"__proto__"',
    '"constructor"',
    '"a\\nb"',
    json('k'.repeat(300)),
    ...often(json([kids.main])),
    json({ kid: kids.main }),
  ],
  crit: [...odd, '["exp"]', '["b64"]', '[]'],
  jku: ['"https://evil.test/jwks.json"', 'null'],
  jwk: ['{"kty":"RSA","n":"AQAB","e":"AQAB"}', '{"kty":"oct","k":"AQAB"}', 'null'],
  x5u: ['"https://evil.test/cert.pem"', 'null'],
  x5c: ['["MIIB"]', 'null'],
  zip: ['"DEF"'],
  b64: ['false', 'true'],
  enc: ['"A256GCM"'],
}

/** What the whole text of a part may be instead. None of it is a token. */
export const otherTexts = [
  'null',
  'true',
  '7',
  '"x"',
  '[]',
  '[{}]',
  '{}',
  '{',
  '',
  ' ',
  '{}{}',
  '{"a":1,}',
  "{'a':1}",
  '{"a":01}',
  '{a:1}',
  'NaN',
  '\\u007b}',
  '{"a":"\n"}',
  '{"alg":"RS256"}x',
]
