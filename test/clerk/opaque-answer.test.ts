import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/clerk/opaque-answer.ts'
import type { OpaqueType } from '../../src/clerk/token-type.ts'
import {
  accessToken,
  apiKey,
  machineToken,
  otherMachine,
  ourMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { noonMs } from '../support/fake-clock.ts'

type Changes = Readonly<Record<string, unknown>>

const expected = { machineId: ourMachine, audiences: [] }
const records: Readonly<Record<OpaqueType, (changes: Changes) => unknown>> = {
  api_key: apiKey,
  m2m_token: machineToken,
  oauth_token: accessToken,
}
const types: readonly OpaqueType[] = ['api_key', 'm2m_token', 'oauth_token']

function read(type: OpaqueType, changes: Changes = {}, demands: object = {}) {
  const answer = { status: 200, body: records[type](changes), retryAfter: null }
  return readAnswer({ type, nowMs: noonMs }, answer, { ...expected, ...demands })
}

function readRaw(status: number, body: unknown, retryAfter: string | null = null) {
  return readAnswer({ type: 'api_key', nowMs: noonMs }, { status, body, retryAfter }, expected)
}

const code = (outcome: ReturnType<typeof read>) => (outcome.ok ? 'accepted' : outcome.error.code)

describe('whom Clerk says an opaque credential vouches for', () => {
  it('a key of a person: the person, with the scopes and claims of the key', () => {
    const changes = { scopes: ['ingest'], claims: { tier: 1 }, expiration: noonMs + 5500 }
    expect(read('api_key', changes)).toEqual({
      ok: true,
      value: {
        kind: 'user',
        userId: 'user_ada',
        tokenType: 'api_key',
        tokenId: `ak_${'0'.repeat(32)}`,
        scopes: ['ingest'],
        claims: { tier: 1, sub: 'user_ada' },
        issuedAtSeconds: 1_700_000_000,
        expiresAtSeconds: noonMs / 1000 + 5,
        features: undefined,
        plans: undefined,
        token: '',
      },
    })
  })

  it('a key of an organisation: no person, in that organisation and without a role there', () => {
    expect(read('api_key', { subject: 'org_acme' })).toMatchObject({
      value: {
        kind: 'machine',
        subject: 'org_acme',
        organization: { id: 'org_acme', slug: undefined, role: undefined, permissions: [] },
      },
    })
  })

  it.each(['api_key', 'm2m_token'] as const)('of a machine (%s): the machine', (type) => {
    const outcome = read(type, { subject: sendingMachine })
    expect(outcome).toMatchObject({ value: { kind: 'machine', subject: sendingMachine } })
    expect(outcome).not.toHaveProperty('value.organization.id')
  })

  it('an access token: the person, the application, and who acts for them', () => {
    const changes = { act: { sub: 'user_support' }, expiration: noonMs / 1000 + 60 }
    expect(read('oauth_token', changes)).toMatchObject({
      value: {
        kind: 'user',
        userId: 'user_ada',
        clientId: 'client_1',
        actor: 'user_support',
        scopes: ['read', 'write'],
        issuedAtSeconds: 1_700_000_000,
        expiresAtSeconds: noonMs / 1000 + 60,
      },
    })
    expect(read('oauth_token', { act: null })).toMatchObject({ value: { actor: undefined } })
  })

  it.each([
    ['api_key', { sub: 'user_ada' }],
    ['m2m_token', { sub: sendingMachine }],
    ['oauth_token', { sub: 'user_ada', client_id: 'client_1', aud: 'https://api.usher.test' }],
  ] as const)('what %s says of itself counts, whatever its custom claims say', (type, own) => {
    const custom = { sub: 'user_root', client_id: 'client_root', aud: 'root', tier: 1 }
    const aud = type === 'oauth_token' ? { aud: 'https://api.usher.test' } : {}
    expect(read(type, { ...aud, claims: custom })).toMatchObject({
      value: { claims: { ...custom, ...own } },
    })
  })

  it.each(types)('%s without an end never ends by itself', (type) => {
    expect(read(type, { expiration: null })).toMatchObject({
      value: { expiresAtSeconds: Infinity },
    })
  })

  it.each(types)('%s ends alike in seconds and in milliseconds', (type) => {
    for (const expiration of [noonMs / 1000 + 9, noonMs + 9000]) {
      expect(read(type, { expiration })).toMatchObject({
        value: { expiresAtSeconds: noonMs / 1000 + 9 },
      })
    }
  })
})

describe.each(types)('an answer of 200 for %s', (type) => {
  it.each([
    ['revoked', { revoked: true }, 'token-revoked'],
    ['revoked and expired', { revoked: true, expired: true }, 'token-revoked'],
    ['expired by its flag', { expired: true }, 'token-expired'],
    ['expired by its time', { expiration: noonMs - 1 }, 'token-expired'],
    ['expired at this very moment', { expiration: noonMs }, 'token-expired'],
    ['expired by its time in seconds', { expiration: noonMs / 1000 }, 'token-expired'],
    ['inactive', { active: false }, 'token-expired'],
  ])('that says it is %s refuses', (_, changes, reason) => {
    expect(code(read(type, changes))).toBe(reason)
  })

  it('that says nothing but inactive refuses', () => {
    const answer = { status: 200, body: { active: false }, retryAfter: null }
    expect(code(readAnswer({ type, nowMs: noonMs }, answer, expected))).toBe('token-expired')
  })

  const foreign = types.filter((other) => other !== type)
  it.each(foreign)('that describes %s instead says nothing', (other) => {
    const answer = { status: 200, body: records[other]({}), retryAfter: null }
    expect(code(readAnswer({ type, nowMs: noonMs }, answer, expected))).toBe(
      'verification-unavailable',
    )
  })

  const nonsense: readonly Changes[] = [
    { object: 'user' },
    { object: undefined },
    { id: undefined },
    { id: 7 },
    { id: 'sess_1' },
    { subject: undefined },
    { subject: '' },
    { subject: ['user_ada'] },
    { subject: 'client_1' },
    { subject: 'user_ada\r\nx-usher-roles: admin' },
    { scopes: null },
    { scopes: 'ingest' },
    { scopes: [ourMachine, 1] },
    { scopes: [ourMachine, ''] },
    { scopes: [ourMachine, 'read admin'] },
    { claims: 'none' },
    { claims: [] },
    { revoked: undefined },
    { revoked: 'false' },
    { revoked: null },
    { expired: undefined },
    { expired: 0 },
    { expiration: undefined },
    { expiration: '9999999999' },
    { expiration: 0 },
    { expiration: -1 },
    { created_at: undefined },
    { created_at: null },
    { created_at: '2026' },
  ]
  it.each(nonsense)('with %j says nothing', (changes) => {
    expect(code(read(type, changes))).toBe('verification-unavailable')
  })

  it('with none of that admits', () => {
    expect(code(read(type))).toBe('accepted')
  })
})

describe('who may own what', () => {
  it.each([
    ['api_key', 'user_ada', true],
    ['api_key', 'org_acme', true],
    ['api_key', sendingMachine, true],
    ['m2m_token', sendingMachine, true],
    ['m2m_token', 'user_ada', false],
    ['m2m_token', 'org_acme', false],
    ['oauth_token', 'user_ada', true],
    ['oauth_token', sendingMachine, false],
    ['oauth_token', 'org_acme', false],
  ] as const)('%s of %s: %s', (type, subject, isSound) => {
    expect(code(read(type, { subject }))).toBe(isSound ? 'accepted' : 'verification-unavailable')
  })
})

describe('the machine that a machine’s token is for', () => {
  it.each([
    [[ourMachine], 'accepted'],
    [[otherMachine, ourMachine], 'accepted'],
    [[otherMachine], 'token-other-machine'],
    [[`${ourMachine}x`], 'token-other-machine'],
    [[], 'token-other-machine'],
    [undefined, 'token-other-machine'],
  ])('%j: %s', (scopes, word) => {
    expect(code(read('m2m_token', { scopes }))).toBe(word)
  })

  it('nobody’s when it is not known which machine this is', () => {
    const outcome = read('m2m_token', {}, { machineId: undefined })
    expect(code(outcome)).toBe('token-other-machine')
  })
})

describe('the audience of an access token', () => {
  const audiences = ['https://api.usher.test', 'https://other.usher.test']
  it.each([
    ['https://api.usher.test', 'accepted'],
    [['x', 'https://other.usher.test'], 'accepted'],
    ['https://api.usher.test/', 'token-invalid-audience'],
    [[], 'token-invalid-audience'],
    [undefined, 'token-invalid-audience'],
    [null, 'token-invalid-audience'],
    [{ 0: 'https://api.usher.test' }, 'token-invalid-audience'],
  ])('%j: %s', (aud, word) => {
    expect(code(read('oauth_token', { aud }, { audiences }))).toBe(word)
  })

  it('is not looked at where none is configured, nor for keys and machines', () => {
    expect(code(read('oauth_token', { aud: 'anything' }))).toBe('accepted')
    expect(code(read('api_key', {}, { audiences }))).toBe('accepted')
    expect(code(read('m2m_token', {}, { audiences }))).toBe('accepted')
  })
})

describe('who acts with an access token', () => {
  it.each([
    { act: 'user_eve' },
    { act: {} },
    { act: { sub: '' } },
    { act: { sub: 1 } },
    { act: [] },
  ])('is never nobody because it cannot be read: %j', (changes) => {
    expect(code(read('oauth_token', changes))).toBe('verification-unavailable')
  })

  it.each([{ client_id: undefined }, { client_id: '' }, { client_id: 1 }])(
    'is an application with a name: %j',
    (changes) => {
      expect(code(read('oauth_token', changes))).toBe('verification-unavailable')
    },
  )
})

describe('an answer that is no 200', () => {
  const errors = { errors: [{ code: 'resource_not_found', message: 'not found' }] }

  it.each([400, 404, 422])('is a verdict of Clerk’s if it is %i and in its words', (status) => {
    expect(code(readRaw(status, errors))).toBe('token-unknown')
  })

  const others: readonly (readonly [number, unknown])[] = [
    ...[undefined, null, [], {}, 'not found', { errors: 'x' }].map((body) => [404, body] as const),
    ...[201, 204, 301, 302, 401, 402, 403, 405, 409, 410, 429, 500, 502, 503].map(
      (status) => [status, errors] as const,
    ),
    [201, apiKey({})],
    [200, errors],
    [200, undefined],
    [200, null],
    [200, 'ok'],
    [200, [apiKey({})]],
  ]
  it.each(others)('is none otherwise: %i %j', (status, body) => {
    expect(code(readRaw(status, body))).toBe('verification-unavailable')
  })

  it.each([
    ['7', 7],
    ['1', 1],
    ['60', 60],
    ['86400', 60],
    ['999999999', 60],
    ['0', 2],
    ['-3', 2],
    ['1e9', 2],
    ['9999999999', 2],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 2],
    ['', 2],
    [null, 2],
  ])('asks to come back as Clerk asked, within bounds: %j is %i s', (retryAfter, seconds) => {
    expect(readRaw(429, errors, retryAfter)).toMatchObject({
      error: { code: 'verification-unavailable', retryAfterSeconds: seconds },
    })
  })
})
