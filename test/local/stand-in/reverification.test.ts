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
import { signInBy } from '../../support/tour/visitors.ts'

const minuteMs = 60_000
const grace = localUsers.get('grace')

let kit: TestStandIn
let browser: ClerkBrowser

beforeEach(async () => {
  kit = await createTestStandIn()
  browser = await signInBy(kit, 'grace')
})

function pathOf(): string {
  return `/v1/client/sessions/${browser.sessionId()}`
}

async function ages(): Promise<unknown> {
  return at((await browser.get(pathOf())).response, 'factor_verification_age')
}

describe('a reverification', () => {
  async function start(level: string) {
    const { response } = await browser.post(`${pathOf()}/verify`, { level })
    return response
  }

  it('makes the first factor new', async () => {
    kit.turn(30 * minuteMs)
    expect(await ages()).toEqual([30, -1])
    expect(await start('first_factor')).toMatchObject({ status: 'needs_first_factor' })
    const path = `${pathOf()}/verify/attempt_first_factor`
    const wrong = await browser.post(path, { strategy: 'password', password: 'wrong-password' })
    expect(wrong.code).toBe('form_password_incorrect')
    const right = await browser.post(path, { strategy: 'password', password: grace?.password })
    expect(right.response).toMatchObject({ status: 'complete' })
    expect(await ages()).toEqual([0, -1])
  })

  it('by a code needs that code', async () => {
    await start('multi_factor')
    const path = `${pathOf()}/verify`
    const prepared = await browser.post(`${path}/prepare_first_factor`, { strategy: 'email_code' })
    expect(prepared.response).toMatchObject({ level: 'first_factor' })
    const attempt = (code: string) =>
      browser.post(`${path}/attempt_first_factor`, { strategy: 'email_code', code })
    const code = kit.codeFor(grace?.email)
    expect((await attempt(code === '000000' ? '111111' : '000000')).code).toBe(
      'form_code_incorrect',
    )
    expect((await attempt(code)).response).toMatchObject({ status: 'complete' })
    expect((await attempt(code)).code).toBe('session_reverification_missing')
  })

  it('does not begin with the second factor, nor before it was started', async () => {
    const path = `${pathOf()}/verify/attempt_second_factor`
    const early = await browser.post(path, { strategy: 'totp', code: '000000' })
    expect(early.code).toBe('session_reverification_missing')
    await start('first_factor')
    const wrong = await browser.post(path, { strategy: 'totp', code: '000000' })
    expect([wrong.status, wrong.code]).toEqual([400, 'invalid_action_for_session_reverification'])
  })

  it('of both factors asks for the second one after the first', async () => {
    const { response } = await browser.post('/v1/me/totp')
    const secret = textAt(response, 'secret')
    const code = () => totpCode(secret, kit.standIn.world.clock.now())
    await browser.post('/v1/me/totp/attempt_verification', { code: await code() })
    kit.turn(10 * minuteMs)
    expect(await start('multi_factor')).toMatchObject({ level: 'multi_factor' })
    const path = `${pathOf()}/verify`
    const first = await browser.post(`${path}/attempt_first_factor`, {
      ...{ strategy: 'password', password: grace?.password },
    })
    expect(first.response).toMatchObject({ status: 'needs_second_factor' })
    expect(await ages()).toEqual([0, -1])
    const second = { strategy: 'totp', code: await code() }
    const done = await browser.post(`${path}/attempt_second_factor`, second)
    expect(done.response).toMatchObject({ status: 'complete' })
    expect(await ages()).toEqual([0, 0])
  })
})
