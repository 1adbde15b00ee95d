import { err, ok, type Result } from '../model/result.ts'
import { askAddress, awaitReady, judgeRefusal, protectedPath } from './asking.ts'
import {
  ensureQueue,
  findOrCreate,
  idEdit,
  parsePendingMigrations,
  type Resource,
  resources,
} from './bindings.ts'
import { hostEdits, hostsOf, type PlaceOptions, readPlace } from './place.ts'
import { gatherSecrets, putSecrets } from './secret-steps.ts'
import type { Done, Progress, Step, Tools } from './step.ts'
import { complaintOf } from './wrangler.ts'

/** The steps of a deployment that need an account, in their order. */
export const accountSteps: readonly Step[] = [
  gatherSecrets,
  resourceStep('keys', resources.keys),
  resourceStep('database', resources.database),
  {
    name: 'queues',
    needsAccount: true,
    plan: ({ file }) => {
      const { queues } = file.config()
      return queues.length === 0 ? noQueues : `find or make the queues ${queues.join(', ')}`
    },
    act: makeQueues,
  },
  {
    name: 'migrations',
    needsAccount: true,
    plan: () => 'wrangler d1 migrations apply DB --remote',
    act: applyMigrations,
  },
  putSecrets,
  {
    name: 'deploy',
    needsAccount: true,
    plan: () => 'wrangler deploy',
    act: deployWorker,
  },
  {
    name: 'ready',
    needsAccount: true,
    plan: ({ file }, progress) =>
      `GET ${addressOf(file.config(), progress)}/readyz until it is 200`,
    act: seeReady,
  },
  {
    name: 'refusal',
    needsAccount: true,
    plan: () => 'one GET without a token, to see that it is refused with 401',
    act: seeRefusal,
  },
]

function resourceStep(name: string, resource: Resource): Step {
  const { binding, noun, bound, nameIn } = resource
  return {
    name,
    needsAccount: true,
    plan: ({ file }) => {
      const config = file.config()
      const id = bound(config)?.id
      return id === undefined
        ? `find or make the ${noun} ${nameIn(config)} and write its id to wrangler.toml`
        : `the ${noun} ${id}, as wrangler.toml says`
    },
    async act({ file, run }) {
      const config = file.config()
      const there = bound(config)
      if (there === undefined) return err(`Bind ${binding} in wrangler.toml.`)
      if (there.id !== undefined) return ok({ text: `the ${noun} ${there.id}` })
      const found = await findOrCreate(resource, nameIn(config), run)
      if (!found.ok) return found
      const edits = [idEdit(resource, found.value.id)]
      const edited = file.edit(edits)
      if (!edited.ok) return edited
      const verb = found.value.isNew ? 'made' : 'found'
      return ok({ text: `${verb} the ${noun} ${nameIn(config)}`, edits })
    },
  }
}

const noQueues = 'wrangler.toml names none'

async function makeQueues({ file, run }: Tools): Promise<Result<Done, string>> {
  const { queues } = file.config()
  const made: string[] = []
  for (const name of queues) {
    const ensured = await ensureQueue(name, run)
    if (!ensured.ok) return err(`${ensured.error}\n${withoutQueues}`)
    if (ensured.value) made.push(name)
  }
  if (queues.length === 0) return ok({ text: noQueues })
  return ok({ text: made.length === 0 ? `${queues.join(', ')}` : `made ${made.join(', ')}` })
}

const withoutQueues =
  "Without queues Clerk's webhooks are applied in the request: remove the [[queues.…]] tables of wrangler.toml for that."

async function applyMigrations({ run }: Tools): Promise<Result<Done, string>> {
  const applied = await run(['d1', 'migrations', 'apply', 'DB', '--remote'])
  if (applied.code !== 0) return err(complaintOf(applied))
  const names = [...new Set(parsePendingMigrations(applied.stdout))]
  return ok({ text: names.length === 0 ? 'none was behind' : `applied ${names.join(', ')}` })
}

async function deployWorker(tools: Tools): Promise<Result<Done, string>> {
  const { file, run, options } = tools
  const deployed = await run(['deploy'])
  if (deployed.code !== 0) return err(complaintOf(deployed))
  const [, workersDev] = /https:\/\/([\w-]+\.[\w-]+\.workers\.dev)\b/.exec(deployed.stdout) ?? []
  const chosen = hostOf(options) ?? (options.workersDev ? undefined : hostsOf(file.config())[0])
  const host = chosen ?? workersDev
  if (host === undefined) return err('wrangler did not say where the Worker answers.')
  const edits = hostEdits(file.config(), host)
  if (edits.length > 0) {
    // An address of workers.dev is known only now: with its host named, it is deployed once more.
    const edited = file.edit(edits)
    if (!edited.ok) return edited
    const again = await run(['deploy'])
    if (again.code !== 0) return err(complaintOf(again))
  }
  return ok({ text: `https://${host}`, edits, progress: { host } })
}

/** The host that the options name, where it is known before it is deployed. */
function hostOf(options: PlaceOptions): string | undefined {
  const place = readPlace(options)
  return place.ok && place.value !== undefined && 'host' in place.value
    ? place.value.host
    : undefined
}

function addressOf(config: Parameters<typeof hostsOf>[0], { host, gateway }: Progress): string {
  const named = host ?? hostsOf(config)[0] ?? '<host>'
  return `https://${named}${gateway?.rules.prefix ?? '/_usher'}`
}

async function seeReady({ file, network }: Tools, progress: Progress) {
  const url = `${addressOf(file.config(), progress)}/readyz`
  const answer = await awaitReady(url, network)
  if (answer?.status === 200) return ok({ text: `${url} is 200` })
  const said = answer === undefined ? 'does not answer' : `answers ${answer.status}`
  return err(
    `${url} ${said}. A new custom domain may take some minutes more; then: npm run doctor -- --url ${new URL(url).origin}`,
  )
}

async function seeRefusal({ file, network }: Tools, progress: Progress) {
  const { origin, host } = new URL(addressOf(file.config(), progress))
  const path = protectedPath(progress.gateway?.rules, host)
  const line = judgeRefusal(path, await askAddress(`${origin}${path}`, network))
  return line.mark === 'bad' ? err(line.text) : ok({ text: line.text })
}
