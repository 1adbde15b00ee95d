import type { ClerkClient } from '@clerk/backend'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSdkKit, refusal, type SdkKit } from '../../support/sdk-kit.ts'
import { at, type TestStandIn } from '../../support/stand-in.ts'
import { eventsOf } from '../../support/team-maker.ts'

let sdk: SdkKit
let kit: TestStandIn
let clerk: ClerkClient
beforeAll(async () => {
  sdk = await openSdkKit()
  kit = sdk.kit
  clerk = sdk.clerk
})
afterAll(() => sdk.close())

describe('invitations to the application', () => {
  it('prove the address of whoever signs up with them, once, and bring metadata', async () => {
    const { invitations, users } = clerk
    const email = sdk.fresh()
    const invitation = await invitations.createInvitation({
      emailAddress: email,
      publicMetadata: { plan: 'pro' },
    })
    const ticket = new URL(kit.lastMessage(email).link ?? '').searchParams.get('__clerk_ticket')
    const form = { strategy: 'ticket', ticket, password: 'correct horse battery staple' }
    const signedUp = await kit.browser().post('/v1/client/sign_ups', form)
    expect(signedUp.response).toMatchObject({ status: 'complete' })
    const user = await users.getUser(String(signedUp.response.created_user_id))
    expect(user.publicMetadata).toEqual({ plan: 'pro' })
    expect(user.emailAddresses[0]?.verification?.status).toBe('verified')
    const again = await kit.browser().post('/v1/client/sign_ups', form)
    expect([again.status, again.code]).toEqual([400, 'invitation_already_accepted'])
    expect(await refusal(invitations.revokeInvitation(invitation.id))).toEqual([
      400,
      'invitation_already_accepted',
    ])
  })

  it('that were revoked or are too old are worth nothing', async () => {
    const { invitations } = clerk
    const signUp = async (email: string) => {
      const ticket = new URL(kit.lastMessage(email).link ?? '').searchParams.get('__clerk_ticket')
      const form = { strategy: 'ticket', ticket, password: 'correct horse battery staple' }
      const { status, code } = await kit.browser().post('/v1/client/sign_ups', form)
      return [status, code]
    }
    const revoked = await invitations.createInvitation({ emailAddress: sdk.fresh() })
    await invitations.revokeInvitation(revoked.id)
    expect(await signUp(revoked.emailAddress)).toEqual([400, 'revoked_invitation'])
    const old = await invitations.createInvitation({ emailAddress: sdk.fresh(), expiresInDays: 1 })
    kit.turn(24 * 60 * 60 * 1000)
    expect(await signUp(old.emailAddress)).toEqual([400, 'ticket_expired_code'])
    const { body } = await kit.backend().get('/invitations', { query: old.emailAddress })
    expect(body).toMatchObject([{ status: 'expired' }])
    expect(at(body, '0.url')).toBeUndefined()
  })

  it('are sent to no one who is here or invited already, unless that is asked for', async () => {
    const { invitations } = clerk
    const emailAddress = sdk.fresh()
    const first = await invitations.createInvitation({ emailAddress })
    expect(await refusal(invitations.createInvitation({ emailAddress }))).toEqual([
      400,
      'duplicate_record',
    ])
    await invitations.createInvitation({ emailAddress, ignoreExisting: true, notify: false })
    const known = kit.standIn.world.state.emailAddresses.all()[0]?.emailAddress ?? ''
    expect(await refusal(invitations.createInvitation({ emailAddress: known }))).toEqual([
      422,
      'form_identifier_exists',
    ])
    const query = emailAddress
    expect((await kit.backend().get('/invitations', { query })).body).toHaveLength(2)
    expect((await invitations.revokeInvitation(first.id)).status).toBe('revoked')
    expect(await refusal(invitations.revokeInvitation(first.id))).toEqual([
      400,
      'invitation_already_revoked',
    ])
    const revoked = await invitations.getInvitationList({ query, status: 'revoked' })
    expect(revoked.data.map(({ id }) => id)).toEqual([first.id])
    expect((await kit.backend().get('/invitations', { query })).body).toHaveLength(1)
  })

  it('together are made all or not at all', async () => {
    const { invitations } = clerk
    const [one, two] = [sdk.fresh(), sdk.fresh()]
    const made = await invitations.createInvitationBulk([{ emailAddress: one }])
    expect(made.map(({ emailAddress }) => emailAddress)).toEqual([one])
    expect(
      await refusal(
        invitations.createInvitationBulk([{ emailAddress: two }, { emailAddress: one }]),
      ),
    ).toEqual([400, 'duplicate_record'])
    expect(
      await refusal(
        invitations.createInvitationBulk([{ emailAddress: two }, { emailAddress: two }]),
      ),
    ).toEqual([422, 'duplicate_list_items_not_allowed'])
    expect((await kit.backend().get('/invitations', { query: two })).body).toEqual([])
  })

  it('lead nowhere but to pages of the web', async () => {
    const { invitations } = clerk
    for (const redirectUrl of ['javascript:alert(1)', 'nowhere', '/relative']) {
      const call = invitations.createInvitation({ emailAddress: sdk.fresh(), redirectUrl })
      expect(await refusal(call)).toEqual([422, 'form_param_format_invalid'])
    }
  })
})

