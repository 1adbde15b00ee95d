import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Members } from '../../support/clerk-browser.ts'
import { at, createTestStandIn, type TestStandIn } from '../../support/stand-in.ts'
import { openTeamMaker, type TeamMaker } from '../../support/team-maker.ts'

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

describe('an organisation', () => {
  it('has whoever made it as its administrator, and a slug from its name', async () => {
    const { browser, id } = await make.somebody()
    const before = eventCount()
    const made = await browser.post('/v1/organizations', { name: 'Über Cööl GmbH' })
    expect(made.status).toBe(200)
    expect(made.response).toMatchObject({
      object: 'organization',
      name: 'Über Cööl GmbH',
      slug: 'uber-cool-gmbh',
      members_count: 1,
    })
    expect(eventsSince(before)).toEqual(['organization.created', 'organizationMembership.created'])
    const mine = await browser.get('/v1/me/organization_memberships', { paginated: true })
    expect(mine.response).toMatchObject({
      total_count: 1,
      data: [{ role: 'org:admin', public_user_data: { user_id: id } }],
    })
    expect(at(mine.response, 'data.0.permissions')).toContain('org:sys_memberships:manage')
  })

  it.each<[string, Members, number, string]>([
    ['no name', {}, 422, 'form_param_missing'],
    ['a blank name', { name: '  ' }, 422, 'form_param_nil'],
    [
      'a name with an address',
      { name: 'See https://evil.example' },
      422,
      'form_param_value_invalid',
    ],
    ['a name with markup', { name: '<b>bold</b>' }, 422, 'form_param_value_invalid'],
    ['a long name', { name: 'n'.repeat(257) }, 422, 'form_param_max_length_exceeded'],
    ['a slug in capitals', { name: 'N', slug: 'Acme' }, 422, 'form_param_format_invalid'],
    ['a slug with a dot', { name: 'N', slug: 'a.b' }, 422, 'form_param_format_invalid'],
    ['a slug that is taken', { name: 'N', slug: 'acme' }, 422, 'form_identifier_exists'],
    ['private metadata', { name: 'N', private_metadata: '{}' }, 422, 'form_param_unknown'],
  ])('is not made with %s', async (_, form, status, code) => {
    const { browser } = await make.somebody()
    const answer = await browser.post('/v1/organizations', form)
    expect([answer.status, answer.code]).toEqual([status, code])
  })

  it('gives two of one name two slugs', async () => {
    const { browser } = await make.somebody()
    const slugs = []
    for (let each = 0; each < 3; each += 1) {
      slugs.push((await browser.post('/v1/organizations', { name: 'Twins' })).response.slug)
    }
    expect(new Set(slugs).size).toBe(3)
    expect(slugs[0]).toBe('twins')
  })

  it('is made by nobody who may not', async () => {
    const { browser, id } = await make.somebody()
    const { users } = kit.standIn.world.state
    const user = users.get(id)
    if (user) users.put({ ...user, mayCreateOrganization: false })
    expect((await browser.post('/v1/organizations', { name: 'Mine' })).status).toBe(403)
  })

  it('is cleared from every session when it is deleted', async () => {
    const { admin, member, path, organization } = await make.team()
    const { sessions } = kit.standIn.world.state
    const active = sessions.filter(({ userId }) => [admin.id, member.id].includes(userId))
    for (const one of active) {
      sessions.put({ ...one, lastActiveOrganizationId: organization.id })
    }
    const before = eventCount()
    const gone = await admin.browser.delete(path)
    expect(gone.response).toMatchObject({ object: 'organization', deleted: true })
    expect(eventsSince(before)).toEqual(['organization.deleted'])
    expect(active).toHaveLength(2)
    for (const { id } of active) expect(sessions.get(id)?.lastActiveOrganizationId).toBeNull()
    expect((await admin.browser.get(path)).status).toBe(404)
    const { body } = await member.browser.get('/v1/me/organization_memberships')
    expect(at(body, 'response')).toEqual([])
  })

  it('is not deleted by its administrator where its owner forbids that', async () => {
    const { admin, path, organization } = await make.team()
    const { organizations } = kit.standIn.world.state
    organizations.put({ ...organization, adminDeleteEnabled: false })
    const answer = await admin.browser.delete(path)
    expect([answer.status, answer.code]).toEqual([403, 'organization_admin_delete_not_enabled'])
  })
})

