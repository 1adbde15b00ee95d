import { refuseTakenAddresses, refuseTakenNumbers, taken } from '../acts/address-making.ts'
import { proved } from '../acts/factor-codes.ts'
import {
  acceptInvitationTicket,
  type Invited,
  invitationNamed,
  invitedBy,
} from '../acts/invitations.ts'
import { checkPassword, digestPassword } from '../acts/passwords.ts'
import { createUser } from '../acts/people.ts'
import { startSession } from '../acts/sessions.ts'
import { checkUsername } from '../acts/usernames.ts'
import { Complaint } from '../kernel/complaint.ts'
import { ownerOf } from '../kernel/identifications.ts'
import { newId } from '../kernel/identifiers.ts'
import type { Metadata, SignUp, User } from '../kernel/records.ts'
import { activityOf } from '../kernel/session-activity.ts'
import { missingFieldsOf, unverifiedFieldsOf } from '../kernel/sign-up-terms.ts'
import type { World } from '../kernel/world.ts'
import type { Call } from './sign-in-progress.ts'

const day = 24 * 60 * 60 * 1000

/** What somebody tells of themselves. A member that is not given stays as it is. */
export interface SignUpWish {
  readonly emailAddress?: string | null | undefined
  readonly phoneNumber?: string | null | undefined
  readonly password?: string | null | undefined
  readonly username?: string | null | undefined
  readonly firstName?: string | null | undefined
  readonly lastName?: string | null | undefined
  readonly unsafeMetadata?: Metadata | null | undefined
  readonly hasAcceptedTerms?: boolean | null | undefined
  /** Of an invitation: it proves the address that it was sent to. */
  readonly ticket?: string | null | undefined
}

/** Begins a sign-up in the place of the one that the browser was at. */
export async function beginSignUp(call: Call, wish: SignUpWish): Promise<SignUp> {
  const { world, caller, nowMs } = call
  const told = await withWish(call, { ...nobody, ...dated(nowMs) }, wish)
  const client = await caller.ensureClient()
  if (client.signUpId !== null) world.state.signUps.remove(client.signUpId)
  world.state.clients.put({ ...client, signUpId: told.id, updatedAt: nowMs })
  return world.state.signUps.put({ ...told, clientId: client.id })
}

/** Changes what was told. */
export async function updateSignUp(call: Call, signUp: SignUp, wish: SignUpWish): Promise<SignUp> {
  return putSignUp(call, await withWish(call, signUp, wish))
}

/** Writes down how far a sign-up is. */
export function putSignUp({ world, nowMs }: Call, signUp: SignUp): SignUp {
  return world.state.signUps.put({ ...signUp, updatedAt: nowMs })
}

/** A sign-up of this browser; 404 for any other. */
export function findSignUp({ world, caller, path, nowMs }: Call): SignUp {
  const { sign_up_id: id } = path
  const signUp = world.state.signUps.get(id)
  if (
    signUp?.clientId === caller.client()?.id &&
    signUp !== undefined &&
    signUp.abandonAt > nowMs
  ) {
    return signUp
  }
  throw new Complaint(404, 'resource_not_found', {
    message: 'Sign up not found',
    longMessage: `No sign up was found with id ${id}`,
  })
}

/** The sign-up that this browser is at. One that is over cannot be changed. */
export function openSignUp(call: Call): SignUp {
  const signUp = findSignUp(call)
  if (signUp.status === 'complete' || call.caller.client()?.signUpId !== signUp.id) {
    throw new Complaint(403, 'sign_up_cannot_be_updated', {
      message: 'Sign up cannot be updated',
      longMessage: 'This sign up has reached a terminal state and cannot be updated',
    })
  }
  return signUp
}

/** Makes the user and the session once nothing is missing and nothing unproved. */
export async function settleSignUp(call: Call, signUp: SignUp): Promise<SignUp> {
  if (missingFieldsOf(signUp).length > 0 || unverifiedFieldsOf(signUp).length > 0) return signUp
  const { world, caller, request, nowMs } = call
  const invited = invitationNamed(world, signUp.invitationId)
  const user = createUserOf(world, signUp)
  if (invited !== undefined) acceptInvitationTicket(world, invited, user)
  const session = startSession(world, {
    client: await caller.ensureClient(),
    userId: user.id,
    origin: 'sign_up',
    firstFactorAt: nowMs,
    activity: activityOf(request),
  })
  const client = await caller.ensureClient()
  world.state.clients.put({ ...client, signInId: null, signUpId: null })
  await caller.renewSecret()
  return putSignUp(call, {
    ...signUp,
    status: 'complete',
    createdUserId: user.id,
    createdSessionId: session.id,
  })
}

