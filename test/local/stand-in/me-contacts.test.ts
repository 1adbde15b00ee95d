import { beforeAll, describe, expect, it } from 'vitest'
import {
  addEmailAddress,
  createUser,
  verifiedByAdmin,
} from '../../../src/local/clerk/acts/people.ts'
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

interface Kind {
  readonly all: string
  readonly member: string
  readonly values: () => string
  readonly strategy: string
  /** What a strategy that is not theirs is answered with, as Clerk describes it. */
  readonly refusal: number
}
const kinds: readonly [string, Kind][] = [
  [
    'e-mail addresses',
    {
      all: '/v1/me/email_addresses',
      member: 'email_address',
      values: () => `added${accounts.count()}@example.com`,
      strategy: 'email_code',
      refusal: 422,
    },
  ],
  [
    'phone numbers',
    {
      all: '/v1/me/phone_numbers',
      member: 'phone_number',
      values: () => `+1555555${String(1000 + accounts.count())}`,
      strategy: 'phone_code',
      refusal: 400,
    },
  ],
]

describe.each(kinds)('%s', (_name, { all, member, values, strategy, refusal }) => {
  async function added() {
    const who = await accounts.somebody()
    const value = values()
    const { response } = await who.browser.post(all, { [member]: value })
    return { ...who, value, path: `${all}/${textAt(response, 'id')}` }
  }
  const prepared = async () => {
    const one = await added()
    await one.browser.post(`${one.path}/prepare_verification`, { strategy })
    return { ...one, code: kit.codeFor(one.value) }
  }

  it('are added, proved by the code that was sent, and listed', async () => {
    const { browser, path, value } = await added()
    expect((await browser.get(path)).response).toMatchObject({
      [member]: value,
      verification: null,
    })
    const sent = await browser.post(`${path}/prepare_verification`, { strategy })
    // Neither the code nor what is kept of it.
    expect(sent.response.verification).toEqual({
      object: 'verification_otp',
      status: 'unverified',
      strategy,
      attempts: 0,
      expire_at: kit.standIn.world.clock.now() + 10 * 60 * 1000,
    })
    expect(JSON.stringify(sent.body)).not.toContain(kit.codeFor(value))
    const done = await browser.post(`${path}/attempt_verification`, { code: kit.codeFor(value) })
    expect(done.response.verification).toMatchObject({ status: 'verified', strategy })
    const { body } = await browser.get(all)
    expect(JSON.stringify(body)).toContain(value)
  })

  it('are added at the path as the script of Clerk writes it, too', async () => {
    const { browser } = await accounts.somebody()
    const value = values()
    const { response } = await browser.post(`${all}/`, { [member]: value })
    expect(response[member]).toBe(value)
  })

  it('are refused where they are malformed, missing or taken, or an unknown member comes along', async () => {
    const { value, path, code: sent, browser: owner } = await prepared()
    await owner.post(`${path}/attempt_verification`, { code: sent })
    const { browser } = await accounts.somebody()
    const cases: readonly [Members, string][] = [
      [{ [member]: value }, 'form_identifier_exists'],
      [{ [member]: 'nonsense' }, 'form_param_format_invalid'],
      [{}, 'form_param_missing'],
      [{ [member]: values(), verified: 'true' }, 'form_param_unknown'],
    ]
    for (const [form, code] of cases) {
      const answer = await browser.post(all, form)
      expect([answer.status, answer.code]).toEqual([422, code])
    }
  })

  it('are nobody else’s to see, to prove or to take away', async () => {
    const { path, code } = await prepared()
    const { browser } = await accounts.somebody()
    const answers = await Promise.all([
      browser.get(path),
      browser.delete(path),
      browser.post(`${path}/prepare_verification`, { strategy }),
      browser.post(`${path}/attempt_verification`, { code }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
  })

  it('are not proved by a wrong code, nor by any after five', async () => {
    const { browser, path, code } = await prepared()
    const attempt = (tried: string) => browser.post(`${path}/attempt_verification`, { code: tried })
    for (let count = 1; count < 5; count++) {
      expect((await attempt(wrongCode(code))).code).toBe('form_code_incorrect')
    }
    expect((await attempt(wrongCode(code))).code).toBe('verification_failed')
    expect((await attempt(code)).code).toBe('verification_failed')
    expect((await browser.get(path)).response.verification).toMatchObject({ status: 'failed' })
    await browser.post(`${path}/prepare_verification`, { strategy })
    expect((await attempt(code)).code).toMatch(/incorrect/)
  })

  it('are not proved after ten minutes, nor before a code was sent', async () => {
    const { browser, path, code } = await prepared()
    const early = await added()
    const tooEarly = await early.browser.post(`${early.path}/attempt_verification`, { code })
    expect(tooEarly.status).toBe(400)
    kit.turn(10 * 60 * 1000)
    const { code: complaint } = await browser.post(`${path}/attempt_verification`, { code })
    expect(complaint).toBe('verification_expired')
  })

  it('are not proved twice, nor by a strategy that is not theirs', async () => {
    const { browser, path, code } = await prepared()
    for (const other of ['email_link', 'password', 'admin', '']) {
      const answer = await browser.post(`${path}/prepare_verification`, { strategy: other })
      expect(answer.status).toBe(refusal)
    }
    await browser.post(`${path}/attempt_verification`, { code })
    const again = await browser.post(`${path}/prepare_verification`, { strategy })
    expect(again.code).toBe('verification_already_verified')
  })

  it('become the primary one when they are verified and not before, and go when they are removed', async () => {
    const { browser, path, code } = await prepared()
    const id = path.slice(all.length + 1)
    const primary = `primary_${member}_id`
    const tooEarly = await browser.patch('/v1/me', { [primary]: id })
    expect([tooEarly.status, tooEarly.code]).toEqual([422, 'form_param_value_invalid'])
    await browser.post(`${path}/attempt_verification`, { code })
    const { response } = await browser.patch('/v1/me', { [primary]: id })
    expect(response[primary]).toBe(id)
  })
})

describe('the last e-mail address', () => {
  it('is not removed while it is the primary one; any other is', async () => {
    const { browser, id } = await accounts.somebody()
    const { world } = kit.standIn
    const primary = world.state.users.get(id)?.primaryEmailAddressId
    const refused = await browser.delete(`/v1/me/email_addresses/${primary}`)
    expect([refused.status, refused.code]).toEqual([
      400,
      'last_required_identification_deletion_failed',
    ])
    const other = addEmailAddress(world, {
      userId: id,
      emailAddress: `other${accounts.count()}@example.com`,
      verification: verifiedByAdmin,
    })
    const removed = await browser.delete(`/v1/me/email_addresses/${other.id}`)
    expect(removed.response).toEqual({ object: 'email_address', id: other.id, deleted: true })
    expect((await browser.get('/v1/me')).response.email_addresses).toHaveLength(1)
  })

  it('is not removed where it is all that there is, proved or not', async () => {
    const { world } = kit.standIn
    const emailAddress = 'only@example.com'
    const { id } = createUser(world, { emailAddresses: [{ emailAddress, verification: null }] })
    const browser = await signedInBrowser(kit, id)
    const [address] = world.state.emailAddresses.filter(({ userId }) => userId === id)
    const refused = await browser.delete(`/v1/me/email_addresses/${address?.id}`)
    expect(refused.code).toBe('identification_deletion_failed')
  })
})
