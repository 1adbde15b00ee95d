import type { AccessKey } from '../model/access-key.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { SigningKey } from '../model/signing-key.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { type VariableRow, variableTable } from './variables.ts'

/** The variables as the platform gives them. */
export type Variables = Readonly<Record<string, unknown>>

/** A place that publishes Clerk's keys. */
export interface KeySource {
  readonly url: string
  /** Sent as a bearer token when the source is the Backend API. */
  readonly secretKey: string | undefined
}

/** One Clerk instance as the environment describes it. */
export interface ClerkSettings {
  readonly publishableKey: string | undefined
  /** The host that the publishable key names: where browsers reach the Frontend API. */
  readonly frontendHost: string | undefined
  /** Where browsers reach it instead, without a trailing slash. */
  readonly proxyUrl: string | undefined
  /** Another address of the Frontend API, for the gateway itself. */
  readonly frontendApiUrl: string | undefined
  /** For the Backend API. */
  readonly secretKey: string | undefined
  /** The machine that this gateway is. */
  readonly machineId: string | undefined
  /** Verifies opaque tokens of machines, in place of the secret key. */
  readonly machineSecretKey: string | undefined
  /** Where the Backend API is, without a trailing slash. */
  readonly apiUrl: string
  /** The values of `iss` that this instance writes; never empty. */
  readonly issuers: readonly string[]
  /** An RSA public key in PEM, with real line breaks; when set, no key is ever fetched. */
  readonly jwtKey: string | undefined
  /** Where keys are fetched, in order of preference. Empty only when `jwtKey` is set. */
  readonly keySources: readonly KeySource[]
  /** Exact origins that may be in `azp`. Empty: `azp` is not checked, cookies are not accepted. */
  readonly authorizedParties: readonly string[]
  /** When not empty, a token must name one of these in `aud`. */
  readonly audiences: readonly string[]
}

/** The environment, checked. */
export interface Settings {
  readonly clerk: ClerkSettings
  readonly signingKeys: readonly SigningKey[]
  /** The first signs answers to Cloudflare Access. */
  readonly accessKeys: readonly AccessKey[]
  /** By which the config, or Usher where it names no callers, knows one that asks for checks. */
  readonly callerSecret: string | undefined
  /** Checks Clerk's webhooks; without it none is taken. */
  readonly webhookSecret: string | undefined
  /** In lower case; whoever owns one of these, verified, is made an administrator when first seen. */
  readonly adminEmails: readonly string[]
}

type Table = typeof variableTable
type Value<Row> = Row extends VariableRow<infer T> ? T : never
type Values = { readonly [Name in keyof Table]: Value<Table[Name]> | undefined }

/** Reads the environment. The error is everything that is wrong with it, each by its variable. */
export function readEnvironment(
  variables: Variables,
  relaxations: Relaxations,
): Result<Settings, readonly Problem[]> {
  const texts = textsOf(variables)
  const { values, problems } = readVariables(texts, relaxations)
  const all = [...problems, ...disagreements(values, texts)]
  const instance = instanceOf(values)
  if (instance === undefined || all.length > 0) return err(all)
  return ok({
    clerk: {
      publishableKey: publishableKeyOf(values)?.text,
      frontendHost: publishableKeyOf(values)?.host,
      proxyUrl: values.CLERK_PROXY_URL?.replace(/\/+$/, ''),
      frontendApiUrl: values.CLERK_FAPI_URL,
      issuers: [...new Set([instance.issuer, values.CLERK_PROXY_URL ?? instance.issuer])],
      secretKey: values.CLERK_SECRET_KEY,
      machineId: values.CLERK_MACHINE_ID,
      machineSecretKey: values.CLERK_MACHINE_SECRET_KEY,
      apiUrl: values.CLERK_API_URL ?? variableTable.CLERK_API_URL.fallback,
      jwtKey: values.CLERK_JWT_KEY,
      keySources: values.CLERK_JWT_KEY === undefined ? keySources(values, instance) : [],
      authorizedParties: values.AUTHORIZED_PARTIES ?? [],
      audiences: values.CLERK_JWT_AUDIENCE ?? [],
    },
    signingKeys: values.USHER_SIGNING_KEY ?? [],
    accessKeys: values.USHER_ACCESS_KEY ?? [],
    callerSecret: values.USHER_CALLER_SECRET,
    webhookSecret: values.CLERK_WEBHOOK_SIGNING_SECRET,
    adminEmails: values.ADMIN_USER_EMAILS ?? [],
  })
}

