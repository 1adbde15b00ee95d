import { mergeMetadata } from '../clerk/deeds.ts'
import type { EventDraft } from '../model/event.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Database } from '../store/database.ts'
import type { EventCapabilities } from './capabilities.ts'

/** The receiver of deliveries that bring roles to Clerk. */
export const roleMirrorReceiver = 'clerk'

/** Grants may change again while Clerk is told of them; so often it is told at once. */
const turnsMax = 3

/** Whether Clerk is to hear of an event: a role that somebody is given or loses everywhere. */
export function concernsRoleMirror(
  { type, data }: EventDraft,
  { mirroredRole }: Pick<EventCapabilities, 'mirroredRole'>,
): boolean {
  if (mirroredRole === undefined) return false
  return (type === 'role.granted' || type === 'role.revoked') && data.organization_id === null
}

/**
 * Writes the roles that a user holds everywhere into their `public_metadata` at Clerk: the list as it is now, so that
 * it does not matter how often or in which order this is done. Who is gone at Clerk needs no roles there.
 */
export async function mirrorRoles(
  userId: string,
  { openDatabase, clerk, mirroredRole }: EventCapabilities,
): Promise<Result<void, Refusal>> {
  if (mirroredRole === undefined) return ok(undefined)
  const database = await openDatabase()
  let told: string | undefined
  for (let turn = 0; turn < turnsMax; turn++) {
    const roles = await rolesEverywhere(database, userId)
    const now = JSON.stringify(roles)
    // Another one may have read before a change and told Clerk after us: whoever tells looks again.
    if (now === told) return ok(undefined)
    told = now
    const merged = await mergeMetadata({ userId, publicMetadata: { [mirroredRole]: roles } }, clerk)
    if (!merged.ok) return merged.error.code === 'record-unknown' ? ok(undefined) : merged
  }
  return refuse('clerk-unavailable', { retryAfterSeconds: 1 })
}

/** So many are told in one go, by whoever has no queue. */
const inPlaceMax = 20

/**
 * Tells Clerk of changed roles where there is no queue to do it: at once, and again each minute until Clerk has heard
 * of it. What Clerk refuses is given up.
 */
export async function mirrorRolesInPlace(capabilities: EventCapabilities): Promise<void> {
  const { openDatabase, clerk, clock, mirroredRole } = capabilities
  if (mirroredRole === undefined || clerk === undefined) return
  const { findUntold, noteTold } = await import('../store/role-mirror.ts')
  const database = await openDatabase()
  const outcomes = new Map<string, Result<void, Refusal>>()
  for (const { id, userId } of await findUntold(database, roleMirrorReceiver, inPlaceMax)) {
    const outcome = outcomes.get(userId) ?? (await mirrorRoles(userId, capabilities))
    outcomes.set(userId, outcome)
    if (!outcome.ok && outcome.error.code !== 'clerk-refused') continue
    const state = outcome.ok ? 'delivered' : 'dead'
    await noteTold(database, id, { receiver: roleMirrorReceiver, state, nowMs: clock.now() })
  }
}

async function rolesEverywhere(database: Database, userId: string): Promise<readonly string[]> {
  const { readFacts } = await import('../store/facts.ts')
  const { grants } = await readFacts(database, userId)
  const everywhere = grants.filter(({ organizationId }) => organizationId === '')
  return everywhere.map(({ role }) => role).sort()
}
