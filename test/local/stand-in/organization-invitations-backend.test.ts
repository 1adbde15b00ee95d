import type { ClerkClient } from '@clerk/backend'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSdkKit, refusal, type SdkKit } from '../../support/sdk-kit.ts'
import { signedInBrowser } from '../../support/signed-in-browser.ts'
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

describe('invitations to an organisation', () => {
  it('are made one by one and together, listed and revoked', async () => {
    const { organizations } = clerk
    const { organizationId, adminId: inviterUserId } = await sdk.team()
    const role = 'org:member'
    const first = sdk.fresh()
    const one = await organizations.createOrganizationInvitation({
      organizationId,
      inviterUserId,
      emailAddress: first,
      role,
      redirectUrl: 'http://localhost:8787/welcome?from=mail',
      publicMetadata: { seat: 3 },
      expiresInDays: 2,
    })
    expect(one).toMatchObject({ status: 'pending', roleName: 'Member' })
    const link = new URL(kit.lastMessage(first).link ?? '')
    expect(link.pathname).toBe('/welcome')
    expect(link.searchParams.get('from')).toBe('mail')
    expect(one.url).toBe(link.href)
    const bulk = await organizations.createOrganizationInvitationBulk(organizationId, [
      { emailAddress: sdk.fresh(), role, inviterUserId },
      { emailAddress: sdk.fresh(), role, inviterUserId },
    ])
    expect(bulk.totalCount).toBe(2)
    const statuses = async (...status: ('pending' | 'revoked' | 'expired')[]) => {
      const { totalCount } = await organizations.getOrganizationInvitationList({
        organizationId,
        status,
      })
      return totalCount
    }
    expect(await statuses('pending')).toBe(3)
    const invitationId = one.id
    const revoked = await organizations.revokeOrganizationInvitation({
      organizationId,
      invitationId,
      requestingUserId: inviterUserId,
    })
    expect(revoked.status).toBe('revoked')
    expect(await statuses('pending')).toBe(2)
    kit.turn(31 * 24 * 60 * 60 * 1000)
    expect([await statuses('pending'), await statuses('expired')]).toEqual([0, 2])
    kit.turn(-31 * 24 * 60 * 60 * 1000)
    const same = await organizations.getOrganizationInvitation({ organizationId, invitationId })
    expect(same).toMatchObject({ emailAddress: first, status: 'revoked', url: null })
    const everywhere = await kit.backend().get('/organization_invitations', { query: first })
    expect(everywhere.body).toMatchObject({
      total_count: 1,
      data: [{ public_organization_data: { id: organizationId } }],
    })
    const pending = await kit.backend().get(`/organizations/${organizationId}/invitations/pending`)
    expect(pending.body).toMatchObject({ total_count: 2 })
  })

  it('bring their metadata into the membership when the user accepts', async () => {
    const { organizations, users } = clerk
    const { organizationId } = await sdk.team()
    const email = sdk.fresh()
    const { id: userId } = sdk.somebody(email)
    const { id } = await organizations.createOrganizationInvitation({
      organizationId,
      emailAddress: email,
      role: 'org:member',
      publicMetadata: { seat: 4 },
      privateMetadata: { note: 'vip' },
    })
    const listed = await users.getOrganizationInvitationList({ userId, status: 'pending' })
    expect(listed.data.map((invitation) => invitation.id)).toEqual([id])
    const browser = await signedInBrowser(kit, userId)
    const events = await eventsOf(kit, () =>
      browser.post(`/v1/me/organization_invitations/${id}/accept`),
    )
    expect(events).toEqual(['organizationMembership.created', 'organizationInvitation.accepted'])
    const { data } = await users.getOrganizationMembershipList({ userId })
    expect(data[0]).toMatchObject({
      publicMetadata: { seat: 4 },
      privateMetadata: { note: 'vip' },
    })
    const seen = await browser.get('/v1/me/organization_memberships', { paginated: true })
    expect(JSON.stringify(seen.body)).not.toContain('vip')
  })

  it('together are made all or not at all', async () => {
    const { organizationId, adminId: inviterUserId } = await sdk.team()
    const role = 'org:member'
    const twice = { emailAddress: sdk.fresh(), role, inviterUserId }
    const other = { emailAddress: sdk.fresh(), role, inviterUserId }
    const calls = [
      [[other, twice, twice], 'organization_invitation_not_unique'],
      [[other, { ...twice, role: 'org:emperor' }], 'resource_not_found'],
      [
        Array.from({ length: 5 }, () => ({ ...twice, emailAddress: sdk.fresh() })),
        'organization_membership_quota_exceeded',
      ],
    ] as const
    const { organizations } = clerk
    for (const [drafts, code] of calls) {
      const refused = await refusal(
        organizations.createOrganizationInvitationBulk(organizationId, [...drafts]),
      )
      expect(refused[1]).toBe(code)
    }
    const { totalCount } = await organizations.getOrganizationInvitationList({ organizationId })
    expect(totalCount).toBe(0)
  })

  it('are sent in the name of members only who may manage members', async () => {
    const { organizations } = clerk
    const { organizationId } = await sdk.team()
    const { id: userId } = sdk.somebody()
    const invite = () =>
      organizations.createOrganizationInvitation({
        organizationId,
        inviterUserId: userId,
        emailAddress: sdk.fresh(),
        role: 'org:member',
      })
    expect(await refusal(invite())).toEqual([403, 'not_a_member_in_organization'])
    await organizations.createOrganizationMembership({ organizationId, userId, role: 'org:member' })
    expect(await refusal(invite())).toEqual([403, 'missing_organization_permission'])
  })
})

