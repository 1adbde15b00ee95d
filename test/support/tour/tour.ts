import { backendOperations } from '../../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../../src/local/clerk/frontend/operations.ts'
import type { Answer, ClerkBrowser, Members } from '../clerk-browser.ts'
import { alwaysRefuse } from '../ledger.ts'
import { type ClerkServer, createTestStandIn, type TestStandIn } from '../stand-in.ts'
import { signInBy } from './visitors.ts'

/** What an operation is asked with. */
export interface Visit {
  /** What stands in the path, by the names of the description. */
  readonly path?: Readonly<Record<string, string>>
  /** The form, the body or the query. */
  readonly send?: Members
}

/** How an operation of the Backend API is asked. */
export interface BackendVisit extends Visit {
  /** Several at once, where an operation takes a list. */
  readonly list?: readonly Members[]
  /** The key that is shown; the secret key when not given. */
  readonly key?: string
}

/**
 * A way past every operation that works here. Each is asked as it should be, and right before that as it should not:
 * by a stranger, by nobody, with a wrong key, with a member that Clerk does not know. What should have been refused
 * and was not, and what should have worked and did not, is noted.
 */
export interface Tour {
  readonly kit: TestStandIn
  /** Ids of the operations that worked: `frontend getClient`. */
  readonly worked: Set<string>
  readonly failed: string[]
  /** What strangers and callers without a key were let do. */
  readonly leaked: string[]
  /** What was done though a member of the request means nothing. */
  readonly swallowed: string[]
  /** How often something that is wrong was asked for. */
  readonly attempts: { stranger: number; nobody: number; wrongKey: number; unknownMember: number }
  frontend(browser: ClerkBrowser, id: string, visit?: Visit): Promise<Answer>
  backend(id: string, visit?: BackendVisit): Promise<Answer>
}

type Calls = Pick<ClerkServer, 'get' | 'post' | 'patch' | 'put' | 'delete'>

/** What is noted on the way. */
type Notes = Pick<Tour, 'worked' | 'failed' | 'leaked' | 'swallowed' | 'attempts'>

/** Sets out, on a stand-in that is new. */
export async function setOut(): Promise<Tour> {
  const kit = await createTestStandIn()
  const notes: Notes = {
    ...{ worked: new Set<string>(), failed: [], leaked: [], swallowed: [] },
    attempts: { stranger: 0, nobody: 0, wrongKey: 0, unknownMember: 0 },
  }
  return { kit, ...notes, frontend: frontendVisits(kit, notes), backend: backendVisits(kit, notes) }
}

function frontendVisits(kit: TestStandIn, notes: Notes): Tour['frontend'] {
  let stranger: Promise<ClerkBrowser> | undefined
  return async (browser, id, { path = {}, send = {} } = {}) => {
    const name = `frontend ${id}`
    const operation = frontendOperations.find((one) => one.id === id)
    if (operation === undefined) throw new Error(`There is no ${name}`)
    const target = filled(operation.path, path)
    const by = (one: ClerkBrowser, members: Members) => call(one, operation.method, target, members)
    if (Object.keys(path).length > 0) {
      stranger ??= signInBy(kit, 'linus')
      notes.attempts.stranger += 1
      noteLeak(notes, `${name} by a stranger`, await by(await stranger, send))
    }
    if (isPersonal(operation.path)) {
      notes.attempts.nobody += 1
      noteLeak(notes, `${name} by nobody`, await by(kit.browser(), send))
    }
    noteSwallowed(notes, name, await by(browser, { ...send, surprise: '1' }))
    return settle(notes, name, await by(browser, send))
  }
}

function backendVisits(kit: TestStandIn, notes: Notes): Tour['backend'] {
  return async (id, { path = {}, send, list, key = kit.settings.secretKey } = {}) => {
    const name = `backend ${id}`
    const operation = backendOperations.find((one) => one.id === id)
    if (operation === undefined) throw new Error(`There is no ${name}`)
    const target = filled(operation.path, path)
    const by = (shown: string, members: Members | readonly Members[] | undefined) =>
      call(kit.backend(shown), operation.method, target, members)
    notes.attempts.wrongKey += 1
    noteLeak(notes, `${name} with a wrong key`, await by('sk_live_wrong', list ?? send))
    const strange = { surprise: '1' }
    const members = list?.map((one) => ({ ...one, ...strange })) ?? { ...send, ...strange }
    noteSwallowed(notes, name, await by(key, members))
    return settle(notes, name, await by(key, list ?? send))
  }
}

function noteLeak({ leaked }: Notes, what: string, { status }: Answer): void {
  if (status < 400 || status >= 500) leaked.push(`${what}: ${status}`)
}

function noteSwallowed({ swallowed, attempts }: Notes, name: string, answer: Answer): void {
  attempts.unknownMember += 1
  const isNamed = JSON.stringify(answer.body ?? '').includes('surprise')
  const isRefused = answer.status === 422 || answer.status === 400
  if (!isNamed || !isRefused) swallowed.push(`${name}: ${answer.status}`)
}

function settle({ worked, failed }: Notes, name: string, answer: Answer): Answer {
  const [, id = ''] = name.split(' ')
  const isRefusal = answer.status >= 400 && answer.status < 500
  if (alwaysRefuse.has(id) ? isRefusal : answer.status < 400) worked.add(name)
  else failed.push(`${name}: ${answer.status} ${answer.code} ${JSON.stringify(answer.body)}`)
  return answer
}

function filled(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = parameters[name]
    if (value === undefined || value === '') throw new Error(`${path} needs ${name}`)
    return encodeURIComponent(value)
  })
}

/** Whether somebody must be signed in for it. */
function isPersonal(path: string): boolean {
  return /^\/v1\/(me|organizations)(\/|$)/.test(path)
}

function call(
  calls: Calls | ClerkBrowser,
  method: string,
  path: string,
  members: Members | readonly Members[] | undefined,
): Promise<Answer> {
  const sent = members as Members | undefined
  switch (method) {
    case 'GET':
      return calls.get(path, sent)
    case 'POST':
      return calls.post(path, sent)
    case 'PATCH':
      return calls.patch(path, sent)
    case 'PUT':
      return calls.put(path, sent)
    default:
      return calls.delete(path, sent)
  }
}
