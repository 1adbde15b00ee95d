import { checkPassword, digestPassword, matchesPassword } from '../acts/passwords.ts'
import { isVerified, noteFailedAttempt, updateUser } from '../acts/people.ts'
import { revokeSessionsOf } from '../acts/sessions.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { flag, needed, nullable, text } from '../kernel/fields.ts'
import { emailAddressesOf } from '../kernel/identifications.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { frontend, resource } from './api.ts'
import { inPerson } from './browser.ts'
import { refuseBarred } from './sign-in-progress.ts'
import { userView } from './views/user.ts'

/** The password of the user who is signed in. */
export const myPasswordOperations = [
  frontend({
    id: 'changePassword',
    method: 'POST',
    path: '/v1/me/change_password',
    takes: {
      current_password: nullable(text()),
      new_password: text(),
      sign_out_of_other_sessions: nullable(flag),
    },
    async handle({ world, caller, input }) {
      const { user, session } = inPerson(caller)
      const password = needed(input.new_password, 'new_password')
      if (user.passwordDigest !== null) await prove(world, user, input.current_password)
      checkPassword(password, 'new_password')
      if (user.passwordDigest !== null && (await matchesPassword(password, user.passwordDigest))) {
        const message = 'New password cannot be the same as the current password.'
        throw wrongParameter('form_new_password_matches_current', 'new_password', message)
      }
      const updated = updateUser(world, user, { passwordDigest: await digestPassword(password) })
      if (input.sign_out_of_other_sessions) revokeSessionsOf(world, user.id, session.id)
      return resource(userView(world, updated))
    },
  }),
  frontend({
    id: 'removePassword',
    method: 'POST',
    path: '/v1/me/remove_password',
    takes: { current_password: text() },
    async handle({ world, caller, input }) {
      const { user } = inPerson(caller)
      if (user.passwordDigest === null) {
        throw new Complaint(400, 'no_password_set', {
          message: 'no password set',
          longMessage: 'This user has no password.',
        })
      }
      await prove(world, user, input.current_password)
      if (!emailAddressesOf(world, user.id).some(isVerified)) {
        throw new Complaint(400, 'password_removal_failed', {
          message: 'password is needed',
          longMessage: 'Without a verified email address the password is the only way to sign in.',
        })
      }
      return resource(userView(world, updateUser(world, user, { passwordDigest: null })))
    },
  }),
]

/** Whoever changes a password shows the old one: the browser may have been left open. A wrong one is counted. */
async function prove(world: World, user: User, password: string | null | undefined): Promise<void> {
  const shown = needed(password ?? undefined, 'current_password')
  refuseBarred(world, user)
  if (await matchesPassword(shown, user.passwordDigest ?? '')) return
  noteFailedAttempt(world, user)
  const message = 'Password is incorrect. Try again, or use another method.'
  throw wrongParameter('form_password_incorrect', 'current_password', message)
}
