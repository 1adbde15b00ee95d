import { beforeEach, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const emailAddress = 'mary@example.com'
const password = 'mary-somerville-1834'
const whole = { email_address: emailAddress, password }
const minuteMs = 60_000

let kit: TestStandIn
let browser: ClerkBrowser

beforeEach(async () => {
  kit = await createTestStandIn()
  browser = kit.browser()
})

function create(members: Record<string, unknown>, from = browser) {
  return from.post('/v1/client/sign_ups', members)
}

/** Begins a sign-up and has a code sent. */
async function prepare(members: Record<string, unknown> = whole): Promise<string> {
  const { response } = await create(members)
  const path = `/v1/client/sign_ups/${textAt(response, 'id')}`
  const prepared = await browser.post(`${path}/prepare_verification`, { strategy: 'email_code' })
  expect(at(prepared.response, 'verifications.email_address.next_action')).toBe('needs_attempt')
  return path
}

function attempt(path: string, code = kit.codeFor(emailAddress), strategy = 'email_code') {
  return browser.post(`${path}/attempt_verification`, { strategy, code })
}

async function inviteTo(path: string, members: Record<string, unknown>): Promise<string> {
  const { status } = await kit.backend().post(path, members)
  expect(status).toBe(200)
  const link = new URL(kit.lastMessage(emailAddress).link ?? '')
  expect(link.searchParams.get('__clerk_status')).toBe('sign_up')
  return link.searchParams.get('__clerk_ticket') ?? ''
}

describe('a sign-up', () => {
  it('says what is missing and what is to be proved, and asks for the code', async () => {
    const { response } = await create({ email_address: ' Mary@Example.COM ' })
    expect(response).toMatchObject({
      status: 'missing_requirements',
      email_address: emailAddress,
      required_fields: ['email_address', 'password'],
      missing_fields: ['password'],
      unverified_fields: ['email_address'],
      verifications: { email_address: null },
      password_enabled: false,
    })
  })

  it('makes a user and a session once the address is proved', async () => {
    const path = await prepare({ ...whole, first_name: 'Mary', unsafe_metadata: { theme: 'dark' } })
    const { response, client } = await attempt(path)
    expect(response).toMatchObject({
      status: 'complete',
      missing_fields: [],
      unverified_fields: [],
      verifications: { email_address: { status: 'verified', next_action: '' } },
    })
    const me = await browser.get('/v1/me')
    expect(me.response).toMatchObject({
      id: at(response, 'created_user_id'),
      first_name: 'Mary',
      unsafe_metadata: { theme: 'dark' },
      password_enabled: true,
      email_addresses: [{ email_address: emailAddress, verification: { status: 'verified' } }],
    })
    expect(client).toMatchObject({
      sign_up: null,
      last_active_session_id: at(response, 'created_session_id'),
    })
    const types = kit.standIn.world.state.deliveries.all().map(({ type }) => type)
    expect(types.filter((type) => /^(user|session)\./.test(type)).slice(-2)).toEqual([
      'user.created',
      'session.created',
    ])
  })

  it('gives the browser another secret', async () => {
    const path = await prepare()
    const before = browser.cookies.get('__client')
    await attempt(path)
    expect(browser.cookies.get('__client')).not.toBe(before)
    const thief = kit.browser()
    thief.setCookie('__client', before)
    expect((await thief.get('/v1/client')).body).toMatchObject({ response: null })
  })

  it('goes on when what was missing is told, in any order', async () => {
    const { response } = await create({ first_name: 'Mary' })
    const path = `/v1/client/sign_ups/${textAt(response, 'id')}`
    await browser.patch(path, { email_address: emailAddress })
    await browser.post(`${path}/prepare_verification`, { strategy: 'email_code' })
    const proved = await attempt(path)
    expect(proved.response).toMatchObject({ status: 'missing_requirements', unverified_fields: [] })
    const told = await browser.patch(path, { password })
    expect(told.response).toMatchObject({ status: 'complete', first_name: 'Mary' })
  })

  it('may tell a phone number, which must be proved then', async () => {
    const path = await prepare({ ...whole, phone_number: '+15555550123' })
    const half = await attempt(path)
    expect(half.response).toMatchObject({ unverified_fields: ['phone_number'] })
    await browser.post(`${path}/prepare_verification`, { strategy: 'phone_code' })
    const { response } = await attempt(path, kit.codeFor('+15555550123'), 'phone_code')
    expect(response).toMatchObject({ status: 'complete' })
  })

  it('proves nothing of an address that was told after the code was sent', async () => {
    const path = await prepare()
    const code = kit.codeFor(emailAddress)
    await browser.patch(path, { email_address: 'victim@example.com' })
    const answer = await attempt(path, code)
    expect([answer.status, answer.code]).toEqual([400, 'verification_missing'])
  })

  it.each([
    [{ ...whole, email_address: localUsers.get('ada')?.email }, 422, 'form_identifier_exists'],
    [{ ...whole, email_address: 'ADA@usher-local.example' }, 422, 'form_identifier_exists'],
    [{ ...whole, email_address: 'not-an-address' }, 422, 'form_param_format_invalid'],
    [{ ...whole, phone_number: '12' }, 422, 'form_param_format_invalid'],
    [{ ...whole, password: 'short' }, 422, 'form_password_length_too_short'],
    [{ ...whole, password: 'password123' }, 422, 'form_password_pwned'],
    [{ ...whole, username: 'ada' }, 422, 'form_username_invalid_length'],
    [{ ...whole, surprise: 'mary' }, 422, 'form_param_unknown'],
    [{ ...whole, unsafe_metadata: 'not json' }, 422, 'form_param_format_invalid'],
    [{ ...whole, strategy: 'oauth_google' }, 400, 'form_param_value_disabled'],
    [{ ...whole, transfer: true }, 400, 'account_transfer_invalid'],
    [{ strategy: 'ticket' }, 422, 'form_param_missing'],
    [{ strategy: 'ticket', ticket: 'not.a.ticket' }, 400, 'ticket_invalid_code'],
  ])('refuses %o', async (members, status, code) => {
    const answer = await create(members)
    expect([answer.status, answer.code]).toEqual([status, code])
    expect(browser.cookies.has('__client')).toBe(false)
  })

  it('takes only the right code, within ten minutes, within five attempts', async () => {
    const path = await prepare()
    const code = kit.codeFor(emailAddress)
    const wrong = code === '000000' ? '111111' : '000000'
    const codes: string[] = []
    for (let count = 0; count < 6; count++) codes.push((await attempt(path, wrong)).code)
    expect(codes).toEqual([
      ...Array(4).fill('form_code_incorrect'),
      ...Array(2).fill('verification_failed'),
    ])
    await browser.post(`${path}/prepare_verification`, { strategy: 'email_code' })
    const late = kit.codeFor(emailAddress)
    kit.turn(10 * minuteMs)
    expect((await attempt(path, late)).code).toBe('verification_expired')
  })

  it('is over once it is complete', async () => {
    const path = await prepare()
    await attempt(path)
    const shown = await browser.get(path)
    expect(shown.response).toMatchObject({ status: 'complete' })
    const changed = await browser.patch(path, { first_name: 'Mallory' })
    expect([changed.status, changed.code]).toEqual([403, 'sign_up_cannot_be_updated'])
    const other = await create({ email_address: 'other@example.com' })
    expect([other.status, other.code]).toEqual([400, 'session_exists'])
  })

  it('of another browser is not there', async () => {
    const path = await prepare()
    const stranger = kit.browser()
    await create({ first_name: 'Stranger' }, stranger)
    const answers = [
      await stranger.get(path),
      await stranger.patch(path, { password: 'stolen-password-1' }),
      await stranger.post(`${path}/attempt_verification`, {
        ...{ strategy: 'email_code', code: kit.codeFor(emailAddress) },
      }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
  })

  it('gives way to whoever proved the address first', async () => {
    const path = await prepare()
    const code = kit.codeFor(emailAddress)
    await kit.backend().post('/users', { email_address: [emailAddress], password })
    const answer = await attempt(path, code)
    expect([answer.status, answer.code]).toEqual([422, 'form_identifier_exists'])
  })
})

describe('an invitation', () => {
  it('proves the address, and brings what the inviter says of the user', async () => {
    const ticket = await inviteTo('/invitations', {
      ...{ email_address: emailAddress, public_metadata: { plan: 'pro' } },
    })
    const begun = await create({ strategy: 'ticket', ticket })
    expect(begun.response).toMatchObject({
      email_address: emailAddress,
      missing_fields: ['password'],
      unverified_fields: [],
      verifications: { email_address: { status: 'verified', strategy: 'ticket' } },
    })
    const path = `/v1/client/sign_ups/${textAt(begun.response, 'id')}`
    const { response } = await browser.patch(path, { password })
    expect(response).toMatchObject({ status: 'complete' })
    expect((await browser.get('/v1/me')).response).toMatchObject({
      public_metadata: { plan: 'pro' },
    })
    const again = await create({ strategy: 'ticket', ticket, password }, kit.browser())
    expect([again.status, again.code]).toEqual([400, 'invitation_already_accepted'])
  })

  it('to an organisation makes a member in the same breath', async () => {
    const acme = kit.standIn.world.state.organizations.all()[0]?.id
    const ticket = await inviteTo(`/organizations/${acme}/invitations`, {
      email_address: emailAddress,
      role: 'org:member',
      inviter_user_id: localUsers.get('grace')?.id,
    })
    const { response, client } = await create({ strategy: 'ticket', ticket, password })
    expect(response).toMatchObject({ status: 'complete' })
    expect(at(client, 'sessions.0.user.organization_memberships')).toMatchObject([
      { role: 'org:member', organization: { id: acme } },
    ])
  })

  it('that was revoked since, or came too late, makes no user', async () => {
    const outcomes: string[] = []
    for (const spoil of [
      () => {
        const [invitation] = kit.standIn.world.state.invitations.all()
        return kit.backend().post(`/invitations/${invitation?.id}/revoke`)
      },
      () => kit.turn(31 * 24 * 60 * minuteMs),
    ]) {
      const ticket = await inviteTo('/invitations', {
        ...{ email_address: emailAddress, ignore_existing: true },
      })
      const { response } = await create({ strategy: 'ticket', ticket })
      const path = `/v1/client/sign_ups/${textAt(response, 'id')}`
      await spoil()
      outcomes.push((await browser.patch(path, { password })).code || 'made')
      outcomes.push((await create({ strategy: 'ticket', ticket })).code)
    }
    expect(outcomes).toEqual([
      ...['revoked_invitation', 'revoked_invitation'],
      ...['resource_not_found', 'ticket_expired_code'],
    ])
    expect(kit.standIn.world.state.users.size).toBe(localUsers.size)
  })

  it('says nothing of another address', async () => {
    const ticket = await inviteTo('/invitations', {
      ...{ email_address: emailAddress, public_metadata: { plan: 'pro' } },
    })
    const begun = await create({ strategy: 'ticket', ticket })
    const path = `/v1/client/sign_ups/${textAt(begun.response, 'id')}`
    const changed = await browser.patch(path, { email_address: 'other@example.com', password })
    expect(changed.response).toMatchObject({ unverified_fields: ['email_address'] })
    await browser.post(`${path}/prepare_verification`, { strategy: 'email_code' })
    const { response } = await attempt(path, kit.codeFor('other@example.com'))
    expect(response).toMatchObject({ status: 'complete' })
    expect((await browser.get('/v1/me')).response).toMatchObject({ public_metadata: {} })
    expect(kit.standIn.world.state.invitations.all()).toMatchObject([{ status: 'pending' }])
  })
})
