import { beforeAll, describe, expect, it } from 'vitest'
import { createTestStandIn, type TestStandIn, textAt } from '../../support/stand-in.ts'
import { openTeamMaker, type Team, type TeamMaker } from '../../support/team-maker.ts'

let kit: TestStandIn
let make: TeamMaker
beforeAll(async () => {
  kit = await createTestStandIn()
  make = openTeamMaker(kit)
})

/** The types of the webhooks since a number of them. */
const eventsSince = (count: number) =>
  kit.standIn.world.state.deliveries
    .all()
    .slice(count)
    .map(({ type }) => type)
const eventCount = () => kit.standIn.world.state.deliveries.size

describe('an invitation', () => {
  it('is sent with a link to the application, and its ticket makes a member once', async () => {
    const { admin, stranger, path } = await make.team()
    const before = eventCount()
    const made = await admin.browser.post(`${path}/invitations`, {
      email_address: stranger.email,
      role: 'org:member',
    })
    expect(made.response).toMatchObject({ status: 'pending', url: null })
    const link = new URL(kit.lastMessage(stranger.email).link ?? '')
    expect(`${link.origin}${link.pathname}`).toBe('http://localhost:8787/_usher/sign-in')
    const browser = kit.browser()
    const form = { strategy: 'ticket', ticket: make.ticketOf(stranger.email) }
    const signedIn = await browser.post('/v1/client/sign_ins', form)
    expect(signedIn.response).toMatchObject({ status: 'complete' })
    expect((await stranger.browser.get(path)).status).toBe(200)
    expect(eventsSince(before)).toEqual(
      expect.arrayContaining([
        'organizationInvitation.created',
        'organizationMembership.created',
        'organizationInvitation.accepted',
      ]),
    )
    const again = await kit.browser().post('/v1/client/sign_ins', form)
    expect([again.status, again.code]).toEqual([400, 'organization_invitation_already_accepted'])
  })

  it('leads whoever is new to sign up, who needs no code then', async () => {
    const { admin, path } = await make.team()
    const email_address = 'brandnew@example.com'
    await admin.browser.post(`${path}/invitations`, { email_address, role: 'org:admin' })
    const link = new URL(kit.lastMessage(email_address).link ?? '')
    expect(link.pathname).toBe('/_usher/sign-up')
    expect(link.searchParams.get('__clerk_status')).toBe('sign_up')
    const browser = kit.browser()
    const signedUp = await browser.post('/v1/client/sign_ups', {
      strategy: 'ticket',
      ticket: make.ticketOf(email_address),
      password: 'correct horse battery staple',
    })
    expect(signedUp.response).toMatchObject({ status: 'complete', email_address })
    const mine = await browser.get('/v1/me/organization_memberships', { paginated: true })
    expect(mine.response).toMatchObject({ total_count: 1, data: [{ role: 'org:admin' }] })
  })

  it('that was revoked or is too old is worth nothing', async () => {
    const { admin, stranger, path } = await make.team()
    const form = { email_address: stranger.email, role: 'org:member' }
    const made = await admin.browser.post(`${path}/invitations`, form)
    const revoke = `${path}/invitations/${made.response.id}/revoke`
    const ticket = make.ticketOf(stranger.email)
    expect((await admin.browser.post(revoke)).response).toMatchObject({ status: 'revoked' })
    expect((await admin.browser.post(revoke)).code).toBe('organization_invitation_not_pending')
    const signIn = { strategy: 'ticket', ticket }
    const revoked = await kit.browser().post('/v1/client/sign_ins', signIn)
    expect([revoked.status, revoked.code]).toEqual([400, 'organization_invitation_revoked_code'])

    await admin.browser.post(`${path}/invitations`, form)
    const later = { strategy: 'ticket', ticket: make.ticketOf(stranger.email) }
    kit.turn(31 * 24 * 60 * 60 * 1000)
    const expired = await kit.browser().post('/v1/client/sign_ins', later)
    kit.turn(-31 * 24 * 60 * 60 * 1000)
    expect([expired.status, expired.code]).toEqual([400, 'ticket_expired_code'])
    expect((await stranger.browser.get(path)).status).toBe(404)
  })

  it('is listed for who has the address, and accepted there by nobody else', async () => {
    const { admin, member, stranger, path } = await make.team()
    const form = { email_address: stranger.email, role: 'org:member' }
    const { id } = (await admin.browser.post(`${path}/invitations`, form)).response
    const mine = '/v1/me/organization_invitations'
    const accept = `${mine}/${id}/accept`
    expect((await member.browser.get(mine)).response).toMatchObject({ total_count: 0 })
    expect((await member.browser.post(accept)).code).toBe('organization_invitation_not_found')
    const pending = await stranger.browser.get(mine, { status: ['pending'] })
    expect(pending.response).toMatchObject({
      total_count: 1,
      data: [{ id, public_organization_data: { name: expect.stringContaining('Team') } }],
    })
    expect((await stranger.browser.post(accept)).response).toMatchObject({ status: 'accepted' })
    expect((await stranger.browser.post(accept)).code).toBe('organization_invitation_not_pending')
    expect((await stranger.browser.get(path)).status).toBe(200)
  })

  it('is sent once for an address, and to no member', async () => {
    const { admin, member, path } = await make.team()
    const invite = (email_address: string) =>
      admin.browser.post(`${path}/invitations`, { email_address, role: 'org:member' })
    expect((await invite(member.email)).code).toBe('already_a_member_in_organization')
    expect((await invite('twice@example.com')).status).toBe(200)
    expect((await invite('Twice@Example.com')).code).toBe('organization_invitation_not_unique')
    const twins = { email_address: ['y@x.test', 'y@x.test'], role: 'org:member' }
    expect((await admin.browser.post(`${path}/invitations/bulk`, twins)).code).toBe(
      'organization_invitation_not_unique',
    )
    const all = await admin.browser.get(`${path}/invitations`, { status: ['pending'] })
    expect(all.response).toMatchObject({ total_count: 1 })
  })
})

