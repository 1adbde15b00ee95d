import { DurableObject } from 'cloudflare:workers'
import type { IssuerKey } from './issuer.ts'
import { openedOnce } from './kernel/opened-once.ts'
import type { RowKeeper } from './kernel/state.ts'
import type { Settings } from './kernel/world.ts'
import { createStandIn, type StandIn } from './stand-in.ts'

/** What the object reads of the variables of local mode. */
export interface StandInEnv {
  readonly LOCAL_CLERK_KEY: string
  readonly LOCAL_CLERK_SETTINGS: string
  readonly LOCAL_CLERK_SCRIPTS: string
}

/** The one object in which the local stand-in lives, so that its state survives a reload. */
export class ClerkStandIn extends DurableObject<StandInEnv> {
  readonly #open = openedOnce(() => this.#create())

  override async fetch(request: Request): Promise<Response> {
    const standIn = await this.#open()
    const response = await standIn.fetch(request)
    await this.#setAlarm(standIn)
    return response
  }

  /** Brings webhooks to where they are for, when they are due. */
  override async alarm(): Promise<void> {
    const standIn = await this.#open()
    await standIn.deliverDue()
    await this.#setAlarm(standIn)
  }

  /** Alarms go by the clock of the machine, whatever the stand-in's shows. */
  async #setAlarm({ world, nextDueAt }: StandIn): Promise<void> {
    const dueAt = nextDueAt()
    if (dueAt === undefined) return
    const atMs = Math.max(dueAt - world.clock.turnedMs, Date.now())
    const set = await this.ctx.storage.getAlarm()
    if (set === null || set > atMs) await this.ctx.storage.setAlarm(atMs)
  }

  #create(): Promise<StandIn> {
    const { LOCAL_CLERK_KEY, LOCAL_CLERK_SETTINGS, LOCAL_CLERK_SCRIPTS } = this.env
    const key: IssuerKey = JSON.parse(LOCAL_CLERK_KEY)
    const settings: Settings = JSON.parse(LOCAL_CLERK_SETTINGS)
    return createStandIn({
      key,
      settings,
      keeper: keepRows(this.ctx.storage),
      send: (request) => fetch(request),
      scripts: (path, known) =>
        fetch(new URL(path, LOCAL_CLERK_SCRIPTS), {
          headers: known === null ? {} : { 'if-none-match': known },
        }),
    })
  }
}

/** Rows of JSON in the SQLite database of an object. */
function keepRows(storage: DurableObjectStorage): RowKeeper {
  const { sql } = storage
  sql.exec(
    'CREATE TABLE IF NOT EXISTS rows (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id))',
  )
  return {
    *load() {
      const rows = sql.exec('SELECT kind, id, json FROM rows ORDER BY rowid')
      for (const { kind, id, json } of rows) {
        yield { table: String(kind), id: String(id), json: String(json) }
      }
    },
    write(changes) {
      storage.transactionSync(() => {
        for (const { table, id, record } of changes) {
          if (record === undefined) {
            sql.exec('DELETE FROM rows WHERE kind = ? AND id = ?', table, id)
          } else {
            sql.exec(
              'INSERT INTO rows (kind, id, json) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json',
              table,
              id,
              JSON.stringify(record),
            )
          }
        }
      })
    },
  }
}
