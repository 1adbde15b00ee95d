import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFree } from './ports.ts'

/** Whoever has a state folder: the process, the port of its gateway, and one on which it listens by itself. */
export interface Holder {
  readonly pid: number
  readonly port: number
  readonly ownPort: number
}

/**
 * Takes the folder of the state for this process, as two that write into one would know nothing of each other. What a
 * process left that is no more is taken over; throws where another one lives. Gives what lets go of it.
 */
export async function takeFolder(folder: string, holder: Holder): Promise<() => void> {
  const path = join(folder, 'local/running.json')
  mkdirSync(join(folder, 'local'), { recursive: true })
  if (!write(path, holder)) {
    const other = read(path)
    if (other !== undefined && (await isAlive(other))) throw new Error(refusal(other, holder))
    rmSync(path, { force: true })
    if (!write(path, holder)) return takeFolder(folder, holder)
  }
  return () => {
    if (read(path)?.pid === holder.pid) rmSync(path, { force: true })
  }
}

function refusal(other: Holder, { port }: Holder): string {
  const free = port === other.port ? port + 1 : port
  return `Usher runs on this state already, at http://localhost:${other.port}; another one beside it needs a folder of its own: USHER_STATE=.wrangler/second PORT=${free} npm start`
}

/** `false` where the file is there already. */
function write(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function read(path: string): Holder | undefined {
  try {
    const { pid, port, ownPort } = JSON.parse(readFileSync(path, 'utf8'))
    const numbers = [pid, port, ownPort]
    return numbers.every((one) => Number.isInteger(one)) ? { pid, port, ownPort } : undefined
  } catch {
    return undefined
  }
}

/** The number of a process may be another's by now, which then does not listen there. */
async function isAlive({ pid, ownPort }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return !(await isFree(ownPort))
}
