import { totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { type ClerkBrowser, textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'
import { signInWith } from './visitors.ts'

const password = 'owner-password-4711'
const changed = 'owner-password-4712'

/** What anybody may see. */
export async function visitPublicPlaces(tour: Tour): Promise<void> {
  const browser = tour.kit.browser()
  const domain_id = 'dmn_00000000000000000000000local'
  await tour.frontend(browser, 'getEnvironment')
  await tour.frontend(browser, 'updateEnvironment')
  await tour.frontend(browser, 'getAccountPortal')
  await tour.frontend(browser, 'getHealth')
  await tour.frontend(browser, 'getProxyHealth', { send: { domain_id } })
  await tour.frontend(browser, 'getJWKS')
}

/** Everything that somebody may do to themselves, and at the end that they are gone. */
export async function visitAccount(tour: Tour): Promise<void> {
  const email = 'owner@example.com'
  await tour.kit.backend().post('/users', { email_address: [email], password })
  const browser = await signInWith(tour.kit, email, password)
  await tour.frontend(browser, 'getUser')
  const names = { first_name: 'Owen', last_name: 'Owner' }
  await tour.frontend(browser, 'patchUser', { send: names })
  await tour.frontend(browser, 'patchUserMetadata', {
    send: { unsafe_metadata: JSON.stringify({ colour: 'blue' }) },
  })
  await visitEmailAddresses(tour, browser)
  await visitPhoneNumbers(tour, browser)
  await visitTotp(tour, browser)
  const change = { current_password: password, new_password: changed }
  await tour.frontend(browser, 'changePassword', { send: change })
  await tour.frontend(browser, 'removePassword', { send: { current_password: changed } })
  await tour.frontend(browser, 'deleteUser')
}

async function visitEmailAddresses(tour: Tour, browser: ClerkBrowser): Promise<void> {
  const email_address = 'second@example.com'
  await tour.frontend(browser, 'getEmailAddresses')
  const made = await tour.frontend(browser, 'createEmailAddresses', { send: { email_address } })
  const path = { email_id: textAt(made.response, 'id') }
  await tour.frontend(browser, 'getEmailAddress', { path })
  const strategy = 'email_code'
  await tour.frontend(browser, 'sendVerificationEmail', { path, send: { strategy } })
  const code = tour.kit.codeFor(email_address)
  await tour.frontend(browser, 'verifyEmailAddress', { path, send: { code } })
  await tour.frontend(browser, 'DeleteEmailAddress', { path })
}

async function visitPhoneNumbers(tour: Tour, browser: ClerkBrowser): Promise<void> {
  const phone_number = '+15555550142'
  await tour.frontend(browser, 'getPhoneNumbers')
  const made = await tour.frontend(browser, 'postPhoneNumbers', { send: { phone_number } })
  const path = { phone_number_id: textAt(made.response, 'id') }
  await tour.frontend(browser, 'ReadPhoneNumber', { path })
  const strategy = 'phone_code'
  await tour.frontend(browser, 'sendVerificationSMS', { path, send: { strategy } })
  const code = tour.kit.codeFor(phone_number)
  await tour.frontend(browser, 'verifyPhoneNumber', { path, send: { code } })
  const reserved_for_second_factor = true
  await tour.frontend(browser, 'UpdatePhoneNumber', { path, send: { reserved_for_second_factor } })
  await tour.frontend(browser, 'DeletePhoneNumber', { path })
}

async function visitTotp(tour: Tour, browser: ClerkBrowser): Promise<void> {
  const made = await tour.frontend(browser, 'postTOTP')
  const now = tour.kit.standIn.world.clock.now()
  const code = await totpCode(textAt(made.response, 'secret'), now)
  await tour.frontend(browser, 'verifyTOTP', { send: { code } })
  await tour.frontend(browser, 'createBackupCodes')
  await tour.frontend(browser, 'deleteTOTP')
}
