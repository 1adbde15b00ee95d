import { beforeEach, describe, expect, it } from 'vitest'
import { localMachines } from '../../../src/local/clerk/machines.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  type ClerkServer,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const ada = localUsers.get('ada')?.id ?? ''
const sensor = localMachines.get('sensor') ?? ''

let clerk: TestStandIn
let server: ClerkServer
beforeEach(async () => {
  clerk = await createTestStandIn()
  server = clerk.backend()
})

describe('a machine', () => {
  let machine: ClerkServer
  let gateway: ClerkServer
  beforeEach(async () => {
    const { body } = await server.get(`/machines/${sensor}/secret_key`)
    machine = clerk.backend(textAt(body, 'secret'))
    gateway = clerk.backend(clerk.settings.machine?.secretKey)
  })

  const make = (members: object = {}) => machine.post('/m2m_tokens', { ...members })

  it('makes tokens for the machines of its scopes, which alone are told of them', async () => {
    const made = await make({ claims: { a: 1 } })
    expect(made.status).toBe(201)
    const shown = { token: textAt(made.body, 'token') }
    expect((await gateway.post('/m2m_tokens/verify', shown)).body).toMatchObject({
      ...{ subject: sensor, claims: { a: 1 } },
    })
    expect((await machine.post('/m2m_tokens/verify', shown)).status).toBe(404)
    await server.delete(`/machines/${sensor}/scopes/${clerk.settings.machine?.id}`)
    const other = { token: textAt((await make()).body, 'token') }
    expect((await gateway.post('/m2m_tokens/verify', other)).status).toBe(404)
  })

  it('has a key that is told to whoever asks for it, and in no other answer', async () => {
    const told = [
      await server.get('/machines', { limit: 100 }),
      await server.get(`/machines/${sensor}`),
      await server.patch(`/machines/${sensor}`, { name: 'other' }),
    ]
    const keys = clerk.standIn.world.state.machines.all().map(({ secretKey }) => secretKey)
    expect(keys.length).toBeGreaterThan(2)
    for (const key of keys) expect(JSON.stringify(told.map(({ body }) => body))).not.toContain(key)
  })

  it('sees and revokes its own tokens, and nobody else’s', async () => {
    const { body } = await make()
    const path = `/m2m_tokens/${textAt(body, 'id')}/revoke`
    expect((await gateway.get('/m2m_tokens', { subject: sensor })).status).toBe(403)
    expect((await gateway.post(path)).status).toBe(404)
    expect((await machine.post(path)).body).toMatchObject({ revoked: true })
    expect((await machine.get('/m2m_tokens', { subject: sensor })).body).toMatchObject({
      total_count: 0,
    })
    const all = { subject: sensor, revoked: true }
    expect((await server.get('/m2m_tokens', all)).body).toMatchObject({ total_count: 1 })
  })

  it('may do nothing else', async () => {
    for (const path of ['/users', '/machines', '/jwks', `/users/${ada}`]) {
      expect((await machine.get(path)).status).toBe(401)
    }
    expect((await server.post('/m2m_tokens')).status).toBe(400)
  })

  it('has a token again that is good for long enough, and says the same', async () => {
    const wish = { min_remaining_ttl_seconds: 1800 }
    const first = textAt((await make()).body, 'token')
    const again = async (members: object = wish) => textAt((await make(members)).body, 'token')
    expect(await again()).toBe(first)
    expect(await again({ ...wish, claims: { a: 1 } })).not.toBe(first)
    expect(await again({})).not.toBe(first)
    clerk.turn(1800_001)
    expect(await again()).not.toBe(first)
  })

  it.each<[string, object]>([
    ['that says whose it is', { token_format: 'jwt', claims: { sub: 'eve' } }],
    ['that says for whom it is', { token_format: 'jwt', claims: { scopes: 'all' } }],
    ['that is over at once', { seconds_until_expiration: 0 }],
    ['that must hold longer than it does', { min_remaining_ttl_seconds: 3600 }],
    ['of another format', { token_format: 'paseto' }],
  ])('makes no token %s', async (_, members) => {
    expect((await make(members)).status).toBe(400)
  })

  it('uses its former key for as long as was said', async () => {
    const rotated = await server.post(`/machines/${sensor}/secret_key/rotate`, {
      previous_token_ttl: 60,
    })
    expect((await make()).status).toBe(201)
    clerk.turn(60_000)
    expect((await make()).status).toBe(401)
    machine = clerk.backend(textAt(rotated.body, 'secret'))
    expect((await make()).status).toBe(201)
  })

  it('that the gateway is stays as its settings have it', async () => {
    const path = `/machines/${clerk.settings.machine?.id}`
    expect((await server.delete(path)).status).toBe(501)
    const rotate = { previous_token_ttl: 0 }
    expect((await server.post(`${path}/secret_key/rotate`, rotate)).status).toBe(501)
    expect((await gateway.get('/m2m_tokens', { subject: clerk.settings.machine?.id })).status).toBe(
      200,
    )
  })
})
