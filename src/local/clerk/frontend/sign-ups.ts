import { attempt, begin } from '../acts/verifications.ts'
import { Complaint } from '../kernel/complaint.ts'
import {
  emailAddress,
  flag,
  type InputOf,
  json,
  needed,
  nullable,
  phoneNumber,
  text,
} from '../kernel/fields.ts'
import type { SignUp } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { type Call, nothingToTransfer, sessionExists } from './sign-in-progress.ts'
import {
  beginSignUp,
  findSignUp,
  openSignUp,
  putSignUp,
  type SignUpWish,
  settleSignUp,
  updateSignUp,
} from './sign-up-progress.ts'
import { captchaFields, notPrepared, strategyOf } from './strategies.ts'
import { signUpView } from './views/sign-up.ts'

const sentStrategies = ['email_code', 'phone_code'] as const

const members = {
  strategy: nullable(strategyOf([...sentStrategies, 'password', 'ticket'])),
  ticket: nullable(text(8192)),
  email_address: nullable(emailAddress),
  phone_number: nullable(phoneNumber),
  email_address_or_phone_number: nullable(text()),
  password: nullable(text()),
  username: nullable(text()),
  first_name: nullable(text(256)),
  last_name: nullable(text(256)),
  unsafe_metadata: nullable(json),
  legal_accepted: nullable(flag),
  locale: nullable(text()),
  ...captchaFields,
}

/** Signing up. */
export const signUpOperations = [
  frontend({
    id: 'createSignUps',
    method: 'POST',
    path: '/v1/client/sign_ups',
    takes: { ...members, transfer: nullable(flag) },
    async handle(call) {
      const exists = await sessionExists(call)
      if (exists !== undefined) return exists
      if (call.input.transfer) throw nothingToTransfer()
      return go(call, await beginSignUp(call, wishOf(call.input)), call.input.strategy)
    },
  }),
  frontend({
    id: 'getSignUps',
    method: 'GET',
    path: '/v1/client/sign_ups/{sign_up_id}',
    handle: (call) => resource(signUpView(call.world, findSignUp(call))),
  }),
  frontend({
    id: 'updateSignUps',
    method: 'PATCH',
    path: '/v1/client/sign_ups/{sign_up_id}',
    takes: members,
    async handle(call) {
      const updated = await updateSignUp(call, openSignUp(call), wishOf(call.input))
      return go(call, updated, call.input.strategy)
    },
  }),
  frontend({
    id: 'prepareSignUpsVerification',
    method: 'POST',
    path: '/v1/client/sign_ups/{sign_up_id}/prepare_verification',
    takes: { strategy: strategyOf(sentStrategies) },
    async handle(call) {
      const strategy = needed(call.input.strategy, 'strategy')
      return resource(signUpView(call.world, await sendCode(call, openSignUp(call), strategy)))
    },
  }),
  frontend({
    id: 'attemptSignUpsVerification',
    method: 'POST',
    path: '/v1/client/sign_ups/{sign_up_id}/attempt_verification',
    takes: { strategy: strategyOf(sentStrategies), code: nullable(text()) },
    async handle(call) {
      const { world, input } = call
      const signUp = openSignUp(call)
      const isEmail = needed(input.strategy, 'strategy') === 'email_code'
      const verification = isEmail ? signUp.emailVerification : signUp.phoneVerification
      const member = isEmail ? 'emailVerification' : 'phoneVerification'
      const verified = await attempt(world, verification, {
        code: needed(input.code ?? undefined, 'code'),
        save: (outcome) => void putSignUp(call, { ...signUp, [member]: outcome }),
      })
      const settled = await settleSignUp(call, { ...signUp, [member]: verified })
      return resource(signUpView(world, settled))
    },
  }),
]

type Input = InputOf<typeof members>

function wishOf(input: Input): SignUpWish {
  const { email_address_or_phone_number: either } = input
  const isPhone = either?.startsWith('+') === true
  const name = 'email_address_or_phone_number'
  return {
    emailAddress: either && !isPhone ? emailAddress(either, name) : input.email_address,
    phoneNumber: either && isPhone ? phoneNumber(either, name) : input.phone_number,
    password: input.password,
    username: input.username,
    firstName: input.first_name,
    lastName: input.last_name,
    unsafeMetadata: input.unsafe_metadata,
    hasAcceptedTerms: input.legal_accepted,
    ticket:
      input.strategy === 'ticket' ? needed(input.ticket ?? undefined, 'ticket') : input.ticket,
  }
}

/** Sends a code where one was asked for at once, and ends the sign-up where nothing is left to do. */
async function go(call: Call, signUp: SignUp, strategy: Input['strategy']) {
  const isSent = strategy === 'email_code' || strategy === 'phone_code'
  const sent = isSent ? await sendCode(call, signUp, strategy) : signUp
  return resource(signUpView(call.world, await settleSignUp(call, sent)))
}

async function sendCode(
  call: Call,
  signUp: SignUp,
  strategy: (typeof sentStrategies)[number],
): Promise<SignUp> {
  const { world } = call
  const isEmail = strategy === 'email_code'
  const to = isEmail ? signUp.emailAddress : signUp.phoneNumber
  if (to === null) throw notPrepared()
  const known = isEmail ? signUp.emailVerification : signUp.phoneVerification
  if (known?.status === 'verified') throw alreadyVerified()
  const channel = isEmail ? 'email' : 'sms'
  const verification = await begin(world, { strategy, channel, to, userId: null })
  const member = isEmail ? 'emailVerification' : 'phoneVerification'
  return putSignUp(call, { ...signUp, [member]: verification })
}

function alreadyVerified(): Complaint {
  return new Complaint(400, 'verification_already_verified', {
    message: 'already verified',
    longMessage: 'This verification has already been verified.',
  })
}
