import type { World } from './world.ts'

/** What Usher depends on. */
export const parts = ['kv', 'd1', 'keys', 'origin'] as const
export type Part = (typeof parts)[number]

export type Way = 'fails' | 'slow' | 'nonsense' | 'lacks'

/** How each part can be broken. A key server that `lacks` a key is otherwise well. */
export const ways: Readonly<Record<Part, readonly Way[]>> = {
  kv: ['fails', 'slow', 'nonsense'],
  d1: ['fails', 'slow', 'nonsense'],
  keys: ['fails', 'slow', 'nonsense', 'lacks'],
  origin: ['fails', 'slow', 'nonsense'],
}

/** One way in which one part is broken. */
export interface Fault {
  readonly part: Part
  readonly way: Way
  readonly name: string
  readonly breaks: (world: World) => void
}

/** It is in whatever a broken part says, and must be in nothing that a caller is told. */
export const marker = 'hunter2'

const forever = () => new Promise<never>(() => {})
const rejects = () => Promise.reject(new Error(`${marker} at https://10.0.0.7/internal`))
const throws = () => {
  throw new TypeError(`${marker} is not a function`)
}

/** What a statement gives, by its text and by what the real D1 would give. */
export type AnswerStatement = (sql: string, real: () => Promise<unknown>) => Promise<unknown>

/** A D1 whose statements give what the test says. Only what Usher uses of a statement is there. */
export function databaseThat(answer: AnswerStatement, real: D1Database): D1Database {
  const known = new WeakMap<
    object,
    { readonly sql: string; readonly prepared: D1PreparedStatement }
  >()
  function statement(sql: string, prepared: D1PreparedStatement): object {
    const own = {
      bind: (...values: unknown[]) => statement(sql, prepared.bind(...values)),
      all: () => answer(`all ${sql}`, () => prepared.all()),
      first: () => answer(`first ${sql}`, () => prepared.first()),
      raw: () => answer(`raw ${sql}`, () => prepared.raw()),
      run: () => answer(`run ${sql}`, () => prepared.run()),
    }
    known.set(own, { sql, prepared })
    return own
  }
  function batch(statements: readonly object[]): Promise<unknown> {
    const all = statements.flatMap((one) => known.get(one) ?? [])
    const text = all.map(({ sql }) => sql).join('; ')
    return answer(`batch ${text}`, () => real.batch(all.map(({ prepared }) => prepared)))
  }
  const prepare = (sql: string) => statement(sql, real.prepare(sql))
  // A test double: everything else is missed at once when it is used.
  return { prepare, batch } as unknown as D1Database
}

/** The real D1, asked once for each statement: thousands of isolates get the same answers. */
export function replayed(real: D1Database): D1Database {
  const answers = new Map<string, unknown>()
  return databaseThat(async (sql, ask) => {
    if (!answers.has(sql)) answers.set(sql, await ask())
    return answers.get(sql)
  }, real)
}

/** Whether a statement asks for the facts of a user. */
export function asksForFacts(sql: string): boolean {
  return sql.includes('json_group_array')
}

function breakDatabase(world: World, answer: AnswerStatement): void {
  const { database } = world.store
  if (database === undefined) throw new TypeError('This world has the real D1')
  world.store.database = databaseThat(answer, database)
}

const row = { status: 'active', email: null, grants: '[]', ended: '[]' }
const admin = { role: 'admin', permissions: [], organizationId: '' }

