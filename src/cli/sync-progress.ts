/** What of a sync is shown. */
export interface ShownRun {
  readonly id: string
  readonly state: string
  readonly stage: string
  readonly error: string | null
  readonly progress: ReadonlyMap<string, ShownStage>
}

interface ShownStage {
  readonly seen: number
  readonly total: number | null
  readonly changed: number
}

const barWidth = 24
/** Without a terminal a line is printed for each tenth that is done. */
const parts = 10

/** Reads what the gateway says of a run. Throws where it is none. */
export function readRun(value: unknown): ShownRun {
  const { id, state, stage, error, progress } = membersOf(value)
  if (typeof id !== 'string' || !/^\w+$/.test(id) || typeof state !== 'string') {
    throw new Error('The gateway answered with something else than a sync.')
  }
  const stages = Object.entries(membersOf(progress)).map(([name, one]) => {
    const { seen, total, changed } = membersOf(one)
    return [
      plain(name),
      {
        seen: countOf(seen),
        total: total === null ? null : countOf(total),
        changed: countOf(changed),
      },
    ] as const
  })
  return {
    ...{ id, state: plain(state), stage: plain(String(stage)), progress: new Map(stages) },
    error: typeof error === 'string' ? plain(error) : null,
  }
}

/** The line of a terminal: a bar for what is walked at the moment, and numbers for what was. */
export function lineOf(run: ShownRun): string {
  const { stage, progress } = run
  const others = [...progress].filter(([name]) => name !== stage)
  const done = others.map(([name, { seen }]) => `${name} ${inThousands(seen)}`)
  const now = progress.get(stage) ?? nothing
  return [`${stage} ${barOf(now)} ${amountOf(now)}`, ...done, ...trouble(run)].join('  ')
}

/** A line for who reads without a terminal: the same one for a tenth of the way. */
export function stageLine(run: ShownRun): string {
  const { seen, total } = run.progress.get(run.stage) ?? nothing
  const share = total === null || total === 0 ? 0 : Math.min(1, seen / total)
  const done = total === null ? '' : ` ${(Math.floor(share * parts) * 100) / parts} %`
  return [`${run.state} ${run.stage}${done}`, ...trouble(run)].join('  ')
}

/** What is to be said in the end. */
export function endingOf({ state, error, progress }: ShownRun): string {
  const lines = [...progress].map(([name, { seen, changed }]) => {
    return `  ${name.padEnd(14)} ${inThousands(seen)} looked at, ${inThousands(changed)} changed`
  })
  const reason = error === null ? '' : `: ${sentences[error] ?? error}`
  return [`The sync is ${state}${reason}.`, ...lines].join('\n')
}

const sentences: Readonly<Record<string, string>> = {
  'clerk-key-refused': 'Clerk does not accept CLERK_SECRET_KEY',
  'clerk-key-missing': 'CLERK_SECRET_KEY is missing',
  'clerk-unavailable': 'Clerk cannot be reached',
  'clerk-refused': 'Clerk refused to list what it has',
  'too-many-missing':
    'Clerk does not know most of those who are known here, or no administrator; is CLERK_SECRET_KEY that of another instance? Where it is right, --forget takes leave of them',
  'workflow-unavailable': 'the Workflow did not start; is SYNC bound?',
  'too-slow': 'it came to no end in two hours',
  lost: 'it was lost again and again',
}

const reasons: Readonly<Record<string, string>> = {
  'binding-missing': 'The gateway has no Workflow: bind SYNC in its wrangler.toml.',
  'clerk-unavailable': 'The gateway has no CLERK_SECRET_KEY, or Clerk does not answer.',
  'permission-missing': 'Whose token this is may not start a sync: usher.sync.write is missing.',
  'scope-missing': 'The token was not made for this: usher.sync.read, usher.sync.write.',
  'route-unknown': 'There is no operator API at this address: see `operator` in the config.',
}

/** What an answer means that is no run, by its status and the code of the refusal. */
export function refusalError({
  status,
  code = '',
}: {
  readonly status: number
  readonly code: string | undefined
}): Error {
  const word = plain(code)
  const answered = [status, word].join(' ').trim()
  return new Error(reasons[word] ?? `The gateway answered with ${answered}.`)
}

const nothing: ShownStage = { seen: 0, total: null, changed: 0 }

function trouble({ state, error }: ShownRun): string[] {
  return state === 'running' && error !== null ? [`(${error})`] : []
}

function barOf({ seen, total }: ShownStage): string {
  const share = total === null || total === 0 ? 0 : Math.min(1, seen / total)
  const full = Math.round(share * barWidth)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`
}

function amountOf({ seen, total }: ShownStage): string {
  return total === null ? inThousands(seen) : `${inThousands(seen)} of ${inThousands(total)}`
}

function inThousands(count: number): string {
  return count.toLocaleString('en-GB')
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

/** What the gateway says is never spoken to the terminal. */
function plain(text: string): string {
  return text.replaceAll(/[^\w -]/g, '')
}
