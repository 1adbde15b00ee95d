import type { FrontendOperation } from './api.ts'
import { clientOperations } from './client.ts'
import { environmentOperations } from './environment.ts'
import { handshakeOperations } from './handshake.ts'
import { healthOperations } from './health.ts'
import { myOperations } from './me.ts'
import { myEmailAddressOperations } from './my-email-addresses.ts'
import { myOrganizationsOperations } from './my-organizations.ts'
import { myPasswordOperations } from './my-password.ts'
import { myPhoneNumberOperations } from './my-phone-numbers.ts'
import { mySecondFactorOperations } from './my-second-factors.ts'
import { organizationDomainsOperations } from './organization-domains.ts'
import { organizationInvitationsOperations } from './organization-invitations.ts'
import { organizationMembersOperations } from './organization-members.ts'
import { organizationRolesOperations } from './organization-roles.ts'
import { organizationsOperations } from './organizations.ts'
import { reverificationOperations } from './reverification.ts'
import { sessionTokenOperations } from './session-tokens.ts'
import { sessionOperations } from './sessions.ts'
import { signInFactorOperations } from './sign-in-factors.ts'
import { signInOperations } from './sign-ins.ts'
import { signUpOperations } from './sign-ups.ts'
import { ticketOperations } from './tickets.ts'
import { waitlistOperations } from './waitlist.ts'
import { wellKnownOperations } from './well-known.ts'

/** Every operation of the Frontend API that works here. */
export const frontendOperations: readonly FrontendOperation[] = [
  ...environmentOperations,
  ...healthOperations,
  ...myEmailAddressOperations,
  ...myOperations,
  ...myPasswordOperations,
  ...myPhoneNumberOperations,
  ...mySecondFactorOperations,
  ...clientOperations,
  ...handshakeOperations,
  ...reverificationOperations,
  ...sessionOperations,
  ...sessionTokenOperations,
  ...signInFactorOperations,
  ...signInOperations,
  ...signUpOperations,
  ...ticketOperations,
  ...wellKnownOperations,
  ...myOrganizationsOperations,
  ...organizationDomainsOperations,
  ...organizationInvitationsOperations,
  ...organizationMembersOperations,
  ...organizationRolesOperations,
  ...organizationsOperations,
  ...waitlistOperations,
]