describe('the waitlist', () => {
  it('is joined by anybody, once, who is told nothing more', async () => {
    const email_address = sdk.fresh()
    const events = await eventsOf(kit, async () => {
      const first = await kit.browser().post('/v1/waitlist', { email_address })
      expect(first.status).toBe(200)
      const again = await kit.browser().post('/v1/waitlist', { email_address })
      expect(again.body).toEqual({ object: 'waitlist_entry', id: at(first.body, 'id') })
      expect(again.body).toEqual(first.body)
    })
    expect(events).toEqual(expect.arrayContaining(['waitlistEntry.created']))
    expect(events.filter((type) => type === 'waitlistEntry.created')).toHaveLength(1)
    const { data } = await clerk.waitlistEntries.list({ query: email_address })
    expect(data).toMatchObject([{ status: 'pending', invitation: null }])
  })

  it('is worked off: invited, signed up, completed', async () => {
    const { waitlistEntries } = clerk
    const emailAddress = sdk.fresh()
    const { id } = await waitlistEntries.create({ emailAddress })
    const events = await eventsOf(kit, async () => {
      const invited = await waitlistEntries.invite(id)
      expect(invited).toMatchObject({ status: 'invited', invitation: { status: 'pending' } })
    })
    expect(events).toContain('waitlistEntry.updated')
    expect(await refusal(waitlistEntries.invite(id))).toEqual([409, 'conflict'])
    expect(await refusal(waitlistEntries.delete(id))).toEqual([409, 'conflict'])
    const link = new URL(kit.lastMessage(emailAddress).link ?? '')
    await kit.browser().post('/v1/client/sign_ups', {
      strategy: 'ticket',
      ticket: link.searchParams.get('__clerk_ticket'),
      password: 'correct horse battery staple',
    })
    const { data } = await waitlistEntries.list({ query: emailAddress, status: 'completed' })
    expect(data).toMatchObject([{ id, status: 'completed' }])
    expect(await refusal(waitlistEntries.reject(id))).toEqual([409, 'conflict'])
  })

  it('is thinned out: rejected and deleted', async () => {
    const { waitlistEntries } = clerk
    const [one, two] = await waitlistEntries.createBulk([
      { emailAddress: sdk.fresh(), notify: false },
      { emailAddress: sdk.fresh() },
    ])
    expect((await waitlistEntries.reject(one?.id ?? '')).status).toBe('rejected')
    expect(await refusal(waitlistEntries.reject(one?.id ?? ''))).toEqual([409, 'conflict'])
    expect((await waitlistEntries.invite(one?.id ?? '')).status).toBe('invited')
    expect(await waitlistEntries.delete(two?.id ?? '')).toMatchObject({ deleted: true })
    expect(await refusal(waitlistEntries.delete(two?.id ?? ''))).toEqual([
      404,
      'resource_not_found',
    ])
    const twins = { emailAddress: sdk.fresh() }
    expect(await refusal(waitlistEntries.createBulk([twins, twins]))).toEqual([
      422,
      'duplicate_list_items_not_allowed',
    ])
  })

  it('takes no text for an address', async () => {
    const answer = await kit.browser().post('/v1/waitlist', { email_address: 'nobody' })
    expect([answer.status, answer.code]).toEqual([422, 'form_param_format_invalid'])
  })
})
