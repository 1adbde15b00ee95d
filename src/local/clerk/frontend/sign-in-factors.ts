import {
  chosenFactor,
  proveOwnCode,
  provePassword,
  proveSentCode,
  sendFactorCode,
} from '../acts/factor-codes.ts'
import { checkPassword, digestPassword } from '../acts/passwords.ts'
import { updateUser } from '../acts/people.ts'
import { revokeSessionsOf } from '../acts/sessions.ts'
import { Complaint } from '../kernel/complaint.ts'
import { firstFactorsOf, secondFactorsOf } from '../kernel/factors.ts'
import { flag, needed, nullable, text } from '../kernel/fields.ts'
import type { SignIn, User, Verification } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import {
  askForSecondFactor,
  type Call,
  complete,
  passFirstFactor,
  putSignIn,
  signInAt,
} from './sign-in-progress.ts'
import { notForUser, notPrepared, strategyOf } from './strategies.ts'
import { signInView } from './views/sign-in.ts'

const sentStrategies = [
  'email_code',
  'phone_code',
  'reset_password_email_code',
  'reset_password_phone_code',
] as const

/** A code that is wished for, and to which address. */
interface SendingWish {
  readonly strategy: string
  readonly emailAddressId?: string | null | undefined
  readonly phoneNumberId?: string | null | undefined
}

/** Sends a code to one of the user's addresses. */
export function sendFirstFactorCode(
  { world }: Call,
  user: User,
  wish: SendingWish,
): Promise<Verification> {
  const factor = chosenFactor(firstFactorsOf(world, user, null), wish)
  if (factor === undefined) throw notForUser()
  return sendFactorCode(world, user, factor)
}

/** Signing in: how somebody proves it. */
export const signInFactorOperations = [
  frontend({
    id: 'prepareSignInFactorOne',
    method: 'POST',
    path: '/v1/client/sign_ins/{sign_in_id}/prepare_first_factor',
    takes: {
      strategy: strategyOf(sentStrategies),
      email_address_id: nullable(text()),
      phone_number_id: nullable(text()),
    },
    async handle(call) {
      const { strategy, email_address_id, phone_number_id } = call.input
      const { signIn, user } = signInAt(call, 'needs_first_factor', 'needs_new_password')
      const firstFactor = await sendFirstFactorCode(call, user, {
        strategy: needed(strategy, 'strategy'),
        emailAddressId: email_address_id,
        phoneNumberId: phone_number_id,
      })
      const prepared = { ...signIn, status: 'needs_first_factor', firstFactor } as const
      return resource(signInView(call.world, putSignIn(call, prepared)))
    },
  }),
  frontend({
    id: 'attemptSignInFactorOne',
    method: 'POST',
    path: '/v1/client/sign_ins/{sign_in_id}/attempt_first_factor',
    takes: {
      strategy: strategyOf(['password', ...sentStrategies]),
      code: nullable(text()),
      password: nullable(text()),
    },
    async handle(call) {
      const { strategy, code, password } = call.input
      const { signIn, user } = signInAt(call, 'needs_first_factor')
      const proof = await proveFirst(
        call,
        { signIn, user },
        {
          strategy: needed(strategy, 'strategy'),
          secret:
            strategy === 'password'
              ? needed(password ?? undefined, 'password')
              : needed(code ?? undefined, 'code'),
        },
      )
      return resource(signInView(call.world, await passFirstFactor(call, signIn, proof)))
    },
  }),
  frontend({
    id: 'resetPassword',
    method: 'POST',
    path: '/v1/client/sign_ins/{sign_in_id}/reset_password',
    takes: { password: text(), sign_out_of_other_sessions: nullable(flag) },
    async handle(call) {
      const { world, input } = call
      const { signIn, user } = signInAt(call, 'needs_new_password')
      const password = needed(input.password, 'password')
      checkPassword(password)
      updateUser(world, user, { passwordDigest: await digestPassword(password) })
      if (input.sign_out_of_other_sessions) revokeSessionsOf(world, user.id)
      return resource(signInView(world, await askForSecondFactor(call, signIn)))
    },
  }),
  frontend({
    id: 'prepareSignInFactorTwo',
    method: 'POST',
    path: '/v1/client/sign_ins/{sign_in_id}/prepare_second_factor',
    takes: { strategy: strategyOf(['phone_code']), phone_number_id: nullable(text()) },
    async handle(call) {
      const { world, input } = call
      const { signIn, user } = signInAt(call, 'needs_second_factor')
      const strategy = needed(input.strategy, 'strategy')
      const wish = { strategy, phoneNumberId: input.phone_number_id }
      const factor = chosenFactor(secondFactorsOf(world, user), wish)
      if (factor === undefined) throw noSecondFactor(strategy)
      const secondFactor = await sendFactorCode(world, user, factor)
      return resource(signInView(world, putSignIn(call, { ...signIn, secondFactor })))
    },
  }),
  frontend({
    id: 'attemptSignInFactorTwo',
    method: 'POST',
    path: '/v1/client/sign_ins/{sign_in_id}/attempt_second_factor',
    takes: { strategy: strategyOf(['phone_code', 'totp', 'backup_code']), code: text() },
    async handle(call) {
      const { world, input } = call
      const { signIn, user } = signInAt(call, 'needs_second_factor')
      const strategy = needed(input.strategy, 'strategy')
      const code = needed(input.code, 'code')
      if (chosenFactor(secondFactorsOf(world, user), { strategy }) === undefined) {
        throw noSecondFactor(strategy)
      }
      const secondFactor =
        strategy === 'phone_code'
          ? await proveSentCode(world, user, {
              verification: signIn.secondFactor,
              code,
              save: (verification) =>
                void putSignIn(call, { ...signIn, secondFactor: verification }),
            })
          : await proveOwnCode(world, user, { strategy, code })
      const passed = putSignIn(call, { ...signIn, secondFactor })
      return resource(signInView(world, await complete(call, passed, { origin: 'sign_in' })))
    },
  }),
]

interface Shown {
  readonly strategy: string
  /** The password or the code. */
  readonly secret: string
}

async function proveFirst(
  call: Call,
  { signIn, user }: { readonly signIn: SignIn; readonly user: User },
  { strategy, secret }: Shown,
): Promise<Verification> {
  const { world } = call
  if (strategy === 'password') return provePassword(world, user, secret)
  const verification = signIn.firstFactor
  if (verification !== null && verification.strategy !== strategy) throw notPrepared()
  return proveSentCode(world, user, {
    verification,
    code: secret,
    save: (firstFactor) => void putSignIn(call, { ...signIn, firstFactor }),
  })
}

function noSecondFactor(strategy: string): Complaint {
  return new Complaint(400, 'no_second_factors', {
    message: 'no second factors',
    longMessage: `No second factors were found for strategy ${strategy}.`,
  })
}
