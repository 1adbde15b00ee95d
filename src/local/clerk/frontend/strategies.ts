import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import type { Field } from '../kernel/fields.ts'

/** Strategies that Clerk has and this instance does not offer. */
const elsewhere =
  /^(oauth_[a-z_]+|oauth_token_[a-z_]+|web3_[a-z_]+_signature|saml|enterprise_sso|passkey|trusted_device|google_one_tap|email_link)$/

/** One of these strategies. One that the instance has switched off is told from one that nobody knows. */
export function strategyOf<const S extends string>(offered: readonly S[]): Field<S> {
  return (value, name) => {
    const found = offered.find((strategy) => strategy === value)
    if (found !== undefined) return found
    if (typeof value === 'string' && elsewhere.test(value)) {
      throw new Complaint(400, 'form_param_value_disabled', {
        message: 'is disabled',
        longMessage: `${value} is disabled. Please verify you're using the correct instance, or see our docs to learn how to enable this value.`,
        paramName: name,
      })
    }
    throw wrongParameter(
      'form_param_value_invalid',
      name,
      `${value} does not match one of the allowed values for parameter ${name}`,
    )
  }
}

/** Members that Clerk's script sends to prove that a person is there. Nobody has to prove that here. */
export const captchaFields = {
  captcha_token: nothing,
  captcha_error: nothing,
  captcha_widget_type: nothing,
}

function nothing(): undefined {
  return undefined
}

/** The strategy is none that this user could use. */
export function notForUser(): Complaint {
  return new Complaint(400, 'strategy_for_user_invalid', {
    message: 'Invalid verification strategy',
    longMessage: 'The verification strategy is not valid for this account',
  })
}

/** What was prepared is something else. */
export function notPrepared(): Complaint {
  return new Complaint(400, 'verification_strategy_invalid', {
    message: 'has invalid strategy',
    longMessage: 'The strategy is not valid for the current verification.',
  })
}
