import { beforeEach, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  type ClerkServer,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const password = 'a sound secret'
const ada = localUsers.get('ada')?.id ?? ''

let clerk: TestStandIn
let server: ClerkServer

async function open(): Promise<void> {
  clerk = await createTestStandIn()
  server = clerk.backend()
}

async function makeUser(members: object = {}): Promise<string> {
  const made = await server.post('/users', { password, ...members })
  expect(made.status, made.code).toBe(200)
  return textAt(made.body, 'id')
}

describe('a user who is made by a server', () => {
  beforeEach(open)

  const address = { email_address: ['mary@example.com'] }

  it.each<[string, object, number, string]>([
    ['nothing', {}, 422, 'form_data_missing'],
    ['no address', { password }, 422, 'form_data_missing'],
    ['no password', address, 422, 'form_data_missing'],
    ['nobody at all', { password, skip_user_requirement: true }, 422, 'form_data_missing'],
    ['a short password', { ...address, password: 'short' }, 422, 'form_password_length_too_short'],
    ['a leaked password', { ...address, password: 'password123' }, 422, 'form_password_pwned'],
    [
      'no address in the address',
      { email_address: ['x'], password },
      422,
      'form_param_format_invalid',
    ],
    ['the address of another', { email_address: ['ADA@usher-local'], password }, 422, ''],
    [
      'an address twice',
      { email_address: ['a@b.co', 'A@b.co'], password },
      422,
      'form_param_duplicate',
    ],
    [
      'a short username',
      { ...address, password, username: 'abc' },
      422,
      'form_username_invalid_length',
    ],
    ['a role', { ...address, password, role: 'admin' }, 422, 'form_param_unknown'],
    [
      'metadata of 9 KB',
      { ...address, password, public_metadata: { a: 'x'.repeat(9000) } },
      422,
      'form_param_exceeds_allowed_size',
    ],
    [
      'a date of no sort',
      { ...address, password, created_at: '1 May' },
      422,
      'form_param_invalid_time',
    ],
    [
      'a check to skip of nothing',
      { ...address, skip_password_requirement: true, skip_password_checks: true },
      422,
      'form_conditional_param_disallowed',
    ],
    [
      'a secret that is not base32',
      { ...address, password, totp_secret: '1!' },
      422,
      'form_param_format_invalid',
    ],
    [
      'a digest',
      { ...address, password_digest: '$2b$x', password_hasher: 'bcrypt' },
      501,
      'not_implemented',
    ],
    ['a wallet', { ...address, password, web3_wallet: ['0x0'] }, 501, 'not_implemented'],
    [
      'a reserved address',
      { ...address, password, email_address_identification_status: ['reserved'] },
      501,
      'not_implemented',
    ],
  ])('is refused with %s, and nothing of it stays', async (_, members, status, code) => {
    const { users, emailAddresses, deliveries } = clerk.standIn.world.state
    const before = [users.size, emailAddresses.size, deliveries.size]
    const refused = await server.post('/users', { ...members })
    expect(refused.status).toBe(status)
    if (code !== '') expect(refused.code).toBe(code)
    expect([users.size, emailAddresses.size, deliveries.size]).toEqual(before)
  })

  it.each<[string, object, object]>([
    [
      'without a password',
      { ...address, skip_password_requirement: true },
      { password_enabled: false },
    ],
    [
      'with a weak one unchecked',
      { ...address, password: 'x', skip_password_checks: true },
      { password_enabled: true },
    ],
    ['banned', { ...address, password, banned: true }, { banned: true }],
    ['locked', { ...address, password, locked: true }, { locked: true }],
    [
      'with a second factor',
      { ...address, password, totp_secret: 'JBSWY3DPEHPK3PXP' },
      { totp_enabled: true, two_factor_enabled: true },
    ],
  ])('can be made %s', async (_, members, expected) => {
    expect((await server.post('/users', { ...members })).body).toMatchObject(expected)
  })

  it('never shows what proves who they are', async () => {
    const id = await makeUser({ ...address, totp_secret: 'JBSWY3DPEHPK3PXP', backup_codes: ['b1'] })
    const user = clerk.standIn.world.state.users.get(id)
    const shown = JSON.stringify([
      (await server.get(`/users/${id}`)).body,
      ...clerk.standIn.world.state.deliveries.all(),
    ])
    const secrets = [user?.passwordDigest, user?.totpSecret, ...(user?.backupCodes ?? [])]
    expect(secrets).toHaveLength(3)
    for (const secret of secrets) expect(shown).not.toContain(secret)
  })
})

describe('a user who is changed by a server', () => {
  beforeEach(open)

  const newAddress = (members: object) => server.post('/email_addresses', { ...members })

  it('cannot be given the primary address of another, nor one that is not verified', async () => {
    const id = await makeUser({ email_address: ['mary@example.com'] })
    const { primaryEmailAddressId } = clerk.standIn.world.state.users.get(ada) ?? {}
    const unproved = await newAddress({ user_id: id, email_address: 'new@example.com' })
    const wishes = [primaryEmailAddressId, textAt(unproved.body, 'id'), 'idn_eve']
    for (const primary_email_address_id of wishes) {
      const refused = await server.patch(`/users/${id}`, { primary_email_address_id })
      expect(refused.status).toBe(422)
    }
    const own = clerk.standIn.world.state.users.get(id)?.primaryEmailAddressId
    expect(own).not.toBe(primaryEmailAddressId)
  })

  it.each<[string, object, string]>([
    ['metadata, which have a place of their own', { public_metadata: {} }, 'form_param_unknown'],
    [
      'signing out without a password',
      { sign_out_of_other_sessions: true },
      'form_conditional_param_disallowed',
    ],
    ['the external id of another', { external_id: 'taken' }, 'form_identifier_exists'],
  ])('refuses %s', async (_, members, code) => {
    await makeUser({ email_address: ['mary@example.com'], external_id: 'taken' })
    expect(await server.patch(`/users/${ada}`, { ...members })).toMatchObject({ status: 422, code })
  })

  it('is signed out everywhere by a new password, where that is wished', async () => {
    for (const [sign_out_of_other_sessions, status] of [
      [false, 'active'],
      [true, 'revoked'],
    ]) {
      const { body } = await server.post('/sessions', { user_id: ada })
      await server.patch(`/users/${ada}`, { password, sign_out_of_other_sessions })
      expect((await server.get(`/sessions/${textAt(body, 'id')}`)).body).toMatchObject({ status })
    }
  })

  it('has metadata merged deeply, a null taken out, and the whole kept small', async () => {
    const path = `/users/${ada}/metadata`
    await server.put(path, { public_metadata: { a: { b: 1, c: [1] }, d: 1 } })
    const merge = (changes: object) => server.patch(path, { public_metadata: changes })
    const merged = await merge({ a: { b: null, c: [2] }, d: { e: 1 }, f: null })
    expect(merged.body).toMatchObject({ public_metadata: { a: { c: [2] }, d: { e: 1 } } })
    expect(JSON.stringify(merged.body)).not.toContain('"f"')
    await merge({ big: 'x'.repeat(5000) })
    const tooMuch = await merge({ more: 'x'.repeat(5000) })
    expect(tooMuch.code).toBe('form_param_exceeds_allowed_size')
    expect((await server.get(`/users/${ada}`)).body).not.toHaveProperty('public_metadata.more')
  })

  it('is banned with all others of a list or not at all', async () => {
    const ban = (...user_ids: string[]) => server.post('/users/ban', { user_ids })
    expect((await ban(ada, 'user_eve')).status).toBe(404)
    expect((await ban()).code).toBe('bulk_size_exceeded')
    expect((await ban(...Array.from({ length: 51 }, () => ada))).code).toBe('bulk_size_exceeded')
    expect((await server.get('/users/count', { banned: true })).body).toMatchObject({
      total_count: 0,
    })
    expect((await ban(ada)).body).toMatchObject([{ id: ada, banned: true }])
    const types = clerk.standIn.world.state.deliveries.all().map(({ type }) => type)
    expect(types.slice(-2)).toEqual(['user.updated', 'session.revoked'])
  })
})

const kinds = [
  { path: '/email_addresses', member: 'email_address', to: 'new@example.com' },
  { path: '/phone_numbers', member: 'phone_number', to: '+15555550177' },
]

describe.each(kinds)('a code that a server has sent to a new $member', ({ path, member, to }) => {
  let address: string
  let verification_id: string
  beforeEach(async () => {
    await open()
    const made = await server.post(path, { user_id: ada, [member]: to })
    address = `${path}/${textAt(made.body, 'id')}`
    const prepared = await server.post(`${address}/prepare_verification`)
    verification_id = textAt(prepared.body, 'id')
    expect(JSON.stringify(prepared.body)).not.toContain(clerk.codeFor(to))
  })

  const attempt = (code: string, id = verification_id) =>
    server.post(`${address}/attempt_verification`, { verification_id: id, code })
  const wrong = () => (clerk.codeFor(to) === '000000' ? '000001' : '000000')
  const verification = async () => (await server.get(address)).body

  it('verifies it, once', async () => {
    expect(await verification()).toMatchObject({ verification: null })
    expect((await attempt(clerk.codeFor(to))).body).toMatchObject({ status: 'verified' })
    expect(await verification()).toMatchObject({ verification: { status: 'verified' } })
    expect((await attempt(clerk.codeFor(to))).code).toBe('verification_already_verified')
  })

  it('is tried five times, and told how it stands', async () => {
    for (const [index, status] of [...Array(4).fill('unverified'), 'failed', 'failed'].entries()) {
      const tried = await attempt(wrong())
      expect(tried.body).toMatchObject({ status, attempts: Math.min(index + 1, 5) })
    }
    expect((await attempt(clerk.codeFor(to))).body).toMatchObject({ status: 'failed' })
    expect(await verification()).toMatchObject({ verification: null })
  })

  it('is worth nothing after ten minutes', async () => {
    clerk.turn(10 * 60_000)
    expect((await attempt(clerk.codeFor(to))).body).toMatchObject({ status: 'expired' })
    expect(await verification()).toMatchObject({ verification: null })
  })

  it('counts for the verification that it was sent for alone', async () => {
    const other = await server.post(path, {
      user_id: ada,
      [member]: to.replace('7', '8').replace('new', 'old'),
    })
    const elsewhere = `${path}/${textAt(other.body, 'id')}/attempt_verification`
    const tried = await server.post(elsewhere, { verification_id, code: clerk.codeFor(to) })
    expect(tried.status).toBe(404)
    expect((await attempt(clerk.codeFor(to), 'ver_eve')).status).toBe(404)
  })

  it('is not needed where the server vouches, and a primary one stays verified', async () => {
    const updated = await server.patch(address, { verified: true, primary: true })
    expect(updated.body).toMatchObject({ verification: { strategy: 'admin' } })
    expect((await server.patch(address, { verified: false })).code).toBe('form_verification_needed')
  })
})
