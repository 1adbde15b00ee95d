import { describe, expect, it } from 'vitest'
import { createTestStandIn, textAt } from '../../support/stand-in.ts'

const form = { identifier: 'ada@usher-local.example' }

describe('a testing token', () => {
  it('may stand in any address of the Frontend API, as often as one likes', async () => {
    const kit = await createTestStandIn()
    const { body } = await kit.backend().post('/testing_tokens')
    const shown = { __clerk_testing_token: textAt(body, 'token') }
    const browser = kit.browser()
    expect((await browser.get('/v1/environment', shown)).status).toBe(200)
    expect((await browser.get('/v1/client', shown)).status).toBe(200)
    const query = new URLSearchParams(shown)
    expect((await browser.post(`/v1/client/sign_ins?${query}`, form)).status).toBe(200)
  })

  it.each([
    ['unknown', async () => '1-c_unknown'],
    ['empty', async () => ''],
    [
      'too old',
      async (kit: Awaited<ReturnType<typeof createTestStandIn>>) => {
        const { body } = await kit.backend().post('/testing_tokens')
        kit.turn(60 * 60 * 1000)
        return textAt(body, 'token')
      },
    ],
    [
      'another kind of ticket',
      async (kit: Awaited<ReturnType<typeof createTestStandIn>>) => {
        const [ada] = kit.standIn.world.state.users.all()
        const { body } = await kit.backend().post('/sign_in_tokens', { user_id: ada?.id })
        return textAt(body, 'token')
      },
    ],
  ])('that is %s is refused, and nothing done', async (_, make) => {
    const kit = await createTestStandIn()
    const query = new URLSearchParams({ __clerk_testing_token: await make(kit) })
    const { status, code } = await kit.browser().post(`/v1/client/sign_ins?${query}`, form)
    expect([status, code]).toEqual([400, 'testing_token_invalid'])
    expect(kit.standIn.world.state.signIns.size).toBe(0)
  })
})
