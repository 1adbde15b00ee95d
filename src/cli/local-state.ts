import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where everything of local mode is kept; another folder for those who try things out. */
export function localFolder(): string {
  return process.env.USHER_STATE || join(import.meta.dirname, '../../.wrangler')
}

/**
 * Whom the local issuer must refuse. It makes tokens without asking the database, as no token waits for
 * a database to open. Throws when the file is there and cannot be understood.
 */
export function readBanned(folder: string): readonly string[] {
  const path = bannedPath(folder)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  const ids = parseIds(text)
  if (ids === undefined) throw new Error(`${path} is damaged: it must be a JSON list of user ids.`)
  return ids
}

/** Notes for the local issuer that someone is banned, or no longer. */
export function noteBan(folder: string, userId: string, isBanned: boolean): void {
  const others = readBanned(folder).filter((id) => id !== userId)
  const path = bannedPath(folder)
  const draft = `${path}.${process.pid}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(draft, `${JSON.stringify(isBanned ? [...others, userId] : others)}\n`)
  renameSync(draft, path)
}

function bannedPath(folder: string): string {
  return join(folder, 'local/banned.json')
}

function parseIds(text: string): readonly string[] | undefined {
  try {
    const ids: unknown = JSON.parse(text)
    if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids
  } catch {}
  return undefined
}
