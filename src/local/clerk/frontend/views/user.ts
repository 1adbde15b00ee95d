import { emailAddressesOf, phoneNumbersOf } from '../../kernel/identifications.ts'
import { lockoutOf } from '../../kernel/lockout.ts'
import type { User } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { emailAddressView } from './email-address.ts'
import { membershipView } from './membership.ts'
import { phoneNumberView } from './phone-number.ts'

/** A user as the Frontend API shows one to the user's own browser: all but the private metadata. */
export function userView(world: World, user: User): object {
  const emailAddresses = emailAddressesOf(world, user.id)
  const phoneNumbers = phoneNumbersOf(world, user.id)
  const memberships = world.state.memberships.filter(({ userId }) => userId === user.id)
  return {
    id: user.id,
    object: 'user',
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    image_url: '',
    has_image: false,
    primary_email_address_id: user.primaryEmailAddressId,
    primary_phone_number_id: user.primaryPhoneNumberId,
    primary_web3_wallet_id: null,
    password_enabled: user.passwordDigest !== null,
    ...secondFactorsView(
      user,
      phoneNumbers.some((number) => number.reservedForSecondFactor),
    ),
    email_addresses: emailAddresses.map(emailAddressView),
    phone_numbers: phoneNumbers.map((number) => phoneNumberView(number)),
    web3_wallets: [],
    passkeys: [],
    organization_memberships: memberships.map((one) => membershipView(world, one)),
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    password_last_updated_at: user.passwordChangedAt,
    public_metadata: user.publicMetadata,
    unsafe_metadata: user.unsafeMetadata,
    external_id: user.externalId,
    ...standingView(user, world.clock.now()),
    ...datesView(user),
    delete_self_enabled: user.mayDeleteSelf,
    create_organization_enabled: user.mayCreateOrganization,
  }
}

function secondFactorsView(user: User, hasSecondPhone: boolean): object {
  return {
    two_factor_enabled: user.isTotpVerified || hasSecondPhone,
    totp_enabled: user.isTotpVerified,
    backup_code_enabled: user.backupCodes.length > 0,
    mfa_enabled_at: user.mfaEnabledAt,
    mfa_disabled_at: user.mfaDisabledAt,
  }
}

function standingView(user: User, nowMs: number): object {
  const lockout = lockoutOf(user, nowMs)
  return {
    banned: user.isBanned,
    locked: lockout.isLocked,
    lockout_expires_in_seconds: lockout.expiresInSeconds,
    verification_attempts_remaining: lockout.attemptsRemaining,
  }
}

function datesView(user: User): object {
  return {
    last_sign_in_at: user.lastSignInAt,
    last_active_at: user.lastActiveAt,
    legal_accepted_at: user.legalAcceptedAt,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  }
}
