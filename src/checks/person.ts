import type { User } from '../model/principal.ts'

/**
 * Somebody for whom no credential of Clerk's vouches. Of the kinds of credential it is the one that need not say
 * what a session does: what is not said is undecided there, whatever `not` makes of it.
 */
export function personOf(
  userId: string,
  times: Pick<User, 'issuedAtSeconds' | 'expiresAtSeconds'>,
): User {
  return {
    kind: 'user',
    userId,
    tokenType: 'jwt_template',
    tokenId: undefined,
    sessionId: undefined,
    organization: undefined,
    actor: undefined,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
    scopes: [],
    ...times,
    claims: {},
    token: '',
  }
}
