import { pointerMembers } from '../model/claim.ts'
import type { RoleClaim } from '../model/role-claim.ts'
import type { Gateway } from './compile.ts'
import type { Problem } from './problem.ts'

/** What of where roles come from, and where they are told, does nothing in this environment. */
export function lintUsers({ rules, settings: { clerk } }: Gateway): readonly Problem[] {
  const { roleClaim, mirroredRole } = rules
  const problems: Problem[] = []
  if (roleClaim !== undefined && !clerk.issuers.includes(roleClaim.issuer)) {
    const message = 'Is no issuer of this gateway: the claim brings no role to anybody.'
    problems.push({ place: 'users.rolesFromClaim.issuer', message })
  }
  if (mirroredRole !== undefined && clerk.secretKey === undefined) {
    problems.push({
      place: 'users.mirrorRole',
      message: 'Does nothing without CLERK_SECRET_KEY: Clerk takes roles from nobody else.',
    })
  }
  if (roleClaim !== undefined && mirroredRole !== undefined && isLoop(roleClaim, mirroredRole)) {
    problems.push({
      place: 'users.rolesFromClaim.claim',
      message:
        'Brings back what users.mirrorRole told Clerk: a role that was revoked counts until Clerk was told. ' +
        'D1 says the same, and sooner: remove one of the two, or name another member.',
    })
  }
  return problems
}

/** Whether the claim most likely tells what Usher itself has written to Clerk. */
function isLoop({ claim }: RoleClaim, mirroredRole: string): boolean {
  const members = claim.startsWith('/') ? pointerMembers(claim) : [claim]
  return members.at(-1) === mirroredRole
}
