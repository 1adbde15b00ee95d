import type { EventDraft } from '../model/event.ts'
import { type Departure, isNewer, type MembershipChange, type UserChange } from '../model/mirror.ts'
import { type Profile, unknownProfile } from '../model/profile.ts'
import { partingsOf } from './mirror-partings.ts'
import type { MirrorState, UserRow } from './mirror-state.ts'
import { latest, type MirrorDeed, nothing, type Step } from './mirror-step.ts'

/** What is kept of a person, by the names that the API and receivers of events know it by. */
const names = {
  ...{ email: 'email', emailVerified: 'email_verified', firstName: 'first_name' },
  ...{ lastName: 'last_name', username: 'username', imageUrl: 'image_url', status: 'status' },
} as const satisfies Readonly<Record<keyof Profile, string>>

type Member = keyof Profile
const members = Object.keys(names) as readonly Member[]
/** What of it is read with the facts. */
const facts: readonly Member[] = ['email', 'emailVerified', 'status']

/** What Clerk says of a person who may be kept already. */
export function decideUser(state: MirrorState, change: UserChange, tellsNew: boolean): Step {
  const { id, profile, version, createdAt, unsaid = [] } = change
  const current = state.users.get(id)
  if (current?.status === 'deleted') return nothing
  if (current !== undefined && !isNewer(version, current)) return nothing
  const next: UserRow = {
    ...(current ?? newcomer(id)),
    ...{ ...profile, ...standingAfter(current, profile.status, unsaid) },
    ...{ createdAt, ...version },
  }
  const isNew = current === undefined || current.updatedAt === 0
  const changed = members.filter((member) => current?.[member] !== next[member])
  const happened = { current, next, isNew, changed }
  return {
    isApplied: isNew || changed.length > 0,
    users: [next],
    events: eventsOf(happened, tellsNew),
    deeds: deedsOf(happened),
    userIds: changed.some((member) => facts.includes(member)) ? [id] : [],
  }
}

/** Someone of whom a membership tells before they are known themselves. */
export function strangerOf({ userId, person, version, createdAt }: MembershipChange): UserRow {
  return { ...newcomer(userId), ...person, createdAt, toldAt: version.toldAt }
}

/** Someone is gone: what is left is the id and the number, so that neither is ever another's. */
export function decideFarewell(state: MirrorState, { id, version }: Departure): Step {
  const current = state.users.get(id)
  const next: UserRow = {
    ...newcomer(id),
    ...{ number: current?.number ?? 0, createdAt: current?.createdAt ?? version.toldAt },
    ...{ status: 'deleted', ...latest(current, version) },
  }
  const wasThere = current !== undefined && current.status !== 'deleted'
  // What somebody else has deleted may still have a name.
  if (current !== undefined && !wasThere && knownOf(current).length === 0) return nothing
  const grants = state.belongings.grants.filter(({ userId }) => userId === id)
  const before = {
    status: current?.status ?? null,
    known: knownOf(current).map((member) => names[member]),
    grants: grants.map(({ role, organizationId }) => ({ role, organizationId })),
  }
  const deed = { action: 'user.deleted', subject: id, before, after: { status: 'deleted' } }
  // Of whom nobody has heard, something may have been told all the same.
  const partings = current?.status === 'deleted' ? [] : partingsOf(state, id)
  const deleted: EventDraft = { type: 'user.deleted', subject: id, data: { user_id: id } }
  return {
    isApplied: true,
    users: [next],
    departed: { kind: 'user', id },
    events: wasThere || partings.length > 0 ? [...partings, deleted] : [],
    deeds: [deed],
    userIds: [id],
  }
}

/** What Usher has said alone is not taken back by Clerk, who knows nothing of it. */
function standingAfter(
  current: UserRow | undefined,
  said: Profile['status'],
  unsaid: readonly Profile['status'][],
): Pick<UserRow, 'status' | 'statusFrom'> {
  if (current !== undefined && unsaid.some((status) => status === current.status)) {
    return { status: current.status, statusFrom: current.statusFrom }
  }
  const isUshers = current?.status === 'banned' && current.statusFrom === 'usher'
  return isUshers && said !== 'banned'
    ? { status: 'banned', statusFrom: 'usher' }
    : { status: said, statusFrom: 'clerk' }
}

/** What has become of a row. */
interface Happened {
  readonly current: UserRow | undefined
  readonly next: UserRow
  /** Clerk tells of them for the first time. */
  readonly isNew: boolean
  readonly changed: readonly Member[]
}

function eventsOf({ current, next, isNew, changed }: Happened, tellsNew: boolean) {
  const { id: subject, status } = next
  const about = { user_id: subject, status }
  const isOther = current !== undefined && current.status !== status
  const told: readonly Member[] = isNew ? (isOther ? ['status'] : []) : changed
  const events: EventDraft[] = []
  if (isNew && tellsNew) events.push({ type: 'user.created', subject, data: about })
  else if (told.length > 0) {
    const data = { ...about, changed: told.map((member) => names[member]) }
    events.push({ type: 'user.updated', subject, data })
  }
  return events
}

function deedsOf({ current, next, isNew, changed }: Happened): readonly MirrorDeed[] {
  const deed = (action: string, which: readonly Member[], isFirst = false): MirrorDeed => ({
    ...{ action, subject: next.id },
    before: isFirst ? null : picked(current, which),
    after: picked(next, which),
  })
  const rest = changed.filter((member) => member !== 'status')
  const deeds: MirrorDeed[] = []
  if (current !== undefined && rest.length < changed.length) {
    deeds.push(deed('user.status', ['status']))
  }
  if (isNew) deeds.push(deed('user.created', [...knownOf(next), 'status'], true))
  else if (rest.length > 0) deeds.push(deed('user.updated', rest))
  return deeds
}

function picked(row: UserRow | undefined, which: readonly Member[]) {
  return Object.fromEntries(which.map((member) => [names[member], row?.[member] ?? null]))
}

/** What is known of someone beside how they stand. */
function knownOf(row: UserRow | undefined): readonly Member[] {
  return members.filter((member) => member !== 'status' && Boolean(row?.[member]))
}

/** Someone of whom nothing is known; their number is given when they are written down. */
function newcomer(id: string): UserRow {
  return {
    ...{ id, ...unknownProfile, number: 0, statusFrom: 'clerk', lastSeenAt: null },
    ...{ createdAt: 0, updatedAt: 0, toldAt: 0 },
  }
}
