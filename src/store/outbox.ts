import { asc, isNull, sql } from 'drizzle-orm'
import type { EventDraft, EventType } from '../model/event.ts'
import { changeAudited } from './audit.ts'
import { type Database, runTogether } from './database.ts'
import { events } from './schema.ts'

/** An event that nobody was given yet. */
export type Undispatched = EventDraft & { readonly id: string }

/** Events that nobody was given yet, the oldest first. */
export async function findUndispatched(
  database: Database,
  count: number,
): Promise<readonly Undispatched[]> {
  const { id, type, subject, data } = events
  const found = await database
    .select({ id, type, subject, data })
    .from(events)
    .where(isNull(events.dispatchedAt))
    .orderBy(asc(events.at), sql`rowid`)
    .limit(count)
    .all()
  // Each was written down from a draft, whose data are of its type.
  return found as unknown as readonly Undispatched[]
}

/** Who is told of an event beside the subscriptions. */
export interface Addressed {
  readonly eventId: string
  readonly receiver: string
}

/**
 * Makes a delivery of each of these events for every subscription that is active, wants its type and was there when it
 * happened, and for whoever is named beside them, and marks the events as dispatched: all of it, or nothing. Of many
 * who do that at once, all leave the same behind.
 */
export async function dispatchTogether(
  database: Database,
  { eventIds, addressed }: Dispatched,
  nowMs: number,
): Promise<void> {
  const ids = JSON.stringify(eventIds)
  const isUndispatched = sql`dispatched_at IS NULL AND id IN (SELECT value FROM json_each(${ids}))`
  await runTogether(database, [
    sql`
      INSERT OR IGNORE INTO deliveries (id, event_id, receiver, created_at)
      SELECT 'dlv_' || lower(hex(randomblob(16))), event.id, subscription.id, ${nowMs}
      FROM (SELECT id, type, at FROM events WHERE ${isUndispatched}) AS event
      JOIN subscriptions AS subscription ON subscription.is_active = 1 AND subscription.created_at <= event.at
        AND (subscription.types = '[]' OR event.type IN (SELECT value FROM json_each(subscription.types)))`,
    sql`
      INSERT OR IGNORE INTO deliveries (id, event_id, receiver, created_at)
      SELECT 'dlv_' || lower(hex(randomblob(16))), value ->> 'eventId', value ->> 'receiver', ${nowMs}
      FROM json_each(${JSON.stringify(addressed)})`,
    sql`UPDATE events SET dispatched_at = ${nowMs} WHERE ${isUndispatched}`,
  ])
}

/** What is handed on in one go. */
export interface Dispatched {
  readonly eventIds: readonly string[]
  readonly addressed: readonly Addressed[]
}

/** How long after one event that goes to a receiver alone there is no other of its type. */
export const addressAgainMs = 60_000

/**
 * Writes down an event that goes to one receiver alone, its delivery, which is with the queue from now on, and in the
 * audit who asked for it: all of it, or nothing. Gives the id of the delivery; `undefined` so soon after the last one.
 */
export async function addressEvent(
  database: Database,
  { type, receiver, data }: Addressee,
  { by, asked, nowMs }: AddressDeed,
): Promise<string | undefined> {
  const [event, delivery] = [`evt_${newId()}`, `dlv_${newId()}`]
  const statement = sql`
    INSERT INTO event_counters (subject, last)
    SELECT ${receiver}, 1 WHERE NOT EXISTS (
      SELECT 1 FROM events
      WHERE subject = ${receiver} AND type = ${type} AND at > ${nowMs - addressAgainMs})
    ON CONFLICT (subject) DO UPDATE SET last = last + 1`
  const further = [
    sql`
      INSERT INTO events (id, type, subject, sequence, at, data, dispatched_at)
      SELECT ${event}, ${type}, subject, last, ${nowMs}, ${JSON.stringify(data)}, ${nowMs}
      FROM event_counters WHERE subject = ${receiver} AND changes() > 0`,
    sql`
      INSERT INTO deliveries (id, event_id, receiver, state, created_at, queued_at)
      SELECT ${delivery}, ${event}, ${receiver}, 'queued', ${nowMs}, ${nowMs} WHERE changes() > 0`,
  ]
  const deed = {
    ...{ at: nowMs, actor: by, action: 'subscription.tested', subject: receiver, ...asked },
    ...{ before: null, after: { delivery_id: delivery } },
  }
  return (await changeAudited(database, { statement, deed, further })) ? delivery : undefined
}

/** Who asked for something, and when. */
export interface AddressDeed {
  readonly by: string
  readonly asked: { readonly requestId: string; readonly address: string | undefined }
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** Something for one receiver, who is its subject, too. */
export interface Addressee {
  readonly type: EventType
  readonly receiver: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Removes deliveries that came to an end, and events that none is left of: those before `keptFrom`, so many of each. */
export async function removeOldEvents(
  database: Database,
  keptFrom: number,
  count: number,
): Promise<void> {
  await runTogether(database, [
    // The sign keeps SQLite from looking by state: nearly all of them came to an end.
    sql`
      DELETE FROM deliveries WHERE id IN (
        SELECT id FROM deliveries WHERE created_at < ${keptFrom} AND +state IN ('delivered', 'dead')
        LIMIT ${count})`,
    sql`
      DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE at < ${keptFrom}
          AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = events.id)
        LIMIT ${count})`,
  ])
}

function newId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
