import { maxPasswordLength, minPasswordLength } from '../acts/passwords.ts'
import { usernameLength } from '../acts/usernames.ts'
import { lockoutMinutes, maxFailedAttempts } from '../kernel/lockout.ts'

interface Attribute {
  readonly isRequired?: boolean
  /** Whether people sign in with it: what the sign-in form asks for first. */
  readonly isIdentifier?: boolean
  readonly firstFactors?: readonly string[]
  readonly secondFactors?: readonly string[]
  readonly verifications?: readonly string[]
}

/** An attribute that users have. */
function attribute(traits: Attribute = {}): object {
  const { isRequired = false, isIdentifier = false } = traits
  const { firstFactors = [], secondFactors = [], verifications = [] } = traits
  return {
    enabled: true,
    required: isRequired,
    used_for_first_factor: isIdentifier,
    first_factors: firstFactors,
    used_for_second_factor: secondFactors.length > 0,
    second_factors: secondFactors,
    verifications,
    verify_at_sign_up: isIdentifier && verifications.length > 0,
    immutable: false,
  }
}

const absent = { ...attribute(), enabled: false }
const off = { enabled: false }

/** What users have, how they sign in and up, and what is asked of their passwords and names. */
export const userSettings: object = {
  attributes: {
    email_address: attribute({
      isRequired: true,
      isIdentifier: true,
      firstFactors: ['email_code', 'reset_password_email_code'],
      verifications: ['email_code'],
    }),
    phone_number: attribute({
      isIdentifier: true,
      firstFactors: ['phone_code', 'reset_password_phone_code'],
      secondFactors: ['phone_code'],
      verifications: ['phone_code'],
    }),
    username: attribute({ isIdentifier: true }),
    web3_wallet: absent,
    first_name: attribute(),
    last_name: attribute(),
    password: attribute({ isRequired: true }),
    authenticator_app: attribute({ secondFactors: ['totp'], verifications: ['totp'] }),
    ticket: attribute(),
    backup_code: attribute({ secondFactors: ['backup_code'] }),
    passkey: absent,
  },
  social: {},
  saml: off,
  enterprise_sso: { enabled: false, self_serve_sso: false },
  sign_in: { second_factor: { required: false } },
  sign_up: {
    captcha_enabled: false,
    captcha_widget_type: 'smart',
    custom_action_required: false,
    progressive: true,
    mode: 'public',
    legal_consent_enabled: false,
  },
  restrictions: {
    allowlist: off,
    blocklist: off,
    allowlist_blocklist_disabled_on_sign_in: off,
    block_email_subaddresses: off,
    block_disposable_email_domains: off,
  },
  password_settings: {
    disable_hibp: false,
    disable_password_reverification: false,
    min_length: minPasswordLength,
    max_length: maxPasswordLength,
    require_special_char: false,
    require_numbers: false,
    require_uppercase: false,
    require_lowercase: false,
    show_zxcvbn: false,
    min_zxcvbn_strength: 0,
    enforce_hibp_on_sign_in: false,
    allowed_special_characters: '!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~',
  },
  username_settings: {
    min_length: usernameLength.min,
    max_length: usernameLength.max,
    allow_extended_special_characters: false,
    allow_numeric_usernames: false,
  },
  actions: { delete_self: true, create_organization: true, create_organizations_limit: null },
  attack_protection: {
    user_lockout: {
      enabled: true,
      max_attempts: maxFailedAttempts,
      duration_in_minutes: lockoutMinutes,
    },
    pii: { enabled: true },
    email_link: { require_same_client: true },
    enumeration_protection: { enabled: false },
  },
  passkey_settings: {
    allow_autofill: false,
    show_sign_in_button: false,
    satisfies_second_factor: false,
  },
}
