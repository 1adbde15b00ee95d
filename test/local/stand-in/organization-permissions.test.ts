import { beforeAll, describe, expect, it } from 'vitest'
import { addMember } from '../../../src/local/clerk/acts/memberships.ts'
import { createDomain, deleteDomain } from '../../../src/local/clerk/acts/organization-domains.ts'
import { createUser } from '../../../src/local/clerk/acts/people.ts'
import type { ClerkBrowser, Members } from '../../support/clerk-browser.ts'
import { signedInBrowser } from '../../support/signed-in-browser.ts'
import { at, createTestStandIn, type TestStandIn } from '../../support/stand-in.ts'
import { openTeamMaker, type Team, type TeamMaker } from '../../support/team-maker.ts'

let kit: TestStandIn
let make: TeamMaker
beforeAll(async () => {
  kit = await createTestStandIn()
  make = openTeamMaker(kit)
})

type Verb = 'get' | 'post' | 'patch' | 'delete'

function call(browser: ClerkBrowser, verb: Verb, path: string, members: Members = {}) {
  return browser[verb](path, members)
}

/** What only those may do who have the permission; the path is below the organisation's. */
const guarded: readonly (readonly [string, Verb, string, Members])[] = [
  ['org:sys_profile:manage', 'patch', '', { name: 'New name' }],
  ['org:sys_profile:delete', 'delete', '', {}],
  ['org:sys_memberships:manage', 'post', '/memberships', { user_id: 'user_x', role: 'org:member' }],
  ['org:sys_memberships:manage', 'patch', '/memberships/user_x', { role: 'org:admin' }],
  ['org:sys_memberships:manage', 'delete', '/memberships/user_x', {}],
  ['org:sys_memberships:manage', 'get', '/membership_requests', {}],
  ['org:sys_memberships:manage', 'post', '/membership_requests/x/accept', {}],
  ['org:sys_memberships:manage', 'post', '/membership_requests/x/reject', {}],
  [
    'org:sys_memberships:manage',
    'post',
    '/invitations',
    { email_address: 'new@example.com', role: 'org:member' },
  ],
  [
    'org:sys_memberships:manage',
    'post',
    '/invitations/bulk',
    { email_address: ['new@example.com'], role: 'org:member' },
  ],
  ['org:sys_memberships:manage', 'get', '/invitations', {}],
  ['org:sys_memberships:manage', 'get', '/invitations/pending', {}],
  ['org:sys_memberships:manage', 'post', '/invitations/x/revoke', {}],
  ['org:sys_domains:manage', 'post', '/domains', { name: 'initech.test' }],
  ['org:sys_domains:read', 'get', '/domains', {}],
  ['org:sys_domains:read', 'get', '/domains/x', {}],
  ['org:sys_domains:manage', 'delete', '/domains/x', {}],
  [
    'org:sys_domains:manage',
    'post',
    '/domains/x/update_enrollment_mode',
    { enrollment_mode: 'manual_invitation' },
  ],
  [
    'org:sys_domains:manage',
    'post',
    '/domains/x/prepare_affiliation_verification',
    { affiliation_email_address: 'a@initech.test' },
  ],
  [
    'org:sys_domains:manage',
    'post',
    '/domains/x/attempt_affiliation_verification',
    { code: '000000' },
  ],
]

/** What every member may do. */
const open: readonly (readonly [Verb, string])[] = [
  ['get', ''],
  ['get', '/memberships'],
  ['get', '/roles'],
]

describe('the permissions of the role', () => {
  let ours: Team
  beforeAll(async () => {
    ours = await make.team()
  })

  it.each(guarded)('without %s a member cannot %s %s', async (permission, verb, path, members) => {
    const answer = await call(ours.member.browser, verb, `${ours.path}${path}`, members)
    expect([answer.status, answer.code]).toEqual([403, 'missing_organization_permission'])
    expect(at(answer.body, 'errors.0.meta.permissions')).toContain(permission)
  })

  it.each(guarded)('with %s alone they get further at %s %s', async (permission, verb, path, m) => {
    const { world } = kit.standIn
    const { roles } = world.state
    const role = roles.find(({ key }) => key === 'org:admin')
    if (role === undefined) throw new Error('No role org:admin')
    const [only] = [await make.team()]
    roles.put({ ...role, permissions: [permission] })
    const answer = await call(only.admin.browser, verb, `${only.path}${path}`, m)
    roles.put(role)
    expect(answer.code).not.toBe('missing_organization_permission')
    expect(answer.status).not.toBe(501)
  })

  it.each([...guarded.map(([, verb, path, m]) => [verb, path, m] as const), ...open])(
    'that there is an organisation is not told to strangers: %s %s',
    async (verb, path, members = {}) => {
      const answer = await call(ours.stranger.browser, verb, `${ours.path}${path}`, members)
      const absent = await call(
        ours.stranger.browser,
        verb,
        `/v1/organizations/org_x${path}`,
        members,
      )
      expect([answer.status, answer.code]).toEqual([404, 'organization_not_found_or_unauthorized'])
      expect([absent.status, absent.code]).toEqual([answer.status, answer.code])
    },
  )

  it.each(open)('a plain member may %s %s', async (verb, path) => {
    expect((await call(ours.member.browser, verb, `${ours.path}${path}`)).status).toBe(200)
  })

  it('nobody who is not signed in gets anything', async () => {
    const browser = kit.browser()
    for (const [, verb, path, members] of guarded) {
      expect((await call(browser, verb, `${ours.path}${path}`, members)).status).toBe(401)
    }
  })
})

