import { sql } from 'drizzle-orm'
import { type Database, runTogether } from './database.ts'
import { deliveries, events } from './schema.ts'

/** An event that nobody was given yet, about the roles of someone. */
export interface RoleEvent {
  readonly id: string
  readonly userId: string
}

/** Changes of roles that hold everywhere of which `receiver` has not heard, the oldest first. */
export function findUntold(
  database: Database,
  receiver: string,
  count: number,
): Promise<readonly RoleEvent[]> {
  return database.all<RoleEvent>(sql`
    SELECT ${events.id} AS id, ${events.subject} AS userId FROM ${events}
    WHERE ${events.dispatchedAt} IS NULL AND ${events.type} IN ('role.granted', 'role.revoked')
      AND json_extract(${events.data}, '$.organization_id') IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM ${deliveries}
        WHERE ${deliveries.eventId} = ${events.id} AND ${deliveries.receiver} = ${receiver})
    ORDER BY ${events.at} LIMIT ${count}`)
}

/** What became of an event that was told without a queue. */
export interface Told {
  readonly receiver: string
  readonly state: 'delivered' | 'dead'
  readonly nowMs: number
}

/** Writes down that a receiver has heard of an event, or never will; a queue that comes later tells it no more. */
export async function noteTold(
  database: Database,
  eventId: string,
  { receiver, state, nowMs }: Told,
): Promise<void> {
  const id = `dlv_${crypto.randomUUID().replaceAll('-', '')}`
  const deliveredAt = state === 'delivered' ? nowMs : null
  await runTogether(database, [
    sql`
      INSERT OR IGNORE INTO deliveries (id, event_id, receiver, state, attempts, created_at, attempted_at, delivered_at)
      VALUES (${id}, ${eventId}, ${receiver}, ${state}, 1, ${nowMs}, ${nowMs}, ${deliveredAt})`,
  ])
}
