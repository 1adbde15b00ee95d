import { beforeAll, describe, expect, it } from 'vitest'
import { matchesPassword } from '../../../src/local/clerk/acts/passwords.ts'
import { createUser } from '../../../src/local/clerk/acts/people.ts'
import { liveSessionsOf } from '../../../src/local/clerk/acts/sessions.ts'
import { totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { type Accounts, openAccounts, wrongCode } from '../../support/accounts.ts'
import type { Members } from '../../support/clerk-browser.ts'
import { signedInBrowser } from '../../support/signed-in-browser.ts'
import { type TestStandIn, textAt } from '../../support/stand-in.ts'

let accounts: Accounts
let kit: TestStandIn
beforeAll(async () => {
  accounts = await openAccounts()
  kit = accounts.kit
})

const password = localUsers.get('ada')?.password ?? ''

describe('the password', () => {
  it('changes for whoever shows the old one, and signs other browsers out where that is wished', async () => {
    const { browser, id } = await accounts.somebody()
    await signedInBrowser(kit, id)
    const change = (members: Members) => browser.post('/v1/me/change_password', members)
    const quiet = await change({ current_password: password, new_password: 'another-good-one' })
    expect(quiet.response).toMatchObject({ id, password_enabled: true })
    expect(liveSessionsOf(kit.standIn.world, id)).toHaveLength(2)
    await change({
      current_password: 'another-good-one',
      new_password: 'yet-another-one',
      sign_out_of_other_sessions: true,
    })
    expect(liveSessionsOf(kit.standIn.world, id)).toHaveLength(1)
    expect((await browser.get('/v1/me')).status).toBe(200)
    const kept = kit.standIn.world.state.users.get(id)?.passwordDigest ?? ''
    expect(await matchesPassword('yet-another-one', kept)).toBe(true)
    expect(await matchesPassword(password, kept)).toBe(false)
  })

  it.each<[string, Members, string]>([
    ['the old one is missing', { new_password: 'another-good-one' }, 'form_param_missing'],
    [
      'the old one is wrong',
      { current_password: 'wrong-password', new_password: 'another-good-one' },
      'form_password_incorrect',
    ],
    ['the new one is missing', { current_password: password }, 'form_param_missing'],
    [
      'the new one is short',
      { current_password: password, new_password: 'short' },
      'form_password_length_too_short',
    ],
    [
      'everybody knows the new one',
      { current_password: password, new_password: 'password123' },
      'form_password_pwned',
    ],
    [
      'the new one is the old one',
      { current_password: password, new_password: password },
      'form_new_password_matches_current',
    ],
  ])('stays as it is where %s', async (_name, members, code) => {
    const { browser, id } = await accounts.somebody()
    const before = kit.standIn.world.state.users.get(id)
    const answer = await browser.post('/v1/me/change_password', members)
    expect([answer.status, answer.code]).toEqual([422, code])
    const failedAttempts = code === 'form_password_incorrect' ? 1 : 0
    expect(kit.standIn.world.state.users.get(id)).toEqual({ ...before, failedAttempts })
  })

  it('is removed by whoever shows it, and set anew without one', async () => {
    const { browser } = await accounts.somebody()
    const remove = (members: Members) => browser.post('/v1/me/remove_password', members)
    expect((await remove({ current_password: 'wrong-password' })).code).toBe(
      'form_password_incorrect',
    )
    const { response } = await remove({ current_password: password })
    expect(response.password_enabled).toBe(false)
    expect((await remove({ current_password: password })).code).toBe('no_password_set')
    const set = await browser.post('/v1/me/change_password', { new_password: 'a-first-password' })
    expect(set.response.password_enabled).toBe(true)
  })

  it('stays where there is no other way to sign in', async () => {
    const { id } = createUser(kit.standIn.world, {
      username: 'only-a-name',
      passwordDigest: accounts.passwordDigest,
    })
    const browser = await signedInBrowser(kit, id)
    const answer = await browser.post('/v1/me/remove_password', { current_password: password })
    expect([answer.status, answer.code]).toEqual([400, 'password_removal_failed'])
  })
})

describe('the second factor', () => {
  it('begins with a secret that is shown once, and counts when a code of it was shown', async () => {
    const { browser, email } = await accounts.somebody()
    const begun = await browser.post('/v1/me/totp')
    const secret = textAt(begun.response, 'secret')
    expect(begun.response).toMatchObject({ object: 'totp', verified: false, backup_codes: null })
    const uri = new URL(textAt(begun.response, 'uri'))
    expect(uri.searchParams.get('secret')).toBe(secret)
    expect(decodeURIComponent(uri.pathname)).toContain(email)
    expect((await browser.get('/v1/me')).response.totp_enabled).toBe(false)

    const code = await totpCode(secret, kit.standIn.world.clock.now())
    const verify = (tried: string) =>
      browser.post('/v1/me/totp/attempt_verification', { code: tried })
    expect((await verify(wrongCode(code))).code).toBe('form_code_incorrect')
    const { response } = await verify(code)
    expect(response).toMatchObject({ verified: true, secret: null, uri: null })
    expect(response.backup_codes).toHaveLength(10)
    expect((await browser.get('/v1/me')).response).toMatchObject({
      totp_enabled: true,
      two_factor_enabled: true,
      backup_code_enabled: true,
      mfa_enabled_at: kit.standIn.world.clock.now(),
    })
    expect((await browser.post('/v1/me/totp')).code).toBe('totp_already_enabled')
    expect((await browser.post('/v1/me/backup_codes')).response.codes).toHaveLength(10)

    expect((await browser.delete('/v1/me/totp')).response).toMatchObject({ deleted: true })
    expect((await browser.get('/v1/me')).response).toMatchObject({
      totp_enabled: false,
      two_factor_enabled: false,
      backup_code_enabled: false,
    })
    expect((await browser.delete('/v1/me/totp')).status).toBe(404)
    expect((await verify(code)).status).toBe(404)
    expect((await browser.post('/v1/me/backup_codes')).code).toBe('backup_codes_not_available')
  })

  it('is a phone number that was proved, and one of them is asked for first', async () => {
    const { browser } = await accounts.somebody()
    const paths: string[] = []
    for (const value of ['+15555557001', '+15555557002']) {
      const { response } = await browser.post('/v1/me/phone_numbers', { phone_number: value })
      const path = `/v1/me/phone_numbers/${textAt(response, 'id')}`
      const early = await browser.patch(path, { reserved_for_second_factor: true })
      expect(early.code).toBe('update_second_factor_unverified')
      await browser.post(`${path}/prepare_verification`, { strategy: 'phone_code' })
      await browser.post(`${path}/attempt_verification`, { code: kit.codeFor(value) })
      paths.push(path)
    }
    const [first = '', second = ''] = paths
    const reserved = { reserved_for_second_factor: true, default_second_factor: true }
    const one = await browser.patch(first, reserved)
    expect(one.response).toMatchObject(reserved)
    expect(one.response.backup_codes).toHaveLength(10)
    const other = await browser.patch(second, reserved)
    expect(other.response).toMatchObject({ ...reserved, backup_codes: null })
    expect((await browser.get(first)).response.default_second_factor).toBe(false)

    const freed = await browser.patch(second, { reserved_for_second_factor: false })
    expect(freed.response).toMatchObject({ default_second_factor: false })
    await browser.delete(first)
    expect((await browser.get('/v1/me')).response).toMatchObject({
      two_factor_enabled: false,
      backup_code_enabled: false,
      mfa_disabled_at: kit.standIn.world.clock.now(),
    })
  })
})
