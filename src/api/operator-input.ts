import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { isSafe } from '../model/safe-methods.ts'
import { readJson } from './json.ts'
import type { RawInput } from './operation.ts'

const bodyMaxBytes = 64 * 1024
const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i
/** One ETag (RFC 9110 section 8.8.3). Whoever compresses an answer on its way makes a weak one of it, which says as much. */
const entityTag = /^(?:W\/)?"([\x21\x23-\x7e]{1,128})"$/

/** What a call brings, read but not yet held against its row. */
export type Brought = RawInput & {
  readonly ifMatch: string | undefined
  readonly mustBeNew: boolean
}

/** Reads what a call brings: its query, its body and what it says of the state that it means. */
export async function readInput(
  request: Request,
  params: RawInput['params'],
): Promise<Result<Brought, Refusal>> {
  const query = readQuery(request)
  if (!query.ok) return query
  if (!Object.values(params).every(isText)) return refuse('query-invalid')
  const condition = readCondition(request)
  if (!condition.ok) return condition
  const body = await readBody(request)
  if (!body.ok) return body
  return ok({ params, query: query.value, body: body.value, ...condition.value })
}

/** Two readers may take a name that is there twice for either: it is taken for none. */
function readQuery({ url }: Request): Result<RawInput['query'], Refusal> {
  const members = [...new URL(url).searchParams]
  const names = new Set(members.map(([name]) => name))
  const isSound = names.size === members.length && members.flat().every(isText)
  return isSound ? ok(Object.fromEntries(members)) : refuse('query-invalid')
}

/** What is read is not held against a state, so it may say of one what it likes. */
function readCondition({
  method,
  headers,
}: Request): Result<Pick<Brought, 'ifMatch' | 'mustBeNew'>, Refusal> {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')]
  if (isSafe(method)) return ok({ ifMatch: undefined, mustBeNew: false })
  const ifMatch = match === '*' ? match : entityTag.exec(match ?? '')?.[1]
  const isRead = (match === null || ifMatch !== undefined) && [null, '*'].includes(noneMatch)
  return isRead ? ok({ ifMatch, mustBeNew: noneMatch === '*' }) : refuse('precondition-failed')
}

/** A JSON object, or nothing at all: a form of another site's page can say neither. */
async function readBody(request: Request): Promise<Result<unknown, Refusal>> {
  const isEmpty = request.body === null || request.headers.get('content-length') === '0'
  if (isSafe(request.method) || isEmpty) return ok(undefined)
  if (!jsonType.test(request.headers.get('content-type') ?? '')) return refuse('body-invalid')
  const body = await readJson(request, bodyMaxBytes)
  return !body.ok || isSound(body.value) ? body : refuse('body-invalid')
}

/** Whether every text in it is one that the database can keep as it is. */
function isSound(value: unknown): boolean {
  if (typeof value === 'string') return isText(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isText(name) && isSound(member))
}

function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
