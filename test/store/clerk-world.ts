import type { ClerkEvent } from '../../src/clerk/webhook-changes.ts'

// Clerk, as far as it tells of people: what happens there, what it says of that, and what its lists show.

/** Something that happens: to whom and where, and in which of the ways it can. */
export interface Happening {
  readonly deed: Deed
  readonly who: number
  readonly where: number
  readonly way: number
}

/** Something of Clerk's: its state by Clerk's own names, and when that last changed. */
interface Thing {
  readonly id: string
  readonly state: Readonly<Record<string, unknown>>
  readonly updatedMs: number
}

interface Membership extends Thing {
  readonly userId: string
  readonly placeId: string
}

/** All of it at a moment. Users and places have slots: who leaves makes room for another with another id. */
export interface ClerkWorld {
  readonly prefix: string
  /** What a millisecond is in the unit that this world writes times in. */
  readonly factor: number
  /** How exactly messages say when they were told: to the millisecond or, as Clerk's examples do, to the second. */
  readonly toldStepMs: number
  nowMs: number
  made: number
  readonly users: Map<number, Thing>
  readonly places: Map<number, Thing>
  readonly memberships: Map<string, Membership>
  readonly sessions: Map<string, Thing & { readonly userId: string }>
  readonly invitations: Map<string, Thing & { readonly placeId: string }>
  /** Ids of all that there ever was. */
  readonly ever: Set<string>
  readonly outbox: ClerkEvent[]
}

/** A world without anybody, whose ids hold the prefix. */
export function createClerkWorld({
  prefix,
  factor,
  toldStepMs,
}: Pick<ClerkWorld, 'prefix' | 'factor' | 'toldStepMs'>): ClerkWorld {
  return {
    ...{ prefix, factor, toldStepMs, nowMs: 0, made: 0, ever: new Set(), outbox: [] },
    ...{ users: new Map(), places: new Map(), memberships: new Map() },
    ...{ sessions: new Map(), invitations: new Map() },
  }
}

/** Lets something happen, and gives the messages that Clerk sends of it. */
export function happen(world: ClerkWorld, happening: Happening, nowMs: number) {
  world.nowMs = Math.max(nowMs, world.nowMs + secondMs)
  deeds[happening.deed](world, happening)
  return world.outbox.splice(0)
}

/** What Clerk's lists show: users, organisations and memberships. */
export function listsOf(world: ClerkWorld) {
  return {
    users: [...world.users.values()].map((user) => view(world, user)),
    organizations: [...world.places.values()].map((place) => view(world, place)),
    memberships: [...world.memberships.values()].map((one) => membershipView(world, one)),
  }
}

function view({ factor }: ClerkWorld, { id, state, updatedMs }: Thing) {
  return { id, ...state, updated_at: Math.floor(updatedMs * factor) }
}

function membershipView(world: ClerkWorld, membership: Membership) {
  const { userId, placeId } = membership
  const place = [...world.places.values()].find(({ id }) => id === placeId)
  const user = [...world.users.values()].find(({ id }) => id === userId)
  return {
    ...view(world, membership),
    organization: place === undefined ? { id: placeId, name: 'Gone' } : view(world, place),
    public_user_data: { user_id: userId, first_name: user?.state.first_name, identifier: 'x' },
  }
}

function tell(world: ClerkWorld, type: string, data: object): void {
  const toldAtMs = Math.floor(world.nowMs / world.toldStepMs) * world.toldStepMs
  world.outbox.push({ type, data: { ...data }, toldAtMs })
}

/** What is made is one thing, and what becomes of it another: not even Clerk could tell two of one second apart. */
const secondMs = 1000

function make(world: ClerkWorld, kind: string, state: Thing['state']): Thing {
  world.made += 1
  const id = `${kind}_${world.prefix}_${world.made}`
  world.ever.add(id)
  const created = Math.floor(world.nowMs * world.factor)
  return { id, state: { ...state, created_at: created }, updatedMs: world.nowMs }
}

