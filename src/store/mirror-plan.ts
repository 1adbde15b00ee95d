import type { EventDraft } from '../model/event.ts'
import type { MirrorChange } from '../model/mirror.ts'
import { decideObject } from './mirror-objects.ts'
import { decideDissolution, decideMembership, decideOrganization } from './mirror-organizations.ts'
import {
  type MembershipRow,
  type MirrorState,
  type ObjectRow,
  type OrganizationRow,
  objectKey,
  type UserRow,
} from './mirror-state.ts'
import type { EndedRow, MirrorDeed, Step } from './mirror-step.ts'
import { decideFarewell, decideUser } from './mirror-users.ts'

/** What some changes come to together: rows that are other than before, and what is told of it. */
export interface MirrorPlan {
  readonly users: readonly UserRow[]
  readonly organizations: readonly OrganizationRow[]
  readonly memberships: readonly MembershipRow[]
  readonly objects: readonly ObjectRow[]
  readonly ended: readonly EndedRow[]
  /** With these goes everything that is theirs, whether it was read or not. */
  readonly departedUsers: readonly string[]
  readonly departedOrganizations: readonly string[]
  readonly events: readonly EventDraft[]
  readonly deeds: readonly MirrorDeed[]
  /** What becomes of each change, in their order. */
  readonly steps: readonly Step[]
}

/** Decides what changes come to, one after the other: each is held against what those before it leave behind. */
export function planFor(
  before: MirrorState,
  changes: readonly MirrorChange[],
  tellsNew: boolean,
): MirrorPlan {
  const state = copyOf(before)
  const steps: Step[] = []
  for (const change of changes) {
    const step = decide(state, change, tellsNew)
    settle(state, step)
    steps.push(step)
  }
  const departed = steps.flatMap((step) => step.departed ?? [])
  return {
    users: otherThan(before.users, state.users),
    organizations: otherThan(before.organizations, state.organizations),
    memberships: otherThan(before.memberships, state.memberships),
    objects: otherThan(before.objects, state.objects),
    ended: steps
      .flatMap(({ ended = [] }) => ended)
      .filter(({ sessionId }) => !before.endedSessions.has(sessionId)),
    departedUsers: departed.filter(({ kind }) => kind === 'user').map(({ id }) => id),
    departedOrganizations: departed
      .filter(({ kind }) => kind === 'organization')
      .map(({ id }) => id),
    events: steps.flatMap(({ events = [] }) => events),
    deeds: steps.flatMap(({ deeds = [] }) => deeds),
    steps,
  }
}

/** Whether there is nothing to write down. */
export function isEmpty(plan: MirrorPlan): boolean {
  const { users, organizations, memberships, objects, ended } = plan
  return [users, organizations, memberships, objects, ended].every((rows) => rows.length === 0)
}

function decide(state: MirrorState, change: MirrorChange, tellsNew: boolean): Step {
  switch (change.kind) {
    case 'user':
      return decideUser(state, change, tellsNew)
    case 'user-deleted':
      return decideFarewell(state, change)
    case 'organization':
      return decideOrganization(state, change, tellsNew)
    case 'organization-deleted':
      return decideDissolution(state, change)
    case 'membership':
      return decideMembership(state, change, tellsNew)
    case 'object':
      return decideObject(state, change)
  }
}

function copyOf({ belongings, ...rows }: MirrorState) {
  return {
    users: new Map(rows.users),
    organizations: new Map(rows.organizations),
    memberships: new Map(rows.memberships),
    objects: new Map(rows.objects),
    endedSessions: new Set(rows.endedSessions),
    belongings,
  }
}

/** Brings the state up to a step, as far as it was read. */
function settle(state: ReturnType<typeof copyOf>, step: Step): void {
  const { users = [], organizations = [], memberships = [], objects = [], ended = [] } = step
  for (const row of users) state.users.set(row.id, row)
  for (const row of organizations) state.organizations.set(row.id, row)
  for (const row of memberships) state.memberships.set(row.id, row)
  for (const row of objects) state.objects.set(objectKey(row), row)
  for (const { sessionId } of ended) state.endedSessions.add(sessionId)
  if (step.departed === undefined) return
  const { id } = step.departed
  for (const [key, row] of state.memberships) {
    const isTheirs = row.userId === id || row.organizationId === id
    if (isTheirs) state.memberships.set(key, { ...row, status: 'deleted' })
  }
  for (const [key, row] of state.objects) {
    if (row.owner === id) state.objects.set(key, { ...row, status: 'deleted', data: {} })
  }
}

function otherThan<Row>(
  before: ReadonlyMap<string, Row>,
  after: ReadonlyMap<string, Row>,
): readonly Row[] {
  return [...after]
    .filter(([key, row]) => JSON.stringify(row) !== JSON.stringify(before.get(key)))
    .map(([, row]) => row)
}
