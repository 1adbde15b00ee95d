import { asc, desc, gt, type SQL, sql } from 'drizzle-orm'
import { type Database, runTogether } from './database.ts'
import { audit } from './schema.ts'

/** Something that was done. `before` and `after` are JSON values; `null` where there was nothing. */
export interface Deed {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

/** What the first row names as the hash before it. */
const genesis = '0'.repeat(64)
/** Two writers that name the same previous row collide; one of them takes another turn. */
const turnsMax = 64
const pageRows = 500

type Row = typeof audit.$inferSelect

/**
 * Makes a change and adds its row to the end of the chain: both, or neither. Whether the change changed
 * anything; a statement that did not leaves no row. Throws when the database does.
 */
export async function changeAudited(database: Database, change: SQL, deed: Deed): Promise<boolean> {
  for (let turn = 0; turn < turnsMax; turn++) {
    const row = await nextRow(database, deed)
    try {
      const [, noted = 0] = await runTogether(database, [
        change,
        sql`
          INSERT INTO audit (at, actor, action, subject, before, after, before_digest, after_digest,
            previous_hash, hash)
          SELECT ${row.at}, ${row.actor}, ${row.action}, ${row.subject}, ${row.before}, ${row.after},
            ${row.beforeDigest}, ${row.afterDigest}, ${row.previousHash}, ${row.hash}
          WHERE changes() > 0`,
      ])
      return noted > 0
    } catch (error) {
      if (!isCollision(error)) throw error
    }
  }
  throw new Error('The audit chain is too busy')
}

async function nextRow(database: Database, deed: Deed) {
  const { at, actor, action, subject } = deed
  const [before, after] = [textOf(deed.before), textOf(deed.after)]
  const last = await database.select().from(audit).orderBy(desc(audit.id)).limit(1).get()
  const content = {
    ...{ at, actor, action, subject, before, after },
    beforeDigest: await digest(before),
    afterDigest: await digest(after),
    previousHash: last?.hash ?? genesis,
  }
  return { ...content, hash: await hashOf(content) }
}

/** Whether another row took the place at the end: then nothing of the change was made. */
function isCollision(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message.includes('audit.previous_hash') || isCollision(error.cause)
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
    (await isUntouched(row.after, row.afterDigest))
  )
}

type Hashed = Pick<
  Row,
  'at' | 'actor' | 'action' | 'subject' | 'beforeDigest' | 'afterDigest' | 'previousHash'
>

function hashOf(row: Hashed): Promise<string> {
  const { previousHash, at, actor, action, subject, beforeDigest, afterDigest } = row
  return digest(
    JSON.stringify([previousHash, at, actor, action, subject, beforeDigest, afterDigest]),
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
