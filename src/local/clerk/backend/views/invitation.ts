import { invitationStatusOf } from '../../kernel/organizations.ts'
import type { Invitation } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** An invitation to the application as the Backend API shows it. */
export function invitationView(world: World, invitation: Invitation): object {
  const status = invitationStatusOf(invitation, world.clock.now())
  return {
    object: 'invitation',
    id: invitation.id,
    email_address: invitation.emailAddress,
    public_metadata: invitation.publicMetadata,
    ...(status === 'revoked' && { revoked: true }),
    status,
    // A link that leads nowhere any more is not shown.
    ...(status === 'pending' && { url: invitation.url }),
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  }
}
