import { env } from 'cloudflare:workers'
import { decodeProtectedHeader } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { standInFor } from '../../src/cli/stand-ins.ts'
import { openDatabase } from '../../src/store/database.ts'
import { revokeRole } from '../../src/store/grants.ts'
import { setStatus } from '../../src/store/people.ts'
import { gatewayOf, problemsOf, variables } from '../config/sample.ts'
import { noonMs } from '../support/fake-clock.ts'
import { createWorld } from '../support/world.ts'
import {
  type AccessWorld,
  asksClerk,
  makeAccessKeys,
  meet,
  openAccessWorld,
  post,
} from './cloudflare-access.ts'

// Cloudflare Access asks Usher whether the owner of an address may use an application of its own.

const database = openDatabase(env.DB)

let world: AccessWorld
beforeAll(async () => {
  const names = ['ada', 'bob', 'ban', 'gone', 'lou', 'kim', 'lev', 'eve', 'twin']
  for (const name of names) await meet(name, name === 'eve' ? { emailVerified: false } : {})
  await meet('twain', { email: 'twin@example.com' })
  await meet('member', {}, 'org_1')
  const bob = { userId: 'user_bob', role: 'admin', organizationId: '', by: 'test', nowMs: 0 }
  await revokeRole(database, bob)
  for (const [name, status] of [
    ['ban', 'banned'],
    ['gone', 'deleted'],
    ['lou', 'locked'],
  ] as const) {
    await setStatus(database, { userId: `user_${name}`, status, by: 'test', nowMs: 0 })
  }
})
beforeEach(async () => {
  world = await openAccessWorld()
})

function about(email: unknown): Readonly<Record<string, unknown>> {
  return { identity: { email } }
}

const nowSeconds = () => Math.floor(world.clock.now() / 1000)

describe('an answer to Access', () => {
  it('says yes of somebody with the role, echoes the nonce, and counts for 60 s', async () => {
    const { status, headers, answer, reason } = await world.evaluate(await world.question())
    expect([status, reason]).toEqual([200, undefined])
    expect(answer).toEqual({
      success: true,
      nonce: '9J2E9Xg6wYj8tlnA5MV4Zgp6t8rzmS0Q',
      iat: nowSeconds(),
      exp: nowSeconds() + 60,
    })
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(world.records.map(({ userId }) => userId)).toContain('user_ada')
  })

  it.each([
    ['without the role', about('bob@example.com'), 'role-missing'],
    ['with the role in one organisation only', about('member@example.com'), 'role-missing'],
    ['who is banned', about('ban@example.com'), 'user-banned'],
    ['who is deleted', about('gone@example.com'), 'user-deleted'],
    ['whose address is not verified', about('eve@example.com'), 'person-unknown'],
    ['whom nobody knows', about('nobody@example.com'), 'person-unknown'],
    ['whose address two people have', about('twin@example.com'), 'person-unknown'],
    [
      'whose address becomes another in lower case',
      about('\u212Aim@example.com'),
      'person-unknown',
    ],
    ['with two addresses in a list', about(['ada@example.com']), 'person-unknown'],
    ['with two addresses in a text', about('ada@example.com,bob@example.com'), 'person-unknown'],
    ['whose address ends in a blank', about('ada@example.com '), 'person-unknown'],
    ['with an empty address', about(''), 'person-unknown'],
    ['without an address', about(undefined), 'person-unknown'],
    ['without an identity', { identity: undefined }, 'person-unknown'],
    ['whose identity is a list', { identity: [{ email: 'ada@example.com' }] }, 'person-unknown'],
    ['whose two addresses differ', { email: 'bob@example.com' }, 'person-unknown'],
    [
      'whose address stands beside the identity only',
      { identity: {}, email: 'ada@example.com' },
      'person-unknown',
    ],
  ])('says no, and not why, of somebody %s', async (_, claims, reason) => {
    const said = await world.evaluate(await world.question(claims))
    expect([said.status, said.reason]).toEqual([200, reason])
    expect(said.answer).toEqual({
      success: false,
      nonce: '9J2E9Xg6wYj8tlnA5MV4Zgp6t8rzmS0Q',
      iat: nowSeconds(),
      exp: nowSeconds() + 60,
    })
    expect(Object.keys(JSON.parse(said.text))).toEqual(['token'])
  })

  it.each([
    ['an address in other case', about('ADA@Example.com')],
    ['somebody who is locked out of signing in', about('lou@example.com')],
    ['the same address twice', { email: 'Ada@example.com' }],
    ['a question that does not say who asks or when', { iss: undefined, iat: undefined }],
    ['a question that ended 4 s ago', { exp: noonMs / 1000 - 4 }],
  ])('says yes of %s', async (_, claims) => {
    expect((await world.evaluate(await world.question(claims))).answer?.success).toBe(true)
  })

  it('is the same when the question is asked again, and no other question gets its nonce', async () => {
    const token = await world.question()
    const [first, again] = [await world.evaluate(token), await world.evaluate(token)]
    expect(again.answer).toEqual(first.answer)
    const other = await world.evaluate(await world.question({ nonce: 'another' }))
    expect(other.answer?.nonce).toBe('another')
  })

  it('knows of a ban and of a role that was taken at once', async () => {
    const change = { userId: 'user_lev', by: 'test', nowMs: 0 }
    const ask = async () => await world.evaluate(await world.question(about('lev@example.com')))
    expect((await ask()).answer?.success).toBe(true)
    await setStatus(database, { ...change, status: 'banned' })
    expect((await ask()).reason).toBe('user-banned')
    await setStatus(database, { ...change, status: 'active' })
    expect((await ask()).answer?.success).toBe(true)
    await revokeRole(database, { ...change, role: 'admin', organizationId: '' })
    expect((await ask()).reason).toBe('role-missing')
  })

  it.each([
    [{ any: [{ role: 'nurse' }, { role: 'admin' }] }, true],
    [{ all: [{ role: 'admin' }, { permission: 'reports.read' }] }, false],
    [{ role: 'admin', not: { role: 'suspended' } }, true],
    [{ not: { role: 'admin' } }, false],
  ])('follows the condition %j', async (access, success) => {
    const asked = await openAccessWorld(access)
    expect((await asked.evaluate(await asked.question())).answer?.success).toBe(success)
  })
})

