import { lockoutOf } from '../../kernel/lockout.ts'
import type { User } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { emailAddressView } from './email-address.ts'
import { phoneNumberView } from './phone-number.ts'

/** A user as the Backend API and webhooks tell of one. */
export function userView({ state, clock }: World, user: User): object {
  const emailAddresses = state.emailAddresses.filter(({ userId }) => userId === user.id)
  const phoneNumbers = state.phoneNumbers.filter(({ userId }) => userId === user.id)
  const hasSecondPhone = phoneNumbers.some((number) => number.reservedForSecondFactor)
  return {
    id: user.id,
    object: 'user',
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    locale: user.locale,
    image_url: '',
    has_image: false,
    primary_email_address_id: user.primaryEmailAddressId,
    primary_phone_number_id: user.primaryPhoneNumberId,
    primary_web3_wallet_id: null,
    password_enabled: user.passwordDigest !== null,
    two_factor_enabled: user.isTotpVerified || hasSecondPhone,
    totp_enabled: user.isTotpVerified,
    backup_code_enabled: user.backupCodes.length > 0,
    email_addresses: emailAddresses.map(emailAddressView),
    phone_numbers: phoneNumbers.map(phoneNumberView),
    web3_wallets: [],
    passkeys: [],
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    public_metadata: user.publicMetadata,
    private_metadata: user.privateMetadata,
    unsafe_metadata: user.unsafeMetadata,
    external_id: user.externalId,
    ...standingView(user, clock.now()),
    last_sign_in_at: user.lastSignInAt,
    last_active_at: user.lastActiveAt,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    delete_self_enabled: user.mayDeleteSelf,
    create_organization_enabled: user.mayCreateOrganization,
    mfa_enabled_at: user.mfaEnabledAt,
    mfa_disabled_at: user.mfaDisabledAt,
    password_last_updated_at: user.passwordChangedAt,
    legal_accepted_at: user.legalAcceptedAt,
  }
}

/** Whether somebody may sign in. */
function standingView(user: User, nowMs: number): object {
  const { isLocked, expiresInSeconds, attemptsRemaining } = lockoutOf(user, nowMs)
  return {
    banned: user.isBanned,
    locked: isLocked,
    lockout_expires_in_seconds: expiresInSeconds,
    verification_attempts_remaining: attemptsRemaining,
  }
}
