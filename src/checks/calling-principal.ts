import type { Caller } from '../gateway/authenticate.ts'
import type { Identified } from '../model/principal.ts'
import type { CallingOrganization, CallingPrincipal } from './calls.ts'

/** Who is calling, as another Worker is told: plain members that survive the way there, and no claims. */
export function principalForCaller({ principal, holdings }: Caller): CallingPrincipal {
  if (principal.kind === 'anonymous') return { kind: 'anonymous' }
  const { kind, tokenType, scopes } = principal
  const credential = { tokenType, scopes: [...scopes], organization: organizationOf(principal) }
  if (kind === 'machine') return { kind, ...credential, subject: principal.subject }
  return {
    kind,
    ...credential,
    userId: principal.userId,
    sessionId: principal.sessionId ?? null,
    actor: principal.actor ?? null,
    roles: holdings === undefined ? null : [...holdings.roles],
    permissions: holdings === undefined ? null : [...holdings.permissions],
  }
}

function organizationOf({ organization }: Identified): CallingOrganization | null {
  if (organization === undefined) return null
  const { id, slug = null, role = null, permissions } = organization
  return { id, slug, role, permissions: [...permissions] }
}
