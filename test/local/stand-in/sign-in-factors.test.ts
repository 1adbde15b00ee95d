import { beforeEach, describe, expect, it } from 'vitest'
import { totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const { email, password, id: adasId } = known('ada')
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

/** Gives ada an authenticator app, and signs her out. */
async function enableTotp(): Promise<{ readonly secret: string; readonly backupCodes: unknown }> {
  await create({ identifier: email, password })
  const { response } = await browser.post('/v1/me/totp')
  const secret = textAt(response, 'secret')
  const verified = await browser.post('/v1/me/totp/attempt_verification', {
    code: await totpCode(secret, kit.standIn.world.clock.now()),
  })
  expect(verified.status).toBe(200)
  await browser.delete('/v1/client/sessions')
  kit.turn(minuteMs)
  return { secret, backupCodes: at(verified.response, 'backup_codes') }
}

describe('a second factor', () => {
  it('is asked for after every first one, and a code of it counts once', async () => {
    const { secret } = await enableTotp()
    const { response, client } = await create({ identifier: email, password })
    expect(response).toMatchObject({ status: 'needs_second_factor', created_session_id: null })
    expect(at(response, 'supported_second_factors')).toMatchObject([
      { strategy: 'totp' },
      { strategy: 'backup_code' },
    ])
    expect(at(client, 'sessions')).toEqual([])
    const path = `/v1/client/sign_ins/${textAt(response, 'id')}/attempt_second_factor`
    const wrong = await browser.post(path, { strategy: 'totp', code: '000000' })
    expect([wrong.status, wrong.code]).toEqual([422, 'form_code_incorrect'])
    const code = await totpCode(secret, kit.standIn.world.clock.now())
    const right = await browser.post(path, { strategy: 'totp', code })
    expect(right.response).toMatchObject({ status: 'complete' })
    expect(at(right.client, 'sessions.0.factor_verification_age')).toEqual([0, 0])
    await browser.delete('/v1/client/sessions')
    const again = await create({ identifier: email, password })
    const replayed = await browser.post(
      `/v1/client/sign_ins/${textAt(again.response, 'id')}/attempt_second_factor`,
      { strategy: 'totp', code },
    )
    expect(replayed.code).toBe('form_code_incorrect')
  })

  it('may be a backup code, once', async () => {
    const { backupCodes } = await enableTotp()
    const code = Array.isArray(backupCodes) ? String(backupCodes[0]) : ''
    const outcomes: string[] = []
    for (let time = 0; time < 2; time++) {
      const { response } = await create({ identifier: email, password })
      const answer = await browser.post(
        `/v1/client/sign_ins/${textAt(response, 'id')}/attempt_second_factor`,
        { strategy: 'backup_code', code },
      )
      outcomes.push(answer.code || textAt(answer.response, 'status'))
      await browser.delete('/v1/client/sessions')
    }
    expect(outcomes).toEqual(['complete', 'form_code_incorrect'])
  })

  it('is asked for after a new password, too', async () => {
    await enableTotp()
    const id = await prepare('reset_password_email_code')
    await attempt(id, { strategy: 'reset_password_email_code', code: kit.codeFor(email) })
    const { response } = await browser.post(`/v1/client/sign_ins/${id}/reset_password`, {
      password: 'another-password-42',
    })
    expect(response).toMatchObject({ status: 'needs_second_factor' })
  })

  it('of somebody who has none is refused', async () => {
    const { response } = await create({ identifier: email })
    const path = `/v1/client/sign_ins/${textAt(response, 'id')}/attempt_second_factor`
    const answer = await browser.post(path, { strategy: 'totp', code: '000000' })
    expect([answer.status, answer.code]).toEqual([400, 'client_state_invalid'])
  })
})

describe('whoever may not sign in', () => {
  it('is told so when banned, however right the password is', async () => {
    const { response } = await create({ identifier: email })
    await kit.backend().post(`/users/${adasId}/ban`)
    const half = await attempt(textAt(response, 'id'), { strategy: 'password', password })
    expect([half.status, half.code]).toEqual([403, 'user_banned'])
    const fresh = await create({ identifier: email, password })
    expect([fresh.status, fresh.code]).toEqual([403, 'user_banned'])
  })

  it('is locked out after a hundred wrong passwords in a row, for an hour', async () => {
    for (let count = 0; count < 100; count++) {
      const answer = await create({ identifier: email, password: `wrong-${count}` })
      expect(answer.code).toBe('form_password_incorrect')
    }
    const locked = await create({ identifier: email, password })
    expect([locked.status, locked.code]).toEqual([403, 'user_locked'])
    expect(at(locked.body, 'errors.0.meta.lockout_expires_in_seconds')).toBe(3600)
    kit.turn(60 * minuteMs)
    expect((await create({ identifier: email, password })).status).toBe(200)
  })

  it('cannot go on with the sign-in of another browser, or with an older one', async () => {
    const { response } = await create({ identifier: email })
    const id = textAt(response, 'id')
    const stranger = kit.browser()
    await create({ identifier: email }, stranger)
    const theirs = await stranger.post(`/v1/client/sign_ins/${id}/attempt_first_factor`, {
      ...{ strategy: 'password', password },
    })
    expect([theirs.status, theirs.code]).toEqual([404, 'resource_not_found'])
    await create({ identifier: known('grace').email })
    const older = await attempt(id, { strategy: 'password', password })
    expect(older.status).toBe(404)
  })

  it('cannot go on with a sign-in that was left for a day', async () => {
    const { response } = await create({ identifier: email })
    kit.turn(24 * 60 * minuteMs)
    const answer = await attempt(textAt(response, 'id'), { strategy: 'password', password })
    expect(answer.status).toBe(404)
  })
})
