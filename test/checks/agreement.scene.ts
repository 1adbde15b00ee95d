import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts, ReadFacts } from '../../src/model/facts.ts'
import { err, ok } from '../../src/model/result.ts'
import {
  answerFrom,
  everyCredential,
  mintAccessToken,
  mintMachineToken,
  mintTemplate,
  opaqueRecords,
} from '../support/credentials.ts'
import { flipSignature, makeKey } from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'

/** The secret of the proxies, and that of the one whose checks have the path of the client. */
export const secrets = { proxies: 'p'.repeat(40), envoy: 'e'.repeat(40) }

type Routes = GatewayConfig['routes']

const every = ['session_token', 'jwt_template', 'oauth_token', 'm2m_token', 'api_key'] as const

/** A route for each kind of access, and for each word that decides how callers are looked at. */
const routes: Readonly<Record<string, Omit<Routes[number], 'path' | 'origin'>>> = {
  public: { access: 'public' },
  optional: { access: 'optional' },
  'optional-all': { access: 'optional', accepts: every, carriers: ['x-api-key', 'bearer'] },
  api: {},
  admin: { access: { role: 'admin' } },
  reports: { access: { permission: 'reports.read' } },
  'clerk-role': { access: { role: 'org:admin', org: 'acme' } },
  'clerk-permission': { access: { permission: 'org:reports:read' } },
  feature: { access: { feature: 'org:reports' } },
  plan: { access: { plan: 'pro' } },
  'any-of': { access: { any: [{ role: 'admin' }, { org: 'acme' }] } },
  'none-of': { access: { not: { role: 'admin' } } },
  'all-of': { access: { all: [{ org: 'acme' }, { not: { actor: 'deny' } }] } },
  scoped: { access: { scope: 'ingest' }, accepts: ['api_key', 'oauth_token', 'session_token'] },
  claims: { access: { claims: { azp: { startsWith: 'https://app.' } } } },
  lately: { access: { reverification: 'strict' } },
  'own-hands': { access: { actor: 'deny' } },
  revocable: { revocable: true },
  fresh: { fresh: true, access: { role: 'admin' } },
  keys: { accepts: ['api_key'] },
  machines: { accepts: ['m2m_token'], assertion: 'off' },
  oauth: { accepts: ['oauth_token', 'session_token'] },
  templates: { accepts: ['jwt_template', 'session_token'] },
  everything: { accepts: every },
  'key-header': { accepts: ['api_key', 'session_token'], carriers: ['x-api-key'] },
  'key-first': { carriers: ['x-api-key', 'bearer', 'cookie'] },
  'cookie-alone': { carriers: ['cookie'] },
  'cookie-first': { carriers: ['cookie', 'bearer'], cookieAzp: 'missing-ok' },
  bound: { assertion: 'request' },
  escaped: { access: 'optional', escapes: ['%2F', ';', '%25'] },
  reading: { methods: ['GET', 'POST'] },
  tried: { access: { all: [{ org: 'acme' }, { role: 'admin', mode: 'shadow' }] } },
  hosted: { host: 'www.usher.test', access: 'optional' },
}

/** The first names of the paths that lead to a route. */
export const routeNames: readonly string[] = Object.keys(routes)

const config: Partial<GatewayConfig> = {
  routes: [
    ...Object.entries(routes).map(([name, one]) => ({
      path: `/${name}/**`,
      origin: 'api',
      ...one,
    })),
    { path: '/orgs/:orgId/**', origin: 'api', access: { org: ':orgId' } },
    { path: '/reading/**', methods: ['DELETE'], origin: 'api', access: { role: 'admin' } },
    { path: '/api/trial', origin: 'api', access: { role: 'admin' }, mode: 'shadow' },
    { path: '/public/admin/*', origin: 'api', access: { role: 'admin' } },
  ],
  hosts: ['api.usher.test', 'www.usher.test', 'shop.usher.test'],
  identityHeaders: ['roles', 'permissions', 'email', 'sessionId', 'orgRole', 'actor', 'scopes'],
  identityMap: 'x-auth-request',
  checks: {
    callers: {
      proxies: {
        secret: secrets.proxies,
        may: ['nginx', 'traefik', 'caddy', 'haproxy', 'decisions'],
      },
      envoy: { secret: secrets.envoy, may: ['envoy'] },
      shop: { binding: true },
    },
  },
}

const nobody: Facts = { status: 'active', email: 'all@example.com', grants: [], endedSessions: [] }

function holding(role: string, permission: string, organizationId = ''): Facts {
  return { ...nobody, grants: [{ role, permissions: [permission], organizationId }] }
}

/** What is known of people, by their id; of one it cannot be read, and nothing is held against the others. */
const people: Readonly<Record<string, Facts>> = {
  user_ada: holding('admin', 'reports.read'),
  user_hal: holding('admin', 'reports.read', 'org_acme'),
  user_bob: { ...nobody, status: 'banned' },
  user_dan: { ...nobody, status: 'deleted' },
  user_eve: { ...nobody, status: 'locked' },
  user_fay: { ...nobody, endedSessions: ['sess_ada'] },
}

