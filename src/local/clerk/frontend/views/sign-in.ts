import { firstFactorsOf, secondFactorsOf } from '../../kernel/factors.ts'
import type { SignIn } from '../../kernel/records.ts'
import { verificationView } from '../../kernel/verification.ts'
import type { World } from '../../kernel/world.ts'

/** What somebody may sign in with. */
const identifiers = ['email_address', 'phone_number', 'username']

/** A sign-in as the Frontend API shows it. */
export function signInView(world: World, signIn: SignIn): object {
  const user = world.state.users.get(signIn.userId)
  return {
    object: 'sign_in_attempt',
    id: signIn.id,
    status: signIn.status,
    supported_identifiers: identifiers,
    supported_first_factors:
      user === undefined ? null : firstFactorsOf(world, user, signIn.identifier),
    supported_second_factors:
      user === undefined || signIn.status !== 'needs_second_factor'
        ? null
        : secondFactorsOf(world, user),
    first_factor_verification: verificationView(signIn.firstFactor),
    second_factor_verification: verificationView(signIn.secondFactor),
    identifier: signIn.identifier,
    user_data:
      user === undefined
        ? null
        : {
            first_name: user.firstName,
            last_name: user.lastName,
            image_url: '',
            has_image: false,
            profile_image_url: null,
          },
    created_session_id: signIn.createdSessionId,
    abandon_at: signIn.abandonAt,
  }
}
