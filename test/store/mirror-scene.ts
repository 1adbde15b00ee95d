import { env } from 'cloudflare:workers'
import type {
  Departure,
  MembershipChange,
  ObjectChange,
  OrganizationChange,
  UserChange,
} from '../../src/model/mirror.ts'
import { type Profile, unknownProfile } from '../../src/model/profile.ts'
import { openDatabase } from '../../src/store/database.ts'
import { applyChange, type Telling } from '../../src/store/mirror.ts'

/** The real database. */
export const database = openDatabase(env.DB)

type Row = Readonly<Record<string, unknown>>

/** A webhook tells. */
export const telling: Telling = { by: 'clerk', requestId: 'msg_1', nowMs: 77, tellsNew: true }

/** A first walk tells. */
export const walking: Telling = { by: 'sync', requestId: 'sync_1', nowMs: 78, tellsNew: false }

/** Empties every table of the mirror and what is written beside it. */
export async function clearMirror(): Promise<void> {
  for (const table of [
    ...['users', 'organizations', 'memberships', 'clerk_objects', 'ended_sessions'],
    ...['role_grants', 'events', 'event_counters', 'audit'],
  ]) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
}

/** Rows of a query. */
export async function rows(query: string): Promise<readonly Row[]> {
  return (await env.DB.prepare(query).all<Row>()).results
}

/** What others were told, in its order: types, with what `changed` names. */
export async function told(): Promise<readonly string[]> {
  const found = await rows('SELECT type, data FROM events ORDER BY rowid')
  return found.map(({ type, data }) => {
    const { changed, reason } = JSON.parse(String(data))
    return [type, ...(changed ?? []), ...(reason ? [reason] : [])].join(' ')
  })
}

/** What the audit has, in its order. */
export async function deeds(): Promise<readonly Row[]> {
  const found = await rows('SELECT actor, action, subject, before, after FROM audit ORDER BY id')
  return found.map(({ before, after, ...deed }) => ({
    ...{ ...deed, before: JSON.parse(String(before)), after: JSON.parse(String(after)) },
  }))
}

/** Something is so since `updatedAt`, and was told at `toldAt`. */
export function since(updatedAt: number, toldAt = updatedAt) {
  return { version: { updatedAt, toldAt } }
}

/** A person who is called Ada and has an address, unless they are otherwise. */
export function person(updatedAt: number, profile: Partial<Profile> = {}): UserChange {
  const ada = { ...unknownProfile, email: 'ada@x.test', emailVerified: true, firstName: 'Ada' }
  return {
    ...{ kind: 'user', id: 'user_1', profile: { ...ada, ...profile }, createdAt: 1 },
    ...since(updatedAt),
  }
}

/** An organisation. */
export function place(updatedAt: number, name = 'Acme'): OrganizationChange {
  const record = { name, slug: 'acme', imageUrl: null }
  return { kind: 'organization', id: 'org_1', record, createdAt: 1, ...since(updatedAt) }
}

/** Somebody or something is gone. */
export function gone(kind: Departure['kind'], toldAt: number): Departure {
  return { kind, id: kind === 'user-deleted' ? 'user_1' : 'org_1', ...since(toldAt) }
}

/** The person is a member of the organisation. */
export function member(updatedAt: number, rest: Partial<MembershipChange> = {}): MembershipChange {
  return {
    ...{ kind: 'membership', id: 'orgmem_1', isDeleted: false, createdAt: 1, ...since(updatedAt) },
    ...{ organizationId: 'org_1', organization: place(1).record, userId: 'user_1' },
    person: { firstName: 'Ada', lastName: null, username: null, imageUrl: null },
    ...{ role: 'org:member', permissions: [] },
    ...rest,
  }
}

/** A session of the person. */
export function session(updatedAt: number, status: string): ObjectChange {
  const about = { kind: 'object', object: 'session', id: 'sess_1', owner: 'user_1' } as const
  return { ...about, status, data: { client_id: 'client_1' }, ...since(updatedAt) }
}

/** Applies one after the other; whether each was of any effect. */
export async function apply(
  changes: readonly Parameters<typeof applyChange>[1][],
  by = telling,
): Promise<readonly boolean[]> {
  const effects: boolean[] = []
  for (const change of changes) {
    effects.push((await applyChange(database, change, by)).isApplied)
  }
  return effects
}
