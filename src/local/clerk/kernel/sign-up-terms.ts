import type { SignUp } from './records.ts'

/** What this instance wants to know of whoever signs up. */
export const requiredFields: readonly string[] = ['email_address', 'password']

/** What may be told besides. */
export const optionalFields: readonly string[] = [
  'phone_number',
  'username',
  'first_name',
  'last_name',
]

/** What is wanted and was not told yet. */
export function missingFieldsOf({ emailAddress, passwordDigest }: SignUp): readonly string[] {
  return [
    ...(emailAddress === null ? ['email_address'] : []),
    ...(passwordDigest === null ? ['password'] : []),
  ]
}

/** What was told and not proved yet. */
export function unverifiedFieldsOf(signUp: SignUp): readonly string[] {
  const { emailAddress, emailVerification, phoneNumber, phoneVerification } = signUp
  return [
    ...(emailAddress !== null && emailVerification?.status !== 'verified' ? ['email_address'] : []),
    ...(phoneNumber !== null && phoneVerification?.status !== 'verified' ? ['phone_number'] : []),
  ]
}
