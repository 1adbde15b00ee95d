import { waitlistEntryView } from '../backend/views/waitlist-entry.ts'
import { Complaint } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import { invitationStatusOf } from '../kernel/organizations.ts'
import type { WaitlistEntry } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { inviteToApplication } from './invitations.ts'

/** Puts an address on the waitlist; one that is there already stays as it is. */
export function joinWaitlist(
  world: World,
  { emailAddress, notify }: { readonly emailAddress: string; readonly notify: boolean },
): WaitlistEntry {
  const { state, clock } = world
  const known = state.waitlistEntries.find((one) => one.emailAddress === emailAddress)
  if (known !== undefined) return known
  const now = clock.now()
  const entry = state.waitlistEntries.put({
    id: newId('wle'),
    emailAddress,
    status: 'pending',
    invitationId: null,
    createdAt: now,
    updatedAt: now,
  })
  if (notify) {
    const message = { channel: 'email', to: emailAddress, code: null, link: null } as const
    world.send({ ...message, subject: 'You are on the waitlist', userId: null })
  }
  world.emit('waitlistEntry.created', waitlistEntryView(world, entry))
  return entry
}

/** Who invites from the waitlist, and where the link leads. */
export interface Inviting {
  readonly publicOrigin: string
  readonly ignoreExisting: boolean
}

/** Invites whoever waits. */
export async function inviteFromWaitlist(
  world: World,
  entry: WaitlistEntry,
  { publicOrigin, ignoreExisting }: Inviting,
): Promise<WaitlistEntry> {
  if (entry.status === 'completed') throw conflict('The waitlist entry is already completed.')
  if (isInvited(world, entry) && !ignoreExisting) {
    throw conflict('The waitlist entry has already been invited.')
  }
  const { emailAddress } = entry
  const invitation = await inviteToApplication(world, {
    emailAddress,
    publicOrigin,
    ignoreExisting,
  })
  return change(world, entry, { status: 'invited', invitationId: invitation.id })
}

/** Turns whoever waits away. */
export function rejectFromWaitlist(world: World, entry: WaitlistEntry): WaitlistEntry {
  if (entry.status === 'completed') throw conflict('The waitlist entry is already completed.')
  if (entry.status === 'rejected') throw conflict('The waitlist entry is already rejected.')
  const { state, clock } = world
  const invitation = state.invitations.get(entry.invitationId)
  if (invitation?.status === 'pending') {
    state.invitations.put({ ...invitation, status: 'revoked', updatedAt: clock.now() })
  }
  return change(world, entry, { status: 'rejected' })
}

/** Forgets whoever waits. */
export function deleteWaitlistEntry({ state }: World, entry: WaitlistEntry): void {
  if (entry.status !== 'pending') throw conflict('Only pending waitlist entries can be deleted.')
  state.waitlistEntries.remove(entry.id)
}

function isInvited({ state, clock }: World, entry: WaitlistEntry): boolean {
  const invitation = state.invitations.get(entry.invitationId)
  return (
    entry.status === 'invited' &&
    invitation !== undefined &&
    invitationStatusOf(invitation, clock.now()) === 'pending'
  )
}

function change(
  world: World,
  entry: WaitlistEntry,
  changes: Pick<WaitlistEntry, 'status'> & Partial<Pick<WaitlistEntry, 'invitationId'>>,
): WaitlistEntry {
  const updatedAt = world.clock.now()
  const updated = world.state.waitlistEntries.put({ ...entry, ...changes, updatedAt })
  world.emit('waitlistEntry.updated', waitlistEntryView(world, updated))
  return updated
}

function conflict(longMessage: string): Complaint {
  return new Complaint(409, 'conflict', { message: 'Conflict', longMessage })
}
