import { beforeEach, describe, expect, it } from 'vitest'
import { decodeToken } from '../../../src/clerk/jwt.ts'
import { keepHandshake } from '../../../src/local/clerk/acts/handshakes.ts'
import type { RowKeeper } from '../../../src/local/clerk/kernel/state.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { noonMs } from '../../support/fake-clock.ts'
import {
  type Answer,
  at,
  type ClerkServer,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const ada = localUsers.get('ada')?.id ?? ''
const grace = localUsers.get('grace')?.id ?? ''

let clerk: TestStandIn
let server: ClerkServer
beforeEach(async () => {
  clerk = await createTestStandIn()
  server = clerk.backend()
})

function claimsIn({ body }: Answer): Readonly<Record<string, unknown>> {
  const decoded = decodeToken(textAt(body, 'jwt'))
  if (!decoded.ok) throw new Error('This is no JWT')
  return decoded.value.payload
}

async function sessionOf(user_id: string, members: object = {}): Promise<string> {
  const made = await server.post('/sessions', { user_id, ...members })
  return `/sessions/${textAt(made.body, 'id')}`
}

describe('a session', () => {
  it('gives tokens of the organisation that is active in it, and only of the user’s own', async () => {
    const { id: active_organization_id } = clerk.standIn.world.state.organizations.all()[0] ?? {}
    const session = await sessionOf(grace, { active_organization_id })
    expect(claimsIn(await server.post(`${session}/tokens`))).toMatchObject({
      ...{ sub: grace, sts: 'active', iat: noonMs / 1000, exp: noonMs / 1000 + 60 },
      o: { id: active_organization_id, rol: 'admin' },
    })
    const stranger = await server.post('/sessions', { user_id: ada, active_organization_id })
    expect(stranger.status).toBe(422)
  })

  it.each<[string, (session: string) => unknown]>([
    ['was revoked', (session) => server.post(`${session}/revoke`)],
    ['has expired', () => clerk.turn(8 * 24 * 60 * 60_000)],
    ['is of somebody banned', () => server.post(`/users/${ada}/ban`)],
    ['is of somebody deleted', () => server.delete(`/users/${ada}`)],
  ])('gives no token when it %s', async (_, end) => {
    const session = await sessionOf(ada)
    expect((await server.post(`${session}/tokens`)).status).toBe(200)
    await end(session)
    for (const path of [`${session}/tokens`, `${session}/tokens/demo`]) {
      expect((await server.post(path)).status).toBe(404)
    }
    expect((await server.get(session)).body).not.toMatchObject({ status: 'active' })
  })

  it('is made for nobody who is banned', async () => {
    await server.post(`/users/${ada}/ban`)
    expect(await server.post('/sessions', { user_id: ada })).toMatchObject({ code: 'user_banned' })
  })

  it.each([29, 315_360_001, 'soon', 60.5])('gives no token for %j seconds', async (seconds) => {
    const session = await sessionOf(ada)
    for (const path of [`${session}/tokens`, `${session}/tokens/demo`]) {
      expect((await server.post(path, { expires_in_seconds: seconds })).status).toBe(422)
    }
  })

  it('is refreshed by nothing, as nothing that refreshes was ever given', async () => {
    const session = await sessionOf(ada)
    const shown = { expired_token: 'x', refresh_token: 'y', request_origin: 'http://localhost' }
    for (const body of [{}, shown, { ...shown, format: 'cookie' }]) {
      expect((await server.post(`${session}/refresh`, body)).status).toBe(401)
    }
  })
})

describe('a JWT template', () => {
  const claims = {
    id: '{{user.id}}',
    greeting: 'Hello {{user.first_name}} of {{org.slug}}!',
    meta: '{{user.public_metadata}}',
    nested: { role: ['{{org.role}}'] },
    nothing: '{{user.no_such_thing}}',
    number: 7,
  }

  it('fills in who the user is and where', async () => {
    await server.patch(`/users/${grace}/metadata`, { public_metadata: { plan: 'pro' } })
    const { id: active_organization_id } = clerk.standIn.world.state.organizations.all()[0] ?? {}
    await server.post('/jwt_templates', { name: 'full', claims, lifetime: 120 })
    const session = await sessionOf(grace, { active_organization_id })
    expect(claimsIn(await server.post(`${session}/tokens/full`))).toMatchObject({
      id: grace,
      greeting: 'Hello Grace of acme!',
      meta: { plan: 'pro' },
      nested: { role: ['org:admin'] },
      nothing: null,
      number: 7,
      exp: noonMs / 1000 + 120,
    })
  })

  it.each<[string, object, string]>([
    ['without a name', { claims: {} }, 'form_param_missing'],
    ['without claims', { name: 'x' }, 'form_param_missing'],
    ['with the name of another', { name: 'demo', claims: {} }, 'form_identifier_exists'],
    ['with a name that is a path', { name: 'a/b', claims: {} }, 'form_param_format_invalid'],
    ['that says whose it is', { name: 'x', claims: { sub: 'eve' } }, 'jwt_template_reserved_claim'],
    ['that says when it ends', { name: 'x', claims: { exp: 1 } }, 'jwt_template_reserved_claim'],
    ['that is over at once', { name: 'x', claims: {}, lifetime: 29 }, 'form_param_format_invalid'],
    [
      'with a key of its own',
      { name: 'x', claims: {}, custom_signing_key: true },
      'not_implemented',
    ],
  ])('is not made %s', async (_, members, code) => {
    expect((await server.post('/jwt_templates', { ...members })).code).toBe(code)
    expect(clerk.standIn.world.state.jwtTemplates.size).toBe(1)
  })
})

describe('a ticket', () => {
  const makers = {
    sign_in_token: { path: '/sign_in_tokens', members: { user_id: ada } },
    actor_token: { path: '/actor_tokens', members: { user_id: ada, actor: { sub: grace } } },
  }

  const redeem = (ticket: string) =>
    clerk.browser().post('/v1/client/sign_ins', { strategy: 'ticket', ticket })

  describe.each(Object.entries(makers))('that is a %s', (kind, { path, members }) => {
    let ticket: string
    let id: string
    beforeEach(async () => {
      const { body } = await server.post(path, { ...members, expires_in_seconds: 60 })
      ticket = textAt(body, 'token')
      id = textAt(body, 'id')
      expect(textAt(body, 'url')).toContain(ticket)
    })

    it('signs in once', async () => {
      expect(at((await redeem(ticket)).response, 'status')).toBe('complete')
      const session = clerk.standIn.world.state.sessions.all().at(-1)
      expect(session?.actor).toEqual(kind === 'actor_token' ? { sub: grace } : null)
      const token = claimsIn(await server.post(`/sessions/${session?.id}/tokens`))
      expect(token.act).toEqual(kind === 'actor_token' ? { sub: grace } : undefined)
      expect(await redeem(ticket)).toMatchObject({ code: `${kind}_already_used_code` })
    })

    it.each<[string, () => unknown, string]>([
      ['was revoked', () => server.post(`${path}/${id}/revoke`), `${kind}_revoked_code`],
      ['is too old', () => clerk.turn(60_000), 'ticket_expired_code'],
    ])('signs nobody in when it %s', async (_, spoil, code) => {
      await spoil()
      expect(await redeem(ticket)).toMatchObject({ status: 400, code })
      expect(clerk.standIn.world.state.tickets.get(id)?.status).not.toBe('accepted')
    })

    it('is not revoked when it was used', async () => {
      await redeem(ticket)
      const revoked = await server.post(`${path}/${id}/revoke`)
      expect(revoked).toMatchObject({ status: 400, code: `${kind}_cannot_be_revoked_code` })
    })

    it('is kept as a digest, and told of without it afterwards', async () => {
      const revoked = await server.post(`${path}/${id}/revoke`)
      const kept = JSON.stringify([clerk.standIn.world.state.tickets.all(), revoked.body])
      expect(kept).not.toContain(ticket.split('.').at(-1))
    })

    it('is no session token, as no key has signed it', () => {
      expect(decodeToken(ticket)).toMatchObject({ ok: true, value: { header: { alg: 'none' } } })
    })
  })

  it('of tests signs nobody in', async () => {
    const { body } = await server.post('/testing_tokens')
    const refused = await redeem(textAt(body, 'token'))
    expect(refused).toMatchObject({ status: 400, code: 'testing_token_not_in_sign_in_code' })
  })

  it.each(['', 'x', 'a.b.c'])('that nobody gave (%j) signs nobody in', async (ticket) => {
    expect((await redeem(ticket)).status).toBeGreaterThanOrEqual(400)
  })

  it('that acts for another names who it is', async () => {
    for (const actor of [{}, { sub: '' }, { sub: 1 }]) {
      expect((await server.post('/actor_tokens', { user_id: ada, actor })).status).toBe(422)
    }
  })
})

describe('an API key', () => {
  const make = async (members: object = {}) =>
    (await server.post('/api_keys', { name: 'a key', subject: ada, ...members })).body
  const verify = (secret: string) => server.post('/api_keys/verify', { secret })

  it('says when it was revoked and when it has expired', async () => {
    const made = await make({ seconds_until_expiration: 60 })
    const secret = textAt(made, 'secret')
    expect((await verify(secret)).body).toMatchObject({ revoked: false, expired: false })
    clerk.turn(60_000)
    expect((await verify(secret)).body).toMatchObject({ revoked: false, expired: true })
    await server.post(`/api_keys/${textAt(made, 'id')}/revoke`, { revocation_reason: 'lost' })
    const { body } = await verify(secret)
    expect(body).toMatchObject({ revoked: true, revocation_reason: 'lost' })
    const listed = (query: object) => server.get('/api_keys', { subject: ada, ...query })
    expect((await listed({})).body).toMatchObject({ total_count: 0 })
    expect((await listed({ include_invalid: 'true' })).body).toMatchObject({ total_count: 1 })
  })

  it('is kept as a digest, and outlives the stand-in', async () => {
    const rows = new Map<string, { table: string; id: string; json: string }>()
    const keeper: RowKeeper = {
      load: () => [...rows.values()],
      write(changes) {
        for (const { table, id, record } of changes) {
          if (record === undefined) rows.delete(`${table} ${id}`)
          else rows.set(`${table} ${id}`, { table, id, json: JSON.stringify(record) })
        }
      },
    }
    server = (await createTestStandIn({ keeper })).backend()
    const made = await make()
    const secret = textAt(made, 'secret')
    expect(JSON.stringify([...rows.values()])).not.toContain(secret)
    server = (await createTestStandIn({ keeper })).backend()
    expect((await verify(secret)).body).toMatchObject({ id: textAt(made, 'id') })
    expect((await server.get(`/api_keys/${textAt(made, 'id')}/secret`)).body).toEqual({ secret })
  })

  it.each<[string, object]>([
    ['for nobody', { subject: `user_${'e'.repeat(27)}` }],
    ['for what is no id', { subject: 'ada' }],
    ['without a subject', { subject: undefined }],
    ['with a name of two letters', { name: 'ab' }],
    ['with spaces around its name', { name: ' abc ' }],
    ['that is over at once', { seconds_until_expiration: 0 }],
    ['with claims that are no object', { claims: 'x' }],
    ['with a member that nobody knows', { surprise: 1 }],
    ['of another type', { type: 'scim' }],
  ])('is not made %s', async (_, members) => {
    expect(
      (await server.post('/api_keys', { name: 'a key', subject: ada, ...members })).status,
    ).toBe(400)
    expect(clerk.standIn.world.state.credentials.size).toBe(0)
  })
})

describe('the payload of a handshake', () => {
  const ask = (nonce: string) => server.get('/clients/handshake_payload', { nonce })

  it('is given once', async () => {
    const directives = ['__session=x; Path=/']
    const nonce = await keepHandshake(clerk.standIn.world, directives)
    expect((await ask(nonce)).body).toEqual({ directives })
    expect((await ask(nonce)).status).toBe(404)
  })

  it('is not given late, nor to whoever guesses', async () => {
    const nonce = await keepHandshake(clerk.standIn.world, [])
    clerk.turn(20_000)
    for (const shown of [nonce, 'x']) expect((await ask(shown)).status).toBe(404)
    expect((await server.get('/clients/handshake_payload')).status).toBe(422)
  })
})