describe('a domain', () => {
  /** A domain that a member has proved. */
  async function proved({ admin, path }: Team, name: string): Promise<string> {
    const made = await admin.browser.post(`${path}/domains`, { name })
    const place = `${path}/domains/${made.response.id}`
    const affiliation_email_address = `hostmaster@${name}`
    await admin.browser.post(`${place}/prepare_affiliation_verification`, {
      affiliation_email_address,
    })
    const code = kit.codeFor(affiliation_email_address)
    const done = await admin.browser.post(`${place}/attempt_affiliation_verification`, { code })
    expect(done.response).toMatchObject({ affiliation_verification: { status: 'verified' } })
    return place
  }

  it('that is proved suggests the organisation, and a member decides', async () => {
    const ours = await make.team()
    const { admin, path } = ours
    const place = await proved(ours, 'initech.test')
    const [one, two] = [await make.somebody('initech.test'), await make.somebody('initech.test')]
    const mode = { enrollment_mode: 'automatic_suggestion' }
    const suggesting = await admin.browser.post(`${place}/update_enrollment_mode`, mode)
    expect(suggesting.response).toMatchObject({ total_pending_suggestions: 2, ...mode })
    const mine = '/v1/me/organization_suggestions'
    const suggestions = await one.browser.get(mine, { status: 'pending' })
    const id = textAt(suggestions.response, 'data.0.id')
    expect((await two.browser.post(`${mine}/${id}/accept`)).status).toBe(404)
    const requests = `${path}/membership_requests`
    expect((await admin.browser.post(`${requests}/${id}/accept`)).status).toBe(404)
    expect((await one.browser.post(`${mine}/${id}/accept`)).response).toMatchObject({
      status: 'accepted',
    })
    expect((await one.browser.post(`${mine}/${id}/accept`)).code).toBe(
      'organization_suggestion_already_accepted',
    )
    const asked = await admin.browser.get(requests, { status: 'pending' })
    expect(asked.response).toMatchObject({
      total_count: 1,
      data: [{ id, public_user_data: { identifier: one.email } }],
    })
    expect((await one.browser.get(path)).status).toBe(404)
    expect((await admin.browser.post(`${requests}/${id}/accept`)).status).toBe(200)
    expect((await admin.browser.post(`${requests}/${id}/reject`)).status).toBe(404)
    expect((await one.browser.get(path)).status).toBe(200)

    const other = await two.browser.get(mine)
    const rejected = textAt(other.response, 'data.0.id')
    await two.browser.post(`${mine}/${rejected}/accept`)
    await admin.browser.post(`${requests}/${rejected}/reject`)
    expect((await two.browser.get(path)).status).toBe(404)
  })

  it('that is proved invites whoever has an address there, also who comes later', async () => {
    const ours = await make.team()
    const { admin } = ours
    const place = await proved(ours, 'hooli.test')
    const early = await make.somebody('hooli.test')
    await admin.browser.post(`${place}/update_enrollment_mode`, {
      enrollment_mode: 'automatic_invitation',
    })
    const late = await make.somebody('hooli.test')
    for (const { browser } of [early, late]) {
      const { response } = await browser.get('/v1/me/organization_invitations')
      expect(response).toMatchObject({ total_count: 1 })
      const accept = `/v1/me/organization_invitations/${textAt(response, 'data.0.id')}/accept`
      expect((await browser.post(accept)).status).toBe(200)
    }
    const later = await make.somebody('hooli.test')
    await later.browser.get('/v1/me/organization_invitations')
    const withdrawn = await admin.browser.post(`${place}/update_enrollment_mode`, {
      enrollment_mode: 'manual_invitation',
      delete_pending: true,
    })
    expect(withdrawn.response).toMatchObject({ total_pending_invitations: 0 })
    expect((await later.browser.get('/v1/me/organization_invitations')).response).toMatchObject({
      total_count: 0,
    })
  })

  it('offers nothing before it is proved', async () => {
    const { admin, path } = await make.team()
    const name = 'vandelay.test'
    const eager = { name, enrollment_mode: 'automatic_invitation' }
    expect((await admin.browser.post(`${path}/domains`, eager)).code).toBe(
      'form_verification_needed',
    )
    const { id } = (await admin.browser.post(`${path}/domains`, { name })).response
    const place = `${path}/domains/${id}`
    const mode = { enrollment_mode: 'automatic_suggestion' }
    const refused = await admin.browser.post(`${place}/update_enrollment_mode`, mode)
    expect([refused.status, refused.code]).toEqual([422, 'form_verification_needed'])
    expect(
      (
        await admin.browser.post(`${place}/prepare_affiliation_verification`, {
          affiliation_email_address: 'me@elsewhere.test',
        })
      ).code,
    ).toBe('organization_domain_mismatch')
    await admin.browser.post(`${place}/prepare_affiliation_verification`, {
      affiliation_email_address: `me@${name}`,
    })
    const right = kit.codeFor(`me@${name}`)
    const code = right === '000000' ? '111111' : '000000'
    const codes = []
    for (let each = 0; each < 6; each += 1) {
      const attempt = `${place}/attempt_affiliation_verification`
      codes.push((await admin.browser.post(attempt, { code: each === 5 ? right : code })).code)
    }
    expect(codes.slice(0, 4)).toEqual(Array(4).fill('form_code_incorrect'))
    expect(codes.slice(4)).toEqual(['verification_failed', 'verification_failed'])
    const found = await admin.browser.get(`${path}/domains`, { verified: true })
    expect(found.response).toMatchObject({ total_count: 0 })
    expect((await admin.browser.delete(place)).response).toMatchObject({ deleted: true })
    expect((await admin.browser.get(place)).status).toBe(404)
  })

  it.each([
    ['gmail.com', 'organization_domain_common'],
    ['no domain', 'form_param_format_invalid'],
    ['localhost', 'form_param_format_invalid'],
    ['a..test', 'form_param_format_invalid'],
  ])('is not %s', async (name, code) => {
    const { admin, path } = await make.team()
    expect((await admin.browser.post(`${path}/domains`, { name })).code).toBe(code)
  })

  it('is proved by one organisation only', async () => {
    const [first, second] = [await make.team(), await make.team()]
    const name = 'umbrella.test'
    const place = `${second.path}/domains`
    const other = await second.admin.browser.post(place, { name })
    await proved(first, name)
    expect((await second.admin.browser.post(place, { name })).code).toBe(
      'organization_domain_already_exists',
    )
    await second.admin.browser.post(
      `${place}/${other.response.id}/prepare_affiliation_verification`,
      {
        affiliation_email_address: `second@${name}`,
      },
    )
    const late = await second.admin.browser.post(
      `${place}/${other.response.id}/attempt_affiliation_verification`,
      { code: kit.codeFor(`second@${name}`) },
    )
    expect(late.code).toBe('organization_domain_already_exists')
  })
})
