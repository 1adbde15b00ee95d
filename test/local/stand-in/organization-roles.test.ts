import type { ClerkClient } from '@clerk/backend'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSdkKit, refusal, type SdkKit } from '../../support/sdk-kit.ts'
import { signedInBrowser } from '../../support/signed-in-browser.ts'
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

describe('roles and permissions', () => {
  it('are made, given to each other, and decide what a member may do', async () => {
    const { organizationRoles, organizationPermissions, organizations } = clerk
    const permission = await organizationPermissions.createOrganizationPermission({
      name: 'Approve invoices',
      key: 'org:invoices:approve',
      description: 'May approve',
    })
    const manage = await organizationPermissions.getOrganizationPermissionList({
      query: 'org:sys_memberships:manage',
    })
    const manageId = manage.data[0]?.id ?? ''
    const role = await organizationRoles.createOrganizationRole({
      name: 'Clerk',
      key: 'org:clerk',
      permissions: [permission.id],
    })
    expect(role.permissions.map(({ key }) => key)).toEqual(['org:invoices:approve'])
    const { organizationId } = await sdk.team()
    const { id: userId } = sdk.somebody()
    const place = { organizationId, userId }
    await organizations.createOrganizationMembership({ ...place, role: 'org:clerk' })
    const browser = await signedInBrowser(kit, userId)
    const invitations = `/v1/organizations/${organizationId}/invitations`
    expect((await browser.get(invitations)).status).toBe(403)
    const both = { organizationRoleId: role.id, permissionId: manageId }
    await organizationRoles.assignPermissionToOrganizationRole(both)
    expect((await browser.get(invitations)).status).toBe(200)
    expect(await refusal(organizationRoles.assignPermissionToOrganizationRole(both))).toEqual([
      409,
      'organization_role_permission_association_exists',
    ])
    await organizationRoles.removePermissionFromOrganizationRole(both)
    expect((await browser.get(invitations)).status).toBe(403)

    const organizationRoleId = role.id
    await organizationRoles.updateOrganizationRole({ organizationRoleId, key: 'org:bookkeeper' })
    await organizationPermissions.updateOrganizationPermission({
      permissionId: permission.id,
      key: 'org:bills:approve',
    })
    const { data } = await organizations.getOrganizationMembershipList({ organizationId })
    expect(data.find(({ publicUserData }) => publicUserData?.userId === userId)).toMatchObject({
      role: 'org:bookkeeper',
      permissions: ['org:bills:approve'],
    })
    expect(await refusal(organizationRoles.deleteOrganizationRole(role.id))).toEqual([
      422,
      'organization_role_assigned_members',
    ])
    await organizations.deleteOrganizationMembership(place)
    await organizations.createOrganizationInvitation({
      organizationId,
      emailAddress: sdk.fresh(),
      role: 'org:bookkeeper',
    })
    expect(await refusal(organizationRoles.deleteOrganizationRole(role.id))).toEqual([
      422,
      'organization_role_exists_in_invitations',
    ])
    await organizations.deleteOrganization(organizationId)
    const events = await eventsOf(kit, async () => {
      await organizationPermissions.deleteOrganizationPermission(permission.id)
      expect((await organizationRoles.getOrganizationRole(role.id)).permissions).toEqual([])
      await organizationRoles.deleteOrganizationRole(role.id)
    })
    expect(events).toEqual(['role.updated', 'permission.deleted', 'role.deleted'])
  })

  it('of Clerk itself stay as they are', async () => {
    const { organizationRoles, organizationPermissions } = clerk
    const roles = await organizationRoles.getOrganizationRoleList({ orderBy: 'key' })
    expect(roles.data.map(({ key }) => key)).toEqual(['org:admin', 'org:member'])
    const [admin, member] = roles.data.map(({ id }) => id)
    const system = await organizationPermissions.getOrganizationPermissionList({
      query: 'org:sys_profile:delete',
    })
    const permissionId = system.data[0]?.id ?? ''
    const locked = [403, 'organization_system_permission_not_modifiable']
    const cases: [() => Promise<unknown>, unknown][] = [
      [() => organizationPermissions.deleteOrganizationPermission(permissionId), locked],
      [
        () => organizationPermissions.updateOrganizationPermission({ permissionId, name: 'Mine' }),
        locked,
      ],
      [
        () =>
          organizationRoles.removePermissionFromOrganizationRole({
            organizationRoleId: admin ?? '',
            permissionId,
          }),
        [422, 'organization_missing_creator_role_permissions'],
      ],
      [
        () => organizationRoles.deleteOrganizationRole(admin ?? ''),
        [422, 'organization_role_default_creator_role'],
      ],
      [
        () => organizationRoles.deleteOrganizationRole(member ?? ''),
        [422, 'organization_role_domain_default_role'],
      ],
      [
        () =>
          organizationPermissions.createOrganizationPermission({
            name: 'Fake',
            key: 'org:sys_profile:read',
            description: '',
          }),
        [422, 'form_param_format_invalid'],
      ],
      [
        () => organizationRoles.createOrganizationRole({ name: 'Fake', key: 'admin' }),
        [422, 'form_param_format_invalid'],
      ],
      [
        () => organizationRoles.createOrganizationRole({ name: 'Twin', key: 'org:admin' }),
        [422, 'form_identifier_exists'],
      ],
    ]
    for (const [call, refused] of cases) expect(await refusal(call())).toEqual(refused)
  })

  it('of an instance are ten at most', async () => {
    const { organizationRoles } = clerk
    const made: string[] = []
    const make = () =>
      organizationRoles.createOrganizationRole({ name: 'More', key: `org:more_${made.length}` })
    while (kit.standIn.world.state.roles.size < 10) made.push((await make()).id)
    expect(await refusal(make())).toEqual([403, 'organization_instance_roles_quota_exceeded'])
    for (const id of made) await organizationRoles.deleteOrganizationRole(id)
  })
})
