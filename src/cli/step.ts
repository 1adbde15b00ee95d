import type { Gateway } from '../config/compile.ts'
import type { GatewayDefinition } from '../config/define.ts'
import type { Result } from '../model/result.ts'
import type { Network } from './asking.ts'
import type { Values } from './deploy-variables.ts'
import type { Line } from './line.ts'
import type { PlaceOptions } from './place.ts'
import type { Written } from './stand-ins.ts'
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

/** The gateway as it would be deployed, with what is known of its values. */
export function writtenBy({ definition, file, given }: Tools): Written {
  return { definition, values: { ...file.config().variables, ...given } }
}

/** What earlier steps found out. */
export interface Progress {
  readonly gateway?: Gateway
  /** The names of the secrets in the account, once somebody has looked. */
  readonly secrets?: ReadonlySet<string>
  /** Secrets that were asked for or made, to be put in. */
  readonly answers?: Values
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
  readonly act: (tools: Tools, progress: Progress, reach: Reach) => Promise<Result<Done, string>>
}

/** How far a deployment may go. */
export interface Reach {
  /** Nothing is written and nobody's account is touched; a step that fails does not end it. */
  readonly isDryRun: boolean
  readonly hasAccount: boolean
}

/** Whether there is an account that may be asked. */
export function mayAskAccount({ isDryRun, hasAccount }: Reach): boolean {
  return hasAccount && !isDryRun
}

/** Takes the steps in turn and tells of each. Gives whether all of them that were taken went well. */
export async function takeSteps(
  steps: readonly Step[],
  tools: Tools,
  { say, ...reach }: Reach & { readonly say: (line: Line) => void },
): Promise<boolean> {
  let progress: Progress = {}
  let isSound = true
  for (const step of steps) {
    const { name } = step
    if (step.needsAccount && !mayAskAccount(reach)) {
      say({ mark: 'plan', name, text: step.plan(tools, progress) })
      continue
    }
    const done = await step.act(tools, progress, reach)
    if (!done.ok) {
      say({ mark: 'bad', name, text: done.error })
      if (!reach.isDryRun) return false
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
