import { actorTokensOperations } from './actor-tokens.ts'
import type { BackendOperation } from './api.ts'
import { apiKeysOperations } from './api-keys.ts'
import { clientsOperations } from './clients.ts'
import { emailAddressesOperations } from './email-addresses.ts'
import { handshakeOperations } from './handshake.ts'
import { instanceOperations } from './instance.ts'
import { invitationsOperations } from './invitations.ts'
import { jwksOperations } from './jwks.ts'
import { jwtTemplatesOperations } from './jwt-templates.ts'
import { m2mTokensOperations } from './m2m-tokens.ts'
import { machinesOperations } from './machines.ts'
import { membershipsOperations } from './memberships.ts'
import { oauthAccessTokensOperations } from './oauth-access-tokens.ts'
import { organizationDomainsOperations } from './organization-domains.ts'
import { organizationInvitationsOperations } from './organization-invitations.ts'
import { organizationPermissionsOperations } from './organization-permissions.ts'
import { organizationRolesOperations } from './organization-roles.ts'
import { organizationsOperations } from './organizations.ts'
import { phoneNumbersOperations } from './phone-numbers.ts'
import { sessionsOperations } from './sessions.ts'
import { signInTokensOperations } from './sign-in-tokens.ts'
import { testingTokensOperations } from './testing-tokens.ts'
import { userChangesOperations } from './user-changes.ts'
import { userCreationOperations } from './user-creation.ts'
import { userSecurityOperations } from './user-security.ts'
import { userStandingOperations } from './user-standing.ts'
import { usersOperations } from './users.ts'
import { waitlistEntriesOperations } from './waitlist-entries.ts'

/** Every operation of the Backend API that works here. */
export const backendOperations: readonly BackendOperation[] = [
  ...actorTokensOperations,
  ...apiKeysOperations,
  ...clientsOperations,
  ...emailAddressesOperations,
  ...handshakeOperations,
  ...instanceOperations,
  ...jwksOperations,
  ...jwtTemplatesOperations,
  ...m2mTokensOperations,
  ...machinesOperations,
  ...oauthAccessTokensOperations,
  ...phoneNumbersOperations,
  ...sessionsOperations,
  ...signInTokensOperations,
  ...testingTokensOperations,
  ...userChangesOperations,
  ...userCreationOperations,
  ...userSecurityOperations,
  ...userStandingOperations,
  ...usersOperations,
  ...invitationsOperations,
  ...membershipsOperations,
  ...organizationDomainsOperations,
  ...organizationInvitationsOperations,
  ...organizationPermissionsOperations,
  ...organizationRolesOperations,
  ...organizationsOperations,
  ...waitlistEntriesOperations,
]
