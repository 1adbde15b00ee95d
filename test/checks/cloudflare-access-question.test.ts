import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { revokeRole } from '../../src/store/grants.ts'
import { flipSignature, mintSession } from '../support/tokens.ts'
import {
  type AccessWorld,
  addressed,
  coldAccessWorld,
  meet,
  openAccessWorld,
  post,
} from './cloudflare-access.ts'

// Whoever is not Cloudflare Access learns nothing from where it asks; what cannot be found out is no answer, and an
// address is whose Clerk says it is now.

let world: AccessWorld
beforeAll(async () => {
  await meet('ada')
  for (const name of ['twin', 'twain']) await meet(name, { email: 'twin@example.com' })
  const bob = { userId: await meet('bob'), role: 'admin', organizationId: '', by: 'test', nowMs: 0 }
  await revokeRole(openDatabase(env.DB), bob)
})
beforeEach(async () => {
  world = await openAccessWorld()
})

const nowSeconds = () => Math.floor(world.clock.now() / 1000)

describe('what is no question of this team', () => {
  const later = { exp: 9_999_999_999 }
  it.each<[string, string, () => Promise<string>]>([
    [
      'no algorithm',
      'token-invalid-algorithm',
      () => world.question({}, { header: { alg: 'none' }, signing: 'none' }),
    ],
    [
      'an HMAC by the public key',
      'token-invalid-algorithm',
      () => world.question({}, { header: { alg: 'HS256' }, signing: 'HS256' }),
    ],
    [
      'ES256 in its header',
      'token-invalid-algorithm',
      () => world.question({}, { header: { alg: 'ES256' } }),
    ],
    [
      'RS512 in its header',
      'token-invalid-algorithm',
      () => world.question({}, { header: { alg: 'RS512' } }),
    ],
    [
      'a signature of no key',
      'token-invalid-signature',
      async () => flipSignature(await world.question()),
    ],
    [
      "a stranger's key under the name of the team's",
      'token-invalid-signature',
      () => world.question({}, { key: world.key }),
    ],
    [
      "Clerk's key under its own name",
      'jwk-kid-mismatch',
      () => mintSession(world.key, nowSeconds()),
    ],
    [
      'no name of a key',
      'token-missing-kid',
      () => world.question({}, { header: { kid: undefined } }),
    ],
    [
      'an extension',
      'token-critical-header',
      () => world.question({}, { header: { crit: ['b64'] } }),
    ],
    ['another type', 'token-invalid-type', () => world.question({}, { header: { typ: 'at+jwt' } })],
    [
      'another issuer',
      'token-invalid-issuer',
      () => world.question({ iss: 'https://other.cloudflareaccess.com' }),
    ],
    [
      'the issuer of an application',
      'token-invalid-issuer',
      () => world.question({ iss: 'https://acme.cloudflareaccess.com/cdn-cgi/access/sso/oidc/1' }),
    ],
    ['an end in the past', 'token-expired', () => world.question({ exp: nowSeconds() - 5 })],
    ['no end', 'token-invalid-exp', () => world.question({ exp: undefined })],
    ['an end that is a text', 'token-invalid-exp', () => world.question({ exp: '9999999999' })],
    [
      'a beginning in the future',
      'token-not-active-yet',
      () => world.question({ ...later, nbf: nowSeconds() + 6 }),
    ],
    [
      'a time of issue in the future',
      'token-iat-in-the-future',
      () => world.question({ ...later, iat: nowSeconds() + 6 }),
    ],
    ['no nonce', 'token-invalid-claims', () => world.question({ nonce: undefined })],
    ['an empty nonce', 'token-invalid-claims', () => world.question({ nonce: '' })],
    ['a nonce that is a number', 'token-invalid-claims', () => world.question({ nonce: 7 })],
    [
      'a nonce of 256 characters',
      'token-invalid-claims',
      () => world.question({ nonce: 'n'.repeat(256) }),
    ],
    [
      'what Access shows to applications',
      'token-invalid-claims',
      () =>
        world.question({
          nonce: undefined,
          type: 'app',
          identity_nonce: 'n',
          aud: ['1'],
          sub: 'u',
        }),
    ],
    [
      'two addresses under one name',
      'token-duplicate-member',
      () =>
        world.question(
          {},
          {
            claims: `{"exp":9999999999,"nonce":"n","identity":{"email":"bob@example.com","email":"ada@example.com"}}`,
          },
        ),
    ],
    ['two parts', 'token-invalid', async () => 'e30.e30'],
    ['nothing at all', 'token-invalid', async () => ''],
  ])('is turned away without a word: %s', async (_, reason, make) => {
    const token = await make()
    const { status, code, text, answer, reason: recorded } = await world.evaluate(token)
    expect([status, code, recorded]).toEqual([403, 'caller-unknown', reason])
    expect(answer).toBeUndefined()
    expect(text).not.toContain(reason)
    expect(text).not.toContain('success')
  })

  it.each([
    ['is empty', '', 400, 'body-invalid'],
    ['is a list', '[]', 400, 'body-invalid'],
    ['has no token', '{}', 400, 'body-invalid'],
    ['has null for a token', '{"token":null}', 400, 'body-invalid'],
    ['has a list of tokens', '{"token":["a.b.c"]}', 400, 'body-invalid'],
    ['has 64 KiB', JSON.stringify({ token: 'x'.repeat(64 * 1024) }), 413, 'body-too-large'],
  ])('is refused when its body %s', async (_, body, status, code) => {
    const response = await post(world, body)
    expect([response.status, await response.json()]).toMatchObject([status, { code }])
    expect(world.sent).toEqual([])
  })

  it('may be as long as somebody with a thousand groups needs', async () => {
    const groups = Array.from({ length: 1000 }, (_, index) => `group-${index}-of-the-company`)
    const identity = { email: 'ada@example.com', groups }
    const token = await world.question({ identity })
    expect(token.length).toBeGreaterThan(32 * 1024)
    expect((await world.evaluate(token)).answer?.success).toBe(true)
  })

  it('costs the team one request in 30 s, however many keys are made up', async () => {
    await world.evaluate(await world.question())
    for (let count = 0; count < 20; count++) {
      await world.evaluate(await world.question({}, { header: { kid: `made-up-${count}` } }))
    }
    expect(world.sent).toHaveLength(2)
  })

  it.each([
    [0, 'jwk-kid-mismatch'],
    [9000, 'keys-unavailable'],
  ])('is remembered, unless it is as long as with %i characters more', async (length, last) => {
    const groups = 'g'.repeat(length)
    const token = await world.question({ groups }, { header: { kid: 'made-up' } })
    const reasons: (string | undefined)[] = []
    for (let turn = 0; turn < 3; turn++) reasons.push((await world.evaluate(token)).reason)
    expect(reasons).toEqual(['jwk-kid-mismatch', 'jwk-kid-mismatch', last])
  })

  it('is not what a session of Clerk is, nor the other way round', async () => {
    const session = await world.token({}, { kid: world.teamKey.kid }, world.teamKey)
    expect((await world.get('/api/things', session)).status).toBe(401)
    expect((await world.get('/api/things', await world.token())).status).toBe(200)
    expect((await world.evaluate(await world.token())).status).toBe(403)
  })
})

