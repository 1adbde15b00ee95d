import { totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { at, textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'
import { signInWith } from './visitors.ts'

const password = 'server-password-2024'

/** Makes a user, changes all of it, and deletes it. */
export async function visitUsers(tour: Tour): Promise<void> {
  const email = 'served@example.com'
  const made = await tour.backend('CreateUser', {
    send: {
      ...{ email_address: [email], password, first_name: 'Sam', last_name: 'Served' },
      ...{ public_metadata: { colour: 'blue' }, external_id: 'ext-1' },
    },
  })
  const user_id = textAt(made.body, 'id')
  const path = { user_id }
  await tour.backend('GetUserList', {
    send: { limit: 5, offset: 0, email_address: [email], order_by: '-created_at' },
  })
  await tour.backend('GetUsersCount', { send: { query: 'sam', starting_after: user_id } })
  await tour.backend('GetUser', { path })
  await tour.backend('UpdateUser', { path, send: { first_name: 'Samuel' } })
  const metadata = {
    public_metadata: { colour: null, size: 1 },
    private_metadata: { secret: true },
  }
  await tour.backend('UpdateUserMetadata', { path, send: metadata })
  await tour.backend('ReplaceUserMetadata', { path, send: { public_metadata: { only: 1 } } })
  await tour.backend('VerifyPassword', { path, send: { password } })
  await tour.backend('UsersGetOrganizationMemberships', { path, send: { limit: 5 } })
  await tour.backend('UsersGetOrganizationInvitations', { path, send: { limit: 5 } })
  await visitEmailAddresses(tour, user_id)
  await visitPhoneNumbers(tour, user_id)
  await visitSecondFactors(tour, user_id, email)
  await visitStanding(tour, user_id)
  await tour.backend('DeleteUserProfileImage', { path })
  await tour.backend('RemoveUserPassword', { path, send: { sign_out_of_other_sessions: true } })
  await tour.backend('DeleteUser', { path })
}

async function visitEmailAddresses(tour: Tour, user_id: string): Promise<void> {
  const email_address = 'second-served@example.com'
  const made = await tour.backend('CreateEmailAddress', { send: { user_id, email_address } })
  const path = { email_address_id: textAt(made.body, 'id') }
  await tour.backend('GetEmailAddress', { path })
  const prepared = await tour.backend('PrepareEmailAddressVerification', { path })
  const verification_id = String(at(prepared.body, 'id') ?? at(prepared.body, 'verification.id'))
  const code = tour.kit.codeFor(email_address)
  await tour.backend('AttemptEmailAddressVerification', { path, send: { verification_id, code } })
  await tour.backend('UpdateEmailAddress', { path, send: { verified: true } })
  await tour.backend('DeleteEmailAddress', { path })
  await tour.backend('ReplaceUserEmailAddress', {
    ...{ path: { user_id }, send: { email_address: 'served@example.com' } },
  })
}

async function visitPhoneNumbers(tour: Tour, user_id: string): Promise<void> {
  const phone_number = '+15555550188'
  const made = await tour.backend('CreatePhoneNumber', { send: { user_id, phone_number } })
  const path = { phone_number_id: textAt(made.body, 'id') }
  await tour.backend('GetPhoneNumber', { path })
  const prepared = await tour.backend('PreparePhoneNumberVerification', { path })
  const verification_id = String(at(prepared.body, 'id') ?? at(prepared.body, 'verification.id'))
  const code = tour.kit.codeFor(phone_number)
  await tour.backend('AttemptPhoneNumberVerification', { path, send: { verification_id, code } })
  await tour.backend('UpdatePhoneNumber', { path, send: { verified: true } })
  await tour.backend('DeletePhoneNumber', { path })
  await tour.backend('ReplaceUserPhoneNumber', {
    ...{ path: { user_id }, send: { phone_number: '+15555550189' } },
  })
}

async function visitSecondFactors(tour: Tour, user_id: string, email: string): Promise<void> {
  const path = { user_id }
  const browser = await signInWith(tour.kit, email, password)
  const enrol = async () => {
    const { response } = await browser.post('/v1/me/totp')
    const { clock } = tour.kit.standIn.world
    const code = await totpCode(textAt(response, 'secret'), clock.now())
    await browser.post('/v1/me/totp/attempt_verification', { code })
    await browser.post('/v1/me/backup_codes')
    // A code counts once, so the next one is of another half minute.
    clock.turn(60_000)
    return totpCode(textAt(response, 'secret'), clock.now())
  }
  await tour.backend('VerifyTOTP', { path, send: { code: await enrol() } })
  await tour.backend('DeleteBackupCode', { path })
  await tour.backend('DeleteTOTP', { path })
  await enrol()
  await tour.backend('DisableMFA', { path })
}

async function visitStanding(tour: Tour, user_id: string): Promise<void> {
  const path = { user_id }
  await tour.backend('LockUser', { path })
  await tour.backend('UnlockUser', { path })
  await tour.backend('BanUser', { path })
  await tour.backend('UnbanUser', { path })
  await tour.backend('UsersBan', { send: { user_ids: [user_id] } })
  await tour.backend('UsersUnban', { send: { user_ids: [user_id] } })
}

/** Sessions and clients, as a server sees them. */
export async function visitServerSessions(tour: Tour): Promise<void> {
  const email = 'session-owner@example.com'
  const made = await tour.kit.backend().post('/users', { email_address: [email], password })
  const user_id = textAt(made.body, 'id')
  const browser = await signInWith(tour.kit, email, password)
  const session_id = browser.sessionId() ?? ''
  const path = { session_id }
  await tour.backend('createSession', { send: { user_id } })
  await tour.backend('GetSessionList', { send: { user_id, status: 'active', limit: 5 } })
  const shown = await tour.backend('GetSession', { path })
  await tour.backend('CreateSessionToken', { path, send: { expires_in_seconds: 60 } })
  const named = { ...path, template_name: 'demo' }
  await tour.backend('CreateSessionTokenFromTemplate', { path: named })
  await tour.backend('GetClientList', { send: { limit: 5 } })
  await tour.backend('GetClient', { path: { client_id: textAt(shown.body, 'client_id') } })
  const [token = ''] = [...browser.cookies].flatMap(([name, value]) =>
    name === '__client' ? [value] : [],
  )
  await tour.backend('VerifyClient', { send: { token } })
  await tour.backend('RefreshSession', {
    path,
    send: { expired_token: 'e', refresh_token: 'r', request_origin: 'http://localhost:8787' },
  })
  await tour.backend('RevokeSession', { path })
}
