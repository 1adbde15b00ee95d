import type { ClerkClient } from '@clerk/backend'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSdkKit, refusal, type SdkKit } from '../../support/sdk-kit.ts'
import { localUserId } from '../../support/signed-in-browser.ts'
import type { TestStandIn } from '../../support/stand-in.ts'
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

describe('organisations', () => {
  it('are made, found by id and slug, changed and deleted', async () => {
    const { organizations } = clerk
    const created = await organizations.createOrganization({
      name: 'Globex',
      slug: 'globex',
      createdBy: localUserId('ada'),
      publicMetadata: { plan: 'gold' },
      privateMetadata: { customer: 7 },
      maxAllowedMemberships: 0,
    })
    expect(created).toMatchObject({ slug: 'globex', maxAllowedMemberships: 0, imageUrl: '' })
    const found = await organizations.getOrganization({ slug: 'globex', includeMembersCount: true })
    expect(found).toMatchObject({
      id: created.id,
      membersCount: 1,
      createdBy: localUserId('ada'),
      privateMetadata: { customer: 7 },
    })
    const events = await eventsOf(kit, () =>
      organizations.updateOrganization(created.id, {
        name: 'Globex Inc',
        adminDeleteEnabled: false,
      }),
    )
    expect(events).toEqual(['organization.updated'])
    const again = await organizations.getOrganization({ organizationId: created.id })
    expect(again).toMatchObject({ name: 'Globex Inc', adminDeleteEnabled: false })
    const deleting = await eventsOf(kit, () => organizations.deleteOrganization(created.id))
    expect(deleting).toEqual(['organization.deleted'])
    expect(await refusal(organizations.getOrganization({ organizationId: created.id }))).toEqual([
      404,
      'resource_not_found',
    ])
  })

  it('are listed by what is asked, the newest first', async () => {
    const [one, two] = [await sdk.team('Zeta list'), await sdk.team('Alpha list')]
    const { organizations } = clerk
    const all = await organizations.getOrganizationList({ query: 'LIST' })
    expect(all.data.map(({ id }) => id)).toEqual([two.organizationId, one.organizationId])
    expect(all.totalCount).toBe(2)
    const cases = [
      [{ query: 'list', orderBy: 'name' as const }, [two.organizationId, one.organizationId]],
      [{ query: 'list', orderBy: '-name' as const }, [one.organizationId, two.organizationId]],
      [
        { query: 'list', orderBy: '+created_at' as const },
        [one.organizationId, two.organizationId],
      ],
      [{ query: 'list', limit: 1, offset: 1 }, [one.organizationId]],
      [{ query: one.organizationId }, [one.organizationId]],
      [{ userId: [two.adminId] }, [two.organizationId]],
      [{ query: 'list', userId: [`-${two.adminId}`] }, [one.organizationId]],
      [{ organizationId: [one.organizationId, 'org_nobody'] }, [one.organizationId]],
    ] as const
    for (const [{ ...parameters }, ids] of cases) {
      const wanted = JSON.parse(JSON.stringify(parameters))
      const { data } = await organizations.getOrganizationList(wanted)
      expect(data.map(({ id }) => id)).toEqual(ids)
    }
  })

  it('have metadata that is merged deeply, replaced whole, and of at most 8 KB', async () => {
    const { organizations } = clerk
    const { organizationId: id } = await sdk.team()
    const deep = { a: { b: 1, c: { d: 2 } }, e: [1, 2] }
    await organizations.updateOrganizationMetadata(id, { publicMetadata: deep })
    const merged = await organizations.updateOrganizationMetadata(id, {
      publicMetadata: { a: { b: null, c: { f: 3 } }, e: [3] },
      privateMetadata: { secret: 'yes' },
    })
    expect(merged.publicMetadata).toEqual({ a: { c: { d: 2, f: 3 } }, e: [3] })
    const replaced = await organizations.replaceOrganizationMetadata(id, {
      publicMetadata: { only: true },
    })
    expect(replaced.publicMetadata).toEqual({ only: true })
    expect(replaced.privateMetadata).toEqual({ secret: 'yes' })
    const half = { publicMetadata: { first: 'x'.repeat(5000) } }
    await organizations.updateOrganizationMetadata(id, half)
    const other = { publicMetadata: { second: 'x'.repeat(5000) } }
    expect(await refusal(organizations.updateOrganizationMetadata(id, other))).toEqual([
      422,
      'form_param_exceeds_allowed_size',
    ])
    const { publicMetadata } = await organizations.getOrganization({ organizationId: id })
    expect(Object.keys(publicMetadata ?? {})).toEqual(['only', 'first'])
  })

  it.each<[string, object, number, string]>([
    [
      'a creator who is nobody',
      { name: 'N', created_by: 'user_x' },
      400,
      'organization_creator_not_found',
    ],
    ['a slug that is taken', { name: 'N', slug: 'acme' }, 422, 'form_identifier_exists'],
    ['no name', { slug: 'n' }, 422, 'form_param_missing'],
    ['a date that is none', { name: 'N', created_at: 'yesterday' }, 422, 'form_param_invalid_time'],
    ['a set of roles', { name: 'N', role_set_key: 'role_set:x' }, 501, 'not_implemented'],
    ['a member unknown to Clerk', { name: 'N', colour: 'red' }, 422, 'form_param_unknown'],
  ])('are not made with %s', async (_, body, status, code) => {
    const answer = await kit.backend().post('/organizations', { ...body })
    expect([answer.status, answer.code]).toEqual([status, code])
  })
})

