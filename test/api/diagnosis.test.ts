import { beforeEach, describe, expect, it } from 'vitest'
import { findings } from '../../src/api/findings.ts'
import { strict } from '../../src/config/relaxations.ts'
import { refusals } from '../../src/model/refusal.ts'
import {
  answerFrom,
  apiKey,
  credentialForms,
  everyCredential,
  mintTemplate,
  opaqueRecords,
} from '../support/credentials.ts'
import { mint, sessionClaims, sessionHeader } from '../support/tokens.ts'
import { createWorld, gatewayUrl, type World, type WorldOptions } from '../support/world.ts'
import { askAbout } from './asking.ts'
import { type Case, cases, outages } from './diagnosis-cases.ts'

// Diagnosis says which check a token fails, what was expected, what was got, and what to look at.

const open = { ...strict, openDiagnosis: true }
const everything = ['session_token', 'jwt_template', 'oauth_token', 'm2m_token', 'api_key'] as const
const config = { routes: [{ path: '/**', origin: 'api', accepts: [...everything] }] }

async function make(options: WorldOptions = {}): Promise<World> {
  const variables = { ...everyCredential, ...options.variables }
  const world = await createWorld({ config, relaxations: open, ...options, variables })
  world.backend.answer = answerFrom({
    ...opaqueRecords,
    ak_9f8e7d6c: apiKey({ revoked: true }),
    ak_5b4a3c2d: apiKey({ expired: true }),
  })
  return world
}

let world: World
beforeEach(async () => {
  world = await make()
})

const diagnose = (token: unknown, asked = world) => askAbout(token, 'diagnose', { world: asked })
const nowSeconds = () => Math.floor(world.clock.now() / 1000)

/** What is only refused where a credential is looked for: whoever asks about a token has shown it. */
const neverAsked = ['token-missing', 'token-ambiguous']

describe('a diagnosis', () => {
  it.each(cases)('of $code tells the check, both sides and the setting: $told', async (one) => {
    const asked = one.options ? await make(one.options) : world
    const token = await one.token(asked)
    const { status, body, text } = await diagnose(token, asked)
    expect([status, body]).toMatchObject([
      200,
      {
        valid: false,
        reason: one.code,
        advice: expect.stringMatching(/^.{10,}[.?]$/),
        ...matching(one.told),
      },
    ])
    expect(Object.keys(body).sort()).toEqual([
      'advice',
      'check',
      'expected',
      'got',
      'reason',
      'setting',
      'token_type',
      'valid',
    ])
    tellsNothingOf(token, text)
  })

  it.each(outages)('of %s does not say that a token is bad', async (code, kind, break_) => {
    const asked = await make()
    break_(asked)
    const token = kind === 'session' ? await asked.token() : kind
    const { status, body } = await diagnose(token, asked)
    expect([status, body]).toMatchObject([
      200,
      { valid: null, reason: code, check: expect.any(String) },
    ])
  })

  it('of too many unknown keys says to wait', async () => {
    const bodies: object[] = []
    for (let number = 0; number < 21; number += 1)
      bodies.push((await diagnose(`ak_${number}`)).body)
    expect(bodies.at(0)).toMatchObject({ valid: false, reason: 'token-unknown' })
    expect(bodies.at(-1)).toMatchObject({ valid: null, reason: 'too-many-unknown-credentials' })
  })

  it.each(credentialForms)('says that $name is valid', async (form) => {
    const token = await form.make(world)
    const { status, body, text } = await diagnose(token)
    expect([status, body]).toMatchObject([
      200,
      { valid: true, token_type: form.type, reason: null, check: null, setting: null },
    ])
    tellsNothingOf(token, text)
  })

  it('says of a valid token that no route accepts it', async () => {
    const narrow = await make({ config: { routes: [{ path: '/**', origin: 'api' }] } })
    const { body } = await diagnose(await mintTemplate(narrow), narrow)
    expect(body).toMatchObject({ valid: true, advice: expect.stringContaining("['jwt_template']") })
    const { body: usual } = await diagnose(await narrow.token(), narrow)
    expect(usual.advice).not.toContain('no route')
  })

  it('has a case for every code that a token can be refused with', () => {
    const covered = [
      ...cases.map(({ code }) => code),
      ...outages.map(([code]) => code),
      'too-many-unknown-credentials',
      ...neverAsked,
    ]
    expect(new Set(covered)).toEqual(new Set(Object.keys(findings)))
    const ofCredentials = Object.entries(refusals).filter(([, { blame }]) => blame === 'credential')
    expect(ofCredentials.length).toBeGreaterThan(25)
    expect(Object.keys(findings)).toEqual(
      expect.arrayContaining(ofCredentials.map(([code]) => code)),
    )
  })

  it('tells a long claim in part', async () => {
    const iss = `https://${'x'.repeat(1000)}.test`
    const { body } = await diagnose(await world.token({ iss }))
    expect(String(body.got)).toHaveLength(201)
  })

  it('tells the clock that it went by', async () => {
    const { body } = await diagnose(await world.token({ exp: nowSeconds() - 60 }))
    expect(body.expected).toContain(new Date(world.clock.now()).toISOString())
  })

  it.each([[1], [undefined], [{}]])('of %j is refused as no body', async (token) => {
    expect((await diagnose(token)).status).toBe(400)
  })
})

function matching(told: Case['told']) {
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [
      name,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  )
}

/** No part of a JWT, nothing behind the prefix of an opaque token, and no key. */
function tellsNothingOf(token: string, text: string): void {
  const parts = token.split('.')
  const secrets = parts.length === 3 ? parts : [token]
  for (const secret of secrets.filter((one) => one.length > 4)) expect(text).not.toContain(secret)
  const [, behindPrefix] = /^(?:ak|mt|oat)_(.+)$/.exec(token) ?? []
  if (behindPrefix !== undefined) expect(text).not.toContain(behindPrefix)
  expect(text).not.toContain(everyCredential.CLERK_SECRET_KEY)
}

describe('in production', () => {
  it('there is no diagnosis, whoever asks and however', async () => {
    const production = await createWorld({ config, variables: everyCredential })
    const claims = sessionClaims(Math.floor(production.clock.now() / 1000))
    const token = await mint({ key: production.key, header: sessionHeader(production.key), claims })
    for (const method of ['POST', 'GET']) {
      const response = await production.walk(
        new Request(`${gatewayUrl}/_usher/diagnose`, {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...(method === 'POST' && { body: JSON.stringify({ token }) }),
        }),
      )
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { code: 'route-unknown' },
      ])
    }
    expect((await diagnose(token)).status).toBe(200)
  })
})
