import { parseKeySet } from '../clerk/key.ts'
import type { ClerkSettings } from '../config/environment.ts'
import type { Rules } from '../model/route.ts'
import type { SigningKey } from '../model/signing-key.ts'
import { type Answer, askLimitMs } from './asking.ts'
import type { Resource } from './bindings.ts'
import { rowOf } from './deploy-variables.ts'
import type { Line } from './line.ts'
import { hostsOf, isPlaced } from './place.ts'
import { keyLifeSeconds, minuteText, type RotationStep, rotationOf } from './rotation.ts'
import type { WorkerConfig } from './worker-file.ts'

// What each thing that was found means, without asking anything: facts in, a line out.

const nodeMajorMin = 20
/** Tokens are judged with 5 s of skew: beyond this it is time to act. */
const clockAheadMsMax = 2000

/** The version of Node, `v24.1.0`. */
export function judgeNode(version: string): Line {
  const major = Number(/^v(\d+)\./.exec(version)?.[1])
  if (major >= nodeMajorMin) return { mark: 'ok', name: 'node', text: version }
  const mend = `Install Node ${nodeMajorMin} or later.`
  return { mark: 'bad', name: 'node', text: `${version} is too old.`, mend }
}

/** Whether a required binding leads to something in the account. */
export function judgeBinding({ binding, noun, bound }: Resource, config: WorkerConfig): Line {
  const name = 'binding'
  const there = bound(config)
  if (there === undefined) {
    const mend = 'Put the binding back as it was shipped.'
    return { mark: 'bad', name, text: `${binding} is not bound in wrangler.toml.`, mend }
  }
  if (there.id !== undefined) return { mark: 'ok', name, text: `${binding} is bound to a ${noun}.` }
  const mend = `npm run deploy finds or makes the ${noun}.`
  return { mark: 'warn', name, text: `${binding} has no id in wrangler.toml yet.`, mend }
}

/** Where the gateway answers, and whether it serves what it answers. */
export function judgePlace(config: WorkerConfig, rules: Rules | undefined): readonly Line[] {
  const name = 'hosts'
  if (!isPlaced(config)) {
    const mend = 'npm run deploy -- --host api.example.com'
    return [{ mark: 'warn', name, text: 'wrangler.toml names no place to answer.', mend }]
  }
  const hosts = hostsOf(config)
  const unserved = hosts.filter((host) => rules?.hosts?.has(host) === false)
  const lines: Line[] = unserved.map((host) => ({
    mark: 'bad',
    name,
    text: `${host} is routed here and answered with 421.`,
    mend: 'Add it to hosts in src/site/gateway.config.ts.',
  }))
  if (config.answersOnWorkersDev) {
    const mend = 'Set workers_dev = false once it answers on a host of yours.'
    lines.push({ mark: 'warn', name, text: 'It answers on workers.dev too.', mend })
  }
  return lines.length > 0 ? lines : [{ mark: 'ok', name, text: hosts.join(', ') }]
}

/** Whether a source of Clerk's keys gives any. */
export function judgeKeys(url: string, answer: Answer | undefined): Line {
  const name = 'keys'
  if (answer?.status === 200 && parseKeySet(answer.json) !== undefined) {
    return { mark: 'ok', name, text: `${url} gives keys.` }
  }
  const mend = 'Check the variable that names the Clerk instance, and the way there.'
  if (answer === undefined) {
    return { mark: 'bad', name, text: `${url} does not answer within ${askLimitMs} ms.`, mend }
  }
  return { mark: 'bad', name, text: `${url} answers ${answer.status} and no usable keys.`, mend }
}

/** Whether keys come from where tokens say that they come from. */
export function judgeIssuer({ issuers, keySources }: ClerkSettings): Line {
  const name = 'issuer'
  const [source] = keySources
  if (source === undefined) {
    return { mark: 'ok', name, text: `${issuers.join(', ')}, with the key in CLERK_JWT_KEY` }
  }
  const host = new URL(source.url).host
  if (issuers.some((issuer) => new URL(issuer).host === host)) {
    return { mark: 'ok', name, text: `${issuers.join(', ')}, whose own keys are used` }
  }
  return {
    mark: 'warn',
    name,
    text: `Tokens must be of ${issuers.join(', ')}, but keys come from ${host}.`,
    mend: 'Compare CLERK_JWT_ISSUER with the publishable key and CLERK_FAPI_URL.',
  }
}

/** Whether the clock of this machine is right, by those of others. */
export function judgeClock(aheadMs: readonly number[]): Line {
  const name = 'clock'
  if (aheadMs.length === 0)
    return { mark: 'skip', name, text: 'Nothing that answered gave a date.' }
  const [nearest = 0] = aheadMs.toSorted((left, right) => Math.abs(left) - Math.abs(right))
  const text = `${(Math.abs(nearest) / 1000).toFixed(1)} s apart from others`
  if (Math.abs(nearest) <= clockAheadMsMax) return { mark: 'ok', name, text }
  return { mark: 'warn', name, text, mend: 'Set the clock of this machine, or of the other.' }
}

