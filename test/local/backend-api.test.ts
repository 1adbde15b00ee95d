import { beforeAll, describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/clerk/opaque-answer.ts'
import type { OpaqueType } from '../../src/clerk/token-type.ts'
import type { IssuerKey } from '../../src/local/clerk/issuer.ts'
import { localGateway, localMachines } from '../../src/local/clerk/machines.ts'
import { type OpaqueCredential, sealOpaque } from '../../src/local/clerk/opaque-token.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import { decodeBase64url } from '../../src/model/base64url.ts'
import { noonMs } from '../support/fake-clock.ts'
import { createTestStandIn, type TestStandIn } from '../support/stand-in.ts'

const secretKey = 'sk_live_secret'
const machine = { id: localGateway, secretKey: 'ak_machine_secret' }
const ada = localUsers.get('ada')?.id ?? ''
const sensor = localMachines.get('sensor') ?? ''
const nowSeconds = Math.floor(noonMs / 1000)

let key: IssuerKey
let otherKey: IssuerKey
let clerk: TestStandIn
beforeAll(async () => {
  key = await makeIssuerKey()
  otherKey = await makeIssuerKey()
  clerk = await createTestStandIn({ key, settings: { secretKey, machine } })
})

function decode(part: string) {
  return JSON.parse(new TextDecoder().decode(decodeBase64url(part)))
}

interface Kind {
  readonly type: OpaqueType
  readonly path: string
  readonly member: string
  readonly credential: OpaqueCredential
}

const times = { issuedAtSeconds: nowSeconds, expiresAtSeconds: nowSeconds + 600 }
const apiKey: Kind = {
  type: 'api_key',
  path: '/api_keys/verify',
  member: 'secret',
  credential: { subject: ada, scopes: ['ingest'], ...times, expiresAtSeconds: null },
}
const machineToken: Kind = {
  type: 'm2m_token',
  path: '/m2m_tokens/verify',
  member: 'token',
  credential: { subject: sensor, scopes: [localGateway], ...times },
}
const accessToken: Kind = {
  type: 'oauth_token',
  path: '/oauth_applications/access_tokens/verify',
  member: 'access_token',
  credential: { subject: ada, scopes: ['read'], ...times },
}
const kinds = [apiKey, machineToken, accessToken]

async function ask(path: string, body: unknown, authorization = `Bearer ${secretKey}`) {
  const url = `http://clerk.1234abcd.localhost/backend${path}`
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await clerk.fetch(new Request(url, { method: 'POST', headers, body: text }))
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const sealed = ({ type, credential }: Kind, signer = key) => sealOpaque(type, credential, signer)

describe.each(kinds)('the local Clerk about an opaque $type', (kind) => {
  const { type, path, member } = kind

  it.each(['', '/v1'])('tells, below "%s", what Usher reads of it', async (version) => {
    const token = await sealed(kind)
    const { status, body } = await ask(`${version}${path}`, { [member]: token })
    const expected = { machineId: localGateway, audiences: [] }
    const answer = { status, body, retryAfter: null }
    expect(readAnswer({ type, nowMs: noonMs }, answer, expected)).toMatchObject({
      ok: true,
      value: {
        tokenType: type,
        kind: type === 'm2m_token' ? 'machine' : 'user',
        scopes: kind.credential.scopes,
        issuedAtSeconds: nowSeconds,
        expiresAtSeconds: type === 'api_key' ? Infinity : nowSeconds + 600,
      },
    })
    expect(JSON.stringify(body)).not.toContain(token)
  })

  it('says when it has expired', async () => {
    const credential = { ...kind.credential, expiresAtSeconds: nowSeconds - 1 }
    const { status, body } = await ask(path, { [member]: await sealed({ ...kind, credential }) })
    expect([status, body.expired]).toEqual([200, true])
  })

  const forged: [string, () => Promise<string>][] = [
    ['that another keyring made', () => sealed(kind, otherKey)],
    ['without a signature', async () => (await sealed(kind)).split('.')[0] ?? ''],
    ['with an empty signature', async () => `${(await sealed(kind)).split('.')[0]}.`],
    ['with something behind it', async () => `${await sealed(kind)}.x`],
    [
      'whose words were changed',
      async () => (await sealed(kind)).replace(/_(.)/, (_, one) => `_${one === 'e' ? 'f' : 'e'}`),
    ],
    ['of Clerk’s', async () => `${(await sealed(kind)).split('_')[0]}_4f8a2b`],
    ['that is empty', async () => ''],
    ...kinds
      .filter((other) => other.type !== type)
      .map((other): [string, () => Promise<string>] => [
        `that is a ${other.type}`,
        () => sealed(other),
      ]),
    ...kinds
      .filter((other) => other.type !== type)
      .map((other): [string, () => Promise<string>] => [
        `that was a ${other.type} before its prefix was changed`,
        async () =>
          `${(await sealed(kind)).split('_')[0]}_${(await sealed(other)).split('_').slice(1).join('_')}`,
      ]),
  ]
  it.each(forged)('knows of none %s', async (_, make) => {
    const { status, body } = await ask(path, { [member]: await make() })
    const isEmpty = (await make()) === ''
    expect([status, body]).toMatchObject([
      isEmpty ? 400 : 404,
      { errors: [{ code: isEmpty ? 'bad_request' : 'resource_not_found' }] },
    ])
  })

  it.each(['', '{', 'null', '[]', '{}', `{"${member}":1}`, '{"other":"x"}'])(
    'finds %j no question',
    async (body) => {
      expect((await ask(path, body)).status).toBe(400)
    },
  )

  it.each(['', 'Bearer ', 'Bearer sk_live_other', secretKey, 'Bearer undefined'])(
    'tells nothing to %j',
    async (authorization) => {
      for (const version of ['', '/v1']) {
        const token = await sealed(kind)
        const answer = await ask(`${version}${path}`, { [member]: token }, authorization)
        expect([answer.status, answer.body]).toMatchObject([
          401,
          { errors: [{ code: 'clerk_key_invalid' }] },
        ])
      }
    },
  )

  it('tells a machine about the tokens of machines, and nothing else', async () => {
    const token = await sealed(kind)
    const answer = await ask(path, { [member]: token }, `Bearer ${machine.secretKey}`)
    expect(answer.status).toBe(type === 'm2m_token' ? 200 : 401)
  })

  it('answers nobody by another method', async () => {
    const headers = { authorization: `Bearer ${secretKey}` }
    const url = `http://localhost/backend${path}`
    const response = await clerk.fetch(new Request(url, { method: 'PUT', headers }))
    expect(response.status).toBe(404)
  })

  it('says of one that was revoked since it was first shown', async () => {
    const { state } = clerk.standIn.world
    const token = await sealed({
      ...kind,
      credential: { ...kind.credential, issuedAtSeconds: nowSeconds - 1 },
    })
    const { body } = await ask(path, { [member]: token })
    const record = state.credentials.get(String(body.id))
    if (record === undefined) throw new Error('It was not written down')
    state.credentials.put({ ...record, isRevoked: true })
    expect((await ask(path, { [member]: token })).body).toMatchObject({ revoked: true })
  })
})

it('the local Clerk tells a machine of the tokens that are for it alone', async () => {
  const credential = { ...machineToken.credential, scopes: [sensor] }
  const token = await sealed({ ...machineToken, credential })
  const asMachine = await ask(machineToken.path, { token }, `Bearer ${machine.secretKey}`)
  expect(asMachine.status).toBe(404)
  expect((await ask(machineToken.path, { token })).status).toBe(200)
})

it('the local Clerk opens to nobody by a machine’s key where there is no machine', async () => {
  for (const authorization of ['Bearer undefined', 'Bearer ']) {
    const headers = { authorization }
    const url = `http://localhost/backend${machineToken.path}`
    const nobody = await createTestStandIn({ key, settings: { secretKey, machine: undefined } })
    const response = await nobody.fetch(new Request(url, { method: 'POST', headers }))
    expect(response.status).toBe(401)
  }
})

describe('the local Clerk about templates', () => {
  const session = localUsers.get('ada')?.sessionId ?? ''

  it('makes a token of a template that it has, for a session that it knows', async () => {
    const { status, body } = await ask(`/v1/sessions/${session}/tokens/demo`, {})
    expect([status, body.object]).toEqual([200, 'token'])
    const [header, claims] = String(body.jwt).split('.', 2).map(decode)
    expect(header).toMatchObject({ cat: 'cl_B7d4PD222AAA', kid: key.kid })
    expect(claims).toMatchObject({
      iss: `https://${clerk.settings.host}`,
      sub: ada,
      template: 'demo',
    })
    expect(claims.exp - claims.iat).toBe(60)
  })

  it.each(['hasura', 'constructor', 'Demo'])('knows no template %s', async (name) => {
    expect((await ask(`/v1/sessions/${session}/tokens/${name}`, {})).status).toBe(404)
  })

  it.each(['sess_eve', 'constructor', ada])('knows no session %s', async (name) => {
    expect((await ask(`/v1/sessions/${name}/tokens/demo`, {})).status).toBe(404)
  })

  it.each(['Bearer sk_live_other', `Bearer ${machine.secretKey}`, ''])(
    'makes none for %j',
    async (authorization) => {
      const answer = await ask(`/v1/sessions/${session}/tokens/demo`, {}, authorization)
      expect(answer.status).toBe(401)
    },
  )
})
