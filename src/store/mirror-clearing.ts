import { type SQL, sql } from 'drizzle-orm'
import type { MirrorPlan } from './mirror-plan.ts'

/** Everything of those who are deleted. What they were is asked for here, and so it comes before their own rows. */
export function clearing(
  { departedUsers, departedOrganizations }: MirrorPlan,
  nowMs: number,
): readonly SQL[] {
  const departed = listed([...departedUsers, ...departedOrganizations])
  const places = listed(departedOrganizations)
  const forOrganizations = [
    sql`UPDATE memberships SET status = 'deleted' WHERE organization_id IN ${places}`,
    sql`DELETE FROM role_grants WHERE organization_id IN ${places}`,
  ]
  const forBoth = sql`
    UPDATE clerk_objects SET status = 'deleted', data = '{}'
    WHERE owner IN ${departed} AND status <> 'deleted'`
  return [
    ...(departedUsers.length > 0 ? clearingOfUsers(departedUsers, nowMs) : []),
    ...(departedOrganizations.length > 0 ? forOrganizations : []),
    ...(departedUsers.length + departedOrganizations.length > 0 ? [forBoth] : []),
  ]
}

function clearingOfUsers(userIds: readonly string[], nowMs: number): readonly SQL[] {
  const people = listed(userIds)
  // What names them belongs to others, and no index finds it: all invitations and the whole waitlist are looked at.
  const namingThem = sql`kind IN ('organization_invitation', 'waitlist_entry') AND data <> '{}'
    AND (data ->> 'user_id' IN ${people} OR lower(data ->> 'email_address') IN (
      SELECT email FROM users WHERE id IN ${people} AND email IS NOT NULL))`
  return [
    // A body that says nothing changes nothing, however often it is applied; there is no more to apply either.
    sql`
      UPDATE webhook_inbox SET body = json_object('type', type, 'data', json('{}')),
        state = 'applied', applied_at = COALESCE(applied_at, ${nowMs}), error = NULL
      WHERE subject IN (
        SELECT value FROM json_each(${JSON.stringify(userIds)})
        UNION ALL SELECT id FROM memberships WHERE user_id IN ${people}
        UNION ALL SELECT id FROM clerk_objects WHERE owner IN ${people}
        UNION ALL SELECT id FROM clerk_objects WHERE ${namingThem})`,
    sql`UPDATE clerk_objects SET data = '{}' WHERE ${namingThem}`,
    sql`
      INSERT OR IGNORE INTO ended_sessions (session_id, user_id, ended_at)
      SELECT id, owner, ${nowMs} FROM clerk_objects
      WHERE owner IN ${people} AND kind = 'session' AND status <> 'deleted'`,
    sql`UPDATE memberships SET status = 'deleted' WHERE user_id IN ${people}`,
    sql`DELETE FROM role_grants WHERE user_id IN ${people}`,
    // Of what they were nothing is left either: the chain is over digests.
    sql`UPDATE audit SET before = NULL, after = NULL WHERE subject IN ${people}`,
    sql`UPDATE audit SET address = NULL WHERE actor IN ${people}`,
  ]
}

/** One parameter however many there are: D1 takes a hundred. */
function listed(ids: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
}