/** Whether an origin answers whoever comes to it past the gateway. */
export function judgeBackDoor(origin: string, answer: Answer | undefined, isPublic: boolean): Line {
  const name = 'back door'
  if (answer === undefined)
    return { mark: 'ok', name, text: `${origin} cannot be reached from here.` }
  const text = `${origin} answers ${answer.status} to anyone, without Usher.`
  if (answer.status === 401 || answer.status === 403) return { mark: 'ok', name, text }
  const mend = 'Lock it: the README says how, under "Lock the back door".'
  const isOpen = answer.status >= 200 && answer.status < 300 && !isPublic
  return { mark: isOpen ? 'bad' : 'warn', name, text, mend }
}

/** Whether a database has every migration; `pending` is `undefined` when it could not be read. */
export function judgeMigrations(
  where: 'local' | 'deployed',
  pending: readonly string[] | undefined,
): Line {
  const name = 'migrations'
  if (pending === undefined) {
    return { mark: 'skip', name, text: `Those of the ${where} database cannot be read.` }
  }
  if (pending.length === 0) return { mark: 'ok', name, text: `The ${where} database has them all.` }
  const text = `The ${where} database lacks ${pending.join(', ')}.`
  return where === 'local'
    ? { mark: 'warn', name, text, mend: 'npm start applies them.' }
    : { mark: 'bad', name, text, mend: 'npm run deploy applies them.' }
}

/** A secret that the gateway has a use for and that is not set. */
export interface MissingSecret {
  readonly secret: string
  /** Without it the gateway serves nothing. */
  readonly isRequired: boolean
}

/** The secrets that are missing in production. */
export function judgeSecrets(missing: readonly MissingSecret[]): readonly Line[] {
  const name = 'secrets'
  if (missing.length === 0)
    return [{ mark: 'ok', name, text: 'All that it has a use for are set.' }]
  return missing.map(({ secret, isRequired }) => ({
    mark: isRequired ? 'bad' : 'warn',
    name,
    text: `${secret} is not set. ${rowOf(secret)?.meaning}`,
    mend: `npm run deploy asks for it, or npx wrangler secret put ${secret}`,
  }))
}

const rotate = 'npm run -s keys -- --rotate, and put the set in at once.'

interface Wait {
  readonly over: string
  readonly until: (time: string) => string
}

/** What is said of a set, by the step that is next. */
const waits: Readonly<Record<RotationStep, Wait>> = {
  announced: {
    over: `The key signs for more than ${keyLifeSeconds / 86_400} days: begin a rotation.`,
    until: (time) => `No rotation is due before ${time}.`,
  },
  promoted: {
    over: 'A new key is announced for long enough: let it sign.',
    until: (time) => `A new key is announced. It may sign from ${time} on.`,
  },
  retired: {
    over: 'Nothing that the old key signed is left: retire it.',
    until: (time) => `A new key signs. The old one may go from ${time} on.`,
  },
}

/** Whether the next step of a rotation of the signing keys is due. */
export function judgeRotation(keys: readonly SigningKey[], nowMs: number): Line {
  const name = 'signing keys'
  const { step, dueMs } = rotationOf(keys)
  const { over, until } = waits[step]
  if (dueMs !== undefined) {
    if (nowMs >= dueMs) return { mark: 'warn', name, text: over, mend: rotate }
    return { mark: 'ok', name, text: until(minuteText(dueMs)) }
  }
  if (step === 'announced') {
    return { mark: 'ok', name, text: 'The set does not say since when its key signs.' }
  }
  const text = 'A rotation is under way, and the set does not say since when.'
  return { mark: 'warn', name, text, mend: `An hour after its last step: ${rotate}` }
}

/** Whether a gateway publishes the set that is to be rotated here. */
export function judgePublished(keys: readonly SigningKey[], answer: Answer | undefined): Line {
  const name = 'signing keys'
  const published = answer?.status === 200 ? kidsOf(answer.json) : undefined
  if (published === undefined) {
    return { mark: 'skip', name, text: 'What the gateway publishes cannot be read.' }
  }
  const own = keys.map(({ kid }) => kid)
  if (own.length === published.length && own.every((kid) => published.includes(kid))) {
    return { mark: 'ok', name, text: 'The gateway publishes those of this machine.' }
  }
  const text = 'The gateway publishes other keys than those of this machine.'
  const mend = 'Put the set in before the next step: npx wrangler secret put USHER_SIGNING_KEY'
  return { mark: 'warn', name, text, mend }
}

/** The names of the keys in a set; `undefined` for what is no set. */
function kidsOf(json: string): readonly unknown[] | undefined {
  try {
    const { keys }: { keys?: unknown } = JSON.parse(json)
    return Array.isArray(keys) ? keys.map((key: { kid?: unknown } | null) => key?.kid) : undefined
  } catch {
    return undefined
  }
}

/** Whether `livez` or `readyz` of a deployed gateway is 200. */
export function judgeHealth(surface: string, answer: Answer | undefined): Line {
  if (answer === undefined) {
    const mend = 'Is the address right, and does its name resolve?'
    return { mark: 'bad', name: surface, text: 'There is no answer.', mend }
  }
  if (answer.status === 200) return { mark: 'ok', name: surface, text: '200' }
  const isMisconfigured = answer.json.includes('"gateway-misconfigured"')
  const mend =
    answer.status === 503 && !isMisconfigured
      ? 'Asked with the token of an administrator, it says which check failed.'
      : 'The log says why: npx wrangler tail'
  return { mark: 'bad', name: surface, text: String(answer.status), mend }
}
