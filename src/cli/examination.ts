import { isPrivateHost } from '../config/address.ts'
import type { Gateway } from '../config/compile.ts'
import { lint } from '../config/lint.ts'
import { lintBindings } from '../config/lint-bindings.ts'
import { strict } from '../config/relaxations.ts'
import { endpointsOf } from '../model/origin.ts'
import type { Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import { parseSigningKeys, type SigningKey } from '../model/signing-key.ts'
import { type Answer, askAddress, judgeRefusal, type Network, protectedPath } from './asking.ts'
import { listSecrets, parsePendingMigrations, resources } from './bindings.ts'
import {
  judgeBackDoor,
  judgeBinding,
  judgeClock,
  judgeHealth,
  judgeIssuer,
  judgeKeys,
  judgeMigrations,
  judgeNode,
  judgePlace,
  judgePublished,
  judgeRotation,
  judgeSecrets,
} from './judgement.ts'
import type { Line } from './line.ts'
import { count } from './problem-list.ts'
import { missingSecrets, secretNames } from './secrets.ts'
import { compileDeployed, isStandIn, standInFor, type Written } from './stand-ins.ts'
import type { WorkerConfig } from './worker-file.ts'
import { complaintOf, type RunWrangler } from './wrangler.ts'

/** What is to be examined, and with what. */
export interface Patient {
  readonly nodeVersion: string
  readonly worker: WorkerConfig
  /** The gateway, with the variables of this machine over those of `wrangler.toml`. */
  readonly written: Written
  readonly run: RunWrangler
  readonly network: Network
  readonly hasAccount: boolean
  /** The words that lead wrangler to the local database, where there is one. */
  readonly localDatabase: readonly string[] | undefined
  /** Scheme and host of a deployed gateway. */
  readonly url: string | undefined
}

/** Says of everything in turn whether it is missing, wrong or risky. Asks much, changes nothing. */
export async function examine(patient: Patient): Promise<readonly Line[]> {
  const { worker, written, network } = patient
  const listed = patient.hasAccount ? await listSecrets(patient.run) : undefined
  const secrets = listed?.ok ? listed.value : undefined
  const compiled = compileDeployed(written, { secrets })
  const gateway = compiled.ok ? compiled.value : undefined
  const ahead: number[] = []
  const ask = async (url: string, headers?: Readonly<Record<string, string>>) => {
    const answer = await askAddress(url, network, headers)
    if (answer?.aheadMs !== undefined) ahead.push(answer.aheadMs)
    return answer
  }
  return [
    judgeNode(patient.nodeVersion),
    ...configLines(compiled),
    ...Object.values(resources).map((resource) => judgeBinding(resource, worker)),
    ...behindLines(worker),
    ...judgePlace(worker, gateway?.rules),
    ...secretLines(patient, gateway, listed),
    ...(await signingLines(patient, gateway?.rules, ask)),
    ...(await migrationLines(patient)),
    ...(gateway ? await clerkLines(gateway, ask) : []),
    ...(gateway ? await backDoorLines(gateway, ask) : []),
    ...(await addressLines(patient.url, gateway?.rules, ask)),
    judgeClock(ahead),
  ]
}

type AskFor = (
  url: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer | undefined>

function configLines(compiled: ReturnType<typeof compileDeployed>): readonly Line[] {
  const name = 'config'
  if (!compiled.ok) {
    return compiled.error.map(({ place, message }) => ({
      mark: 'bad',
      name,
      text: `${place}: ${message}`,
    }))
  }
  const { rules } = compiled.value
  const lines: readonly Line[] = lint(compiled.value, strict).map(({ place, message }) => ({
    mark: 'warn',
    name,
    text: `${place}: ${message}`,
  }))
  return [
    { mark: 'ok', name, text: `compiles, with ${count(rules.routes.length, 'route')}` },
    ...lines,
  ]
}

function behindLines({ behind }: WorkerConfig): readonly Line[] {
  const name = 'binding'
  const found = lintBindings(behind)
  if (found.length > 0) {
    return found.map(({ place, message }) => ({ mark: 'warn', name, text: `${place}: ${message}` }))
  }
  return [{ mark: 'ok', name, text: 'QUEUE, SYNC and a cron trigger work behind the requests.' }]
}

function secretLines(
  { written, worker }: Patient,
  gateway: Gateway | undefined,
  listed: Result<ReadonlySet<string>, string> | undefined,
): readonly Line[] {
  const name = 'secrets'
  if (listed === undefined) {
    const unseen = missingSecrets(gateway, new Set(Object.keys(written.values)))
    if (unseen.length === 0) return []
    const text = `Whether ${unseen.join(', ')} is set can only be seen with an account.`
    return [{ mark: 'skip', name, text }]
  }
  if (!listed.ok) return [{ mark: 'skip', name, text: listed.error }]
  const set = new Set([...listed.value, ...Object.keys(worker.variables)])
  const missing = missingSecrets(gateway, set)
  return judgeSecrets(
    missing.map((secret) => ({ secret, isRequired: isRequired(secret, written, listed.value) })),
  )
}

/** Every gateway signs, so none is ready without a key, whether or not its routes ask for assertions. */
function isRequired(secret: string, written: Written, secrets: ReadonlySet<string>): boolean {
  if (secret === 'USHER_SIGNING_KEY') return true
  const { [secret]: _, ...values } = written.values
  const presumed = secretNames.filter((one) => one !== secret)
  return !compileDeployed({ ...written, values }, { secrets, presumed }).ok
}

/** The set of this machine, where there is one: that of the account cannot be read. */
async function signingLines(
  { written, network, url }: Patient,
  rules: Rules | undefined,
  ask: AskFor,
): Promise<readonly Line[]> {
  const keys = signingKeysOf(written)
  if (keys === undefined) {
    const text = 'When a rotation is due can be seen where USHER_SIGNING_KEY is set.'
    return [{ mark: 'skip', name: 'signing keys', text }]
  }
  const line = judgeRotation(keys, network.clock.now())
  if (url === undefined || isPrivateHost(new URL(url).hostname)) return [line]
  const prefix = rules?.prefix ?? '/_usher'
  return [line, judgePublished(keys, await ask(`${url}${prefix}/jwks.json`))]
}

function signingKeysOf({ values }: Written): readonly SigningKey[] | undefined {
  const keys = parseSigningKeys(values.USHER_SIGNING_KEY ?? '')
  return keys.ok ? keys.value : undefined
}

async function migrationLines(patient: Patient): Promise<readonly Line[]> {
  const { run, localDatabase, hasAccount, worker } = patient
  const databases = [
    { where: 'local' as const, words: localDatabase },
    {
      where: 'deployed' as const,
      words: hasAccount && worker.database?.id !== undefined ? ['--remote'] : undefined,
    },
  ]
  const lines: Line[] = []
  for (const { where, words } of databases) {
    if (words === undefined) continue
    const answer = await run(['d1', 'migrations', 'list', 'DB', ...words])
    if (answer.code === 0) lines.push(judgeMigrations(where, parsePendingMigrations(answer.stdout)))
    else lines.push({ mark: 'skip', name: 'migrations', text: complaintOf(answer) })
  }
  return lines
}

async function clerkLines({ settings }: Gateway, ask: AskFor): Promise<readonly Line[]> {
  const { clerk } = settings
  if (clerk.issuers.some(isStandIn)) {
    const text = 'What names the Clerk instance is a secret, which cannot be read.'
    return [{ mark: 'skip', name: 'issuer', text }]
  }
  const lines: Line[] = [judgeIssuer(clerk)]
  for (const { url, secretKey } of clerk.keySources) {
    if (isStandIn(url) || secretKey === standInFor('CLERK_SECRET_KEY')) continue
    const headers = secretKey === undefined ? {} : { authorization: `Bearer ${secretKey}` }
    lines.push(judgeKeys(url, await ask(url, headers)))
  }
  return lines
}

async function backDoorLines({ rules }: Gateway, ask: AskFor): Promise<readonly Line[]> {
  const origins = new Map<string, boolean>()
  for (const { origin, access } of rules.routes) {
    for (const endpoint of endpointsOf(origin)) {
      if (endpoint.kind !== 'url' || isStandIn(endpoint.base)) continue
      const isPublic = access.kind === 'public' && (origins.get(endpoint.base) ?? true)
      origins.set(endpoint.base, isPublic)
    }
  }
  const lines: Line[] = []
  for (const [base, isPublic] of origins) {
    lines.push(judgeBackDoor(base, await ask(`${base}/`), isPublic))
  }
  return lines
}

async function addressLines(
  url: string | undefined,
  known: Rules | undefined,
  ask: AskFor,
): Promise<readonly Line[]> {
  if (url === undefined) return []
  const { hostname, host } = new URL(url)
  // A gateway on one's own machine need not be that of this config: local mode has a demo of its own.
  const rules = isPrivateHost(hostname) ? undefined : known
  const prefix = rules?.prefix ?? '/_usher'
  const path = protectedPath(rules, host)
  return [
    judgeHealth('livez', await ask(`${url}${prefix}/livez`)),
    judgeHealth('readyz', await ask(`${url}${prefix}/readyz`)),
    judgeRefusal(path, await ask(`${url}${path}`)),
  ]
}
