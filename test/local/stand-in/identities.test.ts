import { beforeEach, describe, expect, it } from 'vitest'
import { totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { sealOpaque } from '../../../src/local/clerk/opaque-token.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { signedInBrowser } from '../../support/signed-in-browser.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const [ada, grace] = [known('ada'), known('grace')]
const wanted = 'victim@example.com'
const wantedNumber = '+15555550177'
const password = 'mary-somerville-1834'

let kit: TestStandIn
/** Grace's, who is signed in. */
let graces: ClerkBrowser

beforeEach(async () => {
  kit = await createTestStandIn()
  graces = await signedInBrowser(kit, grace.id)
})

function known(name: string) {
  const user = localUsers.get(name)
  if (user === undefined) throw new Error(`There is no ${name}`)
  return user
}

const signIn = (members: object, from = kit.browser()) =>
  from.post('/v1/client/sign_ins', { ...members })
const signUp = (members: object, from = kit.browser()) =>
  from.post('/v1/client/sign_ups', { ...members })
const acme = () => kit.standIn.world.state.organizations.all()[0]?.id ?? ''

/** Grace says that something is hers, and asks for the code that would prove it. */
async function claim(kind: 'email_address' | 'phone_number', value: string): Promise<string> {
  const all = kind === 'email_address' ? 'email_addresses' : 'phone_numbers'
  const { response } = await graces.post(`/v1/me/${all}`, { [kind]: value })
  const path = `/v1/me/${all}/${textAt(response, 'id')}`
  const strategy = kind === 'email_address' ? 'email_code' : 'phone_code'
  await graces.post(`${path}/prepare_verification`, { strategy })
  return path
}

async function signUpWith(emailAddress: string) {
  const browser = kit.browser()
  const { response } = await signUp({ email_address: emailAddress, password }, browser)
  const path = `/v1/client/sign_ups/${textAt(response, 'id')}`
  await browser.post(`${path}/prepare_verification`, { strategy: 'email_code' })
  const code = kit.codeFor(emailAddress)
  return browser.post(`${path}/attempt_verification`, { strategy: 'email_code', code })
}

async function invite(path: string, emailAddress: string) {
  const ofOrganization = { role: 'org:member', inviter_user_id: grace.id }
  const members = path === '/invitations' ? {} : ofOrganization
  const made = await kit.backend().post(path, { email_address: emailAddress, ...members })
  expect(made.status).toBe(200)
  const link = new URL(kit.lastMessage(emailAddress).link ?? '')
  const [ticket, status] = ['ticket', 'status'].map((name) =>
    link.searchParams.get(`__clerk_${name}`),
  )
  return { ticket, status }
}

describe('an address that somebody claims and has not proved', () => {
  it.each<[string, () => string, string]>([
    ['the application', () => '/invitations', 'invitation_account_not_exists'],
    [
      'an organisation',
      () => `/organizations/${acme()}/invitations`,
      'organization_invitation_identification_not_exist',
    ],
  ])(
    'does not sign whoever is invited to %s into the claimant’s account',
    async (_, path, code) => {
      await claim('email_address', wanted)
      const { ticket, status } = await invite(path(), wanted)
      expect(status).toBe('sign_up')
      const answer = await signIn({ strategy: 'ticket', ticket })
      expect([answer.status, answer.code]).toEqual([400, code])
      const made = await signUp({ strategy: 'ticket', ticket, password })
      expect(made.response).toMatchObject({ status: 'complete' })
      expect(at(made.client, 'sessions.0.user.id')).not.toBe(grace.id)
      expect(at((await graces.get('/v1/me')).response, 'email_addresses')).toHaveLength(1)
    },
  )

  it('locks nobody out: whoever proves it by signing up has it, and the claim is over', async () => {
    const path = await claim('email_address', wanted)
    const code = kit.codeFor(wanted)
    const { response, client } = await signUpWith(wanted)
    expect(response).toMatchObject({ status: 'complete' })
    const owner = textAt(client, 'sessions.0.user.id')
    const late = await graces.post(`${path}/attempt_verification`, { code })
    expect([late.status, late.code]).toEqual([404, 'resource_not_found'])
    const found = await signIn({ identifier: wanted, password })
    expect(at(found.client, 'sessions.0.user.id')).toBe(owner)
    const again = await graces.post('/v1/me/email_addresses', { email_address: wanted })
    expect([again.status, again.code]).toEqual([422, 'form_identifier_exists'])
    expect((await signUp({ email_address: wanted })).code).toBe('form_identifier_exists')
  })

  it.each([
    ['email_address', wanted],
    ['phone_number', wantedNumber],
  ] as const)(
    'may be claimed by several, each once, until one proves it: %s',
    async (kind, value) => {
      const hers = await claim(kind, value)
      const twice = await graces.post(hers.replace(/\/[^/]*$/, ''), { [kind]: value })
      expect(twice.code).toBe('form_identifier_exists')
      const elsewhere = graces
      graces = await signedInBrowser(kit, ada.id)
      const adas = await claim(kind, value)
      const proved = await graces.post(`${adas}/attempt_verification`, { code: kit.codeFor(value) })
      expect(at(proved.response, 'verification.status')).toBe('verified')
      expect((await elsewhere.get(hers)).status).toBe(404)
      const told = kit.standIn.world.state.deliveries.filter(({ type }) => type === 'user.updated')
      expect(JSON.stringify(told.at(-1))).toContain(grace.id)
    },
  )

  it('is anybody’s whom a server vouches for', async () => {
    const path = await claim('email_address', wanted)
    const made = await kit.backend().post('/users', { email_address: [wanted], password })
    expect(made.status).toBe(200)
    expect((await graces.get(path)).status).toBe(404)
  })
})

it('a username signs in, however it is written, and is told to be an identifier', async () => {
  await graces.patch('/v1/me', { username: 'Amazing-Grace' })
  const answer = await signIn({ identifier: ' AMAZING-grace ', password: grace.password })
  expect(answer.response).toMatchObject({ status: 'complete', identifier: 'amazing-grace' })
  expect(at(answer.response, 'supported_identifiers')).toContain('username')
  expect(at(answer.client, 'sessions.0.user.id')).toBe(grace.id)
})

describe('an invitation of somebody with a second factor', () => {
  it('makes a member when they are in, and not before', async () => {
    const browser = await signedInBrowser(kit, ada.id)
    const { response } = await browser.post('/v1/me/totp')
    const codeNow = () => totpCode(textAt(response, 'secret'), kit.standIn.world.clock.now())
    await browser.post('/v1/me/totp/attempt_verification', { code: await codeNow() })
    kit.turn(60_000)
    const { ticket } = await invite(`/organizations/${acme()}/invitations`, ada.email)
    const { memberships, organizationInvitations } = kit.standIn.world.state
    const isMember = () => memberships.find(({ userId }) => userId === ada.id) !== undefined
    const other = kit.browser()
    const half = await signIn({ strategy: 'ticket', ticket }, other)
    expect(half.response).toMatchObject({ status: 'needs_second_factor' })
    expect(isMember()).toBe(false)
    expect(organizationInvitations.all()).toMatchObject([{ status: 'pending' }])
    const path = `/v1/client/sign_ins/${textAt(half.response, 'id')}/attempt_second_factor`
    const whole = await other.post(path, { strategy: 'totp', code: await codeNow() })
    expect(whole.response).toMatchObject({ status: 'complete' })
    expect(isMember()).toBe(true)
    expect(organizationInvitations.all()).toMatchObject([{ status: 'accepted' }])
  })
})

it('a wrong current password is counted as one at signing in is, and the hundredth locks', async () => {
  const { users } = kit.standIn.world.state
  const wrong = { current_password: 'wrong-password', new_password: password }
  await graces.post('/v1/me/change_password', wrong)
  await graces.post('/v1/me/remove_password', { current_password: 'wrong-password' })
  const user = users.get(grace.id)
  expect(user?.failedAttempts).toBe(2)
  if (user !== undefined) users.put({ ...user, failedAttempts: 99 })
  await graces.post('/v1/me/change_password', wrong)
  const right = { current_password: grace.password, new_password: password }
  const locked = await graces.post('/v1/me/change_password', right)
  expect([locked.status, locked.code]).toEqual([403, 'user_locked'])
  const answer = await signIn({ identifier: grace.email, password: grace.password })
  expect(answer.code).toBe('user_locked')
})

it('a ticket that was refused is not used up: it signs in once the ban is over', async () => {
  const { body } = await kit.backend().post('/sign_in_tokens', { user_id: ada.id })
  const ticket = textAt(body, 'token')
  await kit.backend().post(`/users/${ada.id}/ban`)
  expect((await signIn({ strategy: 'ticket', ticket })).code).toBe('user_banned')
  await kit.backend().post(`/users/${ada.id}/unban`)
  expect((await signIn({ strategy: 'ticket', ticket })).response).toMatchObject({
    status: 'complete',
  })
})

describe('what was given out to a user who is deleted', () => {
  it('opens nothing any more: keys, sealed keys that were never shown, and tickets', async () => {
    const server = kit.backend()
    const key = await server.post('/api_keys', { name: 'a key', subject: ada.id })
    const others = await server.post('/api_keys', { name: 'a key', subject: grace.id })
    const issuedAtSeconds = Math.floor(kit.standIn.world.clock.now() / 1000)
    const credential = { subject: ada.id, scopes: [], issuedAtSeconds, expiresAtSeconds: null }
    const sealed = await sealOpaque('api_key', credential, kit.key)
    const given = await server.post('/sign_in_tokens', { user_id: ada.id })
    await server.delete(`/users/${ada.id}`)
    const isRevoked = async (secret: string) =>
      at((await server.post('/api_keys/verify', { secret })).body, 'revoked')
    expect(await isRevoked(textAt(key.body, 'secret'))).toBe(true)
    expect(await isRevoked(sealed)).toBe(true)
    expect(await isRevoked(textAt(others.body, 'secret'))).toBe(false)
    expect(kit.standIn.world.state.tickets.all()).toMatchObject([{ status: 'revoked' }])
    const answer = await signIn({ strategy: 'ticket', ticket: textAt(given.body, 'token') })
    expect([answer.status, answer.code]).toEqual([404, 'sign_in_token_subject_not_found'])
  })
})

describe('the session that the command line speaks of', () => {
  const status = () => kit.standIn.world.state.sessions.get(ada.sessionId)?.status

  it.each<[string, (browser: ClerkBrowser) => Promise<unknown>]>([
    [
      'change of the password',
      (browser) =>
        browser.post('/v1/me/change_password', {
          ...{ current_password: ada.password, new_password: password },
          sign_out_of_other_sessions: true,
        }),
    ],
    [
      'new password of a server',
      () => kit.backend().patch(`/users/${ada.id}`, { password, sign_out_of_other_sessions: true }),
    ],
    [
      'removal of the password by a server',
      () =>
        kit.backend().post(`/users/${ada.id}/remove_password`, {
          sign_out_of_other_sessions: true,
        }),
    ],
    [
      'forgotten password',
      async () => {
        const browser = kit.browser()
        const strategy = 'reset_password_email_code'
        const { response } = await signIn({ strategy, identifier: ada.email }, browser)
        const path = `/v1/client/sign_ins/${textAt(response, 'id')}`
        const code = kit.codeFor(ada.email)
        await browser.post(`${path}/attempt_first_factor`, { strategy, code })
        const members = { password, sign_out_of_other_sessions: true }
        await browser.post(`${path}/reset_password`, members)
      },
    ],
  ])('outlives the sign-out of other sessions by a %s', async (_, end) => {
    const elsewhere = await signedInBrowser(kit, ada.id)
    await end(await signedInBrowser(kit, ada.id))
    expect((await elsewhere.get('/v1/me')).status).toBe(401)
    expect(status()).toBe('active')
  })

  it('ends with a ban and lives again when the ban is over, as no other session does', async () => {
    const browser = await signedInBrowser(kit, ada.id)
    await kit.backend().post(`/users/${ada.id}/ban`)
    expect(status()).toBe('revoked')
    await kit.backend().post(`/users/${ada.id}/unban`)
    expect(status()).toBe('active')
    expect((await browser.get('/v1/me')).status).toBe(401)
  })
})