/** Whoever has this slot; somebody new where nobody does. */
function someone(world: ClerkWorld, who: number): Thing {
  const known = world.users.get(who)
  if (known !== undefined) return known
  const state = {
    ...{ first_name: `Name ${world.made}`, banned: false, locked: false },
    ...addressed(world, world.made),
    unsafe_metadata: { role: 'admin' },
  }
  const user = make(world, 'user', state)
  world.users.set(who, user)
  tell(world, 'user.created', view(world, user))
  world.nowMs += secondMs
  return user
}

function addressed({ prefix }: ClerkWorld, way: number): Thing['state'] {
  const other = { id: 'idn_0', email_address: 'other@x.test', verification: { status: 'verified' } }
  const email_address = `P${prefix}.${way}@X.test`
  const verification = way % 3 === 0 ? null : { status: 'verified' }
  const primary = { id: 'idn_1', email_address, verification }
  return way % 5 === 0
    ? { primary_email_address_id: null, email_addresses: [other] }
    : { primary_email_address_id: 'idn_1', email_addresses: [other, primary] }
}

function changeUser(world: ClerkWorld, who: number, state: Thing['state']): void {
  const user = someone(world, who)
  const changed = { ...user, state: { ...user.state, ...state }, updatedMs: world.nowMs }
  world.users.set(who, changed)
  tell(world, 'user.updated', view(world, changed))
}

/** A lock is no change of the account: only when Clerk tells of it shows that it is newer. */
function lockUser(world: ClerkWorld, who: number, locked: boolean): void {
  const user = someone(world, who)
  const changed = { ...user, state: { ...user.state, locked } }
  world.users.set(who, changed)
  tell(world, 'user.updated', view(world, changed))
}

function somewhere(world: ClerkWorld, where: number): Thing {
  const known = world.places.get(where)
  if (known !== undefined) return known
  const place = make(world, 'org', { name: `Place ${world.made}`, slug: `place-${world.made}` })
  world.places.set(where, place)
  tell(world, 'organization.created', view(world, place))
  world.nowMs += secondMs
  return place
}

function membershipOf(world: ClerkWorld, { who, where }: Happening): Membership {
  const [{ id: userId }, { id: placeId }] = [someone(world, who), somewhere(world, where)]
  const known = [...world.memberships.values()].find(
    (one) => one.userId === userId && one.placeId === placeId,
  )
  if (known !== undefined) return known
  const made = make(world, 'orgmem', { role: 'org:member', permissions: [] })
  const membership = { ...made, userId, placeId }
  world.memberships.set(membership.id, membership)
  tell(world, 'organizationMembership.created', membershipView(world, membership))
  world.nowMs += secondMs
  return membership
}

function dismiss(world: ClerkWorld, membership: Membership): void {
  tell(world, 'organizationMembership.deleted', membershipView(world, membership))
  world.memberships.delete(membership.id)
}

const live = ['active', 'pending']

function sessionOf(world: ClerkWorld, { who }: Happening, status: string) {
  const { id: userId } = someone(world, who)
  const known = [...world.sessions.values()].find(
    (one) => one.userId === userId && live.includes(String(one.state.status)),
  )
  if (known !== undefined) return known
  const made = make(world, 'sess', { status, user_id: userId, client_id: 'client_1' })
  const session = { ...made, userId }
  world.sessions.set(session.id, session)
  return session
}

/** In some messages a user is whole, in some has no addresses, or says nothing of a ban, and in some there is none. */
function tellSession(world: ClerkWorld, type: string, id: string, { who, way }: Happening): void {
  const session = world.sessions.get(id)
  const user = world.users.get(who)
  if (session === undefined || user === undefined) return
  const whole = view(world, user)
  const undecided = { ...whole, banned: undefined, updated_at: undefined }
  const shown = [whole, { ...whole, email_addresses: [] }, undecided, undefined][way % 4]
  tell(world, type, { ...view(world, session), user: shown })
}

function changeSession(world: ClerkWorld, happening: Happening, status: string): void {
  const session = sessionOf(world, happening, 'active')
  const changed = { ...session, state: { ...session.state, status }, updatedMs: world.nowMs }
  world.sessions.set(session.id, changed)
  const type = live.includes(status) ? 'session.created' : `session.${status}`
  tellSession(world, type, session.id, happening)
}

