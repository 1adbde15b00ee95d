import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { sessionEnds } from '../../src/model/mirror.ts'
import type { History } from './mirror.histories.ts'

type Row = Readonly<Record<string, unknown>>

/** Everything that is kept, by the history that it is of. */
export type Kept = ReadonlyMap<string, Readonly<Record<string, readonly Row[]>>>

/** What was looked at: a property that sees nothing interesting holds for anything. */
export interface Tally {
  histories: number
  messages: number
  lost: number
  repeated: number
  buried: number
  tombstones: number
}

const queries = {
  users: 'SELECT id AS own, * FROM users',
  organizations: 'SELECT id AS own, * FROM organizations',
  memberships: 'SELECT id AS own, * FROM memberships',
  objects: 'SELECT id AS own, * FROM clerk_objects',
  ended: 'SELECT session_id AS own, * FROM ended_sessions',
  grants: "SELECT iif(organization_id = '', user_id, organization_id) AS own, * FROM role_grants",
  events: 'SELECT subject AS own, * FROM events ORDER BY subject, sequence',
}

/** Reads all that is kept. */
export async function readKept(): Promise<Kept> {
  const kept = new Map<string, Record<string, Row[]>>()
  for (const [name, query] of Object.entries(queries)) {
    const { results } = await env.DB.prepare(query).all<Row>()
    for (const row of results) {
      const prefix = String(row.own).split('_')[1] ?? ''
      const own = kept.get(prefix) ?? {}
      kept.set(prefix, own)
      own[name] = [...(own[name] ?? []), row]
    }
  }
  return kept
}

/** Holds what is kept of one history against what there is at Clerk. */
export function expectTruth(
  history: History,
  kept: Kept,
  { tally, script }: { readonly tally: Tally; readonly script: string },
): void {
  const rowsOf = (name: keyof typeof queries) => kept.get(history.world.prefix)?.[name] ?? []
  const { deliveries, world } = history
  expect(livingIn(rowsOf('users'), userColumns), script).toEqual(usersOf(history))
  expect(livingIn(rowsOf('organizations'), placeColumns), script).toEqual(placesOf(history))
  expect(livingIn(rowsOf('memberships'), memberColumns), script).toEqual(membershipsOf(history))
  expectTombstones(history, rowsOf, script)
  expectObjects(history, rowsOf, script)
  expectTold(rowsOf('events'), script)
  expectEndsTold(rowsOf, script)
  const messages = new Set(deliveries.map(({ event }) => event))
  tally.histories += 1
  tally.messages += messages.size
  tally.lost += history.lost
  tally.repeated += deliveries.length - messages.size
  tally.tombstones += rowsOf('users').filter(({ status }) => status === 'deleted').length
  expect(new Set(rowsOf('users').map(({ number }) => number)).size).toBe(rowsOf('users').length)
  expect(world.ever.size, script).toBeGreaterThanOrEqual(rowsOf('users').length)
}

/** Of whatever was told to have begun, and has ended since, the end was told, too, whichever message came first. */
function expectEndsTold(rowsOf: RowsOf, script: string): void {
  const told = (...types: readonly string[]) =>
    rowsOf('events')
      .filter(({ type }) => types.includes(String(type)))
      .map(({ data }) => JSON.parse(String(data)))
  const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => String(id))
  const isOver = ({ status }: Row) => status === 'deleted' || sessionEnds.has(String(status))
  const users = idsOf(rowsOf('users').filter(isOver))
  const places = idsOf(rowsOf('organizations').filter(isOver))
  const left = rowsOf('memberships').filter(isOver)
  // The end of an organisation stands for all that goes with it.
  const dismissed = idsOf(left.filter((row) => !places.includes(String(row.organization_id))))
  const sessions = idsOf(rowsOf('objects').filter((row) => row.kind === 'session' && isOver(row)))
  const untold = [
    [users, told('user.created'), told('user.deleted'), 'user_id'],
    [places, told('organization.created'), told('organization.deleted'), 'organization_id'],
    [
      dismissed,
      told('organization.member_added'),
      told('organization.member_removed'),
      'membership_id',
    ],
    [sessions, told('auth.signed_in'), told(...ends), 'session_id'],
  ] as const
  for (const [over, begun, ended, name] of untold) {
    const [first, last] = [begun, ended].map((all) => new Set(all.map((data) => data[name])))
    expect(
      over.filter((id) => first?.has(id) && !last?.has(id)),
      `${name} ${script}`,
    ).toEqual([])
  }
}

type RowsOf = (name: keyof typeof queries) => readonly Row[]

const userColumns = ['id', 'email', 'email_verified', 'first_name', 'status', 'status_from']
const placeColumns = ['id', 'name', 'slug']
const memberColumns = ['id', 'organization_id', 'user_id', 'role', 'permissions']

function livingIn(rows: readonly Row[], columns: readonly string[]): readonly Row[] {
  return rows
    .filter(({ status }) => status !== 'deleted')
    .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])))
    .sort(byId)
}

function byId(one: Row, other: Row): number {
  return String(one.id) < String(other.id) ? -1 : 1
}

function usersOf({ world }: History): readonly Row[] {
  return [...world.users.values()].map(({ id, state }) => ({ id, ...personOf(state) })).sort(byId)
}

