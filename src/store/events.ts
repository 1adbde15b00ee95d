import { type SQL, sql } from 'drizzle-orm'
import type { EventDraft } from '../model/event.ts'

/**
 * Statements that write down events and give each the next number of its subject, if the statement before them
 * changed anything; otherwise they change nothing either, so that more can follow in the same way. They are two
 * however many events there are, and none for none.
 */
export function eventStatements(events: readonly EventDraft[], atMs: number): readonly SQL[] {
  if (events.length === 0) return []
  const drafts = JSON.stringify(events.map((event, place) => written(event, events.slice(place))))
  return [
    sql`
      INSERT INTO event_counters (subject, last)
      SELECT value ->> 'subject', count(*) FROM json_each(${drafts})
      WHERE changes() > 0 GROUP BY value ->> 'subject'
      ON CONFLICT (subject) DO UPDATE SET last = last + excluded.last`,
    sql`
      INSERT INTO events (id, type, subject, sequence, at, data)
      SELECT draft.value ->> 'id', draft.value ->> 'type', counter.subject,
        counter.last - (draft.value ->> 'behind'), ${atMs}, draft.value ->> 'data'
      FROM json_each(${drafts}) AS draft
      JOIN event_counters AS counter ON counter.subject = draft.value ->> 'subject'
      WHERE changes() > 0 ORDER BY draft.key`,
  ]
}

/** An event, and how many of the same subject are behind it: so much less than the last is its own number. */
function written({ type, subject, data }: EventDraft, from: readonly EventDraft[]) {
  const id = `evt_${crypto.randomUUID().replaceAll('-', '')}`
  const behind = from.filter((other) => other.subject === subject).length - 1
  return { id, type, subject, data, behind }
}
