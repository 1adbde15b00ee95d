import { beforeEach, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const { email, id: adasId } = known('ada')
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

describe('a ticket', () => {
  async function ticketFor(userId: string, path = '/sign_in_tokens') {
    const { body } = await kit.backend().post(path, { user_id: userId })
    return { ticket: textAt(body, 'token'), id: textAt(body, 'id') }
  }

  it('signs its user in, once', async () => {
    const { ticket } = await ticketFor(adasId)
    const first = await create({ strategy: 'ticket', ticket })
    expect(first.response).toMatchObject({ status: 'complete' })
    expect(at(first.client, 'sessions.0.user.id')).toBe(adasId)
    const second = await create({ strategy: 'ticket', ticket }, kit.browser())
    expect([second.status, second.code]).toEqual([400, 'sign_in_token_already_used_code'])
  })

  it('is worth nothing when it was revoked or came too late, nor for a banned user', async () => {
    const revoked = await ticketFor(adasId)
    await kit.backend().post(`/sign_in_tokens/${revoked.id}/revoke`)
    const ofBanned = await ticketFor(known('linus').id)
    await kit.backend().post(`/users/${known('linus').id}/ban`)
    const late = await ticketFor(adasId)
    const codes: string[] = []
    for (const [ticket, waitMs] of [
      [revoked.ticket, 0],
      [ofBanned.ticket, 0],
      [late.ticket, 31 * 24 * 60 * minuteMs],
    ] as const) {
      kit.turn(waitMs)
      codes.push((await create({ strategy: 'ticket', ticket })).code)
    }
    expect(codes).toEqual(['sign_in_token_revoked_code', 'user_banned', 'ticket_expired_code'])
  })

  it('of an actor makes a session that says who acts', async () => {
    const actor = { sub: known('grace').id }
    const { body } = await kit.backend().post('/actor_tokens', {
      ...{ user_id: adasId, actor, expires_in_seconds: 600 },
    })
    const { client } = await create({ strategy: 'ticket', ticket: textAt(body, 'token') })
    expect(at(client, 'sessions.0')).toMatchObject({ actor, user: { id: adasId } })
  })

  it('of an invitation to an organisation signs in and makes a member', async () => {
    const acme = kit.standIn.world.state.organizations.all()[0]?.id
    await kit.backend().post(`/organizations/${acme}/invitations`, {
      ...{ email_address: email, role: 'org:member', inviter_user_id: known('grace').id },
    })
    const link = new URL(kit.lastMessage(email).link ?? '')
    expect(link.searchParams.get('__clerk_status')).toBe('sign_in')
    const ticket = link.searchParams.get('__clerk_ticket')
    const { response, client } = await create({ strategy: 'ticket', ticket })
    expect(response).toMatchObject({ status: 'complete' })
    expect(at(client, 'sessions.0.user.organization_memberships')).toMatchObject([
      { role: 'org:member', organization: { id: acme } },
    ])
    const again = await create({ strategy: 'ticket', ticket }, kit.browser())
    expect(again.status).toBe(400)
  })

  it('leads its bearer to the page for signing in', async () => {
    const { ticket } = await ticketFor(adasId)
    const response = await browser.navigate('/v1/tickets/accept', { ticket })
    const page = new URL(response.headers.get('location') ?? '')
    expect([response.status, page.origin, page.pathname]).toEqual([
      303,
      kit.settings.applicationOrigin,
      '/_usher/sign-in',
    ])
    expect(page.searchParams.get('__clerk_ticket')).toBe(ticket)
    const unknown = await browser.navigate('/v1/tickets/accept', { ticket: 'not.a.ticket' })
    expect(unknown.status).toBe(400)
  })
})
