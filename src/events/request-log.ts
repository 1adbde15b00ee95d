import type { Observation } from '../model/route.ts'
import { createPseudonyms } from './pseudonym.ts'
import type { RequestRecord, TakeRecord } from './record.ts'

/** Where lines go: the log of the platform. */
export type Log = Pick<Console, 'log' | 'error'>

/** Writes a line of JSON for each record that is wanted; for one with a fault always, as an error. */
export function createRequestLog(records: Observation['records'], log: Log): TakeRecord {
  const pseudonyms = createPseudonyms()

  function isWanted(record: RequestRecord): boolean {
    return (
      records === 'every' ||
      record.fault !== undefined ||
      (records === 'refused' && isRefusal(record))
    )
  }

  function write(record: RequestRecord, pseudonym: string | undefined): void {
    const line = JSON.stringify(written(record, pseudonym))
    if (record.fault === undefined) log.log(line)
    else log.error(line)
  }

  return (record, moment) => {
    if (!isWanted(record)) return
    const id = record.userId ?? record.subject
    const pseudonym = id && pseudonyms.recall(id)
    if (id === undefined || pseudonym !== undefined) write(record, pseudonym)
    else moment.waitUntil(pseudonyms.make(id).then((made) => write(record, made)))
  }
}

/** What went no further, and what would not have. */
function isRefusal({ outcome, shadow }: RequestRecord): boolean {
  return outcome === 'refused' || (shadow !== undefined && shadow.outcome !== 'passed')
}

/** What is written of a record, member by member: not the path, for people put secrets into paths. */
function written(record: RequestRecord, pseudonym: string | undefined) {
  return {
    requestId: record.requestId,
    traceId: record.traceId,
    startedAtMs: record.startedAtMs,
    method: record.method,
    host: record.host,
    route: record.route,
    checked: record.checked,
    outcome: record.outcome,
    reason: record.reason,
    shadow: record.shadow,
    status: record.status,
    user: record.userId === undefined ? undefined : pseudonym,
    machine: record.subject === undefined ? undefined : pseudonym,
    durationMs: record.durationMs,
    authenticateMs: record.authenticateMs,
    limitMs: record.limitMs,
    introduceMs: record.introduceMs,
    originMs: record.originMs,
    keySource: record.keySource,
    factSource: record.factSource,
    origin: record.origin,
    member: record.member,
    retries: record.retries,
    cached: record.cached,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    fault: record.fault,
  }
}
