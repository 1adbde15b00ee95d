import { eq, sql } from 'drizzle-orm'
import type { Profile } from '../model/profile.ts'
import { anotherAdministrator, isAdministrator } from './administrators.ts'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { type userStatuses, users } from './schema.ts'

/** A person as they are kept. */
export type UserRow = typeof users.$inferSelect

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
    SELECT ${userId}, COALESCE(MAX(number), 0) + 1, ${email}, ${emailVerified ? 1 : 0}, ${firstName},
      ${lastName}, ${username}, ${imageUrl}, ${status}, ${nowMs}, ${nowMs} FROM users`)
}

/** Fills in what was not known when the record was made. A status is only ever changed by name. */
export async function completeUser(
  database: Database,
  userId: string,
  profile: Profile,
): Promise<void> {
  const { status: _untouched, ...known } = profile
  await database.update(users).set(known).where(eq(users.id, userId)).run()
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
  readonly by: string
  readonly nowMs: number
}

export type StatusOutcome = 'changed' | 'unchanged' | 'last-administrator'

/**
 * Bans, deletes, or readmits someone, seen or not, and says so in the audit. The last administrator can
 * be neither banned nor deleted.
 */
export async function setStatus(database: Database, input: StatusInput): Promise<StatusOutcome> {
  const { userId, status, by, nowMs } = input
  const before = await findUser(database, userId)
  if (before?.status === status) return 'unchanged'
  const isSafe =
    status === 'active' || status === 'locked'
      ? sql`TRUE`
      : sql`NOT (${isAdministrator(userId)}) OR ${anotherAdministrator(userId)}`
  const change = sql`
    INSERT INTO users (id, number, status, created_at)
    SELECT ${userId}, next.number, ${status}, ${nowMs}
      FROM (SELECT COALESCE(MAX(number), 0) + 1 AS number FROM users) AS next
      WHERE ${isSafe}
    ON CONFLICT (id) DO UPDATE SET status = excluded.status`
  const hasChanged = await changeAudited(database, change, {
    ...{ at: nowMs, actor: by, action: 'user.status', subject: userId },
    before: { status: before?.status ?? null },
    after: { status },
  })
  return hasChanged ? 'changed' : 'last-administrator'
}
