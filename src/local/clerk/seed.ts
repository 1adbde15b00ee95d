import { makeFirstTemplates } from './acts/jwt-templates.ts'
import { makeFirstMachines } from './acts/machines.ts'
import { addMember, createOrganization, makeFirstRoles } from './acts/organizations.ts'
import { digestPassword } from './acts/passwords.ts'
import { createUser, verifiedByAdmin } from './acts/people.ts'
import { commandLineOrigin } from './acts/sessions.ts'
import type { World } from './kernel/world.ts'
import { type LocalUser, localOrganizations, localUsers } from './users.ts'

/** The sessions of the command line never end: tokens of `npm run token` name them for as long as the state is kept. */
const farFuture = Date.UTC(2100, 0, 1)

/**
 * Makes ada, grace and linus, and acme, in a stand-in that is new. Once: whoever was deleted since stays
 * deleted.
 */
export async function seed(world: World): Promise<void> {
  const { settings, users } = world.state
  const id = 'seeded'
  if (settings.get(id) !== undefined || users.size > 0) return
  const now = world.clock.now()
  settings.put({ id, value: true, createdAt: now, updatedAt: now })
  makeFirstRoles(world)
  makeFirstTemplates(world)
  makeFirstMachines(world)
  for (const user of localUsers.values()) {
    await makeUser(world, user)
    makeSession(world, user)
  }
  makeOrganizations(world)
}

async function makeUser(world: World, user: LocalUser): Promise<void> {
  const { id, number, firstName, lastName, email, password } = user
  const addressId = id.replace(/^user_/, 'idn_')
  createUser(world, {
    ...{ id, number, firstName, lastName },
    passwordDigest: await digestPassword(password),
    emailAddresses: [{ id: addressId, emailAddress: email, verification: verifiedByAdmin }],
  })
}

/** The session that `npm run token` speaks of; no browser has it. */
function makeSession({ state, clock }: World, { id: userId, sessionId: id }: LocalUser): void {
  const now = clock.now()
  state.sessions.put({
    ...{ id, userId, clientId: null, status: 'active', origin: commandLineOrigin },
    ...{ expireAt: farFuture, abandonAt: farFuture, lastActiveAt: now },
    ...{ firstFactorAt: now, secondFactorAt: null },
    ...{ lastActiveOrganizationId: null, actor: null },
    ...{ createdAt: now, updatedAt: now },
  })
}

function makeOrganizations(world: World): void {
  for (const { id, name, slug, members } of localOrganizations.values()) {
    const [first, ...others] = [...members].flatMap(([userName, { role }]) => {
      const userId = localUsers.get(userName)?.id
      return userId === undefined ? [] : [{ userId, role }]
    })
    const createdBy = first?.userId ?? null
    const organization = createOrganization(world, { id, name, slug, createdBy })
    for (const other of others) addMember(world, { organization, ...other })
  }
}
