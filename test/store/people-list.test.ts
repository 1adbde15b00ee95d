import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { listMemberships, listOrganizations } from '../../src/store/organizations.ts'
import {
  listPeople,
  type PeopleOrder,
  type PeopleQuery,
  peopleOrders,
  type Standing,
  standingIn,
} from '../../src/store/people-list.ts'

const database = openDatabase(env.DB)
const everyone = 24

/** Many stand at the same place of every order: a page must not lose or repeat one of them. */
const people = Array.from({ length: everyone }, (_, index) => ({
  id: `user_${String((index * 7) % everyone).padStart(2, '0')}`,
  number: index + 1,
  email: index % 3 === 0 ? null : `p${index % 4}@example.com`,
  createdAt: 1000 + (index % 5),
  lastSeenAt: index % 2 === 0 ? null : 2000 + (index % 3),
}))

const named = {
  percent: '100% Sure',
  under: 'snake_case',
  quote: `O'Neil "Q" \\ --; DROP TABLE users`,
  umlaut: 'Ärger',
}

beforeAll(async () => {
  for (const table of ['users', 'organizations', 'memberships']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
  const insert = env.DB.prepare(
    `INSERT INTO users (id, number, email, status, first_name, created_at, last_seen_at)
     VALUES (?, ?, ?, 'active', ?, ?, ?)`,
  )
  await env.DB.batch([
    ...people.map(({ id, number, email, createdAt, lastSeenAt }) =>
      insert.bind(id, number, email, null, createdAt, lastSeenAt),
    ),
    ...Object.entries(named).map(([id, name], index) =>
      insert.bind(`user_x${id}`, 100 + index, `${id}@names.test`, name, 1, 1),
    ),
    env.DB.prepare(
      `INSERT INTO users (id, number, email, status, first_name, last_name, username, created_at)
       VALUES ('user_ada', 200, 'ada@love.test', 'banned', 'Ada', 'Lovelace', 'Countess', 1)`,
    ),
  ])
})

const query = (changes: Partial<PeopleQuery>): PeopleQuery => ({
  ...{ part: undefined, status: undefined, order: '-created_at', after: undefined, count: 100 },
  ...changes,
})

async function walk(order: PeopleOrder, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  let after: Standing | undefined
  for (let page = 0; page <= everyone + 10; page++) {
    const rows = await listPeople(database, query({ part: 'user_', order, after, count }))
    ids.push(...rows.map(({ id }) => id))
    const last = rows.at(-1)
    if (last === undefined) return ids
    after = standingIn(order, last)
  }
  throw new Error('The pages have no end')
}

describe('people in an order', () => {
  it.each(peopleOrders)('%s are each on one page, however large pages are', async (order) => {
    const whole = await listPeople(database, query({ order }))
    expect(whole.length).toBe(everyone + 5)
    const ids = whole.map(({ id }) => id)
    for (const count of [1, 5, 24]) expect(await walk(order, count)).toEqual(ids)
    const keys = whole.map((row) => standingIn(order, row))
    const sorted = [...keys].sort(([a, one], [b, other]) =>
      a === b ? (one < other ? -1 : 1) : a < b ? -1 : 1,
    )
    expect(keys).toEqual(order.startsWith('-') ? sorted.reverse() : sorted)
  })
})

describe('a part', () => {
  const found = async (part: string) =>
    (await listPeople(database, query({ part }))).map(({ id }) => id)

  it.each([
    ['ADA@LOVE', ['user_ada']],
    ['lovelace', ['user_ada']],
    ['ada love', ['user_ada']],
    ['COUNT', ['user_ada']],
    ['user_ada', ['user_ada']],
    ['%', ['user_xpercent']],
    ['0% s', ['user_xpercent']],
    ['snake_', ['user_xunder']],
    ['snakeXcase', []],
    [`o'neil`, ['user_xquote']],
    ['" \\ --', ['user_xquote']],
    ['; DROP TABLE users', ['user_xquote']],
    ['Ärger', ['user_xumlaut']],
    ['test\nAda', []],
    [`' OR 1=1 --`, []],
    ['a'.repeat(128), []],
    ['%'.repeat(128), []],
    ['\0', []],
  ])('%j finds what has it, and means nothing else', async (part, ids) => {
    expect(await found(part)).toEqual(ids)
  })

  it('is looked for among those of one status', async () => {
    const banned = await listPeople(database, query({ status: 'banned' }))
    expect(banned.map(({ id }) => id)).toEqual(['user_ada'])
  })
})

describe('organisations and memberships', () => {
  beforeAll(async () => {
    const statements = Array.from({ length: 11 }, (_, index) => [
      env.DB.prepare(
        `INSERT INTO organizations (id, name, slug, status, created_at) VALUES (?, ?, ?, ?, ?)`,
      ).bind(
        ...[`org_${index}`, index === 3 ? 'A%B' : `Number ${index}`, `slug-${index}`],
        ...[index === 4 ? 'deleted' : 'active', index % 3],
      ),
      env.DB.prepare(
        `INSERT INTO memberships (id, organization_id, user_id, role, status, created_at)
         VALUES (?, ?, ?, 'org:member', ?, ?)`,
      ).bind(
        ...[`orgmem_${index}`, `org_${index % 2}`, `user_${index % 4}`],
        ...[index === 5 ? 'deleted' : 'active', index % 3],
      ),
    ])
    await env.DB.batch(statements.flat())
  })

  const organizations = { part: undefined, status: undefined, after: undefined, count: 100 }
  const memberships = {
    ...{ userId: undefined, organizationId: undefined, status: undefined },
    ...{ after: undefined, count: 100 },
  }

  it('are each on one page, those made last first', async () => {
    const lists = [
      (after: readonly [number, string] | undefined, count: number) =>
        listOrganizations(database, { ...organizations, after, count }),
      (after: readonly [number, string] | undefined, count: number) =>
        listMemberships(database, { ...memberships, after, count }),
    ]
    for (const list of lists) {
      const whole = await list(undefined, 100)
      expect(whole.map(({ createdAt }) => createdAt)).toEqual([2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0])
      const ids: string[] = []
      for (let last = whole[0], page = await list(undefined, 3); last && page.length > 0; ) {
        ids.push(...page.map(({ id }) => id))
        last = page.at(-1)
        page = last ? await list([last.createdAt, last.id], 3) : []
      }
      expect(ids).toEqual(whole.map(({ id }) => id))
    }
  })

  it('are found by what they are asked for', async () => {
    const names = async (changes: object) =>
      (await listOrganizations(database, { ...organizations, ...changes })).map(({ id }) => id)
    expect(await names({ part: '%' })).toEqual(['org_3'])
    expect(await names({ part: 'SLUG-7' })).toEqual(['org_7'])
    expect(await names({ status: 'deleted' })).toEqual(['org_4'])
    const of = async (changes: object) =>
      (await listMemberships(database, { ...memberships, ...changes })).map(({ id }) => id).sort()
    expect(await of({ userId: 'user_1' })).toEqual(['orgmem_1', 'orgmem_5', 'orgmem_9'])
    expect(await of({ userId: 'user_1', status: 'active' })).toEqual(['orgmem_1', 'orgmem_9'])
    expect(await of({ userId: 'user_2', organizationId: 'org_1' })).toEqual([])
    expect((await of({ organizationId: 'org_0' })).length).toBe(6)
  })
})