describe('a membership', () => {
  it('is made, changed and ended, and each is told', async () => {
    const { admin, member, stranger, path } = await make.team()
    const before = eventCount()
    const form = { user_id: stranger.id, role: 'org:member' }
    expect((await admin.browser.post(`${path}/memberships`, form)).status).toBe(200)
    const again = await admin.browser.post(`${path}/memberships`, form)
    expect([again.status, again.code]).toEqual([400, 'already_a_member_in_organization'])
    const place = `${path}/memberships/${stranger.id}`
    const changed = await admin.browser.patch(place, { role: 'org:admin' })
    expect(changed.response).toMatchObject({ role: 'org:admin', role_name: 'Admin' })
    const listed = await admin.browser.get(`${path}/memberships`, { paginated: true })
    expect(listed.response).toMatchObject({ total_count: 3 })
    const admins = await admin.browser.get(`${path}/memberships`, {
      paginated: true,
      role: ['org:admin'],
      query: stranger.email,
    })
    expect(admins.response).toMatchObject({
      total_count: 1,
      data: [{ public_user_data: { identifier: stranger.email } }],
    })
    expect((await admin.browser.delete(place)).status).toBe(200)
    expect((await admin.browser.delete(place)).status).toBe(404)
    expect((await member.browser.get(path)).response).toMatchObject({ members_count: 2 })
    expect(eventsSince(before)).toEqual([
      'organizationMembership.created',
      'organizationMembership.updated',
      'organizationMembership.deleted',
    ])
  })

  it('is bare where no pages are asked for, as Clerk has it', async () => {
    const { admin, path } = await make.team()
    const { body } = await admin.browser.get(`${path}/memberships`)
    expect(at(body, 'response')).toHaveLength(2)
  })

  it('of the last administrator stays, whoever would end it', async () => {
    const { admin, member, organization, path } = await make.team()
    const leave = `/v1/me/organization_memberships/${organization.id}`
    const attempts: (() => Promise<Answer>)[] = [
      () => admin.browser.delete(leave),
      () => admin.browser.delete(`${path}/memberships/${admin.id}`),
      () => admin.browser.patch(`${path}/memberships/${admin.id}`, { role: 'org:member' }),
    ]
    for (const attempt of attempts) {
      const { status, code } = await attempt()
      expect([status, code]).toEqual([400, 'organization_minimum_permissions_needed'])
    }
    const promoted = { role: 'org:admin' }
    await admin.browser.patch(`${path}/memberships/${member.id}`, promoted)
    expect((await admin.browser.delete(leave)).status).toBe(200)
    expect((await admin.browser.get(path)).status).toBe(404)
    expect((await member.browser.delete(leave)).code).toBe(
      'organization_minimum_permissions_needed',
    )
  })

  it('ends with the organisation no longer active in the sessions of who left', async () => {
    const { member, organization } = await make.team()
    const { sessions } = kit.standIn.world.state
    const session = sessions.find(({ userId }) => userId === member.id)
    if (session) sessions.put({ ...session, lastActiveOrganizationId: organization.id })
    await member.browser.delete(`/v1/me/organization_memberships/${organization.id}`)
    expect(sessions.get(session?.id)?.lastActiveOrganizationId).toBeNull()
  })

  it('is refused with a role that is not there, and for a user who is not', async () => {
    const { admin, stranger, path } = await make.team()
    for (const form of [
      { user_id: stranger.id, role: 'org:emperor' },
      { user_id: 'user_nobody', role: 'org:member' },
    ]) {
      const answer = await admin.browser.post(`${path}/memberships`, form)
      expect([answer.status, answer.code]).toEqual([404, 'resource_not_found'])
    }
  })

  it('is one of at most as many as the organisation may have, invitations counted', async () => {
    const { admin, organization, path } = await make.team()
    const invitation = { email_address: ['a@x.test', 'b@x.test', 'c@x.test'], role: 'org:member' }
    expect(organization.maxAllowedMemberships).toBe(5)
    expect((await admin.browser.post(`${path}/invitations/bulk`, invitation)).status).toBe(200)
    const { id } = await make.somebody()
    const more = await admin.browser.post(`${path}/memberships`, { user_id: id, role: 'org:admin' })
    expect([more.status, more.code]).toEqual([403, 'organization_membership_quota_exceeded'])
    const invited = await admin.browser.post(`${path}/invitations`, {
      email_address: 'd@x.test',
      role: 'org:member',
    })
    expect([invited.status, invited.code]).toEqual([403, 'organization_membership_quota_exceeded'])
  })
})

it('somebody without an organisation is given no name for one', async () => {
  const { browser } = await make.somebody()
  const { response } = await browser.get('/v1/me/organization_creation_defaults')
  expect(response).toEqual({ form: null, advisory: null })
})