describe('memberships', () => {
  it('are made, listed, changed, annotated and ended', async () => {
    const { organizations, users } = clerk
    const { organizationId, adminId } = await sdk.team()
    const { id: userId } = sdk.somebody('zoe@members.test')
    const place = { organizationId, userId }
    const events = await eventsOf(kit, async () => {
      await organizations.createOrganizationMembership({ ...place, role: 'org:member' })
      await organizations.updateOrganizationMembership({ ...place, role: 'org:admin' })
      const annotated = await organizations.updateOrganizationMembershipMetadata({
        ...place,
        publicMetadata: { team: 'blue' },
      })
      expect(annotated).toMatchObject({ role: 'org:admin', publicMetadata: { team: 'blue' } })
    })
    expect(events).toEqual([
      'organizationMembership.created',
      'organizationMembership.updated',
      'organizationMembership.updated',
    ])
    const listed = async (parameters: object) => {
      const { data } = await organizations.getOrganizationMembershipList({
        organizationId,
        ...parameters,
      })
      return data.map(({ publicUserData }) => publicUserData?.userId)
    }
    expect(await listed({})).toEqual([userId, adminId])
    expect(await listed({ orderBy: '-email_address' })).toEqual([userId, adminId])
    expect(await listed({ orderBy: 'email_address' })).toEqual([adminId, userId])
    expect(await listed({ query: 'zoe@' })).toEqual([userId])
    expect(await listed({ role: ['org:member'] })).toEqual([])
    expect(await listed({ userId: [adminId] })).toEqual([adminId])
    const mine = await users.getOrganizationMembershipList({ userId })
    expect(mine.data).toHaveLength(1)
    const everyone = await organizations.getInstanceOrganizationMembershipList({ limit: 500 })
    expect(everyone.totalCount).toBe(kit.standIn.world.state.memberships.size)
    const ended = await organizations.deleteOrganizationMembership(place)
    expect(ended).toMatchObject({ role: 'org:admin' })
    expect(await refusal(organizations.deleteOrganizationMembership(place))).toEqual([
      404,
      'resource_not_found',
    ])
  })

  it('of the last administrator stay, whatever the secret key says', async () => {
    const { organizationId, adminId } = await sdk.team()
    const membership = `/organizations/${organizationId}/memberships/${adminId}`
    for (const answer of [
      await kit.backend().delete(membership),
      await kit.backend().patch(membership, { role: 'org:member' }),
    ]) {
      expect([answer.status, answer.code]).toEqual([400, 'organization_minimum_permissions_needed'])
    }
  })
})
