import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import {
  answerFrom,
  apiKey,
  credentialForms,
  everyCredential,
  mintMachineToken,
  mintTemplate,
  opaqueRecords,
  otherMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { flipSignature } from '../support/tokens.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'
import { askAbout, type Told } from './asking.ts'

// Usher tells allowed callers what a token is worth, of whatever type, and never the token.

async function open(verify?: GatewayConfig['verify'], variables = everyCredential): Promise<World> {
  const world = await createWorld({ config: verify ? { verify } : {}, variables })
  world.backend.answer = answerFrom(opaqueRecords)
  return world
}

let world: World
beforeEach(async () => {
  world = await open()
})

async function ask(token: string, caller?: string, asked = world): Promise<Told> {
  const headers = { authorization: `Bearer ${caller ?? (await asked.token())}` }
  return askAbout(token, 'verify', { world: asked, headers })
}

const subjects: Readonly<Record<string, string>> = { m2m_token: sendingMachine }

describe('a token that somebody asks about', () => {
  it.each(credentialForms)(
    'is valid when it is $name, though no route accepts it',
    async (form) => {
      const token = await form.make(world)
      const { status, body, text } = await ask(token)
      expect([status, body]).toMatchObject([
        200,
        {
          valid: true,
          token_type: form.type,
          subject: subjects[form.type] ?? 'user_ada',
          scopes: expect.any(Array),
          claims: expect.any(Object),
        },
      ])
      expect(text).not.toContain(token)
    },
  )

  it('says when it ends, and null for a key that does not end by itself', async () => {
    const nowSeconds = Math.floor(world.clock.now() / 1000)
    expect((await ask(await world.token())).body.expires_at).toBe(nowSeconds + 60)
    expect((await ask('ak_ada')).body).toMatchObject({
      expires_at: null,
      scopes: ['ingest', 'read'],
    })
  })

  const bad: readonly (readonly [string, string, (world: World) => Promise<string> | string])[] = [
    ['of another issuer', 'token-invalid-issuer', (w) => w.token({ iss: 'https://evil.test' })],
    ['that is over', 'token-expired', (w) => w.token({ exp: w.clock.now() / 1000 - 60 })],
    ['that was changed', 'token-invalid-signature', async (w) => flipSignature(await w.token())],
    ['that is junk', 'token-invalid', () => 'junk'],
    ['that is nothing', 'token-invalid', () => ''],
    ['with a blank in it', 'token-invalid', async (w) => `${await w.token()} x`],
    ['with a comma in it', 'token-invalid', async (w) => `x,${await w.token()}`],
    ['with a line break in it', 'token-invalid', async (w) => `${await w.token()}\r\nx: y`],
    ['of letters that no header holds', 'token-invalid', () => 'ā.ā.ā'],
    ['with Bearer before it', 'token-invalid', async (w) => `Bearer ${await w.token()}`],
    [
      'for another machine',
      'token-other-machine',
      (w) => mintMachineToken(w, { scopes: otherMachine }),
    ],
    ['for another machine, opaque', 'token-other-machine', () => 'mt_other'],
    ['that Clerk does not know', 'token-unknown', () => 'ak_nobody'],
  ]
  it.each(bad)('%s is not valid: %s', async (_, reason, make) => {
    const { status, body, text } = await ask(await make(world))
    expect([status, body]).toEqual([200, { valid: false, reason, message: expect.any(String) }])
    expect(text).not.toContain('evil')
  })

  it('of a machine is never valid where it is not said which machine this is', async () => {
    const nameless = await open(undefined, { ...everyCredential, CLERK_MACHINE_ID: '' })
    for (const token of ['mt_good', await mintMachineToken(nameless)]) {
      const { body } = await ask(token, undefined, nameless)
      expect(body).toMatchObject({ valid: false, reason: 'token-other-machine' })
    }
    expect((await ask('mt_good')).body.valid).toBe(true)
  })

  it('that lives long is not valid when its user is banned; a session token ends by itself', async () => {
    const banned: Facts = { ...everyoneHolds([]), status: 'banned' }
    const stern = await createWorld({ facts: async () => ok(banned), variables: everyCredential })
    stern.backend.answer = answerFrom(opaqueRecords)
    const long = { exp: stern.clock.now() / 1000 + 3600 }
    const caller = await stern.token()
    for (const token of [await mintTemplate(stern, long), await stern.token(long), 'ak_ada']) {
      const { status, body } = await ask(token, caller, stern)
      expect([status, body]).toMatchObject([200, { valid: false, reason: 'user-banned' }])
    }
    expect((await ask(await stern.token(), caller, stern)).body.valid).toBe(true)
  })

  it('that Clerk cannot be asked about is neither valid nor not: 503, as at any route', async () => {
    const caller = await world.token()
    expect((await ask(await world.token(), caller)).status).toBe(200)
    world.backend.answer = () => new Response(null, { status: 500 })
    const opaque = await ask('ak_ada', caller)
    expect([opaque.status, opaque.body]).toMatchObject([503, { code: 'verification-unavailable' }])
  })

  it('counts against the address that asks: too many unknown ones are 429, there alone', async () => {
    const caller = await world.token()
    const statusFrom = async (address: string, name: string) => {
      const headers = { authorization: `Bearer ${caller}`, 'cf-connecting-ip': address }
      return (await askAbout(`ak_${name}`, 'verify', { world, headers })).status
    }
    const statuses: number[] = []
    for (let number = 0; number < 25; number += 1) {
      statuses.push(await statusFrom('192.0.2.1', `junk${number}`))
    }
    expect(statuses).toEqual([...Array(20).fill(200), ...Array(5).fill(429)])
    expect(world.backend.asked).toHaveLength(20)
    expect(await statusFrom('198.51.100.1', 'other')).toBe(200)
  })
})

describe('who may ask', () => {
  const statusFor = async (asked: World, caller: string) =>
    (await ask(await asked.token(), caller, asked)).status

  it('is whoever is signed in by a session, and no key, when the config says nothing', async () => {
    expect(await statusFor(world, await world.token({ sub: 'user_grace' }))).toBe(200)
    for (const other of ['ak_ada', 'mt_good', await mintTemplate(world), 'junk']) {
      expect([other, await statusFor(world, other)]).toEqual([other, 401])
    }
  })

  it('is a credential of the types that it names, and a session only where it names that', async () => {
    const keys = await open({ accepts: ['api_key'] })
    expect(await statusFor(keys, 'ak_ada')).toBe(200)
    expect(await statusFor(keys, await keys.token())).toBe(401)
    expect(await statusFor(keys, 'mt_good')).toBe(401)
    const both = await open({ accepts: ['session_token', 'api_key'] })
    expect(await statusFor(both, await both.token())).toBe(200)
  })

  it('is whoever holds the role that it names', async () => {
    const admins = await open({ access: { role: 'admin' } })
    expect(await statusFor(admins, await admins.token())).toBe(200)
    expect(await statusFor(admins, await admins.token({ sub: 'user_grace' }))).toBe(403)
    const seed = { userId: 'user_lin', role: 'admin', organizationId: '', by: 'test', nowMs: 0 }
    await grantRole(openDatabase(env.DB), seed)
    expect(await statusFor(admins, await admins.token({ sub: 'user_lin' }))).toBe(200)
  })

  it('is a key with the scope that it names', async () => {
    const scoped = await open({
      accepts: ['session_token', 'api_key'],
      access: { scope: 'ingest' },
    })
    scoped.backend.answer = answerFrom({ ...opaqueRecords, ak_poor: apiKey({ scopes: ['read'] }) })
    expect(await statusFor(scoped, 'ak_ada')).toBe(200)
    expect(await statusFor(scoped, 'ak_poor')).toBe(403)
    expect(await statusFor(scoped, await scoped.token())).toBe(403)
  })

  it('is refused before the body is read', async () => {
    const response = await world.walk(
      new Request(`${gatewayUrl}/_usher/verify`, { method: 'POST', body: 'junk' }),
    )
    expect(response.status).toBe(401)
  })
})
