import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getPlatformProxy } from 'wrangler'
import { err, ok, type Result } from '../model/result.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { migrate } from './migrate.ts'
import { workerPath } from './project.ts'
import { quietWrangler } from './quiet-wrangler.ts'
import { openWorkerFile } from './worker-file.ts'
import { hasAccount, runWrangler } from './wrangler.ts'

/** A database of people that is open in this process. */
export interface PeopleDatabase {
  readonly database: Database
  readonly close: () => Promise<void>
}

/** The id of the database in `src/local/wrangler.toml`: wrangler names the file after it. */
const localId = 'usher-local'

const noAccount =
  'No Cloudflare account is signed in (npx wrangler login, or CLOUDFLARE_API_TOKEN): nothing was done.'

/**
 * Opens the database of local mode below `folder`, whether `npm start` runs or not, and brings it up to
 * date first. Throws when it cannot.
 */
export async function openLocalPeople(folder: string): Promise<PeopleDatabase> {
  const { binding, close } = await openBinding({ id: localId, folder })
  try {
    await migrate(binding)
  } catch (error) {
    await close()
    throw error
  }
  return { database: openDatabase(binding), close }
}

/** Opens the database that is deployed. The error is one sentence; throws when Cloudflare refuses. */
export async function openDeployedPeople(): Promise<Result<PeopleDatabase, string>> {
  const file = openWorkerFile(workerPath, true)
  if (!file.ok) return file
  if (!(await hasAccount(runWrangler))) return err(noAccount)
  const id = file.value.config().database?.id
  if (id === undefined) return err('wrangler.toml names no database yet: npm run deploy makes it.')
  const { binding, close } = await openBinding({ id, folder: undefined })
  return ok({ database: openDatabase(binding), close })
}

/** Where a database is: below a folder of this machine, or in the account. */
interface Whereabouts {
  readonly id: string
  readonly folder: string | undefined
}

async function openBinding({ id, folder }: Whereabouts) {
  const scratch = mkdtempSync(join(tmpdir(), 'usher-people-'))
  const configPath = join(scratch, 'wrangler.json')
  const database = { binding: 'DB', database_name: 'usher', database_id: id }
  writeFileSync(
    configPath,
    JSON.stringify({
      name: 'usher-people',
      compatibility_date: '2026-10-01',
      d1_databases: [{ ...database, remote: folder === undefined }],
    }),
  )
  Object.assign(process.env, quietly(scratch))
  const { env, dispose } = await getPlatformProxy<{ DB: D1Database }>({
    configPath,
    envFiles: [],
    persist: folder === undefined ? false : { path: join(folder, 'state/v3') },
    remoteBindings: folder === undefined,
  })
  const close = async () => {
    await dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
  return { binding: env.DB, close }
}

/** No metrics, no log files, no sample of `request.cf`, and unseen by gateways on this machine. */
function quietly(scratch: string): Readonly<Record<string, string>> {
  return {
    ...quietWrangler,
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_REGISTRY_PATH: scratch,
  }
}
