import { type Arbitrary, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { dialects } from '../../src/model/checks.ts'
import { type Credentials, goodNames, routeNames } from './agreement.scene.ts'
import type { Case } from './agreement.ways.ts'

/** How the path of a request is spelled. */
type Spelling = (path: string) => string

/** The same to every reader. */
const plain: readonly Spelling[] = [
  (path) => path,
  (path) => path,
  (path) => path,
  (path) => path,
  (path) => `${path}?next=/a/../b//c`,
  (path) => path.replace('a', '%61'),
  (path) => `${path}/caf%c3%a9`,
  (path) => `${path}/`,
]

/** Refused by whoever reads them. */
const refused: readonly Spelling[] = [
  (path) => `/public/%2e%2e${path}`,
  (path) => `${path}/%2F..%2Fadmin`,
  (path) => `${path}%2Fx`,
  (path) => `${path};a=b`,
  (path) => `${path}/%5Cx`,
  (path) => `${path}\\x`,
  (path) => `${path}#x`,
  (path) => `${path}%zz`,
  (path) => `${path}/%00`,
  (path) => `${path}/%ff`,
  (path) => `${path}/%252e`,
  (path) => path.toUpperCase(),
  () => '/_USHER/me',
  () => '/_usher/livez',
  () => '/__clerk/v1/client',
]

/** The gateway mends these, because it sends what it has mended; who asks for a check sends what the client wrote. */
const mended: readonly Spelling[] = [
  (path) => `/public/..${path}`,
  (path) => `/${path}`,
  (path) => `/.${path}`,
  (path) => `${path}/b/..`,
  (path) => `${path}//b`,
]

const absent = constant(undefined)

const sites: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
  { 'sec-fetch-site': 'none' },
  { origin: 'https://api.usher.test' },
  { origin: 'https://evil.test' },
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-site', accept: 'text/html' },
]

/** What carries a credential; `both` is a bearer token of somebody else beside a key. */
export const carriers = [
  'bearer',
  'bearer',
  'bearer',
  'bearer',
  'bearer',
  'cookie',
  'key',
  'both',
] as const

interface Fitting {
  readonly place: string
  readonly credential: string
  readonly carrier: (typeof carriers)[number]
}

const fits = (place: string, credential: string, carrier: Fitting['carrier'] = 'bearer') => ({
  place,
  credential,
  carrier,
})

/** What would seldom meet by chance: routes that let few pass, and what those show or lack. */
const fitting: readonly Fitting[] = [
  fits('keys', 'ak_ada'),
  fits('keys', 'ak_acme'),
  fits('keys', 'ak_none'),
  fits('keys', 'ak_fault'),
  fits('machines', 'mt_good'),
  fits('machines', 'mt_other'),
  fits('machines', 'a token of a machine'),
  fits('scoped', 'ak_ada'),
  fits('scoped', 'an access token for more'),
  fits('templates', 'a template'),
  fits('key-header', 'ada', 'key'),
  fits('key-header', 'ak_ada', 'key'),
  fits('cookie-alone', 'ada', 'cookie'),
  fits('cookie-first', 'of no application', 'cookie'),
  fits('all-of', 'ada in the hands of another'),
  fits('own-hands', 'ada in the hands of another'),
  fits('lately', 'ada, long ago'),
  fits('none-of', 'grace'),
  fits('revocable', 'fay'),
  fits('orgs', 'ada at acme'),
]

/** A request after one of the routes, with one of these credentials. */
export function drawnFrom(names: readonly string[]) {
  return record({
    place: oneof(
      { weight: 12, arbitrary: constantFrom(...routeNames, 'orgs', 'orgs', 'admin') },
      { weight: 1, arbitrary: constant('nowhere') },
    ),
    rest: constantFrom('/a', '/a', '/trial', '/org_acme', '/acme/x', '/org_other', '/admin/x', ''),
    spelling: oneof(
      { weight: 26, arbitrary: constantFrom(...plain) },
      { weight: 3, arbitrary: constantFrom(...refused) },
      { weight: 4, arbitrary: constantFrom(...mended) },
    ),
    host: oneof(
      { weight: 15, arbitrary: constant('api.usher.test') },
      { weight: 2, arbitrary: constantFrom('www.usher.test', 'shop.usher.test', 'no.usher.test') },
    ),
    method: oneof(
      { weight: 8, arbitrary: constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST') },
      { weight: 2, arbitrary: constantFrom('DELETE', 'OPTIONS', 'PROPFIND', 'TRACE') },
    ),
    credential: oneof(
      { weight: 1, arbitrary: absent },
      { weight: 8, arbitrary: constantFrom(...goodNames) },
      { weight: 4, arbitrary: constantFrom(...names) },
    ),
    carrier: oneof(
      { weight: 2, arbitrary: constant('bearer' as const) },
      { weight: 1, arbitrary: constantFrom(...carriers) },
    ),
    site: constantFrom(...sites),
    address: nat({ max: 250 }),
    dialect: constantFrom(...dialects),
    isDown: nat({ max: 14 }).map((one) => one === 0),
    fitting: oneof(
      { weight: 5, arbitrary: absent },
      { weight: 1, arbitrary: constantFrom(...fitting) },
    ),
  }).map(({ fitting, ...drawn }) => ({ ...drawn, ...fitting }))
}

/** See {@link drawnFrom}. */
export type Drawn = ReturnType<typeof drawnFrom> extends Arbitrary<infer D> ? D : never

/** The request itself. */
export function caseOf(drawn: Drawn, credentials: Credentials): Case {
  const { place, rest, spelling, host, method, carrier, site, address, dialect } = drawn
  const token = drawn.credential === undefined ? undefined : credentials.get(drawn.credential)
  const carried = token === undefined ? {} : carriedIn(carrier, token, credentials)
  const isBearer = token === undefined || carrier === 'bearer'
  return {
    host: place === 'hosted' && host === 'api.usher.test' ? 'www.usher.test' : host,
    uri: spelling(`/${place}${rest}`),
    method,
    headers: { ...site, ...carried },
    bearer: isBearer ? { token } : undefined,
    address: `192.0.2.${address}`,
    dialect,
  }
}

function carriedIn(
  carrier: (typeof carriers)[number],
  token: string,
  credentials: Credentials,
): Record<string, string> {
  switch (carrier) {
    case 'bearer':
      return { authorization: `Bearer ${token}` }
    case 'cookie':
      return { cookie: `theme=dark; __session=${token}` }
    case 'key':
      return { 'x-api-key': token }
    case 'both':
      return { authorization: `Bearer ${credentials.get('grace')}`, 'x-api-key': token }
  }
}
