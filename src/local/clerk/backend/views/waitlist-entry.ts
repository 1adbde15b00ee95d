import type { WaitlistEntry } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { invitationView } from './invitation.ts'

/** An entry of the waitlist as the Backend API and the events show it. */
export function waitlistEntryView(world: World, entry: WaitlistEntry): object {
  const invitation = world.state.invitations.get(entry.invitationId)
  return {
    object: 'waitlist_entry',
    id: entry.id,
    email_address: entry.emailAddress,
    status: entry.status,
    is_locked: false,
    invitation: invitation === undefined ? null : invitationView(world, invitation),
    created_at: entry.createdAt,
    updated_at: entry.updatedAt,
  }
}