describe('what is of one organisation', () => {
  it('is not there for the administrators of another', async () => {
    const [ours, theirs] = [await make.team(), await make.team()]
    const form = { email_address: 'theirs@example.com', role: 'org:member' }
    const invited = await theirs.admin.browser.post(`${theirs.path}/invitations`, form)
    const made = await theirs.admin.browser.post(`${theirs.path}/domains`, { name: 'theirs.test' })
    const { membershipRequests } = kit.standIn.world.state
    const dated = { createdAt: 1, updatedAt: 1 }
    const request = membershipRequests.put({
      ...{ id: 'orgsug_theirs', organizationId: theirs.organization.id, domainId: '' },
      ...{ userId: ours.stranger.id, status: 'pending', ...dated },
    })
    const code = { code: '000000' }
    const address = { affiliation_email_address: 'a@theirs.test' }
    const mode = { enrollment_mode: 'manual_invitation' }
    const calls: [Verb, string, Members][] = [
      ['post', `/invitations/${invited.response.id}/revoke`, {}],
      ['get', `/domains/${made.response.id}`, {}],
      ['post', `/domains/${made.response.id}/update_enrollment_mode`, mode],
      ['post', `/domains/${made.response.id}/prepare_affiliation_verification`, address],
      ['post', `/domains/${made.response.id}/attempt_affiliation_verification`, code],
      ['delete', `/domains/${made.response.id}`, {}],
      ['post', `/membership_requests/${request.id}/reject`, {}],
      ['post', `/membership_requests/${request.id}/accept`, {}],
      ['patch', `/memberships/${theirs.member.id}`, { role: 'org:admin' }],
      ['delete', `/memberships/${theirs.member.id}`, {}],
    ]
    for (const [verb, path, members] of calls) {
      const answer = await call(ours.admin.browser, verb, `${ours.path}${path}`, members)
      expect([path, answer.status]).toEqual([path, 404])
    }
    // Their own administrator finds all of it as it was.
    for (const [verb, path, members] of calls) {
      const answer = await call(theirs.admin.browser, verb, `${theirs.path}${path}`, members)
      // Nobody has asked for a code by then, and the request has been rejected before it is accepted.
      if (/attempt|accept$/.test(path)) continue
      expect([path, answer.status]).toEqual([path, 200])
    }
  })

  it('is offered to verified addresses only, and to no member', async () => {
    const { admin, path, organization } = await make.team()
    const { world } = kit.standIn
    const member = await make.somebody('vault.test')
    addMember(world, { organization, userId: member.id, role: 'org:member' })
    const { id } = createUser(world, {
      emailAddresses: [{ emailAddress: 'unproved@vault.test', verification: null }],
    })
    const unproved = await signedInBrowser(kit, id)
    for (const enrollmentMode of ['automatic_invitation', 'automatic_suggestion'] as const) {
      const domain = createDomain(world, {
        ...{ organization, name: 'vault.test', enrollmentMode, isVerified: true },
      })
      for (const browser of [unproved, member.browser]) {
        for (const list of ['organization_invitations', 'organization_suggestions']) {
          const { response } = await browser.get(`/v1/me/${list}`)
          expect(response).toMatchObject({ total_count: 0 })
        }
      }
      deleteDomain(world, domain)
    }
    const form = { email_address: 'unproved@vault.test', role: 'org:member' }
    const invited = await admin.browser.post(`${path}/invitations`, form)
    const accept = `/v1/me/organization_invitations/${invited.response.id}/accept`
    expect((await unproved.post(accept)).status).toBe(404)
  })
})
