import {
  chosenFactor,
  proveOwnCode,
  provePassword,
  proveSentCode,
  sendFactorCode,
} from '../acts/factor-codes.ts'
import { Complaint } from '../kernel/complaint.ts'
import { type Factor, secondFactorsOf } from '../kernel/factors.ts'
import { needed, nullable, oneOf, text } from '../kernel/fields.ts'
import type { Reverification, Session, User, Verification } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { unauthenticated } from './browser.ts'
import { live } from './sessions.ts'
import { type Call, refuseBarred } from './sign-in-progress.ts'
import { notForUser, notPrepared, strategyOf } from './strategies.ts'
import { reverificationFactorsOf, reverificationView } from './views/session-reverification.ts'

const one = '/v1/client/sessions/{session_id}/verify'

/** A user who is signed in proves it once more. */
export const reverificationOperations = [
  frontend({
    id: 'startSessionReverification',
    method: 'POST',
    path: one,
    takes: { level: oneOf(['first_factor', 'second_factor', 'multi_factor']) },
    handle(call) {
      const { world, input } = call
      const session = live(call)
      const user = userOf(call, session)
      const wanted = needed(input.level, 'level')
      const level = secondFactorsOf(world, user).length === 0 ? 'first_factor' : wanted
      const status = level === 'second_factor' ? 'needs_second_factor' : 'needs_first_factor'
      return put(call, { session, user }, { level, status, firstFactor: null, secondFactor: null })
    },
  }),
  frontend({
    id: 'prepareSessionReverificationFirstFactor',
    method: 'POST',
    path: `${one}/prepare_first_factor`,
    takes: {
      strategy: strategyOf(['email_code', 'phone_code']),
      email_address_id: nullable(text()),
      phone_number_id: nullable(text()),
    },
    async handle(call) {
      const { world, input } = call
      const { session, user, reverification } = at(call, 'needs_first_factor')
      const firstFactor = await send(call, user, {
        strategy: needed(input.strategy, 'strategy'),
        factors: reverificationFactorsOf(world, user),
        emailAddressId: input.email_address_id,
        phoneNumberId: input.phone_number_id,
      })
      return put(call, { session, user }, { ...reverification, firstFactor })
    },
  }),
  frontend({
    id: 'attemptSessionReverificationFirstFactor',
    method: 'POST',
    path: `${one}/attempt_first_factor`,
    takes: {
      strategy: strategyOf(['password', 'email_code', 'phone_code']),
      code: nullable(text()),
      password: nullable(text()),
    },
    async handle(call) {
      const { world, input, nowMs } = call
      const { session, user, reverification } = at(call, 'needs_first_factor')
      const strategy = needed(input.strategy, 'strategy')
      const firstFactor =
        strategy === 'password'
          ? await provePassword(world, user, needed(input.password ?? undefined, 'password'))
          : await proveSentCode(world, user, {
              verification: prepared(reverification.firstFactor, strategy),
              code: needed(input.code ?? undefined, 'code'),
              save: (verification) =>
                void put(call, { session, user }, { ...reverification, firstFactor: verification }),
            })
      const proved = { ...session, firstFactorAt: nowMs }
      const status = reverification.level === 'multi_factor' ? 'needs_second_factor' : 'complete'
      return put(call, { session: proved, user }, { ...reverification, status, firstFactor })
    },
  }),
  frontend({
    id: 'prepareSessionReverificationSecondFactor',
    method: 'POST',
    path: `${one}/prepare_second_factor`,
    takes: { strategy: strategyOf(['phone_code']), phone_number_id: nullable(text()) },
    async handle(call) {
      const { world, input } = call
      const { session, user, reverification } = at(call, 'needs_second_factor')
      const secondFactor = await send(call, user, {
        strategy: needed(input.strategy, 'strategy'),
        factors: secondFactorsOf(world, user),
        phoneNumberId: input.phone_number_id,
      })
      return put(call, { session, user }, { ...reverification, secondFactor })
    },
  }),
  frontend({
    id: 'attemptSessionReverificationSecondFactor',
    method: 'POST',
    path: `${one}/attempt_second_factor`,
    takes: { strategy: strategyOf(['phone_code', 'totp', 'backup_code']), code: text() },
    async handle(call) {
      const { world, input, nowMs } = call
      const { session, user, reverification } = at(call, 'needs_second_factor')
      const strategy = needed(input.strategy, 'strategy')
      const code = needed(input.code, 'code')
      if (chosenFactor(secondFactorsOf(world, user), { strategy }) === undefined) throw notForUser()
      const secondFactor =
        strategy === 'phone_code'
          ? await proveSentCode(world, user, {
              verification: prepared(reverification.secondFactor, strategy),
              code,
              save: (verification) =>
                void put(
                  call,
                  { session, user },
                  { ...reverification, secondFactor: verification },
                ),
            })
          : await proveOwnCode(world, user, { strategy, code })
      const proved = { ...session, secondFactorAt: nowMs }
      return put(
        call,
        { session: proved, user },
        { ...reverification, status: 'complete', secondFactor },
      )
    },
  }),
]

interface Whose {
  readonly session: Session
  readonly user: User
}

function userOf({ world }: Call, { userId }: Session): User {
  const user = world.state.users.get(userId)
  if (user === undefined) throw unauthenticated()
  refuseBarred(world, user)
  return user
}

/** Writes down how far it is; the answer shows it. */
function put(call: Call, { session, user }: Whose, reverification: Reverification) {
  const { world, nowMs } = call
  const updated = world.state.sessions.put({ ...session, reverification, updatedAt: nowMs })
  return resource(reverificationView(world, { session: updated, user, reverification }))
}

/** What is under way, if it waits for this. */
function at(
  call: Call,
  status: Reverification['status'],
): Whose & { readonly reverification: Reverification } {
  const session = live(call)
  const user = userOf(call, session)
  const { reverification } = session
  if (reverification === undefined || reverification.status === 'complete') {
    throw new Complaint(400, 'session_reverification_missing', {
      message: 'is missing',
      longMessage: 'You need to start a new session verification flow first',
    })
  }
  if (reverification.status === status) return { session, user, reverification }
  throw new Complaint(400, 'invalid_action_for_session_reverification', {
    message: 'Invalid action for session reverification',
    longMessage: `We were unable to complete the action for this session, as it is at ${reverification.status}.`,
  })
}

interface Sending {
  readonly strategy: string
  readonly factors: readonly Factor[]
  readonly emailAddressId?: string | null | undefined
  readonly phoneNumberId?: string | null | undefined
}

function send({ world }: Call, user: User, wish: Sending): Promise<Verification> {
  const factor = chosenFactor(wish.factors, wish)
  if (factor === undefined) throw notForUser()
  return sendFactorCode(world, user, factor)
}

/** What was prepared, if it is this. */
function prepared(verification: Verification | null, strategy: string): Verification | null {
  if (verification !== null && verification.strategy !== strategy) throw notPrepared()
  return verification
}
