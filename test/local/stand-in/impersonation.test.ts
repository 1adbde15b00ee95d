import { beforeEach, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { localUserId } from '../../support/signed-in-browser.ts'
import {
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const ada = { id: localUserId('ada'), password: localUsers.get('ada')?.password ?? '' }

let kit: TestStandIn
beforeEach(async () => {
  kit = await createTestStandIn()
})

describe('whoever acts in the name of another', () => {
  async function acting(): Promise<ClerkBrowser> {
    const token = await kit.backend().post('/actor_tokens', {
      ...{ user_id: ada.id, actor: { sub: localUserId('grace') }, expires_in_seconds: 600 },
    })
    const browser = kit.browser()
    const ticket = textAt(token.body, 'token')
    const form = { strategy: 'ticket', ticket }
    expect((await browser.post('/v1/client/sign_ins', form)).status).toBe(200)
    return browser
  }

  const addressId = ada.id.replace(/^user_/, 'idn_')
  it.each<['post' | 'patch' | 'delete', string, object]>([
    ['delete', '', {}],
    [
      'post',
      '/change_password',
      { current_password: ada.password, new_password: 'another-password-42' },
    ],
    ['post', '/remove_password', { current_password: ada.password }],
    ['post', '/totp', {}],
    ['post', '/totp/attempt_verification', { code: '000000' }],
    ['delete', '/totp', {}],
    ['post', '/backup_codes', {}],
    ['post', '/email_addresses', { email_address: 'wanted@example.com' }],
    ['post', `/email_addresses/${addressId}/prepare_verification`, { strategy: 'email_code' }],
    ['post', `/email_addresses/${addressId}/attempt_verification`, { code: '000000' }],
    ['delete', `/email_addresses/${addressId}`, {}],
    ['post', '/phone_numbers', { phone_number: '+15555550177' }],
    ['patch', '/phone_numbers/idn_x', { reserved_for_second_factor: true }],
    ['post', '/phone_numbers/idn_x/prepare_verification', { strategy: 'phone_code' }],
    ['post', '/phone_numbers/idn_x/attempt_verification', { code: '000000' }],
    ['delete', '/phone_numbers/idn_x', {}],
  ])('may not change how that user signs in: %s /v1/me%s', async (verb, path, members) => {
    const browser = await acting()
    const { users, emailAddresses, phoneNumbers } = kit.standIn.world.state
    const before = [users.get(ada.id), emailAddresses.size, phoneNumbers.size]
    const answer = await browser[verb](`/v1/me${path}`, { ...members })
    expect([answer.status, answer.code]).toEqual([403, 'authorization_invalid'])
    expect([users.get(ada.id), emailAddresses.size, phoneNumbers.size]).toEqual(before)
  })

  it('may see that user, and change what opens nothing', async () => {
    const browser = await acting()
    expect((await browser.get('/v1/me/email_addresses')).status).toBe(200)
    expect((await browser.patch('/v1/me', { first_name: 'Augusta' })).status).toBe(200)
  })
})