function personOf(state: Row): Row {
  const primary = state.primary_email_address_id === null ? undefined : primaryOf(state)
  const status = state.banned ? 'banned' : state.locked ? 'locked' : 'active'
  return {
    email: primary?.email_address.toLowerCase() ?? null,
    email_verified: primary?.verification ? 1 : 0,
    ...{ first_name: state.first_name, status, status_from: 'clerk' },
  }
}

function primaryOf({ email_addresses: addresses }: Row) {
  const [, primary] = addresses as readonly { email_address: string; verification: unknown }[]
  return primary
}

function placesOf({ world }: History): readonly Row[] {
  return [...world.places.values()]
    .map(({ id, state: { name, slug } }) => ({ id, name, slug }))
    .sort(byId)
}

function membershipsOf({ world }: History): readonly Row[] {
  return [...world.memberships.values()]
    .map(({ id, placeId, userId, state: { role, permissions } }) => ({
      ...{ id, organization_id: placeId, user_id: userId, role },
      permissions: JSON.stringify(permissions),
    }))
    .sort(byId)
}

/** Whose end was told is a tombstone; nothing of a tombstone is left, and every other grant is. */
function expectTombstones({ deliveries, world }: History, rowsOf: RowsOf, script: string): void {
  const gone = [...rowsOf('users'), ...rowsOf('organizations'), ...rowsOf('memberships')]
    .filter(({ status }) => status === 'deleted')
    .map(({ id }) => String(id))
  const told = deliveries
    .filter(({ event }) =>
      /^(?:user|organization|organizationMembership)\.deleted$/.test(event.type),
    )
    .map(({ event }) => String(event.data.id))
  expect(
    told.filter((id) => !gone.includes(id)),
    script,
  ).toEqual([])
  for (const row of rowsOf('users').filter(({ status }) => status === 'deleted')) {
    const { email, email_verified, first_name, last_name, username, image_url } = row
    const left = [email, first_name, last_name, username, image_url]
    expect([...left, email_verified], script).toEqual([null, null, null, null, null, 0])
  }
  const granted = [...world.ever].filter((id) => /^(?:user|org)_/.test(id))
  const kept = new Set(rowsOf('grants').map(({ own }) => String(own)))
  expect(kept, script).toEqual(new Set(granted.filter((id) => !gone.includes(id))))
}

/** Of sessions and invitations no walk tells: what counts is what came, and whose they are. */
function expectObjects({ deliveries, world }: History, rowsOf: RowsOf, script: string): void {
  const gone = new Set(
    [...rowsOf('users'), ...rowsOf('organizations')]
      .filter(({ status }) => status === 'deleted')
      .map(({ id }) => id),
  )
  const expected = new Map<string, string>()
  const ended = new Set<string>()
  const about = deliveries
    .map(({ event }) => event)
    .filter(({ type }) => /^(?:session|organizationInvitation)\./.test(type))
  for (const event of about.sort(newness)) {
    const { id, status, user_id, organization_id } = event.data
    if (sessionEnds.has(String(status)) && event.type.startsWith('session')) ended.add(String(id))
    else if (ended.has(String(id))) continue
    expected.set(String(id), gone.has(user_id ?? organization_id) ? 'deleted' : String(status))
  }
  const kept = new Map(rowsOf('objects').map(({ id, status }) => [id, status]))
  expect(kept, script).toEqual(expected)
  const over = rowsOf('ended').map(({ own }) => String(own))
  expect(
    [...ended].filter((id) => !over.includes(id)),
    script,
  ).toEqual([])
  const theirs = over.filter((id) => !ended.has(id)).map((id) => world.sessions.get(id)?.userId)
  // Who is deleted takes their sessions with them, of whose end nothing was told.
  expect(
    theirs.filter((userId) => !gone.has(userId)),
    script,
  ).toEqual([])
}

function newness(one: Message, other: Message): number {
  const [first, second] = [Number(one.data.updated_at), Number(other.data.updated_at)]
  return first === second ? one.toldAtMs - other.toldAtMs : first - second
}

type Message = History['deliveries'][number]['event']

/** What can be told of one thing at most once. */
const once = [
  ...['user.created', 'user.deleted', 'organization.created', 'organization.deleted'],
  ...['organization.member_added', 'organization.member_removed', 'auth.signed_in'],
]
const ends = ['auth.signed_out', 'auth.session_revoked']

/** Numbers are 1, 2, 3 … of each subject, nothing was told twice, and of whom is gone nothing more is said. */
function expectTold(events: readonly Row[], script: string): void {
  for (const [, own] of Map.groupBy(events, ({ subject }) => subject)) {
    expect(
      own.map(({ sequence }) => sequence),
      script,
    ).toEqual(own.map((_, place) => place + 1))
    const types = own.map(({ type }) => type)
    const departed = types.indexOf('user.deleted')
    if (departed >= 0) expect(departed, script).toBe(types.length - 1)
  }
  const told = events.flatMap(({ type, data }) => {
    const about = JSON.parse(String(data))
    const id = about.membership_id ?? about.session_id ?? about.user_id ?? about.organization_id
    if (ends.includes(String(type))) return [`end of ${id}`]
    return once.includes(String(type)) ? [`${type} ${id}`] : []
  })
  expect(
    told.filter((one, place) => told.indexOf(one) < place),
    script,
  ).toEqual([])
}
