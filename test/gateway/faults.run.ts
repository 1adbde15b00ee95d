import type { FakeClock } from '../support/fake-clock.ts'
import { type Fault, marker } from '../support/faults.ts'
import type { World } from '../support/world.ts'
import { expected, type Kind, kindNames, kinds, type State } from './faults.table.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** One cell of the table: a world of its own in which some parts break, and one request. */
export interface Cell {
  readonly name: string
  readonly kind: Kind
  readonly state: State
  readonly broken: readonly Fault[]
  readonly world: World
}

/** What came of one cell. */
export interface Seen extends Cell {
  /** Status and code; `no answer` when none came in {@link patienceMs}. */
  readonly outcome: string
  readonly expected: string
  readonly waitedMs: number
  readonly retryAfter: string | null
  /** What a caller should not have been told. */
  readonly leaks: readonly string[]
  /** Requests that this one request caused: to KV, the key server, the origin. */
  readonly calls: { readonly reads: number; readonly asked: number; readonly sent: number }
  /** What the same request comes to five seconds after the end of the fault. */
  readonly recovered: string
}

/** Longer than all time-outs one after the other. */
const patienceMs = 40 * second

/** Lets an isolate come to hold what the state says, by requests and by time alone. */
const histories: Readonly<Record<State, (run: Run) => Promise<void>>> = {
  /** Nothing in memory, nothing in KV. */
  cold: async () => {},
  /** Nothing in memory; in KV a key set of ten minutes. */
  async stored({ each, clock, template }) {
    await template.get('/api/x', await template.token())
    await template.behind()
    await each(async ({ store }) => {
      for (const [name, value] of template.store.values) store.values.set(name, value)
    })
    await clock.pass(10 * minute)
  },
  /** Keys and facts of a moment ago. */
  async warm({ visit, clock }) {
    await visit('/admin/x')
    await clock.pass(5 * second)
  },
  /** Keys due to be looked at again (5 min), facts due to be read again (30 s). */
  async ageing({ visit, clock }) {
    await visit('/api/x')
    await clock.pass(4 * minute + 40 * second)
    await visit('/admin/x')
    await clock.pass(45 * second)
  },
  /** Keys that serve only while nothing newer can be had (1 h), facts that serve no more (60 s). */
  async stale({ visit, clock }) {
    await visit('/admin/x')
    await clock.pass(2 * hour)
  },
  /** Keys that serve no more (24 h), in memory and in KV. */
  async expired({ visit, clock }) {
    await visit('/admin/x')
    await clock.pass(25 * hour)
  },
}

interface Run {
  readonly template: World
  readonly clock: FakeClock
  each(act: (world: World) => Promise<unknown>): Promise<void>
  /** Sends every isolate one request, and lets all end that goes on behind it. */
  visit(path: string): Promise<void>
}

/** The cells of one state: every kind of request with every set of faults. */
function cellsOf(template: World, state: State, sets: readonly (readonly Fault[])[]): Cell[] {
  return sets.flatMap((broken) =>
    kindNames.map((kind) => {
      const name = broken.map(({ part, way, name }) => `${part} ${way} (${name})`).join(', ')
      return { name: `${name} | ${state} | ${kind}`, kind, state, broken, world: template.apart() }
    }),
  )
}

/** Runs all cells of one state at once, each in its own world, all of them at one clock. */
export async function run(
  template: World,
  state: State,
  { sets, mend }: { sets: readonly (readonly Fault[])[]; mend: (world: World) => void },
): Promise<readonly Seen[]> {
  const { clock } = template
  const cells = cellsOf(template, state, sets)
  const each: Run['each'] = async (act) => void (await Promise.all(cells.map((c) => act(c.world))))
  async function visit(path: string): Promise<void> {
    const token = await template.token()
    await each(async (world) => {
      const { status } = await world.get(path, token)
      if (status !== 200) throw new Error(`${path} is ${status} before anything is broken`)
      await world.behind()
    })
  }
  await histories[state]({ template, clock, each, visit })

  for (const { broken, world } of cells) for (const { breaks } of broken) breaks(world)
  const token = await template.token()
  const answers = cells.map((cell) => observe(cell, token))
  await clock.pass(patienceMs)
  const seen = await Promise.all(answers.map((answer) => answer()))

  for (const { world } of cells) mend(world)
  await clock.pass(5 * second)
  const later = await template.token()
  return Promise.all(
    seen.map(async (one) => ({ ...one, recovered: outcomeOf(await ask(one, later)) })),
  )
}

/** Begins a request; what is given back tells what came of it so far. */
function observe(cell: Cell, token: string): () => Promise<Omit<Seen, 'recovered'>> {
  const { world, broken, state, kind } = cell
  const { clock } = world
  const askedAtMs = clock.now()
  const before = countCalls(world)
  let answered: { readonly reply: Reply; readonly atMs: number } | undefined
  void ask(cell, token).then((reply) => {
    answered = { reply, atMs: clock.now() }
  })
  return async () => {
    const after = countCalls(world)
    return {
      ...cell,
      outcome: answered === undefined ? 'no answer' : outcomeOf(answered.reply),
      expected: expected(broken, state, kind),
      waitedMs: (answered?.atMs ?? Number.POSITIVE_INFINITY) - askedAtMs,
      retryAfter: answered?.reply.headers.get('retry-after') ?? null,
      leaks: answered === undefined ? [] : leaksIn(answered.reply, [token]),
      calls: {
        reads: after.reads - before.reads,
        asked: after.asked - before.asked,
        sent: after.sent - before.sent,
      },
    }
  }
}

function countCalls({ store, keyServer, sent }: World): Seen['calls'] {
  return { reads: store.reads, asked: keyServer.asked, sent: sent.length }
}

/** An answer that was read to its end. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Reads an answer to its end. */
export async function replyOf(response: Response): Promise<Reply> {
  const { status, headers } = response
  return { status, headers, text: await response.text() }
}

async function ask({ world, kind }: Cell, token: string): Promise<Reply> {
  const showsToken = kind !== 'public' && kind !== 'readyz'
  return replyOf(await world.get(kinds[kind], showsToken ? token : undefined))
}

/** Status and reason: the code of a refusal that is a whole problem, or the word of `readyz`. */
export function outcomeOf({ status, headers, text }: Reply): string {
  if (status === 200) return '200'
  const body: Record<string, unknown> = JSON.parse(text)
  const members = Object.keys(body).join(' ')
  if (members === 'status') return `${status} ${body.status}`
  const isProblem =
    headers.get('content-type') === 'application/problem+json' &&
    members === 'type title status code request_id' &&
    body.status === status
  return isProblem ? `${status} ${body.code}` : `${status} in another form: ${members}`
}

const secrets = [
  marker,
  'origin.usher.test',
  'clerk.usher.test',
  '10.0.0.7',
  '"n":',
  '.ts:',
  'Error',
  'json_group_array',
]

/** What a refusal says that no caller should learn. */
export function leaksIn({ status, headers, text }: Reply, tokens: readonly string[]): string[] {
  if (status === 200) return []
  const told = [text, ...[...headers].map((pair) => pair.join(': '))].join('\n')
  return [...secrets, ...tokens].filter((secret) => told.includes(secret))
}
