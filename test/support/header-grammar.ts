import { type Arbitrary, array, boolean, constantFrom, nat, oneof, record } from 'fast-check'
import { testIssuer } from './tokens.ts'

// Header lines as clients write them, forgers among them. What an origin may see of a value is said where
// the value is made, so that nobody has to find it out again by reading it.

/** One header line, and the parts of its value that are nobody's but the client's. */
export interface DrawnLine {
  readonly name: string
  readonly value: string
  readonly own: readonly string[]
}

/** Names that must not arrive as a client wrote them, in the spelling that is best known. */
const forged = [
  ...['X-Usher-User-Id', 'X-Usher-Authenticated', 'X-Usher-Org-Id', 'X-Usher-Assertion', 'X-Usher'],
  ...['X-Usher-Request-Id', 'X-Usher-Roles', 'X-Usher-Email', 'X-Usher-Loop', 'X-Usher-Anything'],
  ...['Forwarded', 'X-Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'],
  ...[
    'X-Forwarded-User',
    'X-Forwarded-Prefix',
    'X-Real-IP',
    'True-Client-IP',
    'CDN-Loop',
    'CF-Ray',
  ],
  ...[
    'CF-Connecting-IP',
    'CF-Worker',
    'CF-Access-Jwt-Assertion',
    'X-Original-URL',
    'X-Rewrite-URL',
  ],
  ...['X-Original-Method', 'X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override', 'Proxy'],
  ...['Proxy-Authorization', 'Proxy-Connection', 'X-Middleware-Subrequest', 'X-Clerk-User-Id'],
  ...['Keep-Alive', 'TE', 'Trailer', 'Trailers', 'Expect', 'Upgrade', 'Transfer-Encoding'],
]
const honest = [
  ...[
    'X-Ushers',
    'X-Usherette',
    'Usher-User-Id',
    'XUsher-User-Id',
    'X-Real-IPs',
    'CFRay',
    'X-CF-Ray',
  ],
  ...[
    'X-Forward-For',
    'Forwarded-For',
    'X-Clerk',
    'X-HTTP',
    'X-Original',
    'X-Rewrite',
    'True-Client',
  ],
  ...[
    'Accept',
    'Accept-Language',
    'Accept-Encoding',
    'Cache-Control',
    'Pragma',
    'User-Agent',
    'Range',
  ],
  ...[
    'Origin',
    'Referer',
    'If-None-Match',
    'Content-Type',
    'X-Custom',
    'X-A',
    'X-B',
    'x-a',
    'X-Api-Key',
  ],
  ...[
    'traceparent',
    'Via',
    'Sec-Fetch-Site',
    'Priority',
    'Upgrade-Insecure-Requests',
    'X-TE',
    'X-A-B',
  ],
]

/** All that a name may hold beside letters and digits (RFC 9110 section 5.6.2). */
const separators = [
  '_',
  '.',
  '!',
  '#',
  '$',
  '%',
  '&',
  "'",
  '*',
  '+',
  '^',
  '`',
  '|',
  '~',
  '--',
  '-_',
]
const joint = constantFrom(...Array<string>(30).fill('-'), ...separators, '_', '_', '_')
const edge = constantFrom(...Array<string>(40).fill(''), '-', '_', '.', '~', '__')

/** Framing, and what would make the request another one: each is tested where it belongs. */
const excluded: readonly string[] = ['transfer-encoding', 'authorization', 'cookie', 'connection']

const headerName = record({
  name: constantFrom(...forged, ...honest, ...honest),
  joint,
  start: edge,
  end: edge,
  upper: nat({ max: 1023 }),
  isRecased: boolean(),
}).map(({ name, joint, start, end, upper, isRecased }) => {
  const spelled = `${start}${name.split('-').join(joint)}${end}`
  return isRecased ? recase(spelled, upper) : spelled
})

/** The runtime drops known headers without a value, so only the others have none. */
const value = constantFrom(
  ...[
    'v',
    'forged',
    '0',
    '1',
    'user_eve',
    'a, b',
    'x;y="z"',
    'W/"a"',
    '203.0.113.9',
    'a\tb',
    '*/*',
  ],
  ...[
    'no-store',
    '\xe9\xff',
    '\xc3\xa9',
    "it's",
    '{"a":1}',
    'http://usher.test/?a#b',
    'v'.repeat(300),
  ],
)
const plainLine = record({ name: headerName, value })
  .filter(({ name }) => !excluded.includes(name.toLowerCase()))
  .map(({ name, value: drawn }): DrawnLine => {
    // The edge writes an address there, over whatever a client sends.
    const value = name.toLowerCase() === 'cf-connecting-ip' ? '203.0.113.9' : drawn
    return { name, value, own: [value] }
  })
