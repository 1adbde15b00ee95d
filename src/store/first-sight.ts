import { sql } from 'drizzle-orm'
import { type Profile, unknownProfile } from '../model/profile.ts'
import { administratorRole } from './administrators.ts'
import type { Database } from './database.ts'
import { giveDefaultRole, grantRole } from './grants.ts'
import { addUser, completeUser, findUser, touchUser, type UserRow } from './people.ts'
import { audit } from './schema.ts'

/** What decides how people become known. */
export interface Introduction {
  readonly defaultRole: string
  /** In lower case. Whoever owns one, verified, is made an administrator. */
  readonly adminEmails: readonly string[]
  /** Asks Clerk; `undefined` when there is nobody to ask, or no answer. */
  readonly fetchProfile: (userId: string) => Promise<Profile | undefined>
}

/** Someone who is here. */
export interface Sight {
  readonly userId: string
  /** An address that the configuration trusts without asking Clerk. */
  readonly trustedEmail: string | undefined
  readonly nowMs: number
}

/**
 * Notes that someone is here. Whoever comes for the first time gets the default role and a record, where Clerk's
 * messages have not made one before, and is made administrator where a verified address of theirs is named for it;
 * whose address was not known yet is asked for again. Whoever is deleted stays so. Whether something changed that
 * facts tell. Throws when the database does.
 *
 * It may be cut short at any statement. What says that all is done is written last, the record, the address in it or
 * when they were seen, and all before can be written twice: whoever comes again gets what is missing.
 */
export async function recordSight(
  database: Database,
  sight: Sight,
  introduction: Introduction,
): Promise<boolean> {
  const { userId, nowMs } = sight
  const known = await findUser(database, userId)
  if (known === undefined) return meet(database, sight, introduction)
  if (known.status === 'deleted') return false
  const isFirst = known.lastSeenAt === null
  if (!isFirst) await touchUser(database, userId, nowMs)
  if (isFirst) await giveDefaultRole(database, { ...sight, role: introduction.defaultRole })
  const hasLearned = isComplete(known)
    ? await recognise(database, known, { sight, introduction })
    : await complete(database, sight, introduction)
  if (isFirst) await touchUser(database, userId, nowMs)
  return isFirst || hasLearned
}

/** Someone of whom there is no record. */
async function meet(database: Database, sight: Sight, introduction: Introduction): Promise<true> {
  const { userId, nowMs } = sight
  const profile = await profileOf(sight, introduction)
  await giveDefaultRole(database, { ...sight, role: introduction.defaultRole })
  if (isNamed(profile, introduction)) await makeAdministrator(database, sight)
  await addUser(database, userId, { profile: profile ?? unknownProfile, nowMs })
  return true
}

/** Someone whose address was not known. */
async function complete(
  database: Database,
  sight: Sight,
  introduction: Introduction,
): Promise<boolean> {
  const profile = await profileOf(sight, introduction)
  if (profile === undefined) return false
  if (isNamed(profile, introduction)) await makeAdministrator(database, sight)
  await completeUser(database, sight.userId, profile)
  return true
}

/** Someone of whom Clerk's messages tell by themselves. They may be named, and have never been asked in. */
async function recognise(
  database: Database,
  known: UserRow,
  { sight, introduction }: { readonly sight: Sight; readonly introduction: Introduction },
): Promise<boolean> {
  if (!isNamed(known, introduction)) return false
  if (await wasDecided(database, sight.userId)) return false
  await makeAdministrator(database, sight)
  return true
}

/** Whether all is known of someone that Clerk would say. */
function isComplete({ email, updatedAt }: UserRow): boolean {
  return email !== null || updatedAt > 0
}

/** Whether somebody was made administrator before, or was no longer to be one: that is not done over again. */
async function wasDecided(database: Database, userId: string): Promise<boolean> {
  const row = await database.get<{ wasDecided: number }>(sql`
    SELECT EXISTS (
      SELECT 1 FROM ${audit}
      WHERE ${audit.subject} = ${userId} AND ${audit.action} IN ('role.granted', 'role.revoked')
        AND COALESCE(${audit.after}, ${audit.before}) ->> 'role' = ${administratorRole}
    ) AS wasDecided`)
  return row.wasDecided === 1
}

async function makeAdministrator(database: Database, { userId, nowMs }: Sight): Promise<void> {
  const grant = { userId, role: administratorRole, organizationId: '', by: 'usher', nowMs }
  await grantRole(database, grant)
}

async function profileOf(
  { userId, trustedEmail }: Sight,
  { fetchProfile }: Introduction,
): Promise<Profile | undefined> {
  const profile = await fetchProfile(userId)
  if (profile !== undefined || trustedEmail === undefined) return profile
  return { ...unknownProfile, email: trustedEmail, emailVerified: true }
}

/** An address that nobody has verified could be anyone's. */
function isNamed(
  profile: Pick<Profile, 'email' | 'emailVerified'> | undefined,
  { adminEmails }: Introduction,
): boolean {
  const email = profile?.emailVerified ? (profile.email ?? '') : ''
  return email !== '' && adminEmails.includes(email)
}
