import { beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../src/model/base64url.ts'
import {
  flipSignature,
  makeKey,
  mint,
  sessionClaims,
  sessionHeader,
  type TestKey,
} from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'

// A token is judged where a caller meets it: at the gateway, with everything behind it counted.

let world: World
let stranger: TestKey
beforeAll(async () => {
  world = await createWorld()
  stranger = await makeKey('ins_stranger')
  await world.get('/api/warm', await world.token())
})

async function reasonFor(token: string): Promise<string> {
  const response = await world.get('/api/x', token)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  const { code } = (await response.json()) as { code: string }
  return code
}

const nowSeconds = () => Math.floor(world.clock.now() / 1000)

describe('a token whose claims do not hold is refused with the one reason', () => {
  const spoiled: [string, object, string][] = [
    ['no sub', { sub: undefined }, 'token-missing-sub'],
    ['an empty sub', { sub: '' }, 'token-missing-sub'],
    ['a sub that is no text', { sub: 7 }, 'token-missing-sub'],
    ['a machine as sub', { sub: 'mch_1' }, 'token-type-mismatch'],
    ['no sid', { sid: undefined }, 'token-missing-sid'],
    ['a foreign issuer', { iss: 'https://clerk.evil.test' }, 'token-invalid-issuer'],
    ['an issuer with a slash more', { iss: 'https://clerk.usher.test/' }, 'token-invalid-issuer'],
    ['no issuer', { iss: undefined }, 'token-invalid-issuer'],
    ['a list of issuers', { iss: ['https://clerk.usher.test'] }, 'token-invalid-issuer'],
    ['a foreign azp', { azp: 'https://evil.test' }, 'token-invalid-authorized-parties'],
    ['no azp', { azp: undefined }, 'token-invalid-authorized-parties'],
    ['the end behind it', { exp: -6 }, 'token-expired'],
    ['the beginning before it', { nbf: 6 }, 'token-not-active-yet'],
    ['a birth in the future', { iat: 6 }, 'token-iat-in-the-future'],
    ['tasks left', { sts: 'pending' }, 'session-pending'],
    ['a status that is not known', { sts: 'ended' }, 'token-invalid-claims'],
    ['a status that is null', { sts: null }, 'token-invalid-claims'],
    ['a sub that no header could carry', { sub: 'user\n_1' }, 'token-invalid-claims'],
    ['a sub with blanks around it', { sub: ' user_ada ' }, 'token-invalid-claims'],
    ['a sid of 300 characters', { sid: 's'.repeat(300) }, 'token-invalid-claims'],
    ['an unreadable organisation', { o: 'org_1' }, 'token-invalid-claims'],
    ['an unreadable actor', { act: 'user_2' }, 'token-invalid-claims'],
  ]
  it.each(spoiled)('%s', async (_, claims, reason) => {
    // Times are written as seconds from now.
    const relative = Object.fromEntries(
      Object.entries(claims).map(([name, value]) =>
        typeof value === 'number' && name !== 'sub' ? [name, nowSeconds() + value] : [name, value],
      ),
    )
    expect(await reasonFor(await world.token(relative))).toBe(reason)
  })

  it.each([
    ['exp', -5, 401],
    ['exp', -4, 200],
    ['nbf', 5, 200],
    ['iat', 5, 200],
  ])('five seconds of skew: %s at %d s is %d', async (name, seconds, status) => {
    const token = await world.token({ [name]: nowSeconds() + seconds })
    expect((await world.get('/api/x', token)).status).toBe(status)
  })
})

describe('a token that its header betrays is refused', () => {
  const spoiled: [string, object, string][] = [
    ['algorithm none', { alg: 'none' }, 'token-invalid-algorithm'],
    ['a symmetric algorithm', { alg: 'HS256' }, 'token-invalid-algorithm'],
    ['another RSA algorithm', { alg: 'PS256' }, 'token-invalid-algorithm'],
    ['the algorithm in lower case', { alg: 'rs256' }, 'token-invalid-algorithm'],
    ['no algorithm', { alg: undefined }, 'token-invalid-algorithm'],
    ['another type', { typ: 'jwt' }, 'token-invalid-type'],
    ['the type of an access token', { typ: 'at+jwt' }, 'token-type-mismatch'],
    ['the category of a template', { cat: 'cl_B7d4PD222AAA' }, 'token-type-mismatch'],
    ['the category of a machine', { cat: 'cl_B7d4PD333AAA' }, 'token-type-mismatch'],
    ['an unknown category', { cat: '' }, 'token-invalid-category'],
    ['an extension that is critical', { crit: ['exp'] }, 'token-critical-header'],
    ['an empty list of extensions', { crit: [] }, 'token-critical-header'],
    ['no kid', { kid: undefined }, 'token-missing-kid'],
    ['a kid that is no text', { kid: 7 }, 'token-invalid-kid'],
    ['a kid that is null', { kid: null }, 'token-invalid-kid'],
    ['the kid __proto__', { kid: '__proto__' }, 'token-invalid-kid'],
    ['the kid constructor', { kid: 'constructor' }, 'token-invalid-kid'],
    ['an empty kid', { kid: '' }, 'token-invalid-kid'],
    ['a kid with a line break', { kid: 'a\nb' }, 'token-invalid-kid'],
    ['a kid of 300 characters', { kid: 'k'.repeat(300) }, 'token-invalid-kid'],
  ]
  it.each(spoiled)('%s', async (_, header, reason) => {
    expect(await reasonFor(await world.token({}, header))).toBe(reason)
  })

  it('a header may be silent about type and category, as some instances are', async () => {
    const token = await world.token({}, { typ: undefined, cat: undefined })
    expect((await world.get('/api/x', token)).status).toBe(200)
  })
})

describe('a token that nobody signed properly is refused', () => {
  it('a flipped signature, and again when it is shown once more', async () => {
    const token = flipSignature(await world.token())
    expect(await reasonFor(token)).toBe('token-invalid-signature')
    expect(await reasonFor(token)).toBe('token-invalid-signature')
  })

  it('no signature at all', async () => {
    const claims = sessionClaims(nowSeconds())
    const token = await mint({ key: world.key, claims, signing: 'none' })
    expect(await reasonFor(token)).toBe('token-invalid-algorithm')
  })

  it('HMAC with the public key as its secret', async () => {
    const claims = sessionClaims(nowSeconds())
    const token = await mint({ key: world.key, claims, signing: 'HS256' })
    expect(await reasonFor(token)).toBe('token-invalid-algorithm')
  })

  it('the key of a stranger under our name', async () => {
    await world.clock.advance(60_000)
    const token = await world.token({}, { kid: world.key.kid }, stranger)
    expect(await reasonFor(token)).toBe('token-invalid-signature')
  })

  it('a key that the header brings along', async () => {
    const jwk = await crypto.subtle.exportKey('jwk', stranger.publicKey)
    const token = await world.token({}, { kid: world.key.kid, jwk }, stranger)
    const response = await world.get('/api/x', token)
    expect(response.status).not.toBe(200)
    expect(world.sent.map(({ url }) => url)).not.toContain('https://origin.usher.test/api/forged')
  })
})

describe('a token that is none is a 401, never a 500, and asks nobody', () => {
  const bad = (header: unknown, claims: unknown) => mint({ key: world.key, header, claims })
  const header = () => sessionHeader(world.key)
  const claims = () => sessionClaims(nowSeconds())
  const json = JSON.stringify
  const without = (name: string) => json({ ...claims(), [name]: undefined }).slice(0, -1)
  const exp = (text: string) => bad(header(), `${without('exp')},"exp":${text}}`)

  const cases: [string, () => Promise<string> | string, string][] = [
    ['a header that is null', () => bad('null', claims()), 'token-invalid'],
    ['a header that is a list', () => bad('[]', claims()), 'token-invalid'],
    ['a header that is a number', () => bad('7', claims()), 'token-invalid'],
    ['a payload that is null', () => bad(header(), 'null'), 'token-invalid'],
    ['a payload that is a list', () => bad(header(), '[{}]'), 'token-invalid'],
    ['a payload that is a number', () => bad(header(), '1'), 'token-invalid'],
    ['a payload that is text', () => bad(header(), '"x"'), 'token-invalid'],
    ['a payload that is no JSON', () => bad(header(), '{"sub":'), 'token-invalid'],
    ['a payload with a byte order mark', () => bad(header(), '\ufeff{}'), 'token-invalid'],
    ['exp as text', () => exp('"9999999999"'), 'token-invalid-exp'],
    ['exp as 1e309', () => exp('1e309'), 'token-invalid-exp'],
    ['exp below zero', () => exp('-1'), 'token-invalid-exp'],
    ['exp as null', () => exp('null'), 'token-invalid-exp'],
    ['exp as a list', () => exp('[9999999999]'), 'token-invalid-exp'],
    ['no exp', () => bad(header(), `${without('exp')}}`), 'token-invalid-exp'],
    ['iat as text', () => bad(header(), `${without('iat')},"iat":"1"}`), 'token-invalid-iat'],
    ['nbf as text', () => bad(header(), `${without('nbf')},"nbf":"1"}`), 'token-invalid-nbf'],
    [
      'sub twice',
      () => bad(header(), `${without('sub')},"sub":"a","sub":"b"}`),
      'token-duplicate-member',
    ],
    [
      'a member twice, deep inside',
      () => bad(header(), `${without('x')},"x":[{"a":1,"a":2}]}`),
      'token-duplicate-member',
    ],
    [
      'alg twice',
      () => bad('{"alg":"RS256","kid":"a","alg":"none"}', claims()),
      'token-duplicate-member',
    ],
    [
      'a kid of 10 KiB',
      () => bad({ ...header(), kid: 'k'.repeat(10_240) }, claims()),
      'token-too-large',
    ],
    ['30 KiB of dots', () => '.'.repeat(30 * 1024), 'token-too-large'],
    ['8 KiB of dots', () => '.'.repeat(8192), 'token-invalid'],
    ['two parts', () => 'a.b', 'token-invalid'],
    ['four parts', async () => `${await bad(header(), claims())}.x`, 'token-invalid'],
    ['padding', async () => `${await bad(header(), claims())}=`, 'token-invalid'],
    ['an API key', () => 'ak_0123456789abcdef', 'token-type-mismatch'],
    ['a machine token', () => 'mt_0123456789abcdef', 'token-type-mismatch'],
    ['an access token', () => 'oat_0123456789abcdef', 'token-type-mismatch'],
  ]
  it.each(cases)('%s', async (_, make, reason) => {
    const before = [world.keyServer.asked, world.store.reads, world.sent.length]
    expect(await reasonFor(await make())).toBe(reason)
    expect([world.keyServer.asked, world.store.reads, world.sent.length]).toEqual(before)
  })

  it('the other spellings of a signature', async () => {
    const token = await world.token()
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = digits.indexOf(token.slice(-1))
    for (const loose of [1, 2, 3, 15]) {
      const spelling = `${token.slice(0, -1)}${digits[last | loose]}`
      if (spelling !== token) expect(await reasonFor(spelling)).toBe('token-invalid')
    }
    expect((await world.get('/api/x', token)).status).toBe(200)
  })

  it('standard base64 in the signature', async () => {
    const [head, body] = (await world.token()).split('.')
    for (const signature of ['+/+/', 'ab+c', `${encodeBase64url('x')}==`]) {
      expect(await reasonFor(`${head}.${body}.${signature}`)).toBe('token-invalid')
    }
  })

  it('a colon or a quote inside a text is not a member', async () => {
    const token = await world.token({ note: 'a:b "c": {"d":1} \\" e:', list: [':', { x: ':' }] })
    expect((await world.get('/api/x', token)).status).toBe(200)
  })
})