const emptyLine = constantFrom(
  'X-Empty',
  'x-empty',
  'X_Empty',
  'X-Usher-User-Id',
  'X_Usher_Roles',
).map((name): DrawnLine => ({ name, value: '', own: [''] }))

/** The names of some headers, and words that are none, in a `Connection` header. */
const nomination = constantFrom(
  ...[
    'close',
    'keep-alive',
    'X-A',
    'x-a',
    'X_A',
    'X-B',
    'X-Custom',
    'x.custom',
    'Accept',
    'Cookie',
  ],
  ...[
    'Authorization',
    'X-Usher-User-Id',
    'X-Usher-Authenticated',
    'x_usher_assertion',
    'Host',
    'Via',
  ],
  ...[
    'X-Forwarded-Host',
    'X-Forwarded-For',
    'CF-Connecting-IP',
    'User-Agent',
    'Cache-Control',
    '-',
    '',
  ],
)
const connectionLine = record({
  name: constantFrom('Connection', 'connection', 'CONNECTION'),
  nominations: array(nomination, { minLength: 1, maxLength: 4 }),
  comma: constantFrom(', ', ',', ' ,  '),
}).map(
  ({ name, nominations, comma }): DrawnLine => ({ name, value: nominations.join(comma), own: [] }),
)

const cookie = oneof(
  constantFrom(
    'theme=dark',
    'a=1',
    '_session=1',
    'session=2',
    'x=1=2',
    'q="c d"',
    'b',
    '__host=1',
    'A=',
  ).map((text) => ({ text, isClerks: false })),
  constantFrom('__sessions=1', '__clientx=1', '__sessionid=3', 'x__session=4', '__SESSION=5').map(
    (text) => ({ text, isClerks: false }),
  ),
  constantFrom(
    ...['__session=a.b.c', '__session_1a2B=d', '__client=1', '__client_uat=0', '__client_uat_x=5'],
    ...['__refresh_abc=r', '__clerk_db_jwt=dvb', '__clerk_handshake=h', '__session=', '__session'],
  ).map((text) => ({ text, isClerks: true })),
)
const cookieLine = record({
  name: constantFrom('Cookie', 'cookie', 'COOKIE'),
  crumbs: array(cookie, { minLength: 1, maxLength: 5 }),
  joint: constantFrom('; ', '; ', ';', ' ; ', ', '),
}).map(({ name, crumbs, joint }): DrawnLine => {
  const own = crumbs.filter(({ isClerks }) => !isClerks).map(({ text }) => text)
  return { name, value: crumbs.map(({ text }) => text).join(joint), own }
})

/** A compact JWT that nobody has signed. */
function unsigned(header: object, claims: object): string {
  return [header, claims].map((part) => btoa(JSON.stringify(part)).replaceAll('=', '')).join('.')
}

const clerks = [
  `Bearer ${unsigned({ alg: 'RS256' }, { iss: testIssuer })}.sig`,
  `bearer ${unsigned({ alg: 'none' }, { iss: testIssuer, sub: 'user_eve' })}.`,
  `Token ${unsigned({ typ: 'at+jwt' }, { iss: 'https://elsewhere.test' })}.sig`,
  `DPoP ${unsigned({ typ: 'application/AT+JWT' }, {})}.sig`,
  ...[
    'Bearer ak_live_123',
    'Bearer mt_123',
    'bearer oat_123',
    'ApiKey ak_1',
    'Basic x, Bearer oat_1',
  ],
]
const others = [
  `Bearer ${unsigned({ alg: 'RS256' }, { iss: 'https://elsewhere.test' })}.sig`,
  ...['Basic dXNlcjpwYXNz', 'Bearer opaque', 'Digest username="ada", realm="x"', 'Bearer xak_1'],
  ...['AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host', 'Negotiate YII=', 'Bearer sk_live_1'],
]
const authorizationLine = record({
  name: constantFrom('Authorization', 'authorization', 'AUTHORIZATION'),
  value: constantFrom(...clerks, ...others),
}).map(
  ({ name, value }): DrawnLine => ({ name, value, own: clerks.includes(value) ? [] : [value] }),
)

/** Any header lines, in any order and number. */
export const anyHeaderLines: Arbitrary<readonly DrawnLine[]> = array(
  oneof(
    { weight: 12, arbitrary: plainLine },
    { weight: 1, arbitrary: emptyLine },
    { weight: 1, arbitrary: connectionLine },
    { weight: 1, arbitrary: cookieLine },
    { weight: 1, arbitrary: authorizationLine },
  ),
  { maxLength: 14, size: 'max' },
)

function recase(name: string, upper: number): string {
  return Array.from(name, (letter, index) =>
    (upper >> (index % 10)) & 1 ? letter.toUpperCase() : letter.toLowerCase(),
  ).join('')
}