const readFacts: ReadFacts = async ({ userId }) =>
  userId === 'user_gil'
    ? err({ code: 'facts-unavailable', retryAfterSeconds: 5 })
    : ok(people[userId] ?? nobody)

/** Two worlds: one where all is well, and one whose key server and Backend API are down. */
export interface Worlds {
  readonly well: World
  readonly down: World
}

/** Opens both. */
export async function openWorlds(): Promise<Worlds> {
  const open = () => createWorld({ config, variables: everyCredential, facts: readFacts })
  const [well, down] = [await open(), await open()]
  const known = answerFrom(opaqueRecords)
  well.backend.answer = async (request) => {
    const body = await request.clone().text()
    return body.includes('ak_fault') ? new Response(null, { status: 500 }) : known(request)
  }
  down.keyServer.answer = () => new Response(null, { status: 500 })
  down.backend.answer = () => new Response(null, { status: 500 })
  return { well, down }
}

const acme = { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'read,manage', fpm: '3' }
const rich = { fea: 'o:reports,u:export', pla: 'u:pro', o: acme }
const first = { v: undefined, org_id: 'org_acme', org_slug: 'acme', org_role: 'org:admin' }

/** Sessions that count, by their claims. */
const sessions: Readonly<Record<string, object>> = {
  ada: {},
  'ada at acme': rich,
  'ada at acme, a member': { ...rich, o: { ...acme, rol: 'member', fpm: '0' } },
  'ada at acme, version 1': { ...first, org_permissions: ['org:reports:read'] },
  'ada at acme, version 1, with nothing': { ...first, org_role: 'org:member', org_permissions: [] },
  'ada in the hands of another': { ...rich, act: { sub: 'user_root' } },
  'ada, long ago': { fva: [900, 900] },
  'ada with two factors': { fva: [1, 1] },
  'ada, long-lived': { exp: 9_999_999_999 },
  grace: { sub: 'user_grace', sid: 'sess_grace' },
  'hal at acme': { sub: 'user_hal', ...rich },
  'hal elsewhere': { sub: 'user_hal', o: { ...acme, id: 'org_other', slg: 'other' } },
}

/** Sessions of those who are out, or of whom nothing can be read. */
const outsiders: Readonly<Record<string, object>> = {
  bob: { sub: 'user_bob' },
  'bob, long-lived': { sub: 'user_bob', exp: 9_999_999_999 },
  'dan, long-lived': { sub: 'user_dan', exp: 9_999_999_999 },
  eve: { sub: 'user_eve' },
  fay: { sub: 'user_fay' },
  gil: { sub: 'user_gil' },
  'gil, long-lived': { sub: 'user_gil', exp: 9_999_999_999 },
}

/** Sessions that do not count. */
const broken: Readonly<Record<string, object>> = {
  expired: { exp: 1_700_000_060, iat: 1_700_000_000, nbf: 1_700_000_000 },
  'of another issuer': { iss: 'https://clerk.evil.test' },
  'of another application': { azp: 'https://evil.test' },
  'of no application': { azp: undefined },
  'not active yet': { nbf: 9_999_999_999 },
  'issued in the future': { iat: 9_999_999_999 },
  'of nobody': { sub: undefined },
  'without a session': { sid: undefined },
  pending: { sts: 'pending' },
  'with claims that cannot be': { sub: 7 },
}

/** Credentials that Clerk alone can judge. */
const opaque: readonly string[] = [
  ...['ak_ada', 'ak_acme', 'ak_machine', 'mt_good', 'mt_other', 'oat_good', 'ak_none', 'ak_fault'],
]

/** What somebody may show, by what it is: the same text in every world. */
export type Credentials = ReadonlyMap<string, string>

/** Mints one of each. */
export async function mintCredentials({ well }: Worlds): Promise<Credentials> {
  const made = new Map<string, string>(opaque.map((key) => [key, key]))
  for (const [name, claims] of Object.entries({ ...sessions, ...outsiders, ...broken })) {
    made.set(name, await well.token(claims))
  }
  const stranger = await makeKey('ins_usher')
  const ada = await well.token()
  made.set('with a broken signature', flipSignature(ada))
  // Of several tokens that no key fits, the first is worth asking the key server again.
  await well.get('/api/a', flipSignature(ada))
  made.set('signed by a stranger', await well.token({}, {}, stranger))
  made.set('of an unknown key', await well.token({}, { kid: 'ins_nobody' }))
  made.set('without a signature', ada.slice(0, ada.lastIndexOf('.') + 1))
  made.set('of no known algorithm', await well.token({}, { alg: 'HS256' }))
  made.set('no token at all', 'abc')
  made.set('a template', await mintTemplate(well))
  made.set('a template of hal', await mintTemplate(well, { sub: 'user_hal', ...rich }))
  made.set('an access token', await mintAccessToken(well))
  made.set('an access token for more', await mintAccessToken(well, { scope: 'ingest read' }))
  made.set('a token of a machine', await mintMachineToken(well))
  return made
}

/** The names of all that {@link mintCredentials} mints which somebody passes with somewhere. */
export const goodNames: readonly string[] = Object.keys(sessions)
