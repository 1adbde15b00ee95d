import type { SignUp, Verification } from '../../kernel/records.ts'
import {
  missingFieldsOf,
  optionalFields,
  requiredFields,
  unverifiedFieldsOf,
} from '../../kernel/sign-up-terms.ts'
import { verificationView } from '../../kernel/verification.ts'
import type { World } from '../../kernel/world.ts'

/** A sign-up as the Frontend API shows it. */
export function signUpView(_world: World, signUp: SignUp): object {
  const { emailAddress, phoneNumber, emailVerification, phoneVerification, abandonAt } = signUp
  return {
    object: 'sign_up_attempt',
    id: signUp.id,
    status: signUp.status,
    required_fields: requiredFields,
    optional_fields: optionalFields,
    missing_fields: missingFieldsOf(signUp),
    unverified_fields: unverifiedFieldsOf(signUp),
    verifications: {
      email_address: emailAddress === null ? null : progress(emailVerification, 'email_code'),
      phone_number: phoneNumber === null ? null : progress(phoneVerification, 'phone_code'),
      web3_wallet: null,
      external_account: null,
    },
    username: signUp.username,
    email_address: emailAddress,
    phone_number: phoneNumber,
    web3_wallet: null,
    password_enabled: signUp.passwordDigest !== null,
    first_name: signUp.firstName,
    last_name: signUp.lastName,
    unsafe_metadata: signUp.unsafeMetadata,
    public_metadata: signUp.publicMetadata,
    custom_action: false,
    external_id: null,
    created_session_id: signUp.createdSessionId,
    created_user_id: signUp.createdUserId,
    abandon_at: abandonAt,
    legal_accepted_at: signUp.legalAcceptedAt,
  }
}

/** How far the proof of an address is, and what is to be done next. */
function progress(verification: Verification | null, strategy: string): object | null {
  // While nothing was sent there is nothing to show: Clerk's components take a strategy for a code on its way.
  if (verification === null) return null
  const next_action = verification.status === 'verified' ? '' : 'needs_attempt'
  return { ...verificationView(verification), next_action, supported_strategies: [strategy] }
}
