import { checkTestingToken } from '../acts/tickets.ts'
import type { Fields, Raw } from '../kernel/fields.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import type { Asked, Operation, Written } from '../kernel/operation.ts'
import { operation } from '../kernel/operation.ts'
import { membersOf, readBody } from '../kernel/request-body.ts'
import type { Browser } from './browser.ts'
import { withTokens } from './last-active-tokens.ts'
import { clientView } from './views/client.ts'

/** An operation of the Frontend API. */
export type FrontendOperation = Operation<Browser>

/** Writes an operation of the Frontend API down. */
export function frontend<F extends Fields = Record<never, never>>(
  written: Written<Browser, F>,
): FrontendOperation {
  return operation(written)
}

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

const testingTokenName = '__clerk_testing_token'

const scriptsOwn = new Set([
  ...['_method', '_clerk_session_id', '_clerk_js_version', '__clerk_api_version', '_is_native'],
  ...['rotating_token_nonce', '__clerk_db_jwt', '_clerk_organization_id', '_clerk_retry_attempt'],
  ...['__domain', testingTokenName],
])

/** Whether Clerk's script, or its kit for tests, adds this to every address: it is no operation's. */
export function isScriptsOwn(name: string): boolean {
  return scriptsOwn.has(name)
}

/** Answers one operation of the Frontend API. Anything that a handler gives bare is the whole body. */
export async function answerFrontend(
  found: FrontendOperation,
  asked: Asked,
  browser: Browser,
): Promise<Response> {
  const testingToken = asked.url.searchParams.get(testingTokenName)
  if (testingToken !== null) await checkTestingToken(asked.world, testingToken)
  const raw: Raw = { ...withoutScripts(asked.url), ...(await readBody(asked.request)) }
  const given = await found.answer(asked, browser, raw)
  const response =
    given instanceof Response ? given : jsonAnswer(await enveloped(given, asked, browser))
  for (const line of browser.cookies()) response.headers.append('set-cookie', line)
  return response
}

async function enveloped(given: unknown, { world }: Asked, browser: Browser): Promise<unknown> {
  if (!isResource(given)) return given
  const client = browser.client()
  const page = { world, authorizedParty: browser.pageOrigin }
  return {
    response: await withTokens(given.value, page),
    client: client === undefined ? null : await withTokens(clientView(world, client), page),
  }
}

function withoutScripts(url: URL): Raw {
  const members = Object.entries(membersOf(url.searchParams))
  return Object.fromEntries(members.filter(([name]) => !isScriptsOwn(name)))
}
