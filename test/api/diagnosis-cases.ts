import type { findings } from '../../src/api/findings.ts'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import { mintMachineToken, otherMachine, ourMachine } from '../support/credentials.ts'
import { flipSignature, makeKey, mint } from '../support/tokens.ts'
import { everyoneHolds, type World, type WorldOptions } from '../support/world.ts'

/** A token that is refused, and what a diagnosis must tell of it. */
export interface Case {
  readonly code: keyof typeof findings
  readonly token: (world: World) => Promise<string> | string
  /** A pattern stands for every text that it matches. */
  readonly told: Readonly<Record<string, string | null | RegExp>>
  readonly options?: WorldOptions
}

function held(changes: Partial<Facts>): WorldOptions {
  return { facts: async () => ok({ ...everyoneHolds([]), ...changes }) }
}

const longLived = (w: World, claims: object = {}) =>
  w.token({ exp: w.clock.now() / 1000 + 3600, ...claims })
const withHeader = (w: World, member: string, value: unknown) => w.token({}, { [member]: value })

/** Every way in which a token is refused for what it is. */
export const cases: readonly Case[] = [
  {
    code: 'token-too-large',
    token: () => 'x'.repeat(9000),
    told: { check: 'size', got: '9000 characters' },
  },
  { code: 'token-invalid', token: () => 'junk', told: { got: '1 part, 4 characters' } },
  { code: 'token-invalid', token: () => '', told: { check: 'form', token_type: null } },
  {
    code: 'token-duplicate-member',
    token: (w) => mint({ key: w.key, claims: '{"sub":"a","sub":"b"}' }),
    told: { check: 'form' },
  },
  {
    code: 'token-unknown',
    token: () => 'ak_nobody',
    told: { got: 'ak_…', setting: 'CLERK_SECRET_KEY' },
  },
  {
    code: 'token-revoked',
    token: () => 'ak_9f8e7d6c',
    told: { got: 'ak_…', token_type: 'api_key' },
  },
  { code: 'token-expired', token: () => 'ak_5b4a3c2d', told: { check: 'exp', got: 'ak_…' } },
  {
    code: 'token-other-machine',
    token: (w) => mintMachineToken(w, { scopes: otherMachine }),
    told: { expected: ourMachine, got: otherMachine, setting: 'CLERK_MACHINE_ID' },
  },
  {
    code: 'token-other-machine',
    token: () => 'mt_good',
    told: { expected: 'nothing: CLERK_MACHINE_ID is not set', got: 'mt_…' },
    options: {
      variables: { CLERK_MACHINE_ID: '' },
      config: { routes: [{ path: '/**', origin: 'api' }] },
    },
  },
  {
    code: 'token-opaque',
    token: () => 'oat_good',
    told: { check: 'Clerk', setting: 'CLERK_SECRET_KEY', got: 'oat_…' },
    options: {
      variables: { CLERK_SECRET_KEY: '' },
      config: { routes: [{ path: '/**', origin: 'api' }] },
    },
  },
  {
    code: 'token-type-mismatch',
    token: (w) => w.token({ sub: otherMachine }),
    told: { check: 'sub', got: otherMachine, expected: 'a user' },
  },
  {
    code: 'token-invalid-type',
    token: (w) => withHeader(w, 'typ', 'id+jwt'),
    told: { check: 'typ', got: 'id+jwt' },
  },
  {
    code: 'token-invalid-category',
    token: (w) => withHeader(w, 'cat', 'cl_x'),
    told: { check: 'cat', got: 'cl_x' },
  },
  {
    code: 'token-critical-header',
    token: (w) => withHeader(w, 'crit', ['b64']),
    told: { got: '["b64"]' },
  },
  {
    code: 'token-missing-kid',
    token: (w) => withHeader(w, 'kid', undefined),
    told: { got: 'nothing' },
  },
  { code: 'token-invalid-kid', token: (w) => withHeader(w, 'kid', 'a b'), told: { got: 'a b' } },
  {
    code: 'jwk-kid-mismatch',
    token: async (w) => w.token({ iss: 'https://other.test' }, {}, await makeKey('ins_other')),
    told: {
      check: 'kid',
      expected: 'a key of https://clerk.usher.test',
      got: 'ins_other, of a token that says it is of https://other.test',
      setting: 'CLERK_PUBLISHABLE_KEY',
    },
  },
  {
    code: 'token-invalid-algorithm',
    token: (w) => withHeader(w, 'alg', 'ES256'),
    told: { expected: 'RS256', got: 'ES256' },
  },
  {
    code: 'token-invalid-signature',
    token: async (w) => flipSignature(await w.token()),
    told: { check: 'signature', setting: 'CLERK_JWT_KEY' },
  },
  {
    code: 'token-missing-sub',
    token: (w) => w.token({ sub: undefined }),
    told: { check: 'sub', got: 'nothing' },
  },
  {
    code: 'token-missing-sid',
    token: (w) => w.token({ sid: '' }),
    told: { check: 'sid', got: 'nothing' },
  },
  {
    code: 'token-invalid-issuer',
    token: (w) => w.token({ iss: 'https://other.test' }),
    told: {
      check: 'iss',
      expected: 'https://clerk.usher.test',
      got: 'https://other.test',
      setting: 'CLERK_PUBLISHABLE_KEY',
    },
  },
  {
    code: 'token-invalid-authorized-parties',
    token: (w) => w.token({ azp: 'http://localhost:3000' }),
    told: {
      check: 'azp',
      expected: 'https://app.usher.test',
      got: 'http://localhost:3000',
      setting: 'AUTHORIZED_PARTIES',
    },
  },
  {
    code: 'token-invalid-audience',
    token: (w) => w.token({ aud: ['a', 'b'] }),
    told: { check: 'aud', expected: 'reports', got: '["a","b"]', setting: 'CLERK_JWT_AUDIENCE' },
    options: { variables: { CLERK_JWT_AUDIENCE: 'reports' } },
  },
  {
    code: 'token-invalid-exp',
    token: (w) => w.token({ exp: 'soon' }),
    told: { check: 'exp', got: 'soon' },
  },
  {
    code: 'token-expired',
    token: (w) => w.token({ exp: w.clock.now() / 1000 - 65 }),
    told: { check: 'exp', got: /^\d+, 65 s ago$/ },
  },
  {
    code: 'token-invalid-nbf',
    token: (w) => w.token({ nbf: 'x' }),
    told: { check: 'nbf', got: 'x' },
  },
  {
    code: 'token-not-active-yet',
    token: (w) => w.token({ nbf: w.clock.now() / 1000 + 30 }),
    told: { check: 'nbf', got: /^\d+, 30 s from now$/ },
  },
  {
    code: 'token-invalid-iat',
    token: (w) => w.token({ iat: null }),
    told: { check: 'iat', got: 'null' },
  },
  {
    code: 'token-iat-in-the-future',
    token: (w) => w.token({ iat: w.clock.now() / 1000 + 20 }),
    told: { check: 'iat', got: /^\d+, 20 s from now$/ },
  },
  {
    code: 'token-invalid-claims',
    token: (w) => w.token({ v: 3 }),
    told: { got: 'v 3, sts active' },
  },
  {
    code: 'session-pending',
    token: (w) => w.token({ sts: 'pending' }),
    told: { check: 'sts', got: 'pending' },
  },
  {
    code: 'session-ended',
    token: longLived,
    told: { got: 'sess_ada' },
    options: held({ endedSessions: ['sess_ada'] }),
  },
  {
    code: 'user-deleted',
    token: longLived,
    told: { got: 'user_ada' },
    options: held({ status: 'deleted' }),
  },
  {
    code: 'user-banned',
    token: () => 'ak_ada',
    told: { check: 'user', got: 'ak_…' },
    options: held({ status: 'banned' }),
  },
]

/** Outages: what is told is that it cannot be told. */
export const outages: readonly (readonly [
  keyof typeof findings,
  string,
  (world: World) => void,
])[] = [
  [
    'keys-unavailable',
    'session',
    (w) => (w.keyServer.answer = () => new Response(null, { status: 500 })),
  ],
  [
    'verification-unavailable',
    'ak_ada',
    (w) => (w.backend.answer = () => new Response(null, { status: 500 })),
  ],
  ['facts-unavailable', 'ak_ada', (w) => (w.store.isDatabaseDown = true)],
]