describe('the keys that Usher publishes', () => {
  it('are public halves alone, of which the first signs', async () => {
    const USHER_ACCESS_KEY = await makeAccessKeys('next', 'last')
    const checks = { cloudflareAccess: { team: 'acme', access: { role: 'admin' } } }
    const variables = { USHER_ACCESS_KEY, ...asksClerk }
    const own = await createWorld({ config: { checks }, variables })
    const response = await own.get('/_usher/access/keys')
    expect(response.headers.get('content-type')).toBe('application/json')
    const { keys }: { keys: Record<string, string>[] } = await response.json()
    expect(keys.map((key) => Object.keys(key).sort())).toEqual(
      Array(2).fill(['alg', 'e', 'kid', 'kty', 'n', 'use']),
    )
    expect(keys.map(({ kid, kty, alg }) => [kid, kty, alg])).toEqual([
      ['next', 'RSA', 'RS256'],
      ['last', 'RSA', 'RS256'],
    ])
    const { token } = await (
      await post(world, JSON.stringify({ token: await world.question() }))
    ).json<{ token: string }>()
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'usher-one', typ: 'JWT' })
  })
})

describe('the surfaces for Access', () => {
  it.each(['GET /access/keys', 'POST /access/evaluate'])(
    '%s is not there when Access may not ask',
    async (line) => {
      const [method = '', path] = line.split(' ')
      const own = await createWorld()
      const response = await own.get(`/_usher${path}`, undefined, { method })
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { code: 'route-unknown' },
      ])
    },
  )

  it('take one method each, and nobody who asks for a proxy', async () => {
    expect((await world.get('/_usher/access/evaluate')).status).toBe(405)
    expect((await world.get('/_usher/access/keys', undefined, { method: 'POST' })).status).toBe(405)
    const misled = await post(world, '{}', { 'x-usher-caller': 'x'.repeat(32) })
    expect(await misled.json()).toMatchObject({ code: 'check-misdirected' })
  })
})

