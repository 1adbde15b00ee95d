import { env } from 'cloudflare:workers'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { CloudflareAccessConfig } from '../../src/config/cloudflare-access.ts'
import type { Profile } from '../../src/model/profile.ts'
import { unknownProfile } from '../../src/model/profile.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { addUser } from '../../src/store/people.ts'
import { jwks, type Mint, makeKey, mint, publicJwk, type TestKey } from '../support/tokens.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

/** The team whose Access asks in these tests. */
export const teamIssuer = 'https://acme.cloudflareaccess.com'
const certificates = `${teamIssuer}/cdn-cgi/access/certs`

/** What the Evaluate URL said. */
export interface Evaluation {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** The code of the problem, where it is one. */
  readonly code: string | undefined
  /** What the answer says, held against what the Keys URL publishes; `undefined` where none was given. */
  readonly answer: JWTPayload | undefined
  /** What the record gives as reason. */
  readonly reason: string | undefined
}

/** A world in which Cloudflare Access asks. */
export interface AccessWorld extends World {
  readonly teamKey: TestKey
  /** What the key server of the team answers. */
  certificates: () => Response | Promise<Response>
  /** Who somebody is at Clerk now, over what everybody is: active, with `<name>@example.com` as a verified address. */
  readonly atClerk: Map<string, object>
  /** A question about ada, with some claims changed, signed by the team. */
  question(claims?: Readonly<Record<string, unknown>>, how?: Partial<Mint>): Promise<string>
  /** Shows a token to the Evaluate URL. */
  evaluate(token: string): Promise<Evaluation>
}

/** By which Clerk is asked who somebody is. */
export const asksClerk = { CLERK_SECRET_KEY: 'sk_test_secret' }

let shared: Promise<readonly [TestKey, string]> | undefined

/** Opens the world; `access` is what is asked of people. */
export async function openAccessWorld(
  access: CloudflareAccessConfig['access'] = { role: 'admin' },
): Promise<AccessWorld> {
  shared ??= Promise.all([makeKey('team-one'), makeAccessKeys('usher-one')])
  const [teamKey, USHER_ACCESS_KEY] = await shared
  const config = { checks: { cloudflareAccess: { team: 'acme', access } } }
  const world = await createWorld({ config, variables: { USHER_ACCESS_KEY, ...asksClerk } })
  return withTeam(world, teamKey)
}

/** The same world from an isolate that has just started. */
export function coldAccessWorld(world: AccessWorld): AccessWorld {
  return Object.assign(withTeam(world.coldIsolate(), world.teamKey), {
    certificates: world.certificates,
  })
}

function withTeam(world: World, teamKey: TestKey): AccessWorld {
  const published = jwks(teamKey)
  const own: AccessWorld = Object.assign(world, {
    teamKey,
    atClerk: new Map<string, object>(),
    certificates: async () => Response.json(await published),
    question: (claims = {}, how: Partial<Mint> = {}) =>
      mint({
        key: teamKey,
        header: { alg: 'RS256', kid: teamKey.kid, typ: 'JWT', ...headerOf(how) },
        claims: { ...questionClaims(Math.floor(world.clock.now() / 1000)), ...claims },
        ...withoutHeader(how),
      }),
    evaluate: (token: string) => evaluate(own, token),
  })
  world.origin = (request) =>
    request.url === certificates ? own.certificates() : new Response('from the origin')
  world.backend.answer = ({ url }) => {
    const userId = new URL(url).pathname.slice('/v1/users/'.length)
    return Response.json({ ...clerkUser(userId), ...own.atClerk.get(userId) })
  }
  return own
}

function clerkUser(id: string): object {
  const email_address = `${id.slice('user_'.length)}@example.com`
  return { id, primary_email_address_id: 'idn_1', email_addresses: [addressed(email_address)] }
}

/** The primary address of somebody as Clerk tells it. */
export function addressed(email_address: string, status = 'verified'): object {
  return { id: 'idn_1', email_address, verification: { status } }
}

function headerOf({ header }: Partial<Mint>): object {
  return typeof header === 'object' && header !== null ? header : {}
}

function withoutHeader({ header: _, ...rest }: Partial<Mint>): Partial<Mint> {
  return rest
}

/** What Access says when it asks about ada, at `nowSeconds`. */
export function questionClaims(nowSeconds: number): Record<string, unknown> {
  return {
    iss: teamIssuer,
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + 10,
    nonce: '9J2E9Xg6wYj8tlnA5MV4Zgp6t8rzmS0Q',
    identity: { email: 'ada@example.com', idp: { type: 'onetimepin' }, geo: { country: 'GB' } },
  }
}

async function evaluate(world: AccessWorld, token: string): Promise<Evaluation> {
  const response = await post(world, JSON.stringify({ token }))
  const reason = world.records.at(-1)?.reason
  const { status, headers } = response
  const text = await response.text()
  const body: { token?: string; code?: string } = JSON.parse(text)
  const answer = body.token === undefined ? undefined : await readAnswer(world, body.token)
  return { status, text, headers, code: body.code, answer, reason }
}

/** Sends a body to the Evaluate URL. */
export function post(world: World, body: string, headers: HeadersInit = {}): Promise<Response> {
  const url = `${gatewayUrl}/_usher/access/evaluate`
  return world.walk(new Request(url, { method: 'POST', body, headers }))
}

async function readAnswer(world: AccessWorld, token: string): Promise<JWTPayload> {
  const keys = createLocalJWKSet(await (await world.get('/_usher/access/keys')).json())
  const currentDate = new Date(world.clock.now())
  return (await jwtVerify(token, keys, { algorithms: ['RS256'], currentDate })).payload
}

/** A value for `USHER_ACCESS_KEY`, made when the test runs: a key for each name. */
export async function makeAccessKeys(...kids: readonly string[]): Promise<string> {
  const keys = kids.map(async (kid) => {
    const key = await makeKey(kid)
    const secret = await crypto.subtle.exportKey('jwk', key.privateKey)
    return { ...secret, ...(await publicJwk(key)) }
  })
  return JSON.stringify({ keys: await Promise.all(keys) })
}

/** Somebody whom Usher knows by an address of their own, verified and granted `admin` when not said otherwise. */
export async function meet(
  name: string,
  profile: Partial<Profile> = {},
  organizationId = '',
): Promise<string> {
  const userId = `user_${name}`
  const known = { ...unknownProfile, email: `${name}@example.com`, emailVerified: true, ...profile }
  const database = openDatabase(env.DB)
  await addUser(database, userId, { profile: known, nowMs: 0 })
  await grantRole(database, { userId, role: 'admin', organizationId, by: 'test', nowMs: 0 })
  return userId
}
