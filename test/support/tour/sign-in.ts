import { localUsers } from '../../../src/local/clerk/users.ts'
import { at, type ClerkBrowser, textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'
import { signInBy, signInWith } from './visitors.ts'

const adas = localUsers.get('ada')?.email ?? ''
/** What Clerk's script sends besides, where nobody is asked to prove that they are human. */
const ofTheScript = {
  ...{ locale: 'en-US', captcha_token: null, captcha_error: null, captcha_widget_type: null },
}
const newPassword = 'a-password-that-nobody-else-has-1'

/** Signs in by code, forgets the password, and signs out. */
export async function visitSignIn(tour: Tour): Promise<void> {
  const { kit } = tour
  const browser = kit.browser()
  await tour.frontend(browser, 'getClient')
  await tour.frontend(browser, 'putClient')
  await tour.frontend(browser, 'postClient')
  const { response } = await tour.frontend(browser, 'createSignIn', {
    send: { identifier: adas, ...ofTheScript },
  })
  const path = { sign_in_id: textAt(response, 'id') }
  const emailCode = { strategy: 'email_code' }
  const email_address_id = addressFor(response, 'email_code')
  await tour.frontend(browser, 'getSignIn', { path })
  const wish = { ...emailCode, email_address_id }
  await tour.frontend(browser, 'prepareSignInFactorOne', { path, send: wish })
  const proof = { ...emailCode, code: kit.codeFor(adas) }
  await tour.frontend(browser, 'attemptSignInFactorOne', { path, send: proof })
  await tour.frontend(browser, 'removeClientSessionsAndRetainCookie')
  await resetPassword(tour, browser)
  await tour.frontend(browser, 'deleteClientSessions')
}

/** The first factor of a sign-in that is of this strategy, and the address that it is sent to. */
function addressFor(signIn: unknown, strategy: string): string {
  const factors = at(signIn, 'supported_first_factors')
  const found = Array.isArray(factors)
    ? factors.find((factor) => at(factor, 'strategy') === strategy)
    : undefined
  return textAt(found, 'email_address_id')
}

async function resetPassword(tour: Tour, browser: ClerkBrowser): Promise<void> {
  const { response } = await tour.frontend(browser, 'createSignIn', { send: { identifier: adas } })
  const path = { sign_in_id: textAt(response, 'id') }
  const strategy = 'reset_password_email_code'
  const email_address_id = addressFor(response, strategy)
  await tour.frontend(browser, 'prepareSignInFactorOne', {
    ...{ path, send: { strategy, email_address_id } },
  })
  const send = { strategy, code: tour.kit.codeFor(adas) }
  await tour.frontend(browser, 'attemptSignInFactorOne', { path, send })
  const password = { password: newPassword, sign_out_of_other_sessions: true }
  await tour.frontend(browser, 'resetPassword', { path, send: password })
}

/** Signs in by password and a code on a phone. */
export async function visitSecondFactor(tour: Tour): Promise<void> {
  const { kit } = tour
  const [email, password, phone] = ['phoned@example.com', 'phoned-password-77', '+15555550177']
  const made = await kit.backend().post('/users', {
    ...{ email_address: [email], phone_number: [phone], password },
  })
  const phone_number_id = textAt(made.body, 'phone_numbers.0.id')
  await kit.backend().patch(`/phone_numbers/${phone_number_id}`, {
    reserved_for_second_factor: true,
  })
  const browser = kit.browser()
  const send = { identifier: email, password, strategy: 'password' }
  const { response } = await tour.frontend(browser, 'createSignIn', { send })
  const path = { sign_in_id: textAt(response, 'id') }
  await tour.frontend(browser, 'prepareSignInFactorTwo', {
    ...{ path, send: { strategy: 'phone_code', phone_number_id } },
  })
  const proof = { strategy: 'phone_code', code: kit.codeFor(phone) }
  await tour.frontend(browser, 'attemptSignInFactorTwo', { path, send: proof })
  await visitReverification(tour, browser, { phone_number_id, phone, password })
}

interface Factors {
  readonly phone_number_id: string
  readonly phone: string
  readonly password: string
}

async function visitReverification(
  tour: Tour,
  browser: ClerkBrowser,
  { phone_number_id, phone, password }: Factors,
): Promise<void> {
  const path = { session_id: browser.sessionId() ?? '' }
  await tour.frontend(browser, 'startSessionReverification', {
    ...{ path, send: { level: 'multi_factor' } },
  })
  const user = await browser.get('/v1/me')
  const email_address_id = textAt(user.response, 'email_addresses.0.id')
  await tour.frontend(browser, 'prepareSessionReverificationFirstFactor', {
    ...{ path, send: { strategy: 'email_code', email_address_id } },
  })
  await tour.frontend(browser, 'attemptSessionReverificationFirstFactor', {
    ...{ path, send: { strategy: 'password', password } },
  })
  await tour.frontend(browser, 'prepareSessionReverificationSecondFactor', {
    ...{ path, send: { strategy: 'phone_code', phone_number_id } },
  })
  const send = { strategy: 'phone_code', code: tour.kit.codeFor(phone) }
  await tour.frontend(browser, 'attemptSessionReverificationSecondFactor', { path, send })
}

/** Signs up, and joins the waitlist. */
export async function visitSignUp(tour: Tour): Promise<void> {
  const browser = tour.kit.browser()
  const email_address = 'new@example.com'
  const { response } = await tour.frontend(browser, 'createSignUps', {
    send: { email_address, password: newPassword, ...ofTheScript },
  })
  const path = { sign_up_id: textAt(response, 'id') }
  await tour.frontend(browser, 'getSignUps', { path })
  await tour.frontend(browser, 'updateSignUps', {
    ...{ path, send: { first_name: 'Nova', ...ofTheScript } },
  })
  const strategy = 'email_code'
  await tour.frontend(browser, 'prepareSignUpsVerification', { path, send: { strategy } })
  const send = { strategy, code: tour.kit.codeFor(email_address) }
  await tour.frontend(browser, 'attemptSignUpsVerification', { path, send })
  await tour.frontend(tour.kit.browser(), 'joinWaitlist', {
    send: { email_address: 'patient@example.com' },
  })
}

/** Uses sessions and ends them. */
export async function visitSessions(tour: Tour): Promise<void> {
  const browser = await signInWith(tour.kit, adas, newPassword)
  const other = await signInWith(tour.kit, adas, newPassword)
  const path = { session_id: browser.sessionId() ?? '' }
  await tour.frontend(browser, 'getSession', { path })
  await tour.frontend(browser, 'touchSession', { path, send: { intent: 'focus' } })
  await tour.frontend(browser, 'createSessionToken', {
    ...{ path, send: { tab_state: 'visible', token: 'a.b.c', force_origin: false } },
  })
  const named = { ...path, template_name: 'demo' }
  await tour.frontend(browser, 'createSessionTokenWithTemplate', { path: named })
  await tour.frontend(browser, 'getSessions')
  await tour.frontend(browser, 'getUsersSessions')
  const theirs = { session_id: other.sessionId() ?? '' }
  await tour.frontend(browser, 'revokeSession', { path: theirs })
  await tour.frontend(browser, 'endSession', { path })
  const again = await signInWith(tour.kit, adas, newPassword)
  await tour.frontend(again, 'removeSession', { path: { session_id: again.sessionId() ?? '' } })
}

/** Comes back from elsewhere: by a link in a mail, and with cookies that are old. */
export async function visitReturns(tour: Tour): Promise<void> {
  const { kit } = tour
  const browser = await signInBy(kit, 'grace')
  const redirect_url = `${kit.settings.applicationOrigin}/app`
  const ofTheSdk = {
    suffixed_cookies: true,
    __clerk_hs_reason: 'session-token-expired',
    __session: '',
  }
  const send = { redirect_url, format: 'nonce', ...ofTheSdk }
  await tour.frontend(browser, 'handshakeClient', { send })
  const { body } = await kit.backend().post('/sign_in_tokens', {
    user_id: localUsers.get('grace')?.id,
  })
  await tour.frontend(kit.browser(), 'acceptTicket', { send: { ticket: textAt(body, 'token') } })
}
