import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { ok, type Result } from '../model/result.ts'
import type { Database } from '../store/database.ts'
import { localFolder } from './local-state.ts'
import { openDeployedPeople, openLocalPeople, type PeopleDatabase } from './people-database.ts'

/** What a command about people was asked to do. What it does not take is empty. */
export interface Errand {
  readonly userId: string
  readonly role: string
  /** Empty for everywhere. */
  readonly organizationId: string
  readonly isRemote: boolean
  /** Who did it, as the audit names them. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** What is said of it, and whether what was asked for holds now. */
export interface Outcome {
  readonly text: string
  readonly isDone: boolean
}

/** A command about people. */
export interface PeopleCommand {
  /** The words behind the name of the command, `npm run grant -- <user id> <role>`. */
  readonly usage: string
  readonly takes: { readonly user?: true; readonly role?: true; readonly organization?: true }
  readonly act: (database: Database, errand: Errand) => Promise<Outcome>
}

type Options = Pick<Errand, 'userId' | 'role' | 'organizationId' | 'isRemote'>

/** A command line that cannot be understood. */
class UsageError extends Error {}

/** Runs a command: 0 when it is done, 1 when it is not, 2 when it was not understood. */
export async function runPeopleCommand(command: PeopleCommand): Promise<void> {
  try {
    const { text, isDone } = await perform(command)
    const stream = isDone ? process.stdout : process.stderr
    stream.write(`${text}\n`)
    process.exitCode = isDone ? 0 : 1
  } catch (error) {
    const misused = error instanceof UsageError
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(misused ? `${message}\n\nUsage: ${command.usage}\n` : `${message}\n`)
    process.exitCode = misused ? 2 : 1
  }
}

async function perform(command: PeopleCommand): Promise<Outcome> {
  const options = readOptions(command.takes)
  const opened = await open(options.isRemote)
  if (!opened.ok) return { text: opened.error, isDone: false }
  const { database, close } = opened.value
  try {
    return await command.act(database, { ...options, by: actor(), nowMs: Date.now() })
  } finally {
    await close()
  }
}

async function open(isRemote: boolean): Promise<Result<PeopleDatabase, string>> {
  return isRemote ? openDeployedPeople() : ok(await openLocalPeople(localFolder()))
}

function readOptions(takes: PeopleCommand['takes']): Options {
  const { values, positionals } = parse(takes)
  const [userId, role] = [takes.user && positionals.shift(), takes.role && positionals.shift()]
  if (takes.user && !/^user_\w+$/.test(userId ?? '')) {
    throw new UsageError(`${userId ?? 'Nothing'} is no user id: Clerk's begin with user_.`)
  }
  if (takes.role && !role) throw new UsageError('The role is missing.')
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} is one word too many.`)
  const organizationId = values.org ?? ''
  if (values.org !== undefined && !/^org_\w+$/.test(organizationId)) {
    throw new UsageError(
      `"${organizationId}" is no id of an organisation: Clerk's begin with org_.`,
    )
  }
  const isRemote = values.remote === true
  return { userId: userId ?? '', role: role ?? '', organizationId, isRemote }
}

function parse({ organization }: PeopleCommand['takes']) {
  const options = { remote: { type: 'boolean' }, org: { type: 'string' } } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    if (values.org === undefined || organization) return { values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  throw new UsageError('--org is not meant for this.')
}

/** A process may run under a number that has no name. */
function actor(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    return 'cli:unknown'
  }
}

/** `in the deployed database`, `in org_1 of the local database`. */
export function describePlace({ organizationId, isRemote }: Errand): string {
  const database = `the ${isRemote ? 'deployed' : 'local'} database`
  return organizationId === '' ? `in ${database}` : `in ${organizationId} of ${database}`
}
