import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkPassword, matchesPassword } from '../../../src/local/clerk/acts/passwords.ts'
import {
  addEmailAddress,
  addPhoneNumber,
  banUser,
  createUser,
  deleteUser,
  emailAddressesOf,
  findByIdentifier,
  phoneNumbersOf,
  removeEmailAddress,
  unbanUser,
  updateUser,
  verifiedByAdmin,
} from '../../../src/local/clerk/acts/people.ts'
import { liveSessionsOf } from '../../../src/local/clerk/acts/sessions.ts'
import type { User } from '../../../src/local/clerk/kernel/records.ts'
import type { RowKeeper } from '../../../src/local/clerk/kernel/state.ts'
import type { World } from '../../../src/local/clerk/kernel/world.ts'
import { localOrganizations, localUsers } from '../../../src/local/clerk/users.ts'
import { complaintOf, peopleOf } from '../../support/people.ts'
import { localUserId } from '../../support/signed-in-browser.ts'
import { createTestStandIn } from '../../support/stand-in.ts'

let world: World
let people: ReturnType<typeof peopleOf>
beforeAll(async () => {
  world = (await createTestStandIn()).standIn.world
  people = peopleOf(world)
})

/** The types of the events since this was last called. */
let seen = 0
function newEvents(): string[] {
  const types = world.state.deliveries.all().map(({ type }) => type)
  const since = types.slice(seen)
  seen = types.length
  return since
}
beforeEach(() => void newEvents())

const anybody = () => people.anybody()
const current = (user: User) => people.current(user)

describe('the seed', () => {
  it('knows ada, grace and linus as the command line names them, verified and with their passwords', async () => {
    expect(localUsers.size).toBe(3)
    for (const local of localUsers.values()) {
      const user = world.state.users.get(local.id)
      expect(user).toMatchObject({ number: local.number, firstName: local.firstName })
      const [address] = emailAddressesOf(world, local.id)
      expect(address).toMatchObject({ emailAddress: local.email, id: user?.primaryEmailAddressId })
      expect(address?.verification?.status).toBe('verified')
      expect(() => checkPassword(local.password)).not.toThrow()
      expect(await matchesPassword(local.password, user?.passwordDigest ?? '')).toBe(true)
      const session = world.state.sessions.get(local.sessionId)
      expect(session).toMatchObject({ userId: local.id, clientId: null, status: 'active' })
    }
  })

  it('makes grace the administrator of acme, with what the demo asks for', () => {
    const acme = localOrganizations.get('acme')
    const memberships = world.state.memberships.filter(
      ({ organizationId }) => organizationId === acme?.id,
    )
    expect(memberships).toMatchObject([{ userId: localUserId('grace'), role: 'org:admin' }])
    const role = world.state.roles.find(({ key }) => key === 'org:admin')
    expect(role?.permissions).toEqual(
      expect.arrayContaining(['org:reports:read', 'org:sys_memberships:manage']),
    )
  })

  it('happens once: who was deleted stays deleted, even where nobody is left', async () => {
    const rows = new Map<string, { table: string; id: string; json: string }>()
    const keeper: RowKeeper = {
      load: () => rows.values(),
      write(changes) {
        for (const { table, id, record } of changes) {
          if (record === undefined) rows.delete(`${table} ${id}`)
          else rows.set(`${table} ${id}`, { table, id, json: JSON.stringify(record) })
        }
      },
    }
    const first = await createTestStandIn({ keeper })
    for (const user of first.standIn.world.state.users.all()) {
      deleteUser(first.standIn.world, user)
    }
    await first.fetch(new Request('http://127.0.0.1/frontend/v1/health'))
    const second = await createTestStandIn({ keeper })
    expect(second.standIn.world.state.organizations.size).toBe(1)
    expect(second.standIn.world.state.users.size).toBe(0)
  })

  it('gives the sessions of the command line an end that no test and no user lives to see', async () => {
    const later = await createTestStandIn()
    later.turn(10 * 365 * 24 * 60 * 60 * 1000)
    expect(liveSessionsOf(later.standIn.world, localUserId('ada'))).toHaveLength(1)
  })
})

