import { emailAddressesOf, isVerified, phoneNumbersOf } from './identifications.ts'
import type { EmailAddress, PhoneNumber, User } from './records.ts'
import type { World } from './world.ts'

/** One way to prove who one is, as both the script and the description know it. */
export interface Factor {
  readonly strategy: string
  readonly safe_identifier?: string
  readonly email_address_id?: string
  readonly phone_number_id?: string
  readonly primary?: boolean
  readonly default?: boolean
}

/** The ways to prove to be a user at first. An address that was typed in is shown whole, every other is masked. */
export function firstFactorsOf(
  world: World,
  user: User,
  identifier: string | null,
): readonly Factor[] {
  const emails = emailAddressesOf(world, user.id).filter(isVerified)
  const phones = phoneNumbersOf(world, user.id).filter(isVerified)
  const byEmail = emails.map((email) => emailFactor(email, user, identifier))
  const byPhone = phones
    .filter((phone) => !phone.reservedForSecondFactor)
    .map((phone) => phoneFactor(phone, user, identifier))
  const codes = [
    ...byEmail.map((factor) => ({ strategy: 'email_code', ...factor })),
    ...byPhone.map((factor) => ({ strategy: 'phone_code', ...factor })),
  ]
  if (user.passwordDigest === null) return codes
  const resets = [
    ...byEmail.map((factor) => ({ strategy: 'reset_password_email_code', ...factor })),
    ...byPhone.map((factor) => ({ strategy: 'reset_password_phone_code', ...factor })),
  ]
  return [{ strategy: 'password' }, ...codes, ...resets]
}

/** The ways to prove it once more. Backup codes are there for when the others are lost. */
export function secondFactorsOf(world: World, user: User): readonly Factor[] {
  const phones = phoneNumbersOf(world, user.id).filter(
    (phone) => isVerified(phone) && phone.reservedForSecondFactor,
  )
  const factors = [
    ...(user.isTotpVerified ? [{ strategy: 'totp' }] : []),
    ...phones.map((phone) => ({
      strategy: 'phone_code',
      ...phoneFactor(phone, user, null),
      default: phone.defaultSecondFactor,
    })),
  ]
  if (factors.length === 0 || user.backupCodes.length === 0) return factors
  return [...factors, { strategy: 'backup_code' }]
}

function emailFactor(email: EmailAddress, user: User, identifier: string | null) {
  const { id, emailAddress } = email
  return {
    safe_identifier: emailAddress === identifier ? emailAddress : maskEmail(emailAddress),
    email_address_id: id,
    primary: user.primaryEmailAddressId === id,
  }
}

function phoneFactor(phone: PhoneNumber, user: User, identifier: string | null) {
  const { id, phoneNumber } = phone
  return {
    safe_identifier: phoneNumber === identifier ? phoneNumber : maskPhone(phoneNumber),
    phone_number_id: id,
    primary: user.primaryPhoneNumberId === id,
  }
}

function maskEmail(address: string): string {
  const [name = '', host = ''] = address.split('@')
  return `${name.slice(0, 1)}***${name.length > 2 ? name.slice(-1) : ''}@${host}`
}

function maskPhone(number: string): string {
  return `${number.slice(0, 2)}*******${number.slice(-2)}`
}