describe('the config of Access', () => {
  const env = { ...variables, ...asksClerk, USHER_ACCESS_KEY: standInFor('USHER_ACCESS_KEY') }
  const written = (cloudflareAccess: unknown) => ({
    origins: { api: { url: 'https://api.example.com' } },
    routes: [{ path: '/**', origin: 'api' }],
    checks: { cloudflareAccess },
  })
  const placesIn = (access: unknown, team: unknown = 'acme') =>
    problemsOf(written({ team, access }), { env }).map(({ place }) => place)

  it.each([
    { role: 'admin' },
    { permission: ['reports.read', 'reports.write'] },
    { any: [{ role: 'admin' }, { all: [{ role: 'nurse' }, { not: { role: 'trainee' } }] }] },
  ])('may ask for %j', (access) => {
    expect(placesIn(access)).toEqual([])
    const { rules } = gatewayOf(written({ team: 'acme', access }), { env })
    expect(rules.checks.cloudflareAccess?.issuer).toBe('https://acme.cloudflareaccess.com')
  })

  it.each([
    'public',
    'optional',
    'signed-in',
    {},
    { role: 'org:admin' },
    { permission: 'org:reports:read' },
    { org: 'acme' },
    { orgPatterns: ['/orgs/:slug'] },
    { feature: 'reports' },
    { plan: 'user:pro' },
    { reverification: 'strict' },
    { scope: 'ingest' },
    { claims: { tier: { equals: 'gold' } } },
    { actor: 'deny' },
    { role: 'admin', mode: 'shadow' },
    { role: 'admin', any: [{ role: 'nurse', mode: 'shadow' }] },
    { any: [{ role: 'admin' }, { role: 'org:admin' }] },
    { role: 'admin', not: { scope: 'ingest' } },
  ])('may not ask for %j, which an address does not say', (access) => {
    expect(placesIn(access)).toEqual(['checks.cloudflareAccess.access'])
  })

  it.each([null, '', 'Acme', '-acme', 'acme.cloudflareaccess.com', 'https://acme', 'a/b', 7])(
    'names no team by %j',
    (team) => {
      expect(placesIn({ role: 'admin' }, team)).toEqual(['checks.cloudflareAccess.team'])
    },
  )

  it.each(['USHER_ACCESS_KEY', 'CLERK_SECRET_KEY'])('needs %s, for the answers', (name) => {
    const config = written({ team: 'acme', access: { role: 'admin' } })
    const problems = problemsOf(config, { env: { ...env, [name]: undefined } })
    expect(problems).toMatchObject([{ place: 'checks.cloudflareAccess' }])
    expect(problems[0]?.message).toContain(name)
  })

  const [one] = JSON.parse(standInFor('USHER_ACCESS_KEY')).keys
  it.each([
    ['no JSON', 'hunter2'],
    ['no set', JSON.stringify(one)],
    ['an empty set', { keys: [] }],
    ['three keys', { keys: ['a', 'b', 'c'].map((kid) => ({ ...one, kid })) }],
    ['a key without a name', { keys: [{ ...one, kid: undefined }] }],
    ['one name twice', { keys: [one, one] }],
    ['a public key', { keys: [{ ...one, d: undefined }] }],
    ['half a private key', { keys: [{ ...one, qi: undefined }] }],
    ['a key of 1024 bits', { keys: [{ ...one, n: 'A'.repeat(171) }] }],
    ['a P-256 key', JSON.parse(variables.USHER_SIGNING_KEY)],
  ])('takes no key that is %s, and does not say what was there', (_, value) => {
    const USHER_ACCESS_KEY = typeof value === 'string' ? value : JSON.stringify(value)
    const config = written({ team: 'acme', access: { role: 'admin' } })
    const problems = problemsOf(config, { env: { ...env, USHER_ACCESS_KEY } })
    expect(problems.map(({ place }) => place)).toEqual(['USHER_ACCESS_KEY'])
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|unreadable|AAAA/)
  })
})
