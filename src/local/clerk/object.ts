import { DurableObject } from 'cloudflare:workers'
import type { IssuerKey } from './issuer.ts'
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
  #standIn: Promise<StandIn> | undefined

  override async fetch(request: Request): Promise<Response> {
    this.#standIn ??= this.#open()
    return (await this.#standIn).fetch(request)
  }

  #open(): Promise<StandIn> {
    const { LOCAL_CLERK_KEY, LOCAL_CLERK_SETTINGS, LOCAL_CLERK_SCRIPTS } = this.env
    const key: IssuerKey = JSON.parse(LOCAL_CLERK_KEY)
    const settings: Settings = JSON.parse(LOCAL_CLERK_SETTINGS)
    return createStandIn({
      key,
      settings,
      keeper: keepRows(this.ctx.storage),
      send: (request) => fetch(request),
      scripts: (path) => fetch(new URL(path, LOCAL_CLERK_SCRIPTS)),
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