it('what is of one organisation is not there below another', async () => {
  const [ours, theirs] = [await sdk.team(), await sdk.team()]
  const invitation = await clerk.organizations.createOrganizationInvitation({
    organizationId: theirs.organizationId,
    emailAddress: sdk.fresh(),
    role: 'org:member',
  })
  const server = kit.backend()
  const made = await server.post(`/organizations/${theirs.organizationId}/domains`, {
    name: 'wayne.test',
  })
  const domain = `domains/${at(made.body, 'id')}`
  const place = `/organizations/${ours.organizationId}`
  const answers = [
    await server.get(`${place}/invitations/${invitation.id}`),
    await server.post(`${place}/invitations/${invitation.id}/revoke`, {}),
    await server.patch(`${place}/${domain}`, { verified: false }),
    await server.post(`${place}/${domain}/verify_ownership`),
    await server.delete(`${place}/${domain}`),
    await server.patch(`${place}/memberships/${theirs.adminId}`, { role: 'org:member' }),
    await server.patch(`${place}/memberships/${theirs.adminId}/metadata`, {}),
    await server.delete(`${place}/memberships/${theirs.adminId}`),
  ]
  for (const { status, code } of answers)
    expect([status, code]).toEqual([404, 'resource_not_found'])
})

describe('domains', () => {
  it('that the secret key gives are proved by its word', async () => {
    const { organizations } = clerk
    const { organizationId } = await sdk.team()
    const { id: userId } = sdk.somebody(sdk.fresh('piedpiper.test'))
    const events = await eventsOf(kit, async () => {
      const domain = await organizations.createOrganizationDomain({
        organizationId,
        name: 'piedpiper.test',
        enrollmentMode: 'automatic_invitation',
        verified: true,
      })
      // The SDK knows no resource of this kind and gives the answer as it came.
      expect(domain).toMatchObject({ enrollment_mode: 'automatic_invitation' })
    })
    expect(events).toEqual(['organizationDomain.created', 'organizationInvitation.created'])
    const { data } = await organizations.getOrganizationDomainList({ organizationId })
    const domainId = data[0]?.id ?? ''
    expect(data[0]).toMatchObject({ total_pending_invitations: 1 })
    const browser = await signedInBrowser(kit, userId)
    const mine = await browser.get('/v1/me/organization_invitations')
    expect(mine.response).toMatchObject({ total_count: 1 })
    const changed = await organizations.updateOrganizationDomain({
      organizationId,
      domainId,
      enrollmentMode: 'automatic_suggestion',
    })
    expect(changed).toMatchObject({ total_pending_suggestions: 1 })
    const everywhere = await kit.backend().get('/organization_domains', {
      query: 'PIED',
      enrollment_mode: '-automatic_invitation',
      verified: true,
    })
    expect(everywhere.body).toMatchObject({ total_count: 1 })
    const none = await kit.backend().get('/organization_domains', { domains: ['other.test'] })
    expect(none.body).toMatchObject({ total_count: 0 })
    await organizations.deleteOrganizationDomain({ organizationId, domainId })
    const after = await browser.get('/v1/me/organization_suggestions')
    expect(after.response).toMatchObject({ total_count: 0 })
  })

  it('that are not proved yet can be by its word later', async () => {
    const { organizations } = clerk
    const { organizationId } = await sdk.team()
    const { id: domainId } = await organizations.createOrganizationDomain({
      organizationId,
      name: 'later.test',
      enrollmentMode: 'manual_invitation',
      verified: false,
    })
    const place = `/organizations/${organizationId}/domains/${domainId}/verify_ownership`
    for (let each = 0; each < 2; each += 1) {
      const { body } = await kit.backend().post(place)
      expect(at(body, 'ownership_verification.strategy')).toBe('manual_override')
    }
    const sso = organizations.updateOrganizationDomain({
      organizationId,
      domainId,
      enrollmentMode: 'enterprise_sso',
    })
    expect(await refusal(sso)).toEqual([403, 'organization_domain_enrollment_mode_not_enabled'])
  })
})