describe('the keys of the team', () => {
  it('are asked for once, and kept for the isolates that start later', async () => {
    await world.evaluate(await world.question())
    await world.evaluate(await world.question({ nonce: 'second' }))
    await world.behind()
    expect(world.sent.map(({ url }) => url)).toEqual([
      'https://acme.cloudflareaccess.com/cdn-cgi/access/certs',
    ])
    const cold = coldAccessWorld(world)
    expect((await cold.evaluate(await cold.question())).answer?.success).toBe(true)
    expect([cold.sent, cold.asked]).toEqual([[], []])
  })

  it.each([
    ['fails', () => new Response(null, { status: 500 })],
    ['sends elsewhere', () => new Response(null, { status: 302, headers: { location: '/' } })],
    ['publishes none', () => Response.json({ keys: [] })],
    ['talks nonsense', () => new Response('<html>')],
  ])('cannot be had when their server %s: 503, and no answer', async (_, certificates) => {
    world.certificates = certificates
    const { status, code, headers, answer } = await world.evaluate(await world.question())
    expect([status, code, answer]).toEqual([503, 'keys-unavailable', undefined])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('a database that is down', () => {
  it('is 503 and no answer, and well again when it is', async () => {
    world.store.isDatabaseDown = true
    const { status, code, answer } = await world.evaluate(await world.question())
    expect([status, code, answer]).toEqual([503, 'facts-unavailable', undefined])
    world.store.isDatabaseDown = false
    expect((await world.evaluate(await world.question())).answer?.success).toBe(true)
  })
})

describe('whose an address is', () => {
  const elses = 'heir@example.com'
  it.each<[string, object, string]>([
    [
      "is somebody else's at Clerk by now",
      { email_addresses: [addressed(elses)] },
      'person-unknown',
    ],
    [
      'is not verified there',
      { email_addresses: [addressed('ada@example.com', 'unverified')] },
      'person-unknown',
    ],
    [
      'is not the primary one there any more',
      {
        primary_email_address_id: 'idn_2',
        email_addresses: [addressed('ada@example.com'), { ...addressed(elses), id: 'idn_2' }],
      },
      'person-unknown',
    ],
    ['is nobody’s there', { email_addresses: [] }, 'person-unknown'],
    ['is of somebody whom Clerk has banned', { banned: true }, 'user-banned'],
  ])('is asked again before a yes, which there is none of where it %s', async (_, told, reason) => {
    expect((await world.evaluate(await world.question())).answer?.success).toBe(true)
    world.atClerk.set('user_ada', told)
    const said = await world.evaluate(await world.question())
    expect([said.status, said.reason, said.answer?.success]).toEqual([200, reason, false])
  })

  it('is nobody’s when they are gone', async () => {
    world.backend.answer = () => Response.json({ errors: [] }, { status: 404 })
    const said = await world.evaluate(await world.question())
    expect([said.status, said.reason, said.answer?.success]).toEqual([200, 'user-deleted', false])
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['fails', () => new Response(null, { status: 500 })],
    ['has heard too much', () => new Response(null, { status: 429 })],
    ['does not know the key', () => Response.json({ errors: [] }, { status: 401 })],
    ['talks nonsense', () => new Response('<html>')],
    ['cannot be reached', () => Promise.reject(new Error('down'))],
  ])('is not said while Clerk %s: 503, and no answer', async (_, answer) => {
    world.backend.answer = answer
    const { status, code, answer: said, headers } = await world.evaluate(await world.question())
    expect([status, code, said]).toEqual([503, 'verification-unavailable', undefined])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('is not asked where it would be a no, and of one person alone', async () => {
    for (const email of ['bob@example.com', 'nobody@example.com', 'twin@example.com']) {
      await world.evaluate(await world.question({ identity: { email } }))
    }
    expect(world.backend.asked).toEqual([])
    await world.evaluate(await world.question({ identity: { email: 'ADA@example.com' } }))
    const asked = world.backend.asked.map(({ url }) => url)
    expect(asked).toEqual(['https://api.clerk.com/v1/users/user_ada'])
  })
})
