import { and, asc, eq, gt, or, sql } from 'drizzle-orm'
import { digestOf } from '../model/digest.ts'
import { changeAudited, type Deed } from './audit.ts'
import type { Database } from './database.ts'
import { subscriptions } from './schema.ts'

/** A subscription as it is kept. Its secrets are for signing, and for whoever makes or rotates them once. */
export type SubscriptionRow = typeof subscriptions.$inferSelect

/** So many there may be. */
export const subscriptionsMax = 50

/** Who changes something, why, and when. */
export interface SubscriptionDeed {
  /** `subscription.created` and the like, as the audit names it. */
  readonly action: string
  readonly by: string
  /** The request that asked for it and the address it came from; what Usher does by itself has neither. */
  readonly asked?: { readonly requestId: string; readonly address: string | undefined }
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** What of a subscription can change. */
export type SubscriptionChange = Partial<
  Omit<SubscriptionRow, 'id' | 'createdBy' | 'createdAt' | 'updatedAt'>
>

/** Subscriptions, the oldest first: those behind `from`, at most `count`. */
export async function listSubscriptions(
  database: Database,
  { from, count }: { from: { createdAt: number; id: string } | undefined; count: number },
): Promise<readonly SubscriptionRow[]> {
  const { createdAt, id } = subscriptions
  const isBehind =
    from && or(gt(createdAt, from.createdAt), and(eq(createdAt, from.createdAt), gt(id, from.id)))
  return database
    .select()
    .from(subscriptions)
    .where(isBehind)
    .orderBy(asc(createdAt), asc(id))
    .limit(count)
    .all()
}

/** A subscription; `undefined` where there is none. */
export async function findSubscription(
  database: Database,
  id: string,
): Promise<SubscriptionRow | undefined> {
  return database.select().from(subscriptions).where(eq(subscriptions.id, id)).get()
}

/** Adds a subscription and says so in the audit; `false` where there are as many as there may be. */
export async function addSubscription(
  database: Database,
  row: SubscriptionRow,
  deed: SubscriptionDeed,
): Promise<boolean> {
  const statement = sql`
    INSERT INTO subscriptions (id, url, description, types, is_active, secret, created_by, created_at, updated_at)
    SELECT ${row.id}, ${row.url}, ${row.description}, ${JSON.stringify(row.types)}, ${row.isActive ? 1 : 0},
      ${row.secret}, ${row.createdBy}, ${row.createdAt}, ${row.updatedAt}
    WHERE (SELECT COUNT(*) FROM subscriptions) < ${subscriptionsMax}`
  return changeAudited(database, { statement, deed: await deedOf(deed, undefined, row) })
}

/**
 * Changes a subscription from the state that was read, and says so in the audit. Gives the state that it is in now;
 * `undefined` where it is not in that state any more.
 */
export async function changeSubscription(
  database: Database,
  { row, change }: { readonly row: SubscriptionRow; readonly change: SubscriptionChange },
  deed: SubscriptionDeed,
): Promise<SubscriptionRow | undefined> {
  // By this the state is known: no two states of one subscription have the same.
  const updatedAt = Math.max(deed.nowMs, row.updatedAt + 1)
  const next = { ...row, ...change, updatedAt }
  const statement = sql`
    UPDATE subscriptions SET url = ${next.url}, description = ${next.description},
      types = ${JSON.stringify(next.types)}, is_active = ${next.isActive ? 1 : 0}, secret = ${next.secret},
      previous_secret = ${next.previousSecret}, previous_secret_until = ${next.previousSecretUntil},
      updated_at = ${updatedAt}
    WHERE ${isAsRead(row)}`
  const hasChanged = await changeAudited(database, {
    statement,
    deed: await deedOf(deed, row, next),
  })
  return hasChanged ? next : undefined
}

/** Removes a subscription in the state that was read, and says so in the audit; `false` where it is in another. */
export async function removeSubscription(
  database: Database,
  row: SubscriptionRow,
  deed: SubscriptionDeed,
): Promise<boolean> {
  const statement = sql`DELETE FROM subscriptions WHERE ${isAsRead(row)}`
  return changeAudited(database, { statement, deed: await deedOf(deed, row, undefined) })
}

/** Forgets the secrets whose time beside newer ones is over. */
export async function forgetPreviousSecrets(database: Database, nowMs: number): Promise<void> {
  const isOver = sql`${subscriptions.previousSecretUntil} <= ${nowMs}`
  await database
    .update(subscriptions)
    .set({ previousSecret: null, previousSecretUntil: null })
    .where(isOver)
    .run()
}

function isAsRead({ id, updatedAt }: SubscriptionRow) {
  return and(eq(subscriptions.id, id), eq(subscriptions.updatedAt, updatedAt))
}

async function deedOf(
  { action, by, asked, nowMs }: SubscriptionDeed,
  before: SubscriptionRow | undefined,
  after: SubscriptionRow | undefined,
): Promise<Deed> {
  const subject = before?.id ?? after?.id ?? ''
  return {
    ...{ at: nowMs, actor: by, action, subject, ...asked },
    before: before === undefined ? null : await noted(before),
    after: after === undefined ? null : await noted(after),
  }
}

/** What the audit keeps: never a secret. Whoever knows an address that may hold one can tell whether it was this. */
async function noted({ url, description, types, isActive, previousSecretUntil }: SubscriptionRow) {
  const [{ origin }, urlDigest] = [new URL(url), await digestOf(url)]
  return { origin, urlDigest, description, types, isActive, previousSecretUntil }
}
