import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { UserRow } from './people.ts'
import { memberships, roleGrants, type userStatuses, users } from './schema.ts'

/** In which orders people are listed; with `-` the last comes first. */
export const peopleOrders = [
  'created_at',
  '-created_at',
  'last_seen_at',
  '-last_seen_at',
  'email',
  '-email',
] as const

/** See {@link peopleOrders}. */
export type PeopleOrder = (typeof peopleOrders)[number]

/** Where someone stands in an order: what it goes by, and their id where that is the same. */
export type Standing = readonly [key: string | number, id: string]

/** Which people, and in which order. */
export interface PeopleQuery {
  /** A part of an address, a name or an id; upper and lower case are the same in ASCII. */
  readonly part: string | undefined
  readonly status: (typeof userStatuses)[number] | undefined
  readonly order: PeopleOrder
  /** They come after whoever stands there. */
  readonly after: Standing | undefined
  readonly count: number
}

type OrderColumn = 'created_at' | 'last_seen_at' | 'email'

/** What the orders go by. Who was never seen, or has no address, comes before all others. */
const keys: Readonly<Record<OrderColumn, SQL>> = {
  created_at: sql`${users.createdAt}`,
  last_seen_at: sql`COALESCE(${users.lastSeenAt}, 0)`,
  email: sql`COALESCE(${users.email}, '')`,
}

function keyOf(order: PeopleOrder): { readonly key: SQL; readonly isDescending: boolean } {
  const isDescending = order.startsWith('-')
  const column = (isDescending ? order.slice(1) : order) as OrderColumn
  return { key: keys[column], isDescending }
}

/** Where a row stands in an order. */
export function standingIn(order: PeopleOrder, row: UserRow): Standing {
  switch (order) {
    case 'created_at':
    case '-created_at':
      return [row.createdAt, row.id]
    case 'last_seen_at':
    case '-last_seen_at':
      return [row.lastSeenAt ?? 0, row.id]
    default:
      return [row.email ?? '', row.id]
  }
}

/** People, a page at a time. Each is on one page, also where many stand at the same place of the order. */
export async function listPeople(
  database: Database,
  { part, status, order, after, count }: PeopleQuery,
): Promise<readonly UserRow[]> {
  const { key, isDescending } = keyOf(order)
  const direction = isDescending ? sql`DESC` : sql`ASC`
  const further = isDescending ? sql`<` : sql`>`
  const isFurther = after && sql`(${key}, ${users.id}) ${further} (${after[0]}, ${after[1]})`
  const isThat = status && eq(users.status, status)
  const hasPart = part === undefined ? undefined : contains(describedBy, part)
  return database
    .select()
    .from(users)
    .where(and(isFurther, isThat, hasPart))
    .orderBy(sql`${key} ${direction}, ${users.id} ${direction}`)
    .limit(count)
    .all()
}

/** What a person is found by. No part of one of these and of the next is a part of them together. */
const describedBy = sql`
  ${users.id} || char(10) || COALESCE(${users.email}, '') || char(10) ||
  COALESCE(${users.username}, '') || char(10) ||
  COALESCE(${users.firstName}, '') || ' ' || COALESCE(${users.lastName}, '')`

/** Whether a text has a part. No character of the part means anything else, and it may be of any length. */
export function contains(whole: SQL, part: string): SQL {
  return sql`instr(lower(${whole}), lower(${part})) > 0`
}

/** What someone holds, and where they belong, beside their record. */
export interface Belongings {
  readonly grants: readonly (typeof roleGrants.$inferSelect)[]
  readonly memberships: readonly (typeof memberships.$inferSelect)[]
}

/** However much somebody has, a record stays one that can be read. */
const belongingsMax = 500

/** What someone holds and where they belong; who is gone from an organisation belongs there no longer. */
export async function belongingsOf(database: Database, userId: string): Promise<Belongings> {
  const [grants, belonging] = await Promise.all([
    database
      .select()
      .from(roleGrants)
      .where(eq(roleGrants.userId, userId))
      .orderBy(roleGrants.role, roleGrants.organizationId)
      .limit(belongingsMax)
      .all(),
    database
      .select()
      .from(memberships)
      .where(and(eq(memberships.userId, userId), eq(memberships.status, 'active')))
      .orderBy(memberships.createdAt, memberships.id)
      .limit(belongingsMax)
      .all(),
  ])
  return { grants, memberships: belonging }
}