describe('users', () => {
  it('have the first verified address as their primary one, in lower case', () => {
    const user = createUser(world, {
      emailAddresses: [
        { emailAddress: 'Unproved@Example.com', verification: null },
        { emailAddress: 'Proved@Example.com', verification: verifiedByAdmin },
      ],
      phoneNumbers: [{ phoneNumber: '+15555550100', verification: null }],
    })
    const [, proved] = emailAddressesOf(world, user.id)
    expect(proved?.emailAddress).toBe('proved@example.com')
    expect(user.primaryEmailAddressId).toBe(proved?.id)
    expect(user.primaryPhoneNumberId).toBeNull()
    expect(newEvents()).toEqual(['user.created'])
  })

  const ada = 'ada@usher-local.example'
  it.each([
    ['an address that anybody proved to have', { emailAddresses: [ada] }],
    ['the same in capitals', { emailAddresses: [ada.toUpperCase()] }],
    ['a good address beside one that is taken', { emailAddresses: ['free@example.com', ada] }],
    ['one address twice', { emailAddresses: ['twice@example.com', 'Twice@example.com'] }],
    ['a phone number twice', { phoneNumbers: ['+15555550199', '+15555550199'] }],
  ])('are not made with %s, and nothing is left of the attempt', async (_name, wished) => {
    const { emailAddresses = [], phoneNumbers = [] } = { ...wished } as {
      emailAddresses?: string[]
      phoneNumbers?: string[]
    }
    const { users, emailAddresses: addresses, phoneNumbers: numbers } = world.state
    const before = [users.size, addresses.size, numbers.size]
    const draft = {
      emailAddresses: emailAddresses.map((emailAddress) => ({ emailAddress, verification: null })),
      phoneNumbers: phoneNumbers.map((phoneNumber) => ({ phoneNumber, verification: null })),
    }
    expect(await complaintOf(() => createUser(world, draft))).toBe('form_identifier_exists')
    expect([users.size, addresses.size, numbers.size]).toEqual(before)
    expect(newEvents()).toEqual([])
  })

  it('never get the number of somebody who is gone', () => {
    const gone = anybody()
    deleteUser(world, gone)
    expect(anybody().number).toBe(gone.number + 1)
  })

  it('are found by address, number and username, however they are written', () => {
    const user = createUser(world, {
      username: 'finder',
      emailAddresses: [
        { emailAddress: 'finder@example.com', verification: verifiedByAdmin },
        { emailAddress: 'unproved@example.net', verification: null },
      ],
      phoneNumbers: [
        { phoneNumber: '+15555550111', verification: verifiedByAdmin },
        { phoneNumber: '+15555550112', verification: null },
      ],
    })
    const wayOf = (identifier: string) => findByIdentifier(world, identifier)
    expect(wayOf(' Finder@Example.com ')).toEqual({ user, kind: 'email_address' })
    expect(wayOf('+1 (555) 555-0111')).toEqual({ user, kind: 'phone_number' })
    expect(wayOf('FINDER')).toEqual({ user, kind: 'username' })
    const unproved = ['unproved@example.net', '+15555550112']
    for (const nobody of [...unproved, '', 'finder2', 'finder@example.org', '5555550111']) {
      expect(wayOf(nobody)).toBeUndefined()
    }
  })

  it('keep their names and outside ids to themselves', async () => {
    const [one, other] = [anybody(), anybody()]
    updateUser(world, one, { username: 'unique', externalId: 'ext-1' })
    for (const changes of [{ username: 'unique' }, { externalId: 'ext-1' }]) {
      expect(await complaintOf(() => updateUser(world, other, changes))).toBe(
        'form_identifier_exists',
      )
    }
    expect(updateUser(world, current(one), { username: 'unique' }).username).toBe('unique')
  })

  it('leave nothing behind when they are deleted, and every part of it is told', async () => {
    const fresh = await createTestStandIn()
    const { world: its } = fresh.standIn
    const grace = localUserId('grace')
    addPhoneNumber(its, { userId: grace, phoneNumber: '+15555550122', verification: null })
    const told = its.state.deliveries.size
    const user = its.state.users.get(grace)
    if (user !== undefined) deleteUser(its, user)
    expect(emailAddressesOf(its, grace)).toEqual([])
    expect(phoneNumbersOf(its, grace)).toEqual([])
    expect(liveSessionsOf(its, grace)).toEqual([])
    expect(its.state.memberships.find(({ userId }) => userId === grace)).toBeUndefined()
    const types = its.state.deliveries.all().map(({ type }) => type)
    expect(types.slice(told)).toEqual([
      'session.removed',
      'organizationMembership.deleted',
      'user.deleted',
    ])
  })

  it('lose every session when they are banned, and get none back', () => {
    const linus = localUserId('linus')
    const user = world.state.users.get(linus)
    const banned = user && banUser(world, user)
    expect(banned?.isBanned).toBe(true)
    expect(liveSessionsOf(world, linus)).toEqual([])
    expect(newEvents()).toEqual(['user.updated', 'session.revoked'])
    expect(banned && unbanUser(world, banned).isBanned).toBe(false)
    // No browser gets one back; the command line does, as nothing could make its session anew.
    expect(liveSessionsOf(world, linus)).toMatchObject([{ origin: 'command_line' }])
  })

  it('have a primary address as long as they have a verified one', () => {
    const user = anybody()
    const [first] = emailAddressesOf(world, user.id)
    const draft = { userId: user.id, emailAddress: 'second@example.com' }
    const second = addEmailAddress(world, { ...draft, verification: verifiedByAdmin })
    expect(current(user).primaryEmailAddressId).toBe(first?.id)
    if (first !== undefined) removeEmailAddress(world, first)
    expect(current(user).primaryEmailAddressId).toBe(second.id)
    removeEmailAddress(world, second)
    expect(current(user).primaryEmailAddressId).toBeNull()
  })
})

it('all this is told of, and nothing else', () => {
  const types = world.state.deliveries.all().map(({ type }) => type)
  expect(new Set(types)).toEqual(
    new Set([
      'organization.created',
      'organizationMembership.created',
      'session.revoked',
      'user.created',
      'user.deleted',
      'user.updated',
    ]),
  )
})
