import { provePassword } from '../acts/factor-codes.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { flag, needed, nullable, text } from '../kernel/fields.ts'
import { findByIdentifier } from '../kernel/identifications.ts'
import type { SignIn, User } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { sendFirstFactorCode } from './sign-in-factors.ts'
import {
  beginSignIn,
  type Call,
  findSignIn,
  nothingToTransfer,
  passFirstFactor,
  refuseBarred,
  sessionExists,
} from './sign-in-progress.ts'
import { signInByTicket } from './sign-in-tickets.ts'
import { captchaFields, strategyOf } from './strategies.ts'
import { signInView } from './views/sign-in.ts'

const strategies = [
  'password',
  'email_code',
  'phone_code',
  'reset_password_email_code',
  'reset_password_phone_code',
  'ticket',
] as const

/** Signing in: who somebody says to be. */
export const signInOperations = [
  frontend({
    id: 'createSignIn',
    method: 'POST',
    path: '/v1/client/sign_ins',
    takes: {
      strategy: nullable(strategyOf(strategies)),
      identifier: nullable(text()),
      password: nullable(text()),
      ticket: nullable(text()),
      transfer: nullable(flag),
      locale: nullable(text()),
      ...captchaFields,
    },
    async handle(call) {
      const exists = await sessionExists(call)
      if (exists !== undefined) return exists
      const signIn = await create(call, call.input)
      return resource(signInView(call.world, signIn))
    },
  }),
  frontend({
    id: 'getSignIn',
    method: 'GET',
    path: '/v1/client/sign_ins/{sign_in_id}',
    handle: (call) => resource(signInView(call.world, findSignIn(call))),
  }),
]

interface Wish {
  readonly strategy: (typeof strategies)[number] | null | undefined
  readonly identifier: string | null | undefined
  readonly password: string | null | undefined
  readonly ticket: string | null | undefined
  readonly transfer: boolean | null | undefined
}

async function create(call: Call, wish: Wish): Promise<SignIn> {
  const { identifier, password, ticket, transfer } = wish
  const strategy = wish.strategy ?? (password ? 'password' : undefined)
  if (transfer) throw nothingToTransfer()
  if (strategy === 'ticket') return signInByTicket(call, needed(ticket ?? undefined, 'ticket'))
  if (strategy === undefined && !identifier) {
    return beginSignIn(call, { status: 'needs_identifier' })
  }
  const user = identify(call, needed(identifier ?? undefined, 'identifier'))
  const traits = { identifier: identifier?.trim().toLowerCase() ?? null, userId: user.id }
  if (strategy === undefined) return beginSignIn(call, traits)
  if (strategy === 'password') {
    const given = needed(password ?? undefined, 'password')
    const proof = await provePassword(call.world, user, given)
    return passFirstFactor(call, await beginSignIn(call, traits), proof)
  }
  const verification = await sendFirstFactorCode(call, user, { strategy })
  return beginSignIn(call, { ...traits, firstFactor: verification })
}

/** Who goes by an identifier, and may sign in. */
function identify({ world }: Call, identifier: string): User {
  const found = findByIdentifier(world, identifier)
  if (found === undefined) {
    throw wrongParameter('form_identifier_not_found', 'identifier', "Couldn't find your account.")
  }
  refuseBarred(world, found.user)
  return found.user
}
