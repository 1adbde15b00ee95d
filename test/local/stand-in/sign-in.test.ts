import { beforeEach, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const { email, password } = known('ada')
const minuteMs = 60_000

let kit: TestStandIn
let browser: ClerkBrowser

beforeEach(async () => {
  kit = await createTestStandIn()
  browser = kit.browser()
})

function known(name: string) {
  const user = localUsers.get(name)
  if (user === undefined) throw new Error(`There is no ${name}`)
  return user
}

function create(members: Record<string, unknown>, from = browser) {
  return from.post('/v1/client/sign_ins', members)
}

/** Names a user, and asks for a code or the like. */
async function prepare(strategy: string, identifier = email): Promise<string> {
  const { response } = await create({ identifier })
  const id = textAt(response, 'id')
  const prepared = await browser.post(`/v1/client/sign_ins/${id}/prepare_first_factor`, {
    strategy,
  })
  expect(prepared.status).toBe(200)
  return id
}

function attempt(id: string, members: Record<string, unknown>) {
  return browser.post(`/v1/client/sign_ins/${id}/attempt_first_factor`, members)
}

describe('a sign-in', () => {
  it('names the ways to prove it, and says no more of the user than a stranger may know', async () => {
    const { response } = await create({ identifier: email })
    expect(response).toMatchObject({
      status: 'needs_first_factor',
      identifier: email,
      user_data: { first_name: 'Ada', last_name: 'Lovelace' },
      supported_second_factors: null,
    })
    expect(at(response, 'supported_first_factors')).toMatchObject([
      { strategy: 'password' },
      { strategy: 'email_code', safe_identifier: email },
      { strategy: 'reset_password_email_code' },
    ])
  })

  it('masks every address but the one that was typed in', async () => {
    await kit.backend().post('/users', {
      ...{ email_address: ['first@example.com', 'second@example.com'], password },
      phone_number: ['+15555550188'],
    })
    const { response } = await create({ identifier: 'first@example.com' })
    const factors = at(response, 'supported_first_factors')
    const shown = Array.isArray(factors) ? factors.map((one) => at(one, 'safe_identifier')) : []
    const all = ['first@example.com', 's***d@example.com', '+1*******88']
    expect(shown).toEqual([undefined, ...all, ...all])
  })

  it('by password makes a session, in one request or in two', async () => {
    const inOne = await create({ strategy: 'password', identifier: email, password })
    expect(inOne.response).toMatchObject({ status: 'complete' })
    expect(inOne.client).toMatchObject({
      sign_in: null,
      last_active_session_id: at(inOne.response, 'created_session_id'),
    })
    await browser.delete('/v1/client/sessions')
    const { response } = await create({ identifier: email })
    const inTwo = await attempt(textAt(response, 'id'), { strategy: 'password', password })
    expect(inTwo.response).toMatchObject({ status: 'complete' })
    expect(kit.standIn.world.state.deliveries.all().map(({ type }) => type)).toContain(
      'session.created',
    )
  })

  it('by e-mail code makes a session', async () => {
    const id = await prepare('email_code')
    const { response } = await attempt(id, { strategy: 'email_code', code: kit.codeFor(email) })
    expect(response).toMatchObject({
      status: 'complete',
      first_factor_verification: { status: 'verified', strategy: 'email_code' },
    })
  })

  it('by phone code makes a session, for a number that was verified', async () => {
    const { body } = await kit.backend().post('/users', {
      phone_number: ['+15555550111'],
      email_address: ['p@example.com'],
      password,
    })
    expect(at(body, 'object')).toBe('user')
    const id = await prepare('phone_code', '+1 (555) 555-0111')
    const code = kit.codeFor('+15555550111')
    const { response } = await attempt(id, { strategy: 'phone_code', code })
    expect(response).toMatchObject({ status: 'complete', identifier: '+1 (555) 555-0111' })
  })

  it('gives the browser another secret: one from before is worth nothing', async () => {
    await create({ identifier: email })
    const before = browser.cookies.get('__client')
    await create({ identifier: email, password })
    expect(before).toBeDefined()
    expect(browser.cookies.get('__client')).not.toBe(before)
    const thief = kit.browser()
    thief.setCookie('__client', before)
    expect((await thief.get('/v1/client')).body).toMatchObject({ response: null })
    expect((await browser.get('/v1/client')).body).toMatchObject({ response: { object: 'client' } })
  })

  it('is for whoever is signed out: one session at a time', async () => {
    const first = await create({ identifier: email, password })
    const second = await create({ identifier: known('grace').email })
    expect([second.status, second.code]).toEqual([400, 'session_exists'])
    expect(at(second.body, 'meta.client.last_active_session_id')).toBe(
      at(first.response, 'created_session_id'),
    )
  })

  it.each([
    [{ identifier: 'nobody@example.com' }, 422, 'form_identifier_not_found'],
    [{ identifier: email, password: 'not-her-password' }, 422, 'form_password_incorrect'],
    [{ strategy: 'password', identifier: email }, 422, 'form_param_missing'],
    [{ strategy: 'email_code' }, 422, 'form_param_missing'],
    [{ strategy: 'ticket' }, 422, 'form_param_missing'],
    [{ strategy: 'phone_code', identifier: email }, 400, 'strategy_for_user_invalid'],
    [{ strategy: 'oauth_google', identifier: email }, 400, 'form_param_value_disabled'],
    [{ strategy: 'email_link', identifier: email }, 400, 'form_param_value_disabled'],
    [{ strategy: 'by_magic', identifier: email }, 422, 'form_param_value_invalid'],
    [{ transfer: true }, 400, 'account_transfer_invalid'],
    [{ identifier: email, surprise: '1' }, 422, 'form_param_unknown'],
    [{ strategy: 'ticket', ticket: 'not.a.ticket' }, 400, 'ticket_invalid_code'],
  ])('refuses %o', async (members, status, code) => {
    const answer = await create(members)
    expect([answer.status, answer.code]).toEqual([status, code])
    expect(browser.cookies.has('__client')).toBe(false)
  })

  it('knows nobody by an address that was not proved to be theirs', async () => {
    await create({ identifier: email, password })
    await browser.post('/v1/me/email_addresses', { email_address: 'claimed@example.com' })
    await browser.delete('/v1/client/sessions')
    const answer = await create({ identifier: 'claimed@example.com' })
    expect([answer.status, answer.code]).toEqual([422, 'form_identifier_not_found'])
  })
})

describe('a code', () => {
  it('is worth nothing after ten minutes, and until then', async () => {
    const id = await prepare('email_code')
    const code = kit.codeFor(email)
    kit.turn(10 * minuteMs)
    const late = await attempt(id, { strategy: 'email_code', code })
    expect([late.status, late.code]).toEqual([400, 'verification_expired'])
    const again = await prepare('email_code')
    const fresh = kit.codeFor(email)
    kit.turn(10 * minuteMs - 1)
    const inTime = await attempt(again, { strategy: 'email_code', code: fresh })
    expect(inTime.status).toBe(200)
  })

  it('bears four wrong ones before the right one, and none after the fifth', async () => {
    const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    for (const [count, status] of [
      [4, 200],
      [5, 400],
    ] as const) {
      const id = await prepare('email_code')
      const code = kit.codeFor(email)
      const answers: string[] = []
      for (let done = 0; done < count; done++) {
        answers.push((await attempt(id, { strategy: 'email_code', code: wrong(code) })).code)
      }
      expect(answers.slice(0, 4)).toEqual(Array(4).fill('form_code_incorrect'))
      expect(answers.slice(4)).toEqual(Array(count - 4).fill('verification_failed'))
      const last = await attempt(id, { strategy: 'email_code', code })
      expect(last.status).toBe(status)
      await browser.delete('/v1/client/sessions')
    }
  })

  it('is of the strategy that was prepared, and needs to be prepared', async () => {
    const { response } = await create({ identifier: email })
    const id = textAt(response, 'id')
    const unprepared = await attempt(id, { strategy: 'email_code', code: '000000' })
    expect([unprepared.status, unprepared.code]).toEqual([400, 'verification_missing'])
    const reset = await prepare('reset_password_email_code')
    const code = kit.codeFor(email)
    const other = await attempt(reset, { strategy: 'email_code', code })
    expect([other.status, other.code]).toEqual([400, 'verification_strategy_invalid'])
  })

  it('is the newest one: an older one is worth nothing', async () => {
    const id = await prepare('email_code')
    const older = kit.codeFor(email)
    const path = `/v1/client/sign_ins/${id}/prepare_first_factor`
    await browser.post(path, { strategy: 'email_code' })
    const newer = kit.codeFor(email)
    expect(newer).not.toBe(older)
    const refused = await attempt(id, { strategy: 'email_code', code: older })
    expect(refused.code).toBe('form_code_incorrect')
  })

  it('goes only to an address of the user', async () => {
    const { response } = await create({ identifier: email })
    const graces = kit.standIn.world.state.emailAddresses.find(
      ({ emailAddress }) => emailAddress === known('grace').email,
    )
    const answer = await browser.post(
      `/v1/client/sign_ins/${textAt(response, 'id')}/prepare_first_factor`,
      { strategy: 'email_code', email_address_id: graces?.id },
    )
    expect([answer.status, answer.code]).toEqual([400, 'strategy_for_user_invalid'])
  })
})

describe('a forgotten password', () => {
  it('is replaced by a code, and the other sessions may end', async () => {
    const elsewhere = kit.browser()
    await create({ identifier: email, password }, elsewhere)
    const id = await prepare('reset_password_email_code')
    const code = kit.codeFor(email)
    const proved = await attempt(id, { strategy: 'reset_password_email_code', code })
    expect(proved.response).toMatchObject({
      status: 'needs_new_password',
      created_session_id: null,
    })
    const path = `/v1/client/sign_ins/${id}/reset_password`
    const weak = await browser.post(path, { password: 'short' })
    expect([weak.status, weak.code]).toEqual([422, 'form_password_length_too_short'])
    const reset = await browser.post(path, {
      password: 'another-password-42',
      sign_out_of_other_sessions: true,
    })
    expect(reset.response).toMatchObject({ status: 'complete' })
    expect((await elsewhere.get('/v1/me')).status).toBe(401)
    expect((await browser.get('/v1/me')).status).toBe(200)
    const other = kit.browser()
    expect((await create({ identifier: email, password }, other)).code).toBe(
      'form_password_incorrect',
    )
    const renewed = await create({ identifier: email, password: 'another-password-42' }, other)
    expect(renewed.status).toBe(200)
  })

  it('is not replaced before the code was right', async () => {
    const id = await prepare('reset_password_email_code')
    const answer = await browser.post(`/v1/client/sign_ins/${id}/reset_password`, {
      password: 'another-password-42',
    })
    expect([answer.status, answer.code]).toEqual([400, 'client_state_invalid'])
  })
})
