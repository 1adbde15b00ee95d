import { type Facts, holdingsIn } from '../model/facts.ts'
import type { User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { administratorRole } from '../store/administrators.ts'
import type { ApiCapabilities, Call } from './capabilities.ts'
import { changesRecords, type Operator, type OperatorPermission } from './operation.ts'

/**
 * Whoever asks, if they may do what a permission opens: a person, in their own name, by a session or by a credential
 * that was made for this. Facts about them are at most as old as they are anywhere, and read anew for a change.
 */
export async function admitOperator(
  permission: OperatorPermission,
  call: Call,
  { knowUser }: Pick<ApiCapabilities, 'knowUser'>,
): Promise<Result<Operator, Refusal>> {
  const mustBeFresh = changesRecords(permission)
  const known = await call.identifyOperator(mustBeFresh)
  if (!known.ok) return known
  const { user, facts } = known.value
  // The audit names who did it.
  if (user.actor !== undefined) return refuse('actor-denied')
  const admitted = admit(permission, known.value, call)
  const isKnown = facts.status !== 'unknown'
  if (isKnown && (admitted.ok || facts.grants.length > 0)) return admitted
  // Whoever was never here before may be the first administrator, and counts as one from now on.
  await knowUser(user, call.moment)
  const introduced = await call.identifyOperator(true)
  return introduced.ok ? admit(permission, introduced.value, call) : introduced
}

interface Known {
  readonly user: User
  readonly facts: Facts
}

function admit(
  permission: OperatorPermission,
  { user, facts }: Known,
  call: Call,
): Result<Operator, Refusal> {
  // What is granted in one organisation does not run Usher.
  const { roles, permissions } = holdingsIn(facts, undefined)
  const isSession = user.tokenType === 'session_token'
  const isGranted = (name: string) =>
    roles.includes(administratorRole) || permissions.includes(name)
  const isMadeFor = (name: string) => isSession || user.scopes.includes(name)
  if (!isGranted(permission)) return refuse('permission-missing')
  if (!isMadeFor(permission)) return refuse('scope-missing', { scope: permission })
  return ok({
    userId: user.userId,
    isAdministrator: isSession && roles.includes(administratorRole),
    roles: facts.grants.map(({ role }) => role),
    holds: (name) => isGranted(name) && isMadeFor(name),
    asked: {
      requestId: call.requestId,
      address: call.request.headers.get('cf-connecting-ip') ?? undefined,
    },
  })
}
