import type { Gateway } from '../config/compile.ts'
import { variableTable } from '../config/variables.ts'
import type { TokenType } from '../model/principal.ts'
import type { Rules } from '../model/route.ts'
import { rowOf } from './deploy-variables.ts'

type Table = typeof variableTable
type Secret = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly secret: true } ? Name : never
}[keyof Table]

/** The secrets that Usher knows. */
export const secretNames: readonly string[] = Object.keys(variableTable).filter(
  (name) => rowOf(name)?.secret === true,
)

interface Asked {
  readonly accepts: ReadonlySet<TokenType>
  readonly gateway: Gateway
  readonly isSet: (name: Secret) => boolean
}

/** What a gateway does with each secret that it would not do without. */
const uses: Readonly<Record<Secret, readonly ((asked: Asked) => boolean)[]>> = {
  CLERK_SECRET_KEY: [
    ({ accepts }) => accepts.has('api_key') || accepts.has('oauth_token'),
    ({ gateway: { rules } }) => rules.templates.length > 0,
    ({ gateway: { rules } }) => rules.routes.some(({ exchange }) => exchange !== undefined),
    ({ gateway: { rules, settings } }) =>
      settings.adminEmails.length > 0 && rules.trustedEmailClaim === undefined,
    ({ gateway: { rules } }) => rules.checks.cloudflareAccess !== undefined,
    ({ gateway: { rules } }) => rules.clerkProxy !== undefined,
    ({ gateway: { rules } }) => rules.routes.some(({ sessions }) => sessions !== undefined),
    // They ban, sign out and sync through Clerk.
    ({ gateway: { rules } }) => rules.operator.isAnywhere || rules.operator.host !== undefined,
    ({ gateway: { rules } }) => rules.mirroredRole !== undefined,
  ],
  CLERK_MACHINE_SECRET_KEY: [
    ({ accepts, isSet }) => accepts.has('m2m_token') && !isSet('CLERK_SECRET_KEY'),
  ],
  CLERK_WEBHOOK_SIGNING_SECRET: [() => true],
  USHER_SIGNING_KEY: [() => true],
  USHER_ACCESS_KEY: [({ gateway: { rules } }) => rules.checks.cloudflareAccess !== undefined],
  USHER_CALLER_SECRET: [
    ({ gateway }) => namesCallerSecret(gateway),
    ({ gateway: { rules } }) => rules.checks.callersFrom === 'environment' && isAsked(rules),
  ],
}

/** Whether a caller of the config shows this very secret, and not one of the author's own variables. */
function namesCallerSecret({ rules: { checks }, settings: { callerSecret } }: Gateway): boolean {
  if (callerSecret === undefined || checks.callersFrom === 'environment') return false
  return checks.callers.some(
    ({ proof }) => proof.kind === 'secret' && proof.secrets.includes(callerSecret),
  )
}

/** Whether the config speaks of checks although it names nobody who may ask. */
function isAsked({ checks, routes }: Rules): boolean {
  return checks.maxAgeMs > 0 || routes.some(({ origin }) => origin.kind === 'elsewhere')
}

/** Whether a gateway has a use for a secret, where these are set. */
export function isOfUse(name: string, gateway: Gateway, set: ReadonlySet<string>): boolean {
  const { surfaces, verifiers } = gateway.rules
  const accepts = new Set([...surfaces.accepts, ...verifiers.accepts])
  const isUsed = new Map(Object.entries(uses)).get(name) ?? []
  return isUsed.some((use) => use({ accepts, gateway, isSet: (one) => set.has(one) }))
}

/**
 * The secrets that are to be set, so that a gateway has all that it has a use for; of a gateway that
 * does not compile, the one that every gateway needs.
 */
export function missingSecrets(
  gateway: Gateway | undefined,
  set: ReadonlySet<string>,
): readonly string[] {
  if (gateway === undefined) return ['USHER_SIGNING_KEY'].filter((name) => !set.has(name))
  const missing: string[] = []
  for (const name of secretNames) {
    // What is missing is going to be set, and another may then be of no use.
    const later = new Set([...set, ...missing])
    if (!later.has(name) && isOfUse(name, gateway, later)) missing.push(name)
  }
  return missing
}
