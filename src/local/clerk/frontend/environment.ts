import { Complaint } from '../kernel/complaint.ts'
import { creatorRole, defaultMaxMemberships, domainRole } from '../kernel/organizations.ts'
import { frontend } from './api.ts'
import { userSettings } from './user-settings.ts'

/** What the components call the application. */
export const applicationName = 'Usher'

/** What the instance is and does, as its components must know it. */
export const environmentOperations = [
  frontend({
    id: 'getEnvironment',
    method: 'GET',
    path: '/v1/environment',
    handle: ({ publicOrigin }) => environmentView(publicOrigin),
  }),
  frontend({
    id: 'updateEnvironment',
    method: 'PATCH',
    path: '/v1/environment',
    handle() {
      throw new Complaint(400, 'request_invalid_for_environment', {
        message: 'invalid for environment',
        longMessage: 'Request only valid for development instances.',
      })
    },
  }),
  frontend({
    id: 'getAccountPortal',
    method: 'GET',
    path: '/v1/account_portal',
    handle: ({ publicOrigin }) => accountPortalView(pagesOf(publicOrigin)),
  }),
]

function environmentView(publicOrigin: string): object {
  return {
    auth_config: authConfig,
    display_config: displayConfig(pagesOf(publicOrigin)),
    user_settings: userSettings,
    organization_settings: organizationSettings,
    fraud_settings: { object: 'fraud_settings', native: { device_attestation_mode: 'disabled' } },
    commerce_settings: { billing: noBilling },
    api_keys_settings: {
      enabled: false,
      user_api_keys_enabled: false,
      orgs_api_keys_enabled: false,
    },
    protect_config: { loaders: [] },
    client_debug_mode: false,
    partitioned_cookies: false,
    maintenance_mode: false,
  }
}

interface Pages {
  readonly home: string
  readonly signIn: string
  readonly signUp: string
  readonly profile: string
  readonly organization: string
  readonly waitlist: string
}

/** The pages of the gateway, where Clerk's own account portal would be. */
function pagesOf(publicOrigin: string): Pages {
  const at = (path: string) => `${publicOrigin}${path}`
  return {
    home: at('/'),
    signIn: at('/_usher/sign-in'),
    signUp: at('/_usher/sign-up'),
    profile: at('/_usher/profile'),
    organization: at('/_usher/organization'),
    waitlist: at('/_usher/waitlist'),
  }
}

const authConfig = {
  object: 'auth_config',
  id: 'aconf_00000000000000000000000local',
  first_name: 'on',
  last_name: 'on',
  email_address: 'required',
  phone_number: 'on',
  username: 'on',
  password: 'required',
  identification_requirements: [['email_address']],
  identification_strategies: ['email_address', 'phone_number', 'username'],
  first_factors: [
    'password',
    'email_code',
    'phone_code',
    'reset_password_email_code',
    'reset_password_phone_code',
    'ticket',
  ],
  second_factors: ['totp', 'phone_code', 'backup_code'],
  email_address_verification_strategies: ['email_code'],
  single_session_mode: true,
  enhanced_email_deliverability: false,
  test_mode: false,
  url_based_session_syncing: false,
  claimed_at: null,
  reverification: false,
  native_settings: {
    object: 'native_settings',
    api_enabled: false,
    trusted_device_sign_in_enabled: false,
    trusted_device_enrollment_prompt_after_sign_in_enabled: false,
    trusted_device_enrollment_prompt_after_sign_up_enabled: false,
  },
}

/** Nothing in here leads anywhere but to the gateway: the components go where it says. */
function displayConfig({ home, signIn, signUp, profile, organization, waitlist }: Pages): object {
  return {
    object: 'display_config',
    id: 'display_config_000000000000000000local',
    instance_environment_type: 'production',
    application_name: applicationName,
    theme,
    preferred_sign_in_strategy: 'password',
    home_url: home,
    sign_in_url: signIn,
    sign_up_url: signUp,
    user_profile_url: profile,
    waitlist_url: waitlist,
    oauth_consent_url: '',
    after_sign_in_url: home,
    after_sign_up_url: home,
    after_sign_out_one_url: home,
    after_sign_out_all_url: home,
    after_switch_session_url: home,
    after_join_waitlist_url: home,
    organization_profile_url: organization,
    create_organization_url: organization,
    after_leave_organization_url: organization,
    after_create_organization_url: organization,
    logo_link_url: home,
    support_email: null,
    branded: false,
    experimental_force_oauth_first: false,
    clerk_js_version: null,
    // Says on every page that this is no real instance.
    show_devmode_warning: true,
    google_one_tap_client_id: null,
    help_url: null,
    privacy_policy_url: null,
    terms_url: null,
    ...noImages,
    ...noCaptcha,
  }
}

const theme = {
  buttons: { font_color: '#ffffff', font_family: 'inherit', font_weight: '600' },
  general: {
    color: '#1f4fd8',
    padding: '1em',
    box_shadow: '0 2px 8px rgba(0, 0, 0, 0.2)',
    font_color: '#151515',
    font_family: 'inherit',
    border_radius: '0.5em',
    background_color: '#ffffff',
    label_font_weight: '600',
  },
  accounts: { background_color: '#ffffff' },
}

const noImages = {
  logo_image_url: null,
  favicon_image_url: null,
  logo_url: null,
  favicon_url: null,
  logo_image: null,
  favicon_image: null,
}

const noCaptcha = {
  captcha_public_key: null,
  captcha_widget_type: null,
  captcha_public_key_invisible: null,
  captcha_provider: null,
  captcha_oauth_bypass: [],
  captcha_heartbeat: false,
}

const noBilling = {
  stripe_publishable_key: null,
  free_trial_requires_payment_method: false,
  user: { enabled: false, has_paid_plans: false },
  organization: { enabled: false, has_paid_plans: false },
}

const organizationSettings = {
  enabled: true,
  max_allowed_memberships: defaultMaxMemberships,
  actions: { admin_delete: true },
  domains: {
    enabled: true,
    enrollment_modes: ['manual_invitation', 'automatic_invitation', 'automatic_suggestion'],
    default_role: domainRole,
  },
  slug: { disabled: false },
  creator_role: creatorRole,
}

/** There is no account portal: the pages of the gateway are in its place. */
function accountPortalView({ home, organization }: Pages): object {
  return {
    object: 'account_portal',
    allowed: false,
    enabled: false,
    internal_linking: false,
    after_sign_in_url: home,
    after_sign_up_url: home,
    after_join_waitlist_url: home,
    after_create_organization_url: organization,
    after_leave_organization_url: organization,
    logo_link_url: home,
    customization: {
      appearance: 'auto',
      background_color_dark: null,
      background_color_light: null,
      primary_color_dark: null,
      primary_color_light: null,
    },
  }
}
