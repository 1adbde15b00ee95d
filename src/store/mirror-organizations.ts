import type { EventDraft } from '../model/event.ts'
import {
  type Departure,
  isNewer,
  type MembershipChange,
  type OrganizationChange,
  type OrganizationRecord,
} from '../model/mirror.ts'
import { memberEvent } from './mirror-partings.ts'
import type { MembershipRow, MirrorState, OrganizationRow } from './mirror-state.ts'
import { isGone, latest, nothing, type Step } from './mirror-step.ts'
import { strangerOf } from './mirror-users.ts'

/** What is kept of an organisation, by the names that receivers of events know it by. */
const names = {
  ...{ name: 'name', slug: 'slug', imageUrl: 'image_url' },
} as const satisfies Readonly<Record<keyof OrganizationRecord, string>>

const members = Object.keys(names) as readonly (keyof OrganizationRecord)[]

/** What Clerk says of an organisation that may be kept already. */
export function decideOrganization(
  state: MirrorState,
  { id, record, createdAt, version }: OrganizationChange,
  tellsNew: boolean,
): Step {
  const current = state.organizations.get(id)
  if (current?.status === 'deleted') return nothing
  if (current !== undefined && !isNewer(version, current)) return nothing
  const next: OrganizationRow = { id, ...record, status: 'active', createdAt, ...version }
  const isNew = current === undefined || current.updatedAt === 0
  const changed = members.filter((member) => current?.[member] !== next[member])
  const data = { organization_id: id }
  const events: EventDraft[] = []
  if (isNew && tellsNew) events.push({ type: 'organization.created', subject: id, data })
  if (!isNew && changed.length > 0) {
    const told = { ...data, changed: changed.map((member) => names[member]) }
    events.push({ type: 'organization.updated', subject: id, data: told })
  }
  return { isApplied: isNew || changed.length > 0, organizations: [next], events }
}

/**
 * An organisation is gone, and every grant in it. That it has no members any more nobody is told beside it; that
 * somebody has lost a role they are.
 */
export function decideDissolution(state: MirrorState, { id, version }: Departure): Step {
  const current = state.organizations.get(id)
  if (current?.status === 'deleted') return nothing
  const nameless = { name: '', slug: null, imageUrl: null }
  const createdAt = current?.createdAt ?? version.toldAt
  const grants = state.belongings.grants.filter(({ organizationId }) => organizationId === id)
  const held = grants.map(({ userId, role }) => ({ user_id: userId, role, organization_id: id }))
  const revoked = held.map(
    (data): EventDraft => ({ type: 'role.revoked', subject: data.user_id, data }),
  )
  const deleted: EventDraft = {
    ...{ type: 'organization.deleted', subject: id, data: { organization_id: id } },
  }
  return {
    isApplied: true,
    organizations: [{ id, ...nameless, status: 'deleted', createdAt, ...latest(current, version) }],
    departed: { kind: 'organization', id },
    events: [...(current === undefined ? [] : [deleted]), ...revoked],
    deeds: grants.map(({ userId: subject, ...before }) => ({
      ...{ action: 'role.revoked', subject, before, after: null },
    })),
    userIds: grants.map(({ userId }) => userId),
  }
}

/**
 * What Clerk says of a membership that may be kept already. Its user and its organisation may be unknown yet: then they
 * are written down with what it says of them, until Clerk tells of them, too.
 */
export function decideMembership(
  state: MirrorState,
  change: MembershipChange,
  tellsNew: boolean,
): Step {
  const { id, organizationId, userId, role, permissions, createdAt, version } = change
  const current = state.memberships.get(id)
  if (current?.status === 'deleted') return nothing
  const isOver = change.isDeleted || isGone(state, userId) || isGone(state, organizationId)
  if (current !== undefined && !isOver && !isNewer(version, current)) return nothing
  const told = { id, organizationId, userId, role, permissions, createdAt }
  const next: MembershipRow = isOver
    ? { ...told, ...current, status: 'deleted', ...latest(current, version) }
    : { ...told, status: 'active', ...version }
  const isOther = current?.role !== role || !isSameList(current.permissions, permissions)
  const happened = isOver ? 'removed' : current === undefined ? 'added' : 'changed'
  const isTold = { removed: current !== undefined, added: tellsNew, changed: isOther }
  return {
    isApplied: isOver || isOther,
    memberships: [next],
    ...(!isOver && strangersIn(state, change)),
    events: isTold[happened] ? [memberEvent(happened, next)] : [],
  }
}

/** Those of the user and the organisation whom nobody has told of yet. */
function strangersIn(state: MirrorState, change: MembershipChange): Partial<Step> {
  const { userId, organizationId, organization, createdAt, version } = change
  const place = { id: organizationId, ...organization, createdAt, toldAt: version.toldAt }
  return {
    users: state.users.has(userId) ? [] : [strangerOf(change)],
    organizations: state.organizations.has(organizationId)
      ? []
      : [{ ...place, status: 'active', updatedAt: 0 }],
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, place) => name === other[place])
}
