import { proved } from '../acts/factor-codes.ts'
import { type Invited, invitedBy } from '../acts/invitations.ts'
import { joinable } from '../acts/organization-invitations.ts'
import { redeemTicket, usableTicket } from '../acts/tickets.ts'
import { Complaint } from '../kernel/complaint.ts'
import { ownerOf } from '../kernel/identifications.ts'
import type { SignIn } from '../kernel/records.ts'
import {
  beginSignIn,
  type Call,
  complete,
  passFirstFactor,
  refuseBarred,
} from './sign-in-progress.ts'

/** Signs in by a ticket: of an invitation, or one that a server made for this user. */
export async function signInByTicket(call: Call, ticket: string): Promise<SignIn> {
  const { world } = call
  const invited = await invitedBy(world, ticket)
  if (invited !== undefined) return signInByInvitation(call, invited)
  const { ticket: usable, user } = await usableTicket(world, ticket, [
    'sign_in_token',
    'actor_token',
  ])
  refuseBarred(world, user)
  redeemTicket(world, usable)
  const signIn = await beginSignIn(call, { userId: user.id, firstFactor: proved('ticket') })
  // Whoever has the secret key said who this is; nothing more is asked.
  return complete(call, signIn, {
    origin: usable.kind,
    actor: usable.actor,
    maxDurationSeconds: usable.sessionMaxDurationSeconds,
  })
}

/** The link of an invitation proves that its bearer receives mail at the address, as a code would. */
async function signInByInvitation(call: Call, invited: Invited): Promise<SignIn> {
  const { world } = call
  const { id: invitationId, emailAddress } = invited.invitation
  const user = ownerOf(world, emailAddress)
  if (user === undefined) throw signUpInstead(invited.kind)
  refuseBarred(world, user)
  if (invited.kind === 'organization_invitation') joinable(world, invited.invitation, user)
  const who = { identifier: emailAddress, userId: user.id, invitationId }
  return passFirstFactor(call, await beginSignIn(call, who), proved('ticket'))
}

function signUpInstead(kind: Invited['kind']): Complaint {
  const code =
    kind === 'invitation'
      ? 'invitation_account_not_exists'
      : 'organization_invitation_identification_not_exist'
  return new Complaint(400, code, {
    message: 'identification not found',
    longMessage:
      "User not found. If you don't have an account, sign up first to accept this invitation.",
  })
}
