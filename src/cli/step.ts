import type { GatewayDefinition } from '../config/define.ts'
import type { Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { Network } from './asking.ts'
import type { Values } from './deploy-variables.ts'
import type { Line } from './line.ts'
import type { PlaceOptions } from './place.ts'
import type { Ask } from './terminal.ts'
import type { TomlEdit } from './toml.ts'
import type { WorkerFile } from './worker-file.ts'
import type { RunWrangler } from './wrangler.ts'

/** What a deployment works with. */
export interface Tools {
  readonly file: WorkerFile
  readonly definition: GatewayDefinition
  readonly run: RunWrangler
  readonly network: Network
  /** `undefined` where nobody can be asked. */
  readonly ask: Ask | undefined
  readonly options: PlaceOptions
  /** Variables and secrets that were given in a file. */
  readonly given: Values
  /** A new value of `USHER_SIGNING_KEY`, in case there is none. */
  readonly newSigningKeys: string
}

/** What earlier steps found out. */
export interface Progress {
  readonly rules?: Rules
  /** The host on which the deployed gateway is asked. */
  readonly host?: string
}

/** What a step has done. */
export interface Done {
  readonly text: string
  readonly warnings?: readonly string[]
  /** What was changed in `wrangler.toml`. */
  readonly edits?: readonly TomlEdit[]
  readonly progress?: Progress
}

/** One step of a deployment. The error of `act` is for people, and ends the deployment. */
export interface Step {
  readonly name: string
  readonly needsAccount: boolean
  /** What it would do. */
  readonly plan: (tools: Tools, progress: Progress) => string
  readonly act: (tools: Tools, progress: Progress) => Promise<Result<Done, string>>
}

/** How far a deployment may go. */
export interface Reach {
  /** Nothing is written and nobody's account is touched; a step that fails does not end it. */
  readonly isDryRun: boolean
  readonly hasAccount: boolean
}

/** Takes the steps in turn and tells of each. Gives whether all of them that were taken went well. */
export async function takeSteps(
  steps: readonly Step[],
  tools: Tools,
  { isDryRun, hasAccount, say }: Reach & { readonly say: (line: Line) => void },
): Promise<boolean> {
  let progress: Progress = {}
  let isSound = true
  for (const step of steps) {
    const { name } = step
    if (step.needsAccount && (isDryRun || !hasAccount)) {
      say({ mark: 'plan', name, text: step.plan(tools, progress) })
      continue
    }
    const done = await step.act(tools, progress)
    if (!done.ok) {
      say({ mark: 'bad', name, text: done.error })
      if (!isDryRun) return false
      isSound = false
      continue
    }
    const { text, warnings = [], edits = [] } = done.value
    say({ mark: 'ok', name, text: [text, ...edits.map(describeEdit)].join('\n') })
    for (const warning of warnings) say({ mark: 'warn', name, text: warning })
    progress = { ...progress, ...done.value.progress }
  }
  return isSound
}

function describeEdit({ table, entry, key, value }: TomlEdit): string {
  const where = entry === undefined ? table : `${table}: ${entry[1]}`
  return `wrangler.toml ${where === '' ? '' : `[${where}] `}${key} = ${JSON.stringify(value)}`
}
