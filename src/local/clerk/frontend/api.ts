import type { Raw } from '../kernel/fields.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import type { Asked, Operation } from '../kernel/operation.ts'
import { operation } from '../kernel/operation.ts'
import { membersOf, readBody } from '../kernel/request-body.ts'
import type { Browser } from './browser.ts'
import { clientView } from './views/client.ts'

/** An operation of the Frontend API. */
export type FrontendOperation = Operation<Browser>

/** Writes an operation of the Frontend API down. */
export const frontend: typeof operation<Browser> = operation<Browser>

const resourceMark = Symbol('resource')

interface Resource {
  readonly [resourceMark]: true
  readonly value: unknown
}

/** An answer in Clerk's envelope `{ response, client }`, by which the browser learns of its sessions. */
export function resource(value: unknown): Resource {
  return { [resourceMark]: true, value }
}

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && resourceMark in value
}

/** What Clerk's script adds to every address; none of it is an operation's. */
const scriptsOwn =
  /^(_method|_clerk_session_id|_clerk_js_version|__clerk_api_version|_is_native|rotating_token_nonce|__clerk_db_jwt|_clerk_organization_id)$/

/** Answers one operation of the Frontend API. Anything that a handler gives bare is the whole body. */
export async function answerFrontend(
  found: FrontendOperation,
  asked: Asked,
  browser: Browser,
): Promise<Response> {
  const raw: Raw = { ...withoutScripts(asked.url), ...(await readBody(asked.request)) }
  const given = await found.answer(asked, browser, raw)
  const response = given instanceof Response ? given : jsonAnswer(enveloped(given, asked, browser))
  for (const line of browser.cookies()) response.headers.append('set-cookie', line)
  return response
}

function enveloped(given: unknown, { world }: Asked, browser: Browser): unknown {
  if (!isResource(given)) return given
  const client = browser.client()
  return { response: given.value, client: client === undefined ? null : clientView(world, client) }
}

function withoutScripts(url: URL): Raw {
  const members = Object.entries(membersOf(url.searchParams))
  return Object.fromEntries(members.filter(([name]) => !scriptsOwn.test(name)))
}
