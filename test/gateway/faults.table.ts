import { type Fault, type Part, parts, type Way, ways } from '../support/faults.ts'

// What is stated here is the promise; nothing here looks at how it is kept.

/** What one part being broken does to a request of each kind, by what the isolate holds by then. */
const stated = `
part   way            state                     public optional user role  fresh me   test  readyz
kv     fails,slow     any                       200    200      200  200   200   200  200   unready
kv     nonsense       any                       200    200      200  200   200   200  200   200
d1     fails,slow     cold,stored,stale,expired 200    200      200  facts facts 200  facts unready
d1     fails,slow     warm,ageing               200    200      200  200   facts 200  facts unready
d1     nonsense       cold,stored,stale,expired 200    200      200  facts facts 200  200   200
d1     nonsense       warm,ageing               200    200      200  200   facts 200  200   200
keys   fails,slow     cold,expired              200    keys     keys keys  keys  keys keys  unready
keys   fails,slow     stored,warm,ageing,stale  200    200      200  200   200   200  200   200
keys   nonsense       cold,expired              200    keys     keys keys  keys  keys keys  unready
keys   nonsense       stored,warm,ageing,stale  200    200      200  200   200   200  200   200
keys   lacks          cold,expired              200    kid      kid  kid   kid   kid  kid   200
keys   lacks          stored,warm,ageing,stale  200    200      200  200   200   200  200   200
origin fails,nonsense any                       down   down     down down  down  200  200   200
origin slow           any                       late   late     late late  late  200  200   200
`

/** What the words of the table are on the wire. */
export const outcomes = {
  200: '200',
  keys: '503 keys-unavailable',
  facts: '503 facts-unavailable',
  unready: '503 not ready',
  kid: '401 jwk-kid-mismatch',
  down: '502 origin-unreachable',
  late: '504 origin-timeout',
} as const

/** What an isolate holds when the fault begins; `any` in the table is every one of them. */
export const states = ['cold', 'stored', 'warm', 'ageing', 'stale', 'expired'] as const
export type State = (typeof states)[number]

/** What each kind of request asks for. `public` and `readyz` show no credential, the others do. */
export const kinds = {
  public: '/public/x',
  optional: '/optional/x',
  user: '/api/x',
  role: '/admin/x',
  fresh: '/fresh/x',
  me: '/_usher/me',
  test: '/_usher/clerk-test',
  readyz: '/_usher/readyz',
} as const

export type Kind = keyof typeof kinds
export const kindNames = Object.keys(kinds) as readonly Kind[]

/** How long a slow part may hold up each kind, in milliseconds; the rest of it may take no time. */
const statedWaits = `
part    public  optional  user   role   fresh  me    test  readyz
kv      0       500       500    500    500    500   500   2500
keys    0       2000      2000   2000   2000   2000  2000  2500
d1      0       0         0      2000   2000   4000  2000  2500
origin  30000   30000     30000  30000  30000  0     0     0
`

/** The words of each line but the first, which names the columns. */
function linesOf(table: string): readonly string[][] {
  const [, ...lines] = table.trim().split('\n')
  return lines.map((line) => line.split(/\s+/))
}

function readStated(): ReadonlyMap<string, string> {
  const wires = new Map<string, string>(Object.entries(outcomes))
  const read = new Map<string, string>()
  for (const [part = '', someWays = '', someStates = '', ...words] of linesOf(stated)) {
    for (const way of someWays.split(',')) {
      for (const state of someStates === 'any' ? states : someStates.split(',')) {
        for (const [index, kind] of kindNames.entries()) {
          const wire = wires.get(words[index] ?? '')
          if (wire === undefined) throw new RangeError(`${words[index]} is no outcome`)
          read.set(`${part} ${way} ${state} ${kind}`, wire)
        }
      }
    }
  }
  return read
}

const outcomeOf = readStated()
const waitOf = new Map(
  linesOf(statedWaits).flatMap(([part, ...waits]) =>
    kindNames.map((kind, index) => [`${part} ${kind}`, Number(waits[index])] as const),
  ),
)

/** How many cells the table states. */
export const statedCells = outcomeOf.size

/** The order in which a request comes to depend on the parts. */
const stages: readonly Part[] = ['kv', 'keys', 'd1', 'origin']

/**
 * What is stated of several faults at once. Two rules: the first stage that fails decides; and where
 * KV is broken, what it holds is as good as nothing.
 */
export function expected(broken: readonly Fault[], state: State, kind: Kind): string {
  const hasLostStore = broken.some(({ part }) => part === 'kv')
  const held = hasLostStore && state === 'stored' ? 'cold' : state
  const inOrder = stages.flatMap((stage) => broken.filter(({ part }) => part === stage))
  const results = inOrder.map(({ part, way }) => lookUp(`${part} ${way} ${held} ${kind}`))
  return results.find((outcome) => outcome !== outcomes[200]) ?? outcomes[200]
}

function lookUp(cell: string): string {
  const outcome = outcomeOf.get(cell)
  if (outcome === undefined) throw new RangeError(`Nothing is stated of ${cell}`)
  return outcome
}

/** The longest that a request may take meanwhile. Readiness asks the parts side by side. */
export function longestWaitMs(broken: readonly Fault[], kind: Kind): number {
  const waits = broken
    .filter(({ way }) => way === 'slow')
    .map(({ part }) => waitOf.get(`${part} ${kind}`) ?? 0)
  return kind === 'readyz' ? Math.max(0, ...waits) : waits.reduce((sum, wait) => sum + wait, 0)
}

/** Every part alone in every way it can be broken. */
export function alone(faults: readonly Fault[]): readonly (readonly Fault[])[] {
  return faults.map((fault) => [fault])
}

/**
 * Two to four parts at once, every way of each with every way of the others. Of the many faults of one
 * way every set takes another, so that all of them have their turn.
 */
export function together(faults: readonly Fault[]): readonly (readonly Fault[])[] {
  const turns = new Map<string, number>()
  function next(part: Part, way: Way): readonly Fault[] {
    const choice = faults.filter((fault) => fault.part === part && fault.way === way)
    const turn = turns.get(`${part} ${way}`) ?? 0
    turns.set(`${part} ${way}`, turn + 1)
    return choice.slice(turn % choice.length).slice(0, 1)
  }
  return waysTogether().map((set) => set.flatMap(([part, way]) => next(part, way)))
}

type Break = readonly [Part, Way]

function waysTogether(): readonly (readonly Break[])[] {
  let sets: readonly (readonly Break[])[] = [[]]
  for (const part of parts) {
    const choices = ways[part].map((way) => [part, way] as const)
    sets = sets.flatMap((set) => [set, ...choices.map((choice) => [...set, choice])])
  }
  return sets.filter((set) => set.length > 1)
}