/** The variables that say something: trimmed, not empty. Bindings are no texts, so left out. */
export function textsOf(variables: Variables): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(variables).flatMap(([name, value]) => {
      const text = typeof value === 'string' ? value.trim() : ''
      return text === '' ? [] : [[name, text] as const]
    }),
  )
}

function readVariables(
  texts: ReadonlyMap<string, string>,
  relaxations: Relaxations,
): { readonly values: Values; readonly problems: readonly Problem[] } {
  const readings = Object.entries<VariableRow<unknown>>(variableTable).flatMap(([name, row]) => {
    const text = texts.get(name)
    return text === undefined ? [] : [{ name, result: row.parse(text, relaxations) }]
  })
  const sound = readings.map(({ name, result }) => [name, result.ok ? result.value : undefined])
  return {
    values: Object.fromEntries(sound) as Values,
    problems: readings.flatMap(({ name, result }) =>
      result.ok ? [] : [{ place: name, message: result.error }],
    ),
  }
}

/** Every variable that can name the Clerk instance. */
const naming = [
  'CLERK_PUBLISHABLE_KEY',
  'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
  'CLERK_FRONTEND_API',
  'CLERK_JWT_ISSUER',
] as const satisfies (keyof Table)[]

function publishableKeyOf(values: Values) {
  return values.CLERK_PUBLISHABLE_KEY ?? values.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY
}

interface Instance {
  readonly issuer: string
  /** Where the Frontend API is, without a trailing slash. */
  readonly frontendApi: string
}

function instanceOf(values: Values): Instance | undefined {
  const host = publishableKeyOf(values)?.host ?? values.CLERK_FRONTEND_API
  const address = host === undefined ? undefined : `https://${host}`
  const issuer = values.CLERK_JWT_ISSUER ?? address
  if (issuer === undefined) return undefined
  return { issuer, frontendApi: values.CLERK_FAPI_URL ?? address ?? issuer.replace(/\/+$/, '') }
}

function keySources(values: Values, { frontendApi }: Instance): readonly KeySource[] {
  const sources = [{ url: `${frontendApi}/.well-known/jwks.json`, secretKey: undefined }]
  const secretKey = values.CLERK_SECRET_KEY
  if (secretKey === undefined) return sources
  const api = values.CLERK_API_URL ?? variableTable.CLERK_API_URL.fallback
  return [...sources, { url: `${api}/v1/jwks`, secretKey }]
}

const keyWithoutIssuer: Problem = {
  place: 'CLERK_JWT_KEY',
  message: 'Needs an issuer: set CLERK_PUBLISHABLE_KEY or CLERK_JWT_ISSUER too.',
}

const noInstance: Problem = {
  place: 'CLERK_PUBLISHABLE_KEY',
  message:
    'Is missing: set it, CLERK_FRONTEND_API or CLERK_JWT_ISSUER to name your Clerk instance.',
}

/** What is wrong between variables that are each sound. */
function disagreements(values: Values, texts: ReadonlyMap<string, string>): readonly Problem[] {
  const problems: Problem[] = []
  const own = values.CLERK_PUBLISHABLE_KEY
  const next = values.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY
  const key = own ?? next
  if (!naming.some((name) => texts.has(name))) {
    problems.push(texts.has('CLERK_JWT_KEY') ? keyWithoutIssuer : noInstance)
  }
  if (own && next && own.text !== next.text) {
    const message = 'Differs from CLERK_PUBLISHABLE_KEY: remove one of them.'
    problems.push({ place: 'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY', message })
  }
  if (key && values.CLERK_FRONTEND_API && values.CLERK_FRONTEND_API !== key.host) {
    const message = 'Is not the host that the publishable key names: remove one of them.'
    problems.push({ place: 'CLERK_FRONTEND_API', message })
  }
  if (key && values.CLERK_SECRET_KEY?.startsWith(key.mode === 'test' ? 'sk_live_' : 'sk_test_')) {
    const message = 'Is not of the instance of the publishable key: one is test, the other live.'
    problems.push({ place: 'CLERK_SECRET_KEY', message })
  }
  return problems
}
