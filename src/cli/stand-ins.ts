import { compileGateway, type Gateway } from '../config/compile.ts'
import type { GatewayDefinition } from '../config/define.ts'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'
import { variableTable } from '../config/variables.ts'
import { clerkProxyPath } from '../model/clerk-proxy.ts'
import type { Result } from '../model/result.ts'
import { type Values, variablesNamed } from './deploy-variables.ts'
import { secretNames } from './secrets.ts'

// A secret of the account counts as set, and nobody can read it: a well-formed value stands in for it
// while the config is checked. It goes nowhere: it is neither printed nor sent nor put in.

/** A gateway as its author wrote it, and the values that are known. */
export interface Written {
  readonly definition: GatewayDefinition
  readonly values: Values
}

const host = 'unreadable.example.com'
const address = `https://${host}`
const part = 'A'.repeat(43)

const standIns: Readonly<Record<keyof typeof variableTable, string>> = {
  ORIGIN_URL: address,
  HOSTS: host,
  CLERK_PUBLISHABLE_KEY: `pk_live_${btoa(`${host}$`)}`,
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: `pk_live_${btoa(`${host}$`)}`,
  CLERK_FRONTEND_API: host,
  CLERK_JWT_ISSUER: address,
  CLERK_JWT_KEY: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  // Of no instance, test or live, so that it is at odds with no publishable key.
  CLERK_SECRET_KEY: 'sk_unreadable',
  CLERK_MACHINE_ID: 'mch_unreadable',
  CLERK_MACHINE_SECRET_KEY: 'ak_unreadable',
  CLERK_FAPI_URL: address,
  CLERK_API_URL: address,
  CLERK_PROXY_URL: `${address}${clerkProxyPath}`,
  AUTHORIZED_PARTIES: address,
  CLERK_JWT_AUDIENCE: 'unreadable',
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${part}`,
  ADMIN_USER_EMAILS: `admin@${host}`,
  USHER_SIGNING_KEY: JSON.stringify({
    keys: [
      { kty: 'EC', crv: 'P-256', kid: 'unreadable', state: 'current', x: part, y: part, d: part },
    ],
  }),
  USHER_ACCESS_KEY: JSON.stringify({
    keys: [
      {
        ...{ kty: 'RSA', kid: 'unreadable', n: 'A'.repeat(342), e: 'AQAB' },
        ...{ d: part, p: part, q: part, dp: part, dq: part, qi: part },
      },
    ],
  }),
  USHER_CALLER_SECRET: 'unreadable'.repeat(4),
}

/**
 * What stands in for a variable. One that Usher does not know is most likely the address of an origin, or the
 * secret of a caller, of which no two are the same.
 */
export function standInFor(name: string): string {
  return new Map(Object.entries(standIns)).get(name) ?? `${address}/${encodeURIComponent(name)}`
}

/** Whether an address is none, but stands in for one. */
export function isStandIn(url: string): boolean {
  return new URL(url).host === host
}

/** What is known of the secrets of a deployment. */
export interface Account {
  /** The names of all secrets of the account, where somebody has looked. */
  readonly secrets: ReadonlySet<string> | undefined
  /** Those that count as set even so: every one that Usher knows, when not given. */
  readonly presumed?: readonly string[]
}

/** Compiles a gateway as it is deployed: what it lacks and the account has counts as set. */
export function compileDeployed(
  written: Written,
  { secrets, presumed = secretNames }: Account,
): Result<Gateway, readonly Problem[]> {
  const sought = secrets === undefined ? [] : variablesLacking(written, presumed)
  return compileWith(written, [...presumed, ...sought.filter((name) => secrets?.has(name))])
}

/** Whether secrets of the account, beside those that Usher knows, can be all that a gateway lacks. */
export function mayLieInAccount(written: Written): boolean {
  const lacking = variablesLacking(written, secretNames)
  return lacking.length > 0 && compileWith(written, [...secretNames, ...lacking]).ok
}

function compileWith(
  { definition, values }: Written,
  names: readonly string[],
): Result<Gateway, readonly Problem[]> {
  const unread = Object.fromEntries(names.map((name) => [name, standInFor(name)]))
  return compileGateway(definition, { ...unread, ...values }, strict)
}

/** The variables without a value that a config which does not compile names or reads. */
function variablesLacking(written: Written, presumed: readonly string[]): readonly string[] {
  const compiled = compileWith(written, presumed)
  if (compiled.ok) return []
  const known = variablesNamed(compiled.error, Object.keys(variableTable))
  return [...known, ...readInVain(written)].filter(
    (name) => written.values[name] === undefined && !presumed.includes(name),
  )
}

/** The variables that a config reads and that have no value, as far as its function comes. */
function readInVain({ definition, values }: Written): ReadonlySet<string> {
  const names = new Set<string>()
  const env = new Proxy<Readonly<Record<string, string | undefined>>>(values, {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      if (target[name] === undefined) names.add(name)
      return target[name]
    },
  })
  try {
    definition.factory(env)
  } catch {
    // What it throws is a problem of the config, and told as such.
  }
  return names
}
