import { type ClerkClient, createClerkClient } from '@clerk/backend'
import {
  type AuthOptions,
  authenticatedMachineObject,
  type GetAuthFnNoRequest,
  getAuthObjectForAcceptedToken,
  signedInAuthObject,
  signedOutAuthObject,
} from '@clerk/backend/internal'
import { opaqueTypeOf } from '../clerk/token-type.ts'
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
function customClaimsOf({ token, claims }: Identified): Claims | null {
  const isOpaque = opaqueTypeOf(token) !== undefined
  const custom = Object.entries(claims).filter(
    ([name]) => isOpaque || !reservedClaims.includes(name),
  )
  return custom.length === 0 ? null : Object.fromEntries(custom)
}

/** Makes the client of Clerk's Backend API; a test brings its own. */
export type CreateClient = typeof createClerkClient

/** The client of Clerk's Backend API, as Clerk's middleware leaves it in a context: made when first used. */
export function lazyClerk(
  access: ClerkAccess,
  createClient: CreateClient = createClerkClient,
): ClerkClient {
  let client: ClerkClient | undefined
  return new Proxy({} as ClerkClient, {
    get(_target, member) {
      // What awaits or prints a value looks for these members; nobody means to use the client by that.
      if (typeof member === 'symbol' || member === 'then') return undefined
      client ??= openClient(access, createClient)
      return Reflect.get(client, member)
    },
  })
}

function openClient(
  { apiUrl, publishableKey, secretKey, machineSecretKey }: ClerkAccess,
  createClient: CreateClient,
): ClerkClient {
  if (secretKey === undefined) {
    throw new Error("Clerk's Backend API asks for a key: set CLERK_SECRET_KEY.")
  }
  return createClient({
    apiUrl,
    secretKey,
    ...(publishableKey !== undefined && { publishableKey }),
    ...(machineSecretKey !== undefined && { machineSecretKey }),
    telemetry: { disabled: true },
  })
}