const nobody: Omit<SignUp, 'id' | 'abandonAt' | 'createdAt' | 'updatedAt'> = {
  clientId: '',
  status: 'missing_requirements',
  emailAddress: null,
  phoneNumber: null,
  username: null,
  firstName: null,
  lastName: null,
  passwordDigest: null,
  unsafeMetadata: {},
  publicMetadata: {},
  legalAcceptedAt: null,
  emailVerification: null,
  phoneVerification: null,
  createdSessionId: null,
  createdUserId: null,
  invitationId: null,
}

function dated(nowMs: number) {
  return { id: newId('sua'), abandonAt: nowMs + day, createdAt: nowMs, updatedAt: nowMs }
}

async function withWish(call: Call, signUp: SignUp, wish: SignUpWish): Promise<SignUp> {
  const { world, nowMs } = call
  const { emailAddress, phoneNumber, password, firstName, lastName } = wish
  const { unsafeMetadata, hasAcceptedTerms, ticket } = wish
  const username = wish.username ? freeUsername(world, wish.username) : wish.username
  if (emailAddress) refuseTakenAddresses(world, [emailAddress])
  if (phoneNumber) refuseTakenNumbers(world, [phoneNumber])
  if (password) checkPassword(password)
  const told: SignUp = {
    ...signUp,
    ...(username !== undefined && { username }),
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(unsafeMetadata !== undefined && { unsafeMetadata: unsafeMetadata ?? {} }),
    ...(hasAcceptedTerms && { legalAcceptedAt: nowMs }),
    ...(password && { passwordDigest: await digestPassword(password) }),
    // Whatever was proved of another address proves nothing of this one.
    ...(emailAddress !== undefined &&
      emailAddress !== signUp.emailAddress && {
        ...{ emailAddress, emailVerification: null, invitationId: null },
      }),
    ...(phoneNumber !== undefined &&
      phoneNumber !== signUp.phoneNumber && { phoneNumber, phoneVerification: null }),
  }
  return ticket ? withInvitation(world, told, ticket) : told
}

function freeUsername({ state }: World, wanted: string): string {
  const username = checkUsername(wanted)
  if (state.users.find((user) => user.username === username)) throw taken('username', 'username')
  return username
}

async function withInvitation(world: World, signUp: SignUp, ticket: string): Promise<SignUp> {
  const invited = await invitedBy(world, ticket)
  if (invited === undefined) {
    throw new Complaint(400, 'ticket_invalid_code', {
      message: 'ticket is invalid',
      longMessage:
        "This ticket is invalid. Make sure you're using a valid ticket generated by Clerk.",
    })
  }
  const { kind, invitation } = invited
  const { emailAddress } = invitation
  if (ownerOf(world, emailAddress)) throw signInInstead(kind)
  return {
    ...signUp,
    emailAddress,
    emailVerification: proved('ticket'),
    // An invitation to an organisation says something of the membership, not of the user.
    publicMetadata: kind === 'invitation' ? invitation.publicMetadata : {},
    invitationId: invitation.id,
  }
}

function createUserOf(world: World, signUp: SignUp): User {
  const { emailAddress, emailVerification, phoneNumber, phoneVerification } = signUp
  const { username, firstName, lastName, passwordDigest, unsafeMetadata } = signUp
  const { legalAcceptedAt } = signUp
  const isInvited = emailVerification?.strategy === 'ticket'
  return createUser(world, {
    ...{ username, firstName, lastName, passwordDigest, unsafeMetadata, legalAcceptedAt },
    publicMetadata: isInvited ? signUp.publicMetadata : {},
    emailAddresses:
      emailAddress === null ? [] : [{ emailAddress, verification: emailVerification }],
    phoneNumbers: phoneNumber === null ? [] : [{ phoneNumber, verification: phoneVerification }],
  })
}

function signInInstead(kind: Invited['kind']): Complaint {
  const code =
    kind === 'invitation'
      ? 'invitation_account_exists'
      : 'organization_invitation_identification_already_exists'
  return new Complaint(400, code, {
    message: 'account exists',
    longMessage: 'An account already exists for this invitation. Sign in instead.',
  })
}
