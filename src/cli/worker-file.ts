import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { experimental_readRawConfig, unstable_readConfig } from 'wrangler'
import type { Behind } from '../config/lint-bindings.ts'
import { isRecord } from '../config/shape.ts'
import { err, ok, type Result } from '../model/result.ts'
import { editToml, type TomlEdit } from './toml.ts'

/** A route of the Worker: a whole host as custom domain, or a pattern in a zone. */
export interface WorkerRoute {
  readonly pattern: string
  readonly isCustomDomain: boolean
}

/** A binding to something that exists in the account once it has an id. */
export interface BoundResource {
  readonly id: string | undefined
  /** A database's own name; a namespace has none here. */
  readonly name: string | undefined
}

/** What of `wrangler.toml` the commands ask for. */
export interface WorkerConfig {
  readonly name: string
  readonly answersOnWorkersDev: boolean
  readonly routes: readonly WorkerRoute[]
  readonly variables: Readonly<Record<string, string>>
  /** `undefined` where the binding is missing altogether. */
  readonly keys: BoundResource | undefined
  readonly database: BoundResource | undefined
  /** The names of the queues that it sends to, reads, or leaves dead letters in. */
  readonly queues: readonly string[]
  readonly behind: Behind
}

/** `wrangler.toml` as it is now. */
export interface WorkerFile {
  readonly config: () => WorkerConfig
  /** Makes the edits; the error is a sentence, and then nothing was written. */
  readonly edit: (edits: readonly TomlEdit[]) => Result<void, string>
}

/** Opens `wrangler.toml`. On trial, edits are tried and remembered and never written. */
export function openWorkerFile(path: string, onTrial: boolean): Result<WorkerFile, string> {
  let text = readFileSync(path, 'utf8')
  const first = parseWorkerToml(text)
  if (!first.ok) return first
  let config = first.value
  return ok({
    config: () => config,
    edit(edits) {
      const edited = editToml(text, edits)
      const parsed = parseWorkerToml(edited, edits)
      if (!parsed.ok) return parsed
      if (!onTrial && edited !== text) replaceFile(path, edited)
      text = edited
      config = parsed.value
      return ok(undefined)
    },
  })
}

/** Never half written: wrangler may be reading it. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, path)
}

/**
 * What a text of `wrangler.toml` says, as wrangler itself reads it. It fails when wrangler refuses it, or
 * when it does not say what the edits were to make it say.
 */
export function parseWorkerToml(
  text: string,
  edits: readonly TomlEdit[] = [],
): Result<WorkerConfig, string> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-wrangler-'))
  const config = join(folder, 'wrangler.toml')
  try {
    writeFileSync(config, text)
    const { rawConfig } = experimental_readRawConfig({ config })
    const failed = edits.find((edit) => !says(rawConfig, edit))
    if (failed !== undefined) return err(byHand(failed))
    return ok(workerConfigOf(unstable_readConfig({ config }, { hideWarnings: true })))
  } catch (thrown) {
    const [edit] = edits
    if (edit !== undefined) return err(byHand(edit))
    const words = thrown instanceof Error ? thrown.message : String(thrown)
    return err(`wrangler cannot read wrangler.toml: ${words.replaceAll(config, 'wrangler.toml')}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function byHand({ table, entry, key, value }: TomlEdit): string {
  const where = table === '' ? 'at its top' : `in ${entry ? `[[${table}]]` : `[${table}]`}`
  const which = entry === undefined ? '' : ` with ${entry[0]} = ${JSON.stringify(entry[1])}`
  return `wrangler.toml is written in a way that is not safe to edit: write ${key} = ${JSON.stringify(value)} ${where}${which} yourself.`
}

function says(raw: object, { table, entry, key, value }: TomlEdit): boolean {
  const parent: unknown =
    table === '' ? raw : Object.entries(raw).find(([name]) => name === table)?.[1]
  if (entry === undefined) return isRecord(parent) && parent[key] === value
  const found = Array.isArray(parent)
    ? parent.filter((one) => isRecord(one) && one[entry[0]] === entry[1])
    : []
  return found.length === 1 && found[0][key] === value
}

/** Wrangler's own types are not exported, so what it read is looked at piece by piece. */
function workerConfigOf(read: unknown): WorkerConfig {
  const config = isRecord(read) ? read : {}
  const keys = recordsOf(config.kv_namespaces).find(({ binding }) => binding === 'KV')
  const database = recordsOf(config.d1_databases).find(({ binding }) => binding === 'DB')
  const variables = Object.entries(isRecord(config.vars) ? config.vars : {})
  return {
    name: textOf(config.name) ?? '',
    answersOnWorkersDev: config.workers_dev === true,
    routes: [config.routes ?? [], config.route ?? []].flat().flatMap(readRoute),
    variables: Object.fromEntries(
      variables.filter((one): one is [string, string] => typeof one[1] === 'string'),
    ),
    keys: keys && { id: textOf(keys.id), name: undefined },
    database: database && {
      id: textOf(database.database_id),
      name: textOf(database.database_name),
    },
    ...behindOf(config),
  }
}

/** What works behind the requests, as far as it is bound. */
function behindOf(
  config: Readonly<Record<string, unknown>>,
): Pick<WorkerConfig, 'queues' | 'behind'> {
  const { producers, consumers } = isRecord(config.queues) ? config.queues : {}
  const [sent, read] = [recordsOf(producers), recordsOf(consumers)]
  const queue = textOf(sent.find(({ binding }) => binding === 'QUEUE')?.queue)
  const reader = read.find((one) => queue !== undefined && one.queue === queue)
  const deadLetters = textOf(reader?.dead_letter_queue)
  const triggers = isRecord(config.triggers) ? config.triggers : {}
  const named = [...sent, ...read].flatMap((one) => [one.queue, one.dead_letter_queue])
  return {
    queues: [...new Set(named.flatMap((name) => textOf(name) ?? []))],
    behind: {
      queue,
      isQueueRead: reader !== undefined,
      areDeadLettersRead:
        deadLetters !== undefined && read.some((one) => one.queue === deadLetters),
      hasSync: recordsOf(config.workflows).some(({ binding }) => binding === 'SYNC'),
      hasCrons: Array.isArray(triggers.crons) && triggers.crons.length > 0,
    },
  }
}

function readRoute(route: unknown): readonly WorkerRoute[] {
  if (typeof route === 'string') return [{ pattern: route, isCustomDomain: false }]
  if (!isRecord(route) || typeof route.pattern !== 'string') return []
  return [{ pattern: route.pattern, isCustomDomain: route.custom_domain === true }]
}

function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
