import { describe, expect, it } from 'vitest'
import { changeRole, removeMember } from '../../../src/local/clerk/acts/memberships.ts'
import {
  createDomain,
  deleteDomain,
  updateDomain,
} from '../../../src/local/clerk/acts/organization-domains.ts'
import {
  acceptInvitation,
  invite,
  revokeInvitation,
} from '../../../src/local/clerk/acts/organization-invitations.ts'
import {
  addMember,
  createOrganization,
  deleteOrganization,
  updateOrganization,
} from '../../../src/local/clerk/acts/organizations.ts'
import { banUser, createUser, deleteUser } from '../../../src/local/clerk/acts/people.ts'
import {
  createPermission,
  createRole,
  deletePermission,
  deleteRole,
  updatePermission,
  updateRole,
} from '../../../src/local/clerk/acts/roles.ts'
import { finishSession, startSession } from '../../../src/local/clerk/acts/sessions.ts'
import { joinWaitlist, rejectFromWaitlist } from '../../../src/local/clerk/acts/waitlist.ts'
import { createTurningClock } from '../../../src/local/clerk/kernel/turning-clock.ts'
import type { World } from '../../../src/local/clerk/kernel/world.ts'
import { descriptionsAreHere } from '../../support/descriptions.ts'
import { readSources } from '../../support/house.ts'
import { honestyOf } from '../../support/recording.ts'
import { createTestStandIn } from '../../support/stand-in.ts'
import { openReceiver, verdictOf } from '../../support/webhook-receiver.ts'

const publicOrigin = 'http://localhost:8787'

/** The types that somewhere in the stand-in are told of, those of a family one by one. */
const told: ReadonlySet<string> = new Set([
  ...readSources('src/local/clerk').flatMap(({ source }) =>
    [...source.matchAll(/\bemit\('(\w+\.\w+)'/g)].map(([, type = '']) => type),
  ),
  ...['session.ended', 'session.removed', 'session.revoked', 'email.created', 'sms.created'],
])

/** Does, one after the other, whatever an event tells of. */
async function doEverything(world: World): Promise<void> {
  const ada = createUser(world, { firstName: 'Ada' })
  const eve = createUser(world, {})
  const organization = createOrganization(world, { name: 'Many', createdBy: ada.id })
  useSessions(world, ada.id)
  useRoles(world)
  updateOrganization(world, organization, { name: 'More' })
  const membership = addMember(world, { organization, userId: eve.id, role: 'org:member' })
  removeMember(world, changeRole(world, membership, 'org:admin'))
  const draft = { organization, role: 'org:member', inviterUserId: ada.id, publicOrigin }
  const taken = await invite(world, { ...draft, emailAddress: 'eve@many.example' })
  acceptInvitation(world, taken, eve)
  revokeInvitation(world, await invite(world, { ...draft, emailAddress: 'no@many.example' }))
  const domain = createDomain(world, { organization, name: 'many.example', isVerified: true })
  deleteDomain(world, updateDomain(world, domain, { enrollmentMode: 'automatic_suggestion' }))
  rejectFromWaitlist(world, joinWaitlist(world, { emailAddress: 'x@y.example', notify: true }))
  const code = { subject: 'Your code', code: '123456', link: null, userId: ada.id }
  world.send({ ...code, channel: 'sms', to: '+15555550100' })
  deleteOrganization(world, organization)
  deleteUser(world, banUser(world, eve))
}

function useSessions(world: World, userId: string): void {
  for (const status of ['ended', 'removed', 'revoked'] as const) {
    const at = world.clock.now()
    const begin = { client: null, userId, origin: 'sign_in', firstFactorAt: at }
    finishSession(world, startSession(world, begin), status)
  }
}

function useRoles(world: World): void {
  const about = { name: 'Painter', description: 'Paints' }
  const role = createRole(world, { ...about, key: 'org:painter', permissions: [] })
  const permission = createPermission(world, { ...about, key: 'org:walls:paint' })
  updateRole(world, role, { name: 'Master' })
  updatePermission(world, permission, { name: 'Paint' })
  deletePermission(world, permission)
  const [now = role] = world.state.roles.filter(({ id }) => id === role.id)
  deleteRole(world, now)
}

describe('every event that the stand-in tells of', () => {
  it.skipIf(!descriptionsAreHere)('is as Clerk describes it', async () => {
    const { standIn, recording } = await createTestStandIn()
    await doEverything(standIn.world)
    const types = new Set(recording.deliveries().map(({ type }) => type))
    expect([...told].filter((type) => !types.has(type))).toEqual([])
    expect([...types].filter((type) => !told.has(type))).toEqual([])
    expect(types.size).toBeGreaterThan(25)
    const { unexcused, uncounted } = honestyOf(recording)
    expect({ unexcused, uncounted }).toEqual({ unexcused: [], uncounted: 0 })
  })

  it("is accepted by Clerk's own SDK as it is sent, and refused when a byte of it is another", async () => {
    const startMs = Date.now()
    const receiver = openReceiver()
    const clock = createTurningClock(() => startMs)
    const { standIn, settings } = await createTestStandIn({ send: receiver.send, clock })
    await doEverything(standIn.world)
    while (standIn.nextDueAt() !== undefined) await standIn.deliverDue()
    const secret = settings.webhook?.secret ?? ''
    const accepted = new Set<string>()
    for (const request of receiver.received) {
      accepted.add(await verdictOf(request, secret))
      const body = (await request.clone().text()).replace('"object":"event"', '"object":"Event"')
      expect(await verdictOf(new Request(request, { body }), secret)).toMatch(/^refused: /)
    }
    expect(accepted).toEqual(told)
  })
})
