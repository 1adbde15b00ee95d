import { describe, expect, it } from 'vitest'
import { type Answer, judgeRefusal, protectedPath } from '../../src/cli/asking.ts'
import { resources } from '../../src/cli/bindings.ts'
import {
  judgeBackDoor,
  judgeBinding,
  judgeClock,
  judgeHealth,
  judgeIssuer,
  judgeKeys,
  judgeMigrations,
  judgeNode,
  judgePlace,
  judgePublished,
  judgeRotation,
  judgeSecrets,
} from '../../src/cli/judgement.ts'
import { makeSigningKey, rotateSigningKeys } from '../../src/cli/signing-keys.ts'
import { publicJwk, type SigningKey } from '../../src/model/signing-key.ts'
import { gatewayOf, withRoutes } from '../config/sample.ts'
import { noonMs } from '../support/fake-clock.ts'
import { jwks, makeKey } from '../support/tokens.ts'
import { placedWorker as worker } from './worker-config.ts'

function answered(status: number, json = ''): Answer {
  return { status, json, aheadMs: undefined }
}

const site = { ...withRoutes('/**'), origins: { api: { url: 'https://origin.example.com' } } }
const { rules, settings } = gatewayOf({ ...site, hosts: ['api.example.com'] })

describe('the doctor says', () => {
  it.each([
    ['ok', 'v24.21.0'],
    ['ok', 'v20.0.0'],
    ['bad', 'v18.20.1'],
    ['bad', 'nonsense'],
  ])('%s of Node %s', (mark, version) => expect(judgeNode(version).mark).toBe(mark))

  it.each([
    ['ok', { id: '1', name: undefined }],
    ['warn', { id: undefined, name: undefined }],
    ['bad', undefined],
  ])('%s of a binding to %j', (mark, keys) => {
    expect(judgeBinding(resources.keys, { ...worker, keys }).mark).toBe(mark)
  })

  it.each([
    [['ok'], worker],
    [['warn'], { ...worker, routes: [] }],
    [['warn'], { ...worker, answersOnWorkersDev: true }],
    [['bad'], { ...worker, variables: { HOSTS: 'www.example.com' } }],
  ])('%j of a place', (marks, config) => {
    expect(judgePlace(config, rules).map(({ mark }) => mark)).toEqual(marks)
  })

  it('ok of hosts that the config does not name, for lint has a word on it', () => {
    expect(judgePlace(worker, { ...rules, hosts: undefined })).toMatchObject([{ mark: 'ok' }])
  })

  it('ok of keys only when an RSA key is among them', async () => {
    const keys = JSON.stringify(await jwks(await makeKey('ins_doctor')))
    const url = 'https://clerk.example.com/.well-known/jwks.json'
    const bad = [undefined, answered(503, keys), answered(200), answered(200, '{"keys":[]}')]
    expect(judgeKeys(url, answered(200, keys)).mark).toBe('ok')
    expect(bad.map((answer) => judgeKeys(url, answer).mark)).toEqual(bad.map(() => 'bad'))
  })

  it('warn of keys that come from elsewhere than tokens', () => {
    const { clerk } = settings
    expect(judgeIssuer(clerk).mark).toBe('ok')
    expect(judgeIssuer({ ...clerk, issuers: ['https://other.example.com'] }).mark).toBe('warn')
    expect(judgeIssuer({ ...clerk, keySources: [] }).mark).toBe('ok')
  })

  it.each([
    ['skip', []],
    ['ok', [0]],
    ['ok', [2000]],
    ['ok', [-2000]],
    ['ok', [-90_000, 300]],
    ['warn', [2001]],
    ['warn', [-2001, 5000]],
  ])('%s of a clock that others are %j ms ahead of', (mark, aheadMs) => {
    expect(judgeClock(aheadMs).mark).toBe(mark)
  })

  it.each([
    ['ok', undefined, false],
    ['ok', answered(401), false],
    ['ok', answered(403), false],
    ['bad', answered(200), false],
    ['bad', answered(204), false],
    ['warn', answered(200), true],
    ['warn', answered(302), false],
    ['warn', answered(404), false],
    ['warn', answered(500), false],
  ])('%s of an origin that answers anyone with %j (public: %s)', (mark, answer, isPublic) => {
    expect(judgeBackDoor('https://api.example.com', answer, isPublic).mark).toBe(mark)
  })

  it.each([
    ['ok', 'deployed', []],
    ['bad', 'deployed', ['0001_people.sql']],
    ['warn', 'local', ['0001_people.sql']],
    ['skip', 'deployed', undefined],
  ] as const)('%s of a %s database that lacks %j', (mark, where, pending) => {
    expect(judgeMigrations(where, pending).mark).toBe(mark)
  })

  it('bad of a missing secret without which nothing is served, warn of others', () => {
    const missing = [
      { secret: 'USHER_SIGNING_KEY', isRequired: true },
      { secret: 'CLERK_SECRET_KEY', isRequired: false },
    ]
    expect(judgeSecrets(missing).map(({ mark, text }) => `${mark} ${text.split(' ')[0]}`)).toEqual([
      ...['bad USHER_SIGNING_KEY', 'warn CLERK_SECRET_KEY'],
    ])
    expect(judgeSecrets([])).toMatchObject([{ mark: 'ok' }])
  })

  describe('of the signing keys', () => {
    const minuteMs = 60_000
    const dayMs = 24 * 60 * minuteMs

    /** The set after so many steps of a rotation that began at noon. */
    async function setAfter(steps: number) {
      let keys: readonly SigningKey[] = [await makeSigningKey('current', noonMs)]
      for (let step = 0; step < steps; step++) keys = (await rotateSigningKeys(keys, noonMs)).keys
      return keys
    }

    it.each([
      ['ok', 0, 90 * dayMs - 1, 'No rotation is due before 2026-09-13 12:00 UTC.'],
      ['warn', 0, 90 * dayMs, 'begin a rotation'],
      ['ok', 1, 60 * minuteMs - 1, 'It may sign from 2026-06-15 13:00 UTC on.'],
      ['warn', 1, 60 * minuteMs, 'let it sign'],
      ['ok', 2, 60 * minuteMs - 1, 'The old one may go from 2026-06-15 13:00 UTC on.'],
      ['warn', 2, 60 * minuteMs, 'retire it'],
      ['ok', 3, 90 * dayMs - 1, 'No rotation is due before 2026-09-13 12:00 UTC.'],
    ])('%s after %i steps and %i ms', async (mark, steps, ageMs, text) => {
      const line = judgeRotation(await setAfter(steps), noonMs + ageMs)
      expect(line).toMatchObject({ mark, text: expect.stringContaining(text) })
      expect(line.mend?.includes('--rotate') ?? false).toBe(mark === 'warn')
    })

    it('that do not say since when: warn in the middle of a rotation alone', async () => {
      for (const [steps, mark] of [
        [0, 'ok'],
        [1, 'warn'],
        [2, 'warn'],
      ] as const) {
        const keys = (await setAfter(steps)).map((key) => ({ ...key, sinceSeconds: undefined }))
        expect(judgeRotation(keys, noonMs).mark).toBe(mark)
      }
    })

    it('that are published: ok only where they are the same', async () => {
      const [before, after] = [await setAfter(0), await setAfter(1)]
      const publish = (keys: readonly SigningKey[]) =>
        answered(200, JSON.stringify({ keys: keys.map(publicJwk) }))
      expect(judgePublished(after, publish(after)).mark).toBe('ok')
      expect(judgePublished(before, publish(before)).mark).toBe('ok')
      expect(judgePublished(after, publish(after.slice(0, 1))).mark).toBe('warn')
      expect(judgePublished(after.slice(0, 1), publish(after)).mark).toBe('warn')
      expect(judgePublished(before, publish(after)).mark).toBe('warn')
      for (const answer of [undefined, answered(404), answered(200, '[]'), answered(200, 'no')]) {
        expect(judgePublished(after, answer).mark).toBe('skip')
      }
    })
  })

  it.each([
    ['ok', answered(200)],
    ['bad', answered(503, '{"code":"gateway-misconfigured"}')],
    ['bad', answered(404)],
    ['bad', undefined],
  ])('%s of readyz that answers %j', (mark, answer) => {
    expect(judgeHealth('readyz', answer).mark).toBe(mark)
  })

  it.each([
    ['ok', answered(401, '{"code":"token-missing"}')],
    ['warn', answered(401)],
    ['warn', answered(401, '{"code":"other"}')],
    ['bad', answered(200, '{"code":"token-missing"}')],
    ['bad', answered(302)],
    ['bad', answered(503)],
    ['bad', undefined],
  ])('%s of a refusal that is %j', (mark, answer) => {
    expect(judgeRefusal('/', answer).mark).toBe(mark)
  })
})

describe('the path that is asked without a token', () => {
  it.each([
    ['/', ['/**']],
    ['/users/usher', ['/users/:id', { path: '/**', access: 'public' }]],
    ['/_usher/clerk-test', [{ path: '/**', access: 'public' }]],
    ['/_usher/clerk-test', [{ path: '/form', methods: ['POST'] }]],
    ['/_usher/clerk-test', [{ path: '/x', host: 'other.example.com' }]],
    ['/b', [{ path: '/a/**' }, { path: '/a', access: 'public' }, '/b']],
  ])('is %s for routes %j', (path, routes) => {
    const compiled = gatewayOf(withRoutes(...routes)).rules
    expect(protectedPath(compiled, 'api.example.com')).toBe(path)
  })

  it('is that of a surface where no config is known', () => {
    expect(protectedPath(undefined, 'api.example.com')).toBe('/_usher/clerk-test')
  })
})
