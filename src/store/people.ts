import { and, eq, sql } from 'drizzle-orm'
import type { Profile } from '../model/profile.ts'
import { anotherAdministrator, isAdministrator } from './administrators.ts'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { type userStatuses, users } from './schema.ts'

/** A person as they are kept. */
export type UserRow = typeof users.$inferSelect

/** The last number that was given; read from the end of an index, which `MAX` within an expression is not. */
export const lastNumber = sql`COALESCE((SELECT number FROM users ORDER BY number DESC LIMIT 1), 0)`

/** The record of a user; `undefined` for whoever was not seen yet. */
export async function findUser(database: Database, userId: string): Promise<UserRow | undefined> {
  return database.select().from(users).where(eq(users.id, userId)).get()
}

/**
 * Makes the record of someone who is seen for the first time, with the next free number. Of many at once
 * one does; a record that is there stays as it is.
 */
export async function addUser(
  database: Database,
  userId: string,
  { profile, nowMs }: { profile: Profile; nowMs: number },
): Promise<void> {
  const { email, emailVerified, firstName, lastName, username, imageUrl, status } = profile
  await database.run(sql`
    INSERT OR IGNORE INTO users (id, number, email, email_verified, first_name, last_name, username,
      image_url, status, created_at, last_seen_at)
    SELECT ${userId}, ${lastNumber} + 1, ${email}, ${emailVerified ? 1 : 0}, ${firstName},
      ${lastName}, ${username}, ${imageUrl}, ${status}, ${nowMs}, ${nowMs}`)
}

/**
 * Fills in what was not known when the record was made, unless Clerk has told of it since by itself: then that is newer,
 * and whoever is deleted stays without a name. A status is only ever changed by name.
 */
export async function completeUser(
  database: Database,
  userId: string,
  profile: Profile,
): Promise<void> {
  const { status: _untouched, ...known } = profile
  const isUntold = sql`${users.updatedAt} = 0 AND ${users.status} <> 'deleted'`
  await database
    .update(users)
    .set(known)
    .where(and(eq(users.id, userId), isUntold))
    .run()
}

/** How often it is written that someone was here. */
export const touchAgainMs = 60 * 60_000

/** Notes that someone was here, at most once an hour, however many isolates see them. */
export async function touchUser(database: Database, userId: string, nowMs: number): Promise<void> {
  const isDue = sql`(${users.lastSeenAt} IS NULL OR ${users.lastSeenAt} <= ${nowMs - touchAgainMs})`
  await database
    .update(users)
    .set({ lastSeenAt: nowMs })
    .where(sql`${users.id} = ${userId} AND ${isDue}`)
    .run()
}

/** A change of what someone may do at all, and by whom. */
export interface StatusInput {
  readonly userId: string
  readonly status: (typeof userStatuses)[number]
  /** Whether Clerk has it so, too, or Usher alone. `usher` when not given. */
  readonly from?: 'clerk' | 'usher'
  /** Leaves alone what Clerk has said in the meantime. */
  readonly unlessByClerk?: boolean
  readonly by: string
  /** The request that asked for it and the address it came from; a command has neither. */
  readonly asked?: { readonly requestId: string; readonly address: string | undefined }
  readonly nowMs: number
}

/** `unknown`: whoever is deleted, and that is for ever. */
export type StatusOutcome = 'changed' | 'unchanged' | 'last-administrator' | 'unknown'

/**
 * Bans, deletes, or readmits someone, seen or not, and says so in the audit. The last administrator can
 * be neither banned nor deleted; of two who do the same at once, one does it.
 */
export async function setStatus(database: Database, input: StatusInput): Promise<StatusOutcome> {
  const { userId, status, from = 'usher', unlessByClerk = false, by, asked, nowMs } = input
  const before = await findUser(database, userId)
  const known = outcomeOf(before, status)
  if (known !== undefined) return known
  const isRemoval = status === 'banned' || status === 'deleted'
  const isSafe = isRemoval
    ? sql`NOT (${isAdministrator(userId)}) OR ${anotherAdministrator(userId)}`
    : sql`TRUE`
  const statement = sql`
    INSERT INTO users (id, number, status, status_from, created_at)
    SELECT ${userId}, next.number, ${status}, ${from}, ${nowMs}
      FROM (SELECT ${lastNumber} + 1 AS number) AS next
      WHERE ${isSafe}
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, status_from = excluded.status_from
      WHERE users.status <> excluded.status AND users.status <> 'deleted'
        AND NOT (${unlessByClerk ? 1 : 0} AND users.status_from = 'clerk')`
  const deed = {
    ...{ at: nowMs, actor: by, action: 'user.status', subject: userId, ...asked },
    before: { status: before?.status ?? null },
    after: { status },
  }
  const data = { user_id: userId, status, changed: ['status'] }
  const events = [{ type: 'user.updated', subject: userId, data } as const]
  if (await changeAudited(database, { statement, deed, events })) return 'changed'
  const now = await findUser(database, userId)
  return outcomeOf(now, status) ?? (isRemoval ? 'last-administrator' : 'unchanged')
}

/** What there is to say without changing anything; `undefined` where there is something to change. */
function outcomeOf(
  row: UserRow | undefined,
  status: StatusInput['status'],
): StatusOutcome | undefined {
  if (row?.status === status) return 'unchanged'
  return row?.status === 'deleted' ? 'unknown' : undefined
}