/** What D1 says of a user that no user can be. */
const oddResults: Readonly<Record<string, unknown>> = {
  'no result at all': null,
  'a result without rows': { success: true, meta: {} },
  'no row': { results: [] },
  'a row that is null': { results: [null] },
  'a row of other columns': { results: [{ id: marker }] },
  'a row that is a list': { results: [['active', null, '[]', '[]']] },
  ...rows('grants', {
    'broken JSON': '[{"role":',
    HTML: `<html>${marker}`,
    null: 'null',
    'an object': '{}',
    'a number': '7',
    text: '"admin"',
    'a list of null': '[null]',
    'a list of names': '["admin"]',
    'a grant that does not say where': JSON.stringify([{ role: 'admin', permissions: [] }]),
    'a grant without permissions': JSON.stringify([{ role: 'admin', organizationId: '' }]),
    'permissions that are text': JSON.stringify([{ ...admin, permissions: 'all' }]),
    'a role that is no name': JSON.stringify([{ ...admin, role: { name: 'admin' } }]),
  }),
  ...rows('ended', {
    'broken JSON': '["sess_',
    null: 'null',
    'an object': '{}',
    'a number': '7',
    text: `"${marker}"`,
    'a list of numbers': '[7]',
  }),
  ...rows('status', {
    'an unknown word': 'suspended',
    'another case': 'Banned',
    'a number': 7,
    empty: '',
  }),
}

/** Good but for one column. The grants make an administrator, so that an open gate is seen. */
function rows(column: keyof typeof row, values: Readonly<Record<string, unknown>>) {
  const good = { ...row, grants: JSON.stringify([admin]) }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `${column}: ${name}`,
      { success: true, meta: {}, results: [{ ...good, [column]: value }] },
    ]),
  )
}

const oddTexts: Readonly<Record<string, string>> = {
  HTML: `<!doctype html><title>${marker}</title>`,
  'broken JSON': '{"keys":[{"kty":"RSA"',
  nothing: '',
  null: 'null',
  'a list': '[]',
  'a number': '7',
  'no keys': '{"keys":[]}',
  'keys that are no list': '{"keys":{"kty":"RSA"}}',
  'keys that are null': '{"keys":[null,7,"RSA"]}',
  'keys of another kind':
    '{"keys":[{"kty":"EC","kid":"ins_usher","crv":"P-256","x":"AA","y":"AA"}]}',
  'an error in JSON': `{"errors":[{"code":"${marker}"}]}`,
  'more than is read': JSON.stringify({ keys: [], padding: 'x'.repeat(70_000) }),
}

/** What may lie in KV under the name of the keys; `nowMs` is the time at which it is looked for. */
const oddRecords: Readonly<Record<string, (nowMs: number) => string>> = {
  HTML: () => `<html>${marker}`,
  truncated: () => '{"fetchedAtMs":17',
  nothing: () => '',
  null: () => 'null',
  'a list': () => '[]',
  'a bare set': () => '{"keys":[]}',
  'a time that is text': (nowMs) =>
    JSON.stringify({ fetchedAtMs: `${nowMs}`, jwks: '{"keys":[]}' }),
  'a time that is infinite': () => '{"fetchedAtMs":1e999,"jwks":"{}"}',
  'a time before all time': () => '{"fetchedAtMs":-1e999,"jwks":"{}"}',
  'a time to come': (nowMs) => JSON.stringify({ fetchedAtMs: nowMs + 60_000, jwks: '{"keys":[]}' }),
  'a set that is no text': (nowMs) => JSON.stringify({ fetchedAtMs: nowMs, jwks: { keys: [] } }),
  ...Object.fromEntries(
    Object.entries(oddTexts).map(([name, jwks]) => [
      `a set that is ${name}`,
      (nowMs: number) => JSON.stringify({ fetchedAtMs: nowMs - 1, jwks }),
    ]),
  ),
}

/** A status that no response may have, as the platform hands it over. */
function withStatus(status: number): Response {
  return Object.defineProperty(new Response(marker), 'status', { value: status })
}

const oddAnswers: Readonly<Record<string, () => unknown>> = {
  'status 0': () => withStatus(0),
  'status 99': () => withStatus(99),
  'status 101 without a socket': () => withStatus(101),
  'status 199': () => withStatus(199),
  'status 600': () => withStatus(600),
  'status 999': () => withStatus(999),
  'no response': () => null,
}

