import {
  type AuthOptions,
  authenticatedMachineObject,
  type GetAuthFnNoRequest,
  getAuthObjectForAcceptedToken,
  signedInAuthObject,
  signedOutAuthObject,
} from '@clerk/backend/internal'
import type { Claims, Identified, Principal } from '../model/principal.ts'
import { unreachable } from '../model/result.ts'
import type { ClerkAccess } from './capabilities.ts'

type AuthObject = ReturnType<typeof getAuthObjectForAcceptedToken>

/**
 * What Clerk's middleware leaves in a context as `clerkAuth`, for somebody whom the gateway has let in:
 * `getAuth(c)` of both `@hono/clerk-auth` and `@clerk/hono` calls it. By itself it speaks of sessions
 * alone; other credentials are nobody's until `acceptsToken` names them.
 */
export function clerkAuthOf(principal: Principal, access: ClerkAccess): GetAuthFnNoRequest {
  function clerkAuth({ acceptsToken, treatPendingAsSignedOut = true }: AuthOptions = {}) {
    const authObject = authObjectOf(principal, access)
    const isPending = 'sessionStatus' in authObject && authObject.sessionStatus === 'pending'
    return getAuthObjectForAcceptedToken({
      authObject:
        isPending && treatPendingAsSignedOut ? signedOutAuthObject({}, 'pending') : authObject,
      acceptsToken,
    })
  }
  // Which object an option gives is told by overloads, which no implementation can show to hold.
  return clerkAuth as GetAuthFnNoRequest
}

function authObjectOf(principal: Principal, { apiUrl, secretKey }: ClerkAccess): AuthObject {
  if (principal.kind === 'anonymous') return signedOutAuthObject()
  const { token, tokenType } = principal
  switch (tokenType) {
    case 'session_token': {
      const opening = { apiUrl, ...(secretKey !== undefined && { secretKey }) }
      // Verified claims have what Clerk's type demands; the type is Clerk's own and wider than ours.
      const claims = principal.claims as Parameters<typeof signedInAuthObject>[2]
      return signedInAuthObject(opening, token, claims)
    }
    case 'jwt_template':
      // Clerk has no object for what a template shaped for some other service.
      return signedOutAuthObject()
    case 'api_key':
    case 'm2m_token':
    case 'oauth_token':
      return authenticatedMachineObject(tokenType, token, verificationOf(principal))
    default:
      return unreachable(tokenType)
  }
}

type Verification = Parameters<typeof authenticatedMachineObject>[2]

/** What Clerk's verify endpoints said, by the names of Clerk's resources. */
function verificationOf(principal: Identified): Verification {
  const { tokenId, scopes } = principal
  const verification = {
    id: tokenId ?? '',
    subject: principal.kind === 'user' ? principal.userId : principal.subject,
    scopes: [...scopes],
    claims: customClaimsOf(principal),
    clientId: principal.kind === 'user' ? (principal.clientId ?? '') : '',
    // The name that a person gave a key decides nothing, so the gateway does not keep it.
    name: '',
  }
  // Of Clerk's resources, only these members are read.
  return verification as unknown as Verification
}

const reservedClaims: readonly string[] = ['iss', 'sub', 'exp', 'nbf', 'iat', 'jti']

/** What whoever made the credential put into it; Clerk says null where that is nothing. */
function customClaimsOf({ claims }: Identified): Claims | null {
  const custom = Object.entries(claims).filter(([name]) => !reservedClaims.includes(name))
  return custom.length === 0 ? null : Object.fromEntries(custom)
}
