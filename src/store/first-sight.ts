import { type Profile, unknownProfile } from '../model/profile.ts'
import { administratorRole } from './administrators.ts'
import type { Database } from './database.ts'
import { giveDefaultRole, grantRole } from './grants.ts'
import { addUser, completeUser, findUser, touchUser } from './people.ts'

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
 * Notes that someone is here. Whoever is new gets a record, the default role, and is made administrator
 * where a verified address of theirs is named for it; whose address was not known yet is asked for
 * again. Whether something changed that facts tell. Throws when the database does.
 *
 * It may be cut short at any statement. What says that all is done is written last, the record or the
 * address in it, and all before can be written twice: whoever comes again gets what is missing.
 */
export async function recordSight(
  database: Database,
  sight: Sight,
  introduction: Introduction,
): Promise<boolean> {
  const { userId, nowMs } = sight
  const known = await findUser(database, userId)
  if (known !== undefined) await touchUser(database, userId, nowMs)
  if (known !== undefined && known.email !== null) return false

  const profile = await profileOf(sight, introduction)
  if (known !== undefined && profile === undefined) return false
  if (known === undefined) {
    await giveDefaultRole(database, { ...sight, role: introduction.defaultRole })
  }
  if (isNamed(profile, introduction.adminEmails)) {
    const grant = { userId, role: administratorRole, organizationId: '', by: 'usher', nowMs }
    await grantRole(database, grant)
  }
  if (known === undefined) {
    await addUser(database, userId, { profile: profile ?? unknownProfile, nowMs })
  } else if (profile !== undefined) {
    await completeUser(database, userId, profile)
  }
  return true
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
function isNamed(profile: Profile | undefined, adminEmails: readonly string[]): boolean {
  const email = profile?.emailVerified ? (profile.email ?? '') : ''
  return email !== '' && adminEmails.includes(email)
}
