import { isRecord } from '../config/shape.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { TomlEdit } from './toml.ts'
import type { BoundResource, WorkerConfig } from './worker-file.ts'
import { complaintOf, type RunWrangler } from './wrangler.ts'

/** Something in the account that a binding leads to, and how wrangler lists and makes it. */
export interface Resource {
  readonly binding: 'KV' | 'DB'
  readonly noun: string
  readonly bound: (config: WorkerConfig) => BoundResource | undefined
  /** Its name in the account. */
  readonly nameIn: (config: WorkerConfig) => string
  readonly list: readonly string[]
  readonly create: readonly string[]
  /** The members of a listed one that hold its name and its id. */
  readonly listed: { readonly name: string; readonly id: string }
  /** Where the id stands in `wrangler.toml`. */
  readonly written: { readonly table: string; readonly key: string }
}

/** The two that the gateway cannot do without. */
export const resources = {
  keys: {
    binding: 'KV',
    noun: 'KV namespace',
    bound: ({ keys }) => keys,
    // The name that wrangler itself would give it.
    nameIn: ({ name }) => `${name}-kv`,
    list: ['kv', 'namespace', 'list'],
    create: ['kv', 'namespace', 'create'],
    listed: { name: 'title', id: 'id' },
    written: { table: 'kv_namespaces', key: 'id' },
  },
  database: {
    binding: 'DB',
    noun: 'D1 database',
    bound: ({ database }) => database,
    nameIn: ({ name, database }) => database?.name ?? name,
    list: ['d1', 'list', '--json'],
    create: ['d1', 'create'],
    listed: { name: 'name', id: 'uuid' },
    written: { table: 'd1_databases', key: 'database_id' },
  },
} as const satisfies Record<string, Resource>

/** The edit that writes the id of a resource. */
export function idEdit({ binding, written }: Resource, id: string): TomlEdit {
  return { table: written.table, entry: ['binding', binding], key: written.key, value: id }
}

/** The id of a resource in the account, which is made when it is not there. */
export async function findOrCreate(
  resource: Resource,
  name: string,
  run: RunWrangler,
): Promise<Result<{ readonly id: string; readonly isNew: boolean }, string>> {
  const there = await find(resource, name, run)
  if (!there.ok) return there
  if (there.value !== undefined) return ok({ id: there.value, isNew: false })
  const created = await run([...resource.create, name])
  if (created.code !== 0) return err(complaintOf(created))
  const made = await find(resource, name, run)
  if (!made.ok) return made
  if (made.value === undefined)
    return err(`The ${resource.noun} ${name} was made and is not listed.`)
  return ok({ id: made.value, isNew: true })
}

/** Makes a queue where the account has none of this name. Gives whether it is new. */
export async function ensureQueue(
  name: string,
  run: RunWrangler,
): Promise<Result<boolean, string>> {
  const there = await run(['queues', 'info', name])
  if (there.code === 0) return ok(false)
  const complaint = complaintOf(there)
  if (!complaint.includes(`"${name}" does not exist`)) return err(complaint)
  const created = await run(['queues', 'create', name])
  return created.code === 0 ? ok(true) : err(complaintOf(created))
}

async function find(
  { list, listed }: Resource,
  name: string,
  run: RunWrangler,
): Promise<Result<string | undefined, string>> {
  const answer = await run(list)
  const rows = answer.code === 0 ? parseListing(answer.stdout) : undefined
  if (rows === undefined) return err(complaintOf(answer))
  const id = rows.find((row) => row[listed.name] === name)?.[listed.id]
  return ok(typeof id === 'string' ? id : undefined)
}

/** A list that wrangler printed in JSON, whatever it said around it; `undefined` when there is none. */
export function parseListing(
  output: string,
): readonly Readonly<Record<string, unknown>>[] | undefined {
  const start = output.search(/^\[/m)
  const end = output.lastIndexOf(']')
  try {
    const parsed: unknown = JSON.parse(output.slice(start, end + 1))
    return start >= 0 && Array.isArray(parsed) ? parsed.filter(isRecord) : undefined
  } catch {
    return undefined
  }
}

/**
 * The migrations that are not applied, from what `wrangler d1 migrations list` printed; `undefined`
 * when it said neither that there are some nor that there are none.
 */
export function parsePendingMigrations(output: string): readonly string[] | undefined {
  if (output.includes('No migrations to apply')) return []
  const [, table] = output.split('Migrations to be applied:')
  const names = table?.match(/[\w.-]+\.sql\b/g)
  return names ? [...names] : undefined
}

/** The names of the Worker's secrets; none when there is no such Worker yet. */
export async function listSecrets(run: RunWrangler): Promise<Result<ReadonlySet<string>, string>> {
  const answer = await run(['secret', 'list'])
  if (answer.code !== 0) {
    const complaint = complaintOf(answer)
    return /Worker "[^"]*".* not found/.test(complaint) ? ok(new Set()) : err(complaint)
  }
  const names = parseListing(answer.stdout)?.map(({ name }) => String(name))
  return names === undefined ? err('The list of secrets cannot be read.') : ok(new Set(names))
}
