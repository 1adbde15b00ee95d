import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { tokenTypes } from '../../src/model/principal.ts'
import {
  answerFrom,
  credentialForms,
  everyCredential,
  mintAccessToken,
  mintMachineToken,
  opaqueRecords,
  ourMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { createWorld, type World } from '../support/world.ts'

// `me` tells of whoever some route is for, by whatever credential they come.

const routes: GatewayConfig['routes'] = [{ path: '/**', origin: 'api', accepts: [...tokenTypes] }]

let world: World
beforeEach(async () => {
  world = await createWorld({ config: { routes }, variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
})

async function me(token: string, asked: World = world): Promise<Record<string, unknown>> {
  const response = await asked.get('/_usher/me', token)
  expect(response.headers.get('cache-control')).toContain('no-store')
  return { status: response.status, ...Object(await response.json()) }
}

describe('me', () => {
  it('tells of a session what it always told, and what kind of credential it was', async () => {
    expect(await me(await world.token())).toEqual({
      status: 200,
      authenticated: true,
      kind: 'user',
      token_type: 'session_token',
      user_id: 'user_ada',
      session_id: 'sess_ada',
      client_id: null,
      organization: null,
      actor: null,
      scopes: [],
      expires_at: world.clock.now() / 1000 + 60,
      roles: ['admin', 'user'],
      permissions: [],
      user: expect.objectContaining({ status: 'active' }),
      claims: expect.objectContaining({ sub: 'user_ada' }),
    })
  })

  it.each(credentialForms)(
    'knows $name where some route takes its type, else refuses it',
    async (form) => {
      const token = await form.make(world)
      const isMachine = form.type === 'm2m_token'
      expect(await me(token)).toMatchObject({
        status: 200,
        authenticated: true,
        token_type: form.type,
        ...(isMachine
          ? { kind: 'machine', subject: sendingMachine }
          : { kind: 'user', user_id: 'user_ada' }),
      })
      const narrow = await createWorld({ variables: everyCredential })
      const isSession = form.type === 'session_token'
      expect(await me(await form.make(narrow), narrow)).toMatchObject(
        isSession ? { status: 200 } : { status: 401, code: 'token-type-mismatch' },
      )
    },
  )

  it('tells of an OAuth token whose it is, of which client and for what', async () => {
    expect(await me(await mintAccessToken(world))).toMatchObject({
      session_id: null,
      client_id: 'client_1',
      scopes: ['read', 'write'],
    })
  })

  it("tells of an organisation's own key, and null for one that does not end", async () => {
    expect(await me('ak_acme')).toMatchObject({
      kind: 'machine',
      subject: 'org_acme',
      organization: { id: 'org_acme', slug: null, role: null, permissions: [] },
      expires_at: null,
    })
  })

  it('tells of a machine no user, no role and no session', async () => {
    const told = await me(await mintMachineToken(world))
    expect(told).toMatchObject({ kind: 'machine', scopes: [ourMachine], organization: null })
    for (const member of ['user_id', 'session_id', 'user', 'roles', 'permissions', 'actor']) {
      expect(told).not.toHaveProperty(member)
    }
  })
})

describe('clerk-test', () => {
  it.each(credentialForms)('is for sessions: $name', async (form) => {
    const response = await world.get('/_usher/clerk-test', await form.make(world))
    const isSession = form.type === 'session_token'
    expect(response.status).toBe(isSession ? 200 : 401)
    if (!isSession) expect(await response.json()).toMatchObject({ code: 'token-type-mismatch' })
  })
})
