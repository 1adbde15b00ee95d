import { type Factor, firstFactorsOf, secondFactorsOf } from '../../kernel/factors.ts'
import type { Reverification, Session, User } from '../../kernel/records.ts'
import { verificationView } from '../../kernel/verification.ts'
import type { World } from '../../kernel/world.ts'
import { sessionView } from './session.ts'

/** The ways to prove oneself once more: a password that is forgotten is of no use for that. */
export function reverificationFactorsOf(world: World, user: User): readonly Factor[] {
  return firstFactorsOf(world, user, null).filter(
    ({ strategy }) => !strategy.startsWith('reset_password'),
  )
}

/** What a session is shown with while its user proves to be there. */
export interface Reverified {
  readonly session: Session
  readonly user: User
  readonly reverification: Reverification
}

/** A reverification as the Frontend API shows it. */
export function reverificationView(
  world: World,
  { session, user, reverification }: Reverified,
): object {
  const { level, status, firstFactor, secondFactor } = reverification
  return {
    object: 'session_reverification',
    level,
    status,
    supported_first_factors: reverificationFactorsOf(world, user),
    supported_second_factors: secondFactorsOf(world, user),
    first_factor_verification: verificationView(firstFactor),
    second_factor_verification: verificationView(secondFactor),
    session: sessionView(world, session),
  }
}
