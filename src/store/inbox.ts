import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { type inboxStates, webhookInbox } from './schema.ts'

/** One of Clerk's webhooks, as it is kept. */
export type WebhookRow = typeof webhookInbox.$inferSelect

/** See {@link inboxStates}. */
export type InboxState = (typeof inboxStates)[number]

/** A webhook that has just come in. */
export type NewWebhook = Pick<WebhookRow, 'id' | 'type' | 'subject' | 'body' | 'receivedAt'>

/** How long what was given to the queue is left to it. */
const queueHasMs = 10 * 60_000
/** How long what was not given to the queue is left to whoever took it in. */
const intakeHasMs = 60_000

/** Writes a webhook down, once. Which state it is in: `received` where it is new. */
export async function addWebhook(database: Database, webhook: NewWebhook): Promise<InboxState> {
  const [added] = await database
    .insert(webhookInbox)
    .values(webhook)
    .onConflictDoNothing()
    .returning({ state: webhookInbox.state })
  return added?.state ?? (await findWebhook(database, webhook.id))?.state ?? 'received'
}

/** A webhook by its id. */
export async function findWebhook(database: Database, id: string): Promise<WebhookRow | undefined> {
  return database.select().from(webhookInbox).where(eq(webhookInbox.id, id)).get()
}

/** Notes that webhooks were given to the queue. What was applied meanwhile stays so. */
export async function markQueued(
  database: Database,
  ids: readonly string[],
  nowMs: number,
): Promise<void> {
  // One parameter however many ids there are: D1 takes a hundred.
  await database.run(sql`
    UPDATE webhook_inbox SET state = 'queued', queued_at = ${nowMs}
    WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND state <> 'applied'`)
}

/** Notes that a webhook was applied. */
export async function markApplied(database: Database, id: string, nowMs: number): Promise<void> {
  await database.run(sql`
    UPDATE webhook_inbox
    SET state = 'applied', applied_at = ${nowMs}, attempts = attempts + 1, error = NULL
    WHERE id = ${id}`)
}

/** Why a webhook could not be applied, and when that is tried again. */
export interface WebhookFailure {
  readonly id: string
  /** The kind of the error, and nothing of the message. */
  readonly error: string
  readonly againAtMs: number
}

/** Notes that a webhook could not be applied: until then it is not given to the queue once more. */
export async function noteFailure(
  database: Database,
  { id, error, againAtMs }: WebhookFailure,
): Promise<void> {
  await database.run(sql`
    UPDATE webhook_inbox
    SET queued_at = ${againAtMs}, attempts = attempts + 1, error = ${error}
    WHERE id = ${id} AND state <> 'applied'`)
}

/** Gives a webhook up, unless it was applied meanwhile. */
export async function buryWebhook(database: Database, id: string): Promise<void> {
  await database.run(sql`
    UPDATE webhook_inbox SET state = 'dead' WHERE id = ${id} AND state <> 'applied'`)
}

/** A webhook that has to be taken up again. */
export type WaitingWebhook = Pick<WebhookRow, 'id' | 'attempts'>

/** Webhooks that lie about for longer than they should, the oldest first. */
export async function listWaiting(
  database: Database,
  { nowMs, count }: { readonly nowMs: number; readonly count: number },
): Promise<readonly WaitingWebhook[]> {
  return database.all<WaitingWebhook>(sql`
    SELECT id, attempts FROM webhook_inbox
    WHERE received_at <= ${nowMs - intakeHasMs}
      AND ((state = 'received' AND COALESCE(queued_at, received_at) <= ${nowMs - intakeHasMs})
        OR (state = 'queued' AND queued_at <= ${nowMs - queueHasMs}))
    ORDER BY received_at LIMIT ${count}`)
}

/** Which webhooks are old: those that came in before these times, so many at once. */
export interface OldWebhooks {
  readonly appliedBefore: number
  readonly deadBefore: number
  readonly count: number
}

/** Removes webhooks that were applied or given up long ago. */
export async function removeOldWebhooks(
  database: Database,
  { appliedBefore, deadBefore, count }: OldWebhooks,
): Promise<void> {
  await database.run(sql`
    DELETE FROM webhook_inbox WHERE id IN (
      SELECT id FROM webhook_inbox
      WHERE (state = 'applied' AND received_at < ${appliedBefore})
        OR (state = 'dead' AND received_at < ${deadBefore})
      LIMIT ${count})`)
}

/** Which webhooks, the latest first. */
export interface WebhookQuery {
  /** The time and the id of the last one of the page before. */
  readonly after: readonly (string | number)[] | undefined
  readonly state: InboxState | undefined
  readonly type: string | undefined
  readonly subject: string | undefined
  readonly count: number
}

/** A webhook without what it says. */
export type ListedWebhook = Omit<WebhookRow, 'body'>

const { body: _unlisted, ...listedColumns } = getTableColumns(webhookInbox)

/** Lists webhooks, the latest first. */
export async function listWebhooks(
  database: Database,
  { after, state, type, subject, count }: WebhookQuery,
): Promise<readonly ListedWebhook[]> {
  const { receivedAt, id } = webhookInbox
  return database
    .select(listedColumns)
    .from(webhookInbox)
    .where(
      and(
        after && sql`(${receivedAt}, ${id}) < (${after[0]}, ${after[1]})`,
        state && eq(webhookInbox.state, state),
        type === undefined ? undefined : eq(webhookInbox.type, type),
        subject === undefined ? undefined : eq(webhookInbox.subject, subject),
      ),
    )
    .orderBy(desc(receivedAt), desc(id))
    .limit(count)
    .all()
}

/** Who wants a webhook to be applied again. */
export interface ReplayInput {
  readonly id: string
  readonly by: string
  readonly asked: { readonly requestId: string; readonly address: string | undefined }
  readonly nowMs: number
}

/** Makes a webhook as if it had just come in, and says so in the audit. Whether there is such a one. */
export async function reopenWebhook(
  database: Database,
  { id, by, asked, nowMs }: ReplayInput,
): Promise<boolean> {
  const before = await findWebhook(database, id)
  if (before === undefined) return false
  const statement = sql`
    UPDATE webhook_inbox
    SET state = 'received', queued_at = ${nowMs}, applied_at = NULL, attempts = 0, error = NULL
    WHERE id = ${id}`
  const deed = {
    ...{ at: nowMs, actor: by, action: 'webhook.replay', subject: id, ...asked },
    before: { state: before.state },
    after: { state: 'received' },
  }
  return changeAudited(database, { statement, deed })
}