/** The platform's fetch gives up when its signal says so; nothing else ends this. */
function untilAborted({ signal }: Request): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(marker)))
  })
}

function endless(): Response {
  return new Response(new ReadableStream({ pull: forever }))
}

function kvThat(read: () => Promise<string | null>, write: () => Promise<void>) {
  return ({ store }: World) => Object.assign(store, { read, write })
}

function keysThat(answer: World['keyServer']['answer']) {
  return ({ keyServer }: World) => Object.assign(keyServer, { answer })
}

function d1That(answer: AnswerStatement) {
  return (world: World) => breakDatabase(world, answer)
}

function originThat(answer: World['origin']) {
  return (world: World) => Object.assign(world, { origin: answer })
}

/** The faults of a part that talks nonsense: one for each kind of it. */
function nonsense<T>(
  part: Part,
  kinds: Readonly<Record<string, T>>,
  breaks: (kind: T) => Fault['breaks'],
): readonly Fault[] {
  return Object.entries(kinds).map(([name, kind]) => ({
    ...{ part, name, way: 'nonsense' },
    breaks: breaks(kind),
  }))
}

/** Every way in which a single part is broken here. */
export const faults: readonly Fault[] = [
  { part: 'kv', way: 'fails', name: 'rejects', breaks: kvThat(rejects, rejects) },
  { part: 'kv', way: 'fails', name: 'throws', breaks: kvThat(throws, throws) },
  { part: 'kv', way: 'slow', name: 'never answers', breaks: kvThat(forever, forever) },
  ...nonsense('kv', oddRecords, (record) => ({ store, clock }: World) => {
    store.read = async () => record(clock.now())
  }),
  { part: 'd1', way: 'fails', name: 'rejects', breaks: d1That(rejects) },
  {
    ...{ part: 'd1', way: 'fails', name: 'throws' },
    breaks: ({ store }) => Object.assign(store, { isDatabaseDown: true }),
  },
  { part: 'd1', way: 'slow', name: 'never answers', breaks: d1That(forever) },
  ...nonsense('d1', oddResults, (result) =>
    d1That(async (sql, real) => (asksForFacts(sql) ? result : real())),
  ),
  { part: 'keys', way: 'fails', name: 'rejects', breaks: keysThat(rejects) },
  ...[204, 302, 401, 404, 429, 500, 503].map(
    (status): Fault => ({
      ...{ part: 'keys', way: 'fails', name: `answers ${status}` },
      breaks: keysThat(() => new Response(status === 204 ? null : marker, { status })),
    }),
  ),
  { part: 'keys', way: 'slow', name: 'never answers', breaks: keysThat(forever) },
  { part: 'keys', way: 'slow', name: 'never ends its answer', breaks: keysThat(endless) },
  ...nonsense('keys', oddTexts, (text) => keysThat(() => new Response(text))),
  { part: 'origin', way: 'fails', name: 'rejects', breaks: originThat(rejects) },
  { part: 'origin', way: 'fails', name: 'throws', breaks: originThat(throws) },
  { part: 'origin', way: 'slow', name: 'never answers', breaks: originThat(untilAborted) },
  ...nonsense('origin', oddAnswers, (answer) =>
    // What is no Response is what this is about.
    originThat(() => answer() as Response),
  ),
]

/** The key server forgets the key: another is all that it publishes. */
export function lacksTheKey(publishesAnother: World['keyServer']['answer']): Fault {
  return { part: 'keys', way: 'lacks', name: 'lacks the key', breaks: keysThat(publishesAnother) }
}

/** Makes everything of another world work again as it does in this one. */
export function mender({ store: { database }, keyServer: { answer }, origin }: World) {
  return (world: World): void => {
    const { store, keyServer } = world
    Object.assign(store, { database, isDatabaseDown: false })
    store.read = async (name) => store.values.get(name) ?? null
    store.write = async (name, value) => void store.values.set(name, value)
    keyServer.answer = answer
    world.origin = origin
  }
}
