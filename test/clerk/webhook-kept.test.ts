import { describe, expect, it } from 'vitest'
import { millisecondsOf } from '../../src/clerk/time.ts'
import { readEvent, readWebhook } from '../../src/clerk/webhook.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { agreedSecret, envelope, signedWebhook } from '../support/signed-webhook.ts'

const judge = { signingSecret: agreedSecret, clock: createFakeClock(Date.now()) }

describe('what is kept of a webhook', () => {
  async function keptOf(type: string, data: object): Promise<unknown> {
    const read = await readWebhook(await signedWebhook({ body: envelope(type, data) }), judge)
    if (!read.ok) throw new Error(read.error.code)
    return JSON.parse(read.value.body).data
  }

  it('is neither the code nor the link in a message to somebody', async () => {
    const message = {
      ...{ object: 'email', id: 'ema_1', slug: 'verification_code', user_id: 'user_1' },
      ...{ body: '<b>123456</b>', body_plain: '123456', subject: '123456 is your code' },
      ...{ to_email_address: 'ada@example.com', data: { otp_code: '123456', link: 'https://…' } },
    }
    const kept = { object: 'email', id: 'ema_1', slug: 'verification_code', user_id: 'user_1' }
    expect(await keptOf('email.created', message)).toEqual(kept)
    expect(await keptOf('sms.created', { ...message, message: '123456' })).toEqual(kept)
  })

  it('is nothing that lets somebody in, and no metadata but what everybody may read, however deep', async () => {
    const secrets = {
      private_metadata: { a: 1 },
      unsafe_metadata: { role: 'admin' },
      url: 'https://x',
    }
    const open = { id: 'inv_1', public_metadata: { plan: 'pro' } }
    const data = {
      ...open,
      ...secrets,
      users: [{ id: 'user_1', ...secrets, nonce: 'n', token: 't' }],
    }
    expect(await keptOf('organizationInvitation.created', data)).toEqual({
      ...open,
      users: [{ id: 'user_1' }],
    })
  })

  it('is nothing whose name speaks of a secret, but the truth whether there is one', async () => {
    const open = { totp_enabled: true, password_enabled: false, country: 'AT', decode: 1 }
    const secrets = {
      ...{ clientSecret: 's', access_token: 't', password: 'p', passcodes: ['1'], totp: '1' },
      ...{ sign_in_ticket: 't', code: '123456', backup_code: '1', last_active_token: { jwt: 'j' } },
    }
    const data = { id: 'user_1', ...open, deep: [{ ...secrets, ...open }], ...secrets }
    expect(await keptOf('user.updated', data)).toEqual({ id: 'user_1', ...open, deep: [open] })
  })

  it.each(['starship.launched', 'user.cloned', 'email.sent', 'session.created.again'])(
    'is its envelope and an id alone where nobody knows the type: %s',
    async (type) => {
      const data = { id: 'x_1', first_name: 'Ada', key: 'opens everything', deep: { key: 'k' } }
      const members = { timestamp: 1_716_883_200, key: 'opens everything' }
      const read = await readWebhook(
        await signedWebhook({ body: envelope(type, data, members) }),
        judge,
      )
      if (!read.ok) throw new Error(read.error.code)
      const kept = { ...{ object: 'event', type, instance_id: 'ins_1' }, data: { id: 'x_1' } }
      expect(JSON.parse(read.value.body)).toEqual({ ...kept, timestamp: 1_716_883_200 })
    },
  )

  it.each([
    ['its id', 'user_1', 'user_1'],
    ['nothing where there is none', undefined, ''],
    ['no number', 7, ''],
    ['nothing that is no id', "user_1'; --", ''],
    ['nothing that is too long for one', 'u'.repeat(300), ''],
  ])('names what it is about: %s', async (_name, id, subject) => {
    const request = await signedWebhook({ body: envelope('user.updated', { id }) })
    const read = await readWebhook(request, judge)
    expect(read).toMatchObject({ ok: true, value: { type: 'user.updated', subject } })
  })

  it.each([
    ['in seconds', { timestamp: 1_716_883_200 }, 1_716_883_200_000],
    ['in milliseconds', { timestamp: 1_716_883_200_123 }, 1_716_883_200_123],
    ['in microseconds', { timestamp: 1_716_883_200_123_456 }, 1_716_883_200_123],
    ['not at all, so that it is when it came in', { timestamp: undefined }, 77],
    ['as a text, which is none', { timestamp: '1716883200' }, 77],
    ['before the epoch, which is none', { timestamp: -1 }, 77],
  ])('says when Clerk told of it %s', (_name, members, toldAtMs) => {
    const body = envelope('user.updated', { id: 'user_1' }, members)
    expect(readEvent(body, 77)).toEqual({
      type: 'user.updated',
      data: { id: 'user_1' },
      toldAtMs,
    })
  })

  it('is no time where Clerk says none', () => {
    for (const none of [null, undefined, Number.NaN, Infinity, 0, {}, [1], true]) {
      expect(millisecondsOf(none)).toBeUndefined()
    }
  })
})
