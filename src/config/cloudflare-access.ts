import type { CloudflareAccess } from '../model/checks.ts'
import type { Access, Condition } from '../model/condition.ts'
import { err, ok, type Result } from '../model/result.ts'
import { accessShape, conditionsWithin } from './access.ts'
import type { IsSet } from './credentials.ts'
import type { Problem } from './problem.ts'
import { built, object, optional, parsed, type Reading, unsound } from './shape.ts'

/** Conditions on what Usher itself granted somebody: no credential of Clerk's is there to say more. */
export interface GrantConditionConfig {
  /** A role granted in Usher, or several that must all be. */
  readonly role?: string | readonly string[]
  /** A permission granted in Usher, or several that must all be. */
  readonly permission?: string | readonly string[]
  /** Every one of these must hold. */
  readonly all?: readonly GrantConditionConfig[]
  /** At least one of these must hold. */
  readonly any?: readonly GrantConditionConfig[]
  /** This must not hold. */
  readonly not?: GrantConditionConfig
}

/** Cloudflare Access, which may ask whether somebody may use an application of its own. */
export interface CloudflareAccessConfig {
  /** The name of the Zero Trust team: `'acme'` of `acme.cloudflareaccess.com`. */
  readonly team: string
  /** What Usher must have granted whoever wants to pass. */
  readonly access: GrantConditionConfig
}

/** The shape of `checks.cloudflareAccess`. */
export const cloudflareAccessShape = optional(
  built(
    object({ team: parsed(parseTeam), access: grantsShape }),
    ({ team, access }): CloudflareAccess => ({
      issuer: `https://${team}.cloudflareaccess.com`,
      access,
    }),
  ),
  null,
)

function parseTeam(team: string): Result<string, string> {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(team)) return ok(team)
  return err('Must be the name of the team alone: "acme" of acme.cloudflareaccess.com.')
}

const grantKinds: readonly Condition['kind'][] = [
  'usher-role',
  'usher-permission',
  'all',
  'any',
  'not',
]

/** Whoever Access asks about has shown Clerk nothing here, so only what Usher granted can be asked for. */
function grantsShape(value: unknown, place: string): Reading<Access> {
  const reading = accessShape(value, place)
  const access = reading.value
  if (access === undefined) return reading
  if (access.kind !== 'signed-in') return unsound(place, onlyGrants)
  if (access.tried !== undefined) return unsound(place, noShadow)
  const within = conditionsWithin(access.condition)
  const asksMore = within.some(({ kind }) => !grantKinds.includes(kind))
  return asksMore || !access.needsFacts ? unsound(place, onlyGrants) : reading
}

const noShadow = "Access goes by the answer, so nothing is only tried here: remove mode: 'shadow'."
const onlyGrants =
  'Access tells an e-mail address and no more: ask for a role or a permission of Usher\'s own, such as { role: "admin" }, with all, any and not.'

/** What of the config has to fit the environment, as far as it could be read. */
interface AccessDraft {
  readonly checks:
    | { readonly cloudflareAccess: CloudflareAccess | null | undefined }
    | null
    | undefined
}

/** What is wrong between the words about Cloudflare Access and the environment. */
export function cloudflareAccessProblems(
  { checks }: AccessDraft,
  isSet: IsSet,
): readonly Problem[] {
  if (!checks?.cloudflareAccess) return []
  return needed
    .filter(([name]) => !isSet(name))
    .map(([, message]) => ({ place: 'checks.cloudflareAccess', message }))
}

const needed = [
  ['USHER_ACCESS_KEY', 'Answers are signed: set USHER_ACCESS_KEY (npm run -s keys -- --access).'],
  ['CLERK_SECRET_KEY', 'Before a yes, Clerk is asked whose address it is: set CLERK_SECRET_KEY.'],
] as const
