import { acceptInvitationTicket, invitationNamed } from '../acts/invitations.ts'
import { forgetFailedAttempts } from '../acts/people.ts'
import { startSession } from '../acts/sessions.ts'
import { Complaint, complaintResponse } from '../kernel/complaint.ts'
import { secondFactorsOf } from '../kernel/factors.ts'
import { newId } from '../kernel/identifiers.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import { lockoutOf } from '../kernel/lockout.ts'
import type { Asked } from '../kernel/operation.ts'
import type { Session, SignIn, User, Verification } from '../kernel/records.ts'
import { activityOf } from '../kernel/session-activity.ts'
import type { World } from '../kernel/world.ts'
import type { Browser } from './browser.ts'
import { clientView } from './views/client.ts'

const day = 24 * 60 * 60 * 1000

/** What an operation of a sign-in is told. */
export type Call = Asked & { readonly caller: Browser }

/** Refuses a user who may not sign in, whatever they can prove. */
export function refuseBarred({ clock }: World, user: User): void {
  if (user.isBanned) {
    throw new Complaint(403, 'user_banned', {
      message: 'User banned',
      longMessage:
        'You have been banned. If you think this was by mistake, please contact support.',
    })
  }
  const { isLocked, expiresInSeconds } = lockoutOf(user, clock.now())
  if (!isLocked) return
  const minutes = Math.ceil((expiresInSeconds ?? 0) / 60)
  throw new Complaint(403, 'user_locked', {
    message: 'Account locked',
    longMessage: `Your account is locked. You will be able to try again in ${minutes} minutes. For more information, please contact support.`,
    lockout_expires_in_seconds: expiresInSeconds,
  })
}

/** The answer to whoever is signed in already: one session at a time. It tells the page of that session. */
export async function sessionExists({ world, caller }: Call): Promise<Response | undefined> {
  const client = caller.client()
  if (client === undefined || caller.liveSession() === undefined) return undefined
  const complaint = new Complaint(400, 'session_exists', {
    message: 'Session already exists',
    longMessage: "You're already signed in.",
  })
  const envelope: object = await complaintResponse(complaint).json()
  return jsonAnswer({ ...envelope, meta: { client: clientView(world, client) } }, 400)
}

/** Nobody signs in elsewhere first here, so there is nothing to go on with. */
export function nothingToTransfer(): Complaint {
  return new Complaint(400, 'account_transfer_invalid', {
    message: 'Invalid account transfer',
    longMessage: 'There is no account to transfer',
  })
}

/** Begins a sign-in in the place of the one that the browser was at. */
export async function beginSignIn(call: Call, traits: Partial<SignIn>): Promise<SignIn> {
  const { world, caller, nowMs } = call
  const client = await caller.ensureClient()
  const signIn = world.state.signIns.put({
    id: newId('sia'),
    clientId: client.id,
    status: 'needs_first_factor',
    identifier: null,
    userId: null,
    firstFactor: null,
    secondFactor: null,
    createdSessionId: null,
    invitationId: null,
    abandonAt: nowMs + day,
    createdAt: nowMs,
    updatedAt: nowMs,
    ...traits,
  })
  if (client.signInId !== null) world.state.signIns.remove(client.signInId)
  world.state.clients.put({ ...client, signInId: signIn.id, updatedAt: nowMs })
  return signIn
}

/** A sign-in of this browser; 404 for any other. */
export function findSignIn({ world, caller, path, nowMs }: Call): SignIn {
  const { sign_in_id: id } = path
  const signIn = world.state.signIns.get(id)
  const client = caller.client()
  if (signIn !== undefined && signIn.clientId === client?.id && signIn.abandonAt > nowMs) {
    return signIn
  }
  throw new Complaint(404, 'resource_not_found', {
    message: 'not found',
    longMessage: `No sign in was found with id ${id}`,
  })
}

/** The sign-in that this browser is at, in one of these states, and whose it is. */
export function signInAt(
  call: Call,
  ...statuses: readonly SignIn['status'][]
): { readonly signIn: SignIn; readonly user: User } {
  const signIn = findSignIn(call)
  if (call.caller.client()?.signInId !== signIn.id) {
    throw new Complaint(403, 'resource_forbidden', {
      message: 'Update operations are not allowed on older sign ins',
    })
  }
  const user = call.world.state.users.get(signIn.userId)
  if (!statuses.includes(signIn.status) || user === undefined) {
    throw new Complaint(400, 'client_state_invalid', {
      message: 'Invalid action',
      longMessage: `We were unable to complete the action for this Client. The sign in is at ${signIn.status}.`,
    })
  }
  refuseBarred(call.world, user)
  return { signIn, user }
}

/** Writes down how far a sign-in is. */
export function putSignIn({ world, nowMs }: Call, signIn: SignIn): SignIn {
  return world.state.signIns.put({ ...signIn, updatedAt: nowMs })
}

/** Goes on after the first factor: to a new password, to the second factor, or to a session. */
export async function passFirstFactor(
  call: Call,
  signIn: SignIn,
  firstFactor: Verification,
): Promise<SignIn> {
  const passed = putSignIn(call, { ...signIn, firstFactor })
  if (firstFactor.strategy.startsWith('reset_password')) {
    return putSignIn(call, { ...passed, status: 'needs_new_password' })
  }
  return askForSecondFactor(call, passed)
}

/** Asks for the second factor of a user who has one; a session for everyone else. */
export async function askForSecondFactor(call: Call, signIn: SignIn): Promise<SignIn> {
  const user = call.world.state.users.get(signIn.userId)
  if (user === undefined || secondFactorsOf(call.world, user).length === 0) {
    return complete(call, signIn, { origin: 'sign_in' })
  }
  return putSignIn(call, { ...signIn, status: 'needs_second_factor' })
}

/** What is special about the session that comes of a sign-in. */
export interface Completion {
  readonly origin: string
  readonly actor?: Session['actor']
  readonly maxDurationSeconds?: number | null
}

/** Makes the session. The browser gets another secret: one that somebody gave it before is worth nothing. */
export async function complete(
  call: Call,
  signIn: SignIn,
  completion: Completion,
): Promise<SignIn> {
  const { world, caller, request, nowMs } = call
  const { userId, firstFactor, secondFactor } = signIn
  const user = world.state.users.get(userId)
  if (user === undefined) throw gone()
  refuseBarred(world, user)
  const invited = invitationNamed(world, signIn.invitationId)
  if (invited !== undefined) acceptInvitationTicket(world, invited, user)
  forgetFailedAttempts(world, user)
  const session = startSession(world, {
    ...completion,
    client: await caller.ensureClient(),
    userId: user.id,
    firstFactorAt: firstFactor?.status === 'verified' ? nowMs : null,
    secondFactorAt: secondFactor?.status === 'verified' ? nowMs : null,
    activity: activityOf(request),
  })
  const client = await caller.ensureClient()
  world.state.clients.put({ ...client, signInId: null, signUpId: null })
  await caller.renewSecret()
  return putSignIn(call, { ...signIn, status: 'complete', createdSessionId: session.id })
}

function gone(): Complaint {
  return new Complaint(400, 'sign_in_identification_or_user_deleted', {
    message: 'identification or user deleted',
    longMessage: 'Either the user or the selected identification were deleted. Please start over.',
  })
}
