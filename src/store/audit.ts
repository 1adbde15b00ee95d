import { and, asc, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm'
import type { EventDraft } from '../model/event.ts'
import { type Database, runTogether } from './database.ts'
import { BusyError } from './database-fault.ts'
import { eventStatements } from './events.ts'
import { audit } from './schema.ts'
import { awaitTurn, turnsMax } from './turns.ts'

/** Something that was done. `before` and `after` are JSON values; `null` where there was nothing. */
export interface Deed {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
  /** The request or the message that asked for it, where there was one. */
  readonly requestId?: string | undefined
  /** The address of whoever asked, where one is known. */
  readonly address?: string | undefined
}

/** A change, who made it, and what others are told of it. */
export interface Change {
  /** Changes at least one row, or nothing has happened. */
  readonly statement: SQL
  readonly deed: Deed
  readonly events?: readonly EventDraft[]
  /** What else is written with it: each changes something only where the one before it did. */
  readonly further?: readonly SQL[]
}

/** What the first row names as the hash before it. */
const genesis = '0'.repeat(64)
const pageRows = 500

type Row = typeof audit.$inferSelect

/**
 * Makes a change, adds its row to the end of the chain and writes down the events: all of it, or nothing. Whether
 * the change changed anything; a statement that did not leaves no row. Throws when the database does.
 */
export async function changeAudited(database: Database, change: Change): Promise<boolean> {
  const { statement, deed, events = [], further = [] } = change
  // Two writers that name the same previous row collide; one of them takes another turn.
  for (let turn = 0; turn < turnsMax; turn++) {
    await awaitTurn(turn)
    const noting = await auditStatements(database, [deed])
    const telling = eventStatements(events, deed.at)
    try {
      const statements = [statement, ...noting, ...telling, ...further]
      const [, noted = 0] = await runTogether(database, statements)
      return noted > 0
    } catch (error) {
      if (!isAuditCollision(error)) throw error
    }
  }
  throw new BusyError('The audit chain is too busy')
}

/**
 * The statement that adds rows to the end of the chain, if the one before it changed anything; none for no deeds. It
 * fails where others were faster ({@link isAuditCollision}): then it has to be made anew.
 */
export async function auditStatements(
  database: Database,
  deeds: readonly Deed[],
): Promise<readonly SQL[]> {
  if (deeds.length === 0) return []
  const last = await database.select().from(audit).orderBy(desc(audit.id)).limit(1).get()
  let previousHash = last?.hash ?? genesis
  const rows = []
  for (const deed of deeds) {
    const row = await rowBehind(previousHash, deed)
    previousHash = row.hash
    rows.push(row)
  }
  return [
    sql`
      INSERT INTO audit (at, actor, action, subject, request_id, address, before, after, before_digest,
        after_digest, address_digest, previous_hash, hash)
      SELECT value ->> 'at', value ->> 'actor', value ->> 'action', value ->> 'subject',
        value ->> 'requestId', value ->> 'address', value ->> 'before', value ->> 'after',
        value ->> 'beforeDigest', value ->> 'afterDigest', value ->> 'addressDigest',
        value ->> 'previousHash', value ->> 'hash'
      FROM json_each(${JSON.stringify(rows)}) WHERE changes() > 0 ORDER BY key`,
  ]
}

async function rowBehind(previousHash: string, deed: Deed) {
  const { at, actor, action, subject, requestId = null, address = null } = deed
  const [before, after] = [textOf(deed.before), textOf(deed.after)]
  const content = {
    ...{ at, actor, action, subject, requestId, address, before, after },
    beforeDigest: await digest(before),
    afterDigest: await digest(after),
    addressDigest: await digest(address),
    previousHash,
  }
  return { ...content, hash: await hashOf(content) }
}

/** Whether other rows took the place at the end: then nothing of the change was made. */
export function isAuditCollision(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message.includes('audit.previous_hash') || isAuditCollision(error.cause)
}

/** How far the chain holds: how many rows it has, and the id of the first that is wrong. */
export interface AuditVerdict {
  readonly rows: number
  readonly brokenAt: number | undefined
}

/** Walks the whole chain. A text that was erased is no break; one that was changed is. */
export async function verifyAudit(database: Database): Promise<AuditVerdict> {
  let [previousHash, lastId, rows] = [genesis, 0, 0]
  for (;;) {
    const page = await database
      .select()
      .from(audit)
      .where(gt(audit.id, lastId))
      .orderBy(asc(audit.id))
      .limit(pageRows)
      .all()
    for (const row of page) {
      if (!(await isSound(row, previousHash))) return { rows, brokenAt: row.id }
      previousHash = row.hash
      lastId = row.id
      rows += 1
    }
    if (page.length < pageRows) return { rows, brokenAt: undefined }
  }
}

async function isSound(row: Row, previousHash: string): Promise<boolean> {
  const isUntouched = async (text: string | null, known: string) =>
    text === null || (await digest(text)) === known
  return (
    row.previousHash === previousHash &&
    row.hash === (await hashOf(row)) &&
    (await isUntouched(row.before, row.beforeDigest)) &&
    (await isUntouched(row.after, row.afterDigest)) &&
    (await isUntouched(row.address, row.addressDigest))
  )
}

type Hashed = Pick<
  Row,
  | 'at'
  | 'actor'
  | 'action'
  | 'subject'
  | 'requestId'
  | 'beforeDigest'
  | 'afterDigest'
  | 'addressDigest'
  | 'previousHash'
>

function hashOf(row: Hashed): Promise<string> {
  const { previousHash, at, actor, action, subject, beforeDigest, afterDigest } = row
  const { requestId, addressDigest } = row
  // Rows that name neither hash as they did before there was a place for them.
  const asked = requestId === null && addressDigest === '' ? [] : [requestId, addressDigest]
  return digest(
    JSON.stringify([previousHash, at, actor, action, subject, beforeDigest, afterDigest, ...asked]),
  )
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** SHA-256 in hexadecimal; of nothing at all, the empty text. */
async function digest(text: string | null): Promise<string> {
  if (text === null) return ''
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Rows of the audit, the latest first: those before `before`, at most `count`. */
export async function listAudit(
  database: Database,
  { before, actor, action, subject, count }: AuditQuery,
): Promise<readonly Row[]> {
  const wanted = [
    before === undefined ? undefined : lt(audit.id, before),
    actor === undefined ? undefined : eq(audit.actor, actor),
    action === undefined ? undefined : eq(audit.action, action),
    subject === undefined ? undefined : eq(audit.subject, subject),
  ]
  return database
    .select()
    .from(audit)
    .where(and(...wanted))
    .orderBy(desc(audit.id))
    .limit(count)
    .all()
}

/** Which rows of the audit. */
export interface AuditQuery {
  readonly before: number | undefined
  readonly actor: string | undefined
  readonly action: string | undefined
  readonly subject: string | undefined
  readonly count: number
}