function changePlace(world: ClerkWorld, where: number, state: Thing['state']): void {
  const place = somewhere(world, where)
  const changed = { ...place, state: { ...place.state, ...state }, updatedMs: world.nowMs }
  world.places.set(where, changed)
  tell(world, 'organization.updated', view(world, changed))
}

/** What can happen. What cannot, because nobody is there, makes them come first. */
const deeds = {
  join: (world, { who }) => void someone(world, who),
  rename: (world, { who, way }) => changeUser(world, who, { first_name: `Name ${way}` }),
  readdress: (world, { who, way }) => changeUser(world, who, addressed(world, way)),
  'look in': (world, { who }) => changeUser(world, who, { last_active_at: world.nowMs }),
  ban(world, happening) {
    const { who, way } = happening
    changeUser(world, who, { banned: true })
    if (way % 2 === 0) changeSession(world, happening, 'revoked')
  },
  unban: (world, { who }) => changeUser(world, who, { banned: false }),
  lock: (world, { who }) => lockUser(world, who, true),
  unlock: (world, { who }) => lockUser(world, who, false),
  leave(world, { who, way }) {
    const { id } = someone(world, who)
    // Whoever changes something and leaves in the same second has left before, as far as Clerk tells.
    changeUser(world, who, { first_name: 'On the way out' })
    for (const one of [...world.memberships.values()].filter(({ userId }) => userId === id)) {
      // Clerk promises no message of each.
      if (way % 2 === 0) dismiss(world, one)
      else world.memberships.delete(one.id)
    }
    world.users.delete(who)
    tell(world, 'user.deleted', { id, object: 'user', deleted: true })
  },
  found: (world, { where }) => void somewhere(world, where),
  rebrand: (world, { where, way }) => changePlace(world, where, { name: `Place ${way}` }),
  dissolve(world, { where }) {
    const { id } = somewhere(world, where)
    for (const one of [...world.memberships.values()].filter(({ placeId }) => placeId === id)) {
      world.memberships.delete(one.id)
    }
    world.places.delete(where)
    tell(world, 'organization.deleted', { id, object: 'organization', deleted: true })
  },
  admit: (world, happening) => void membershipOf(world, happening),
  promote(world, happening) {
    const membership = membershipOf(world, happening)
    const state = { ...membership.state, role: 'org:admin', permissions: ['org:all'] }
    const changed = { ...membership, state, updatedMs: world.nowMs }
    world.memberships.set(membership.id, changed)
    tell(world, 'organizationMembership.updated', membershipView(world, changed))
  },
  dismiss: (world, happening) => dismiss(world, membershipOf(world, happening)),
  'sign in'(world, happening) {
    const { id } = sessionOf(world, happening, happening.way % 2 === 0 ? 'active' : 'pending')
    tellSession(world, 'session.created', id, happening)
  },
  'go on': (world, happening) => changeSession(world, happening, 'active'),
  'sign out': (world, happening) =>
    changeSession(world, happening, happening.way % 2 === 0 ? 'ended' : 'removed'),
  revoke: (world, happening) => changeSession(world, happening, 'revoked'),
  invite(world, { where, way }) {
    const { id: placeId } = somewhere(world, where)
    const state = { organization_id: placeId, email_address: `${way}@x.test`, status: 'pending' }
    const invitation = { ...make(world, 'orginv', state), placeId }
    world.invitations.set(invitation.id, invitation)
    tell(world, 'organizationInvitation.created', view(world, invitation))
  },
  accept(world) {
    const [invitation] = [...world.invitations.values()].filter(
      ({ state, placeId }) =>
        state.status === 'pending' && [...world.places.values()].some(({ id }) => id === placeId),
    )
    if (invitation === undefined) return
    const state = { ...invitation.state, status: 'accepted' }
    const changed = { ...invitation, state, updatedMs: world.nowMs }
    world.invitations.set(invitation.id, changed)
    tell(world, 'organizationInvitation.accepted', view(world, changed))
  },
} satisfies Record<string, (world: ClerkWorld, happening: Happening) => void>

/** See {@link deeds}. */
export type Deed = keyof typeof deeds

/** The names of all that can happen. */
export const deedNames = Object.keys(deeds) as readonly Deed[]
