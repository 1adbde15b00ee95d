import { matchesPassword } from '../acts/passwords.ts'
import { updatePhoneNumber, updateUser } from '../acts/people.ts'
import { removeTotp, takeBackupCode, takeTotpCode } from '../acts/second-factors.ts'
import { revokeSessionsOf } from '../acts/sessions.ts'
import { Complaint } from '../kernel/complaint.ts'
import { flag, needed, text } from '../kernel/fields.ts'
import { phoneNumbersOf } from '../kernel/identifications.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { userNamed } from './users.ts'
import { userView } from './views/user.ts'

/** What users prove themselves with, as the owner of the secret key sees and takes it. */
export const userSecurityOperations = [
  backend({
    id: 'VerifyPassword',
    method: 'POST',
    path: '/users/{user_id}/verify_password',
    takes: { password: text() },
    async handle({ world, path, input }) {
      const { passwordDigest } = userNamed(world, path.user_id)
      const password = needed(input.password, 'password')
      if (passwordDigest === null) {
        throw new Complaint(400, 'no_password_set', {
          message: 'no password set',
          longMessage: 'This user does not have a password set for their account',
        })
      }
      if (await matchesPassword(password, passwordDigest)) return { verified: true }
      throw new Complaint(422, 'incorrect_password', {
        message: 'incorrect password',
        longMessage: 'The given password is incorrect',
      })
    },
  }),
  backend({
    id: 'VerifyTOTP',
    method: 'POST',
    path: '/users/{user_id}/verify_totp',
    takes: { code: text(64) },
    async handle({ world, path, input }) {
      const code_type = await takeCode(
        world,
        userNamed(world, path.user_id),
        needed(input.code, 'code'),
      )
      return { verified: true, code_type }
    },
  }),
  backend({
    id: 'RemoveUserPassword',
    method: 'POST',
    path: '/users/{user_id}/remove_password',
    takes: { sign_out_of_other_sessions: flag },
    handle({ world, path, input }) {
      const user = userNamed(world, path.user_id)
      const changed =
        user.passwordDigest === null ? user : updateUser(world, user, { passwordDigest: null })
      if (input.sign_out_of_other_sessions) revokeSessionsOf(world, user.id)
      return userView(world, changed)
    },
  }),
  backend({
    id: 'DisableMFA',
    method: 'DELETE',
    path: '/users/{user_id}/mfa',
    async handle({ world, path }) {
      const { id } = userNamed(world, path.user_id)
      const unused = { reservedForSecondFactor: false, defaultSecondFactor: false }
      for (const number of phoneNumbersOf(world, id)) {
        if (number.reservedForSecondFactor) updatePhoneNumber(world, number, unused)
      }
      const { backupCodes } = await removeTotp(world, userNamed(world, id))
      if (backupCodes.length > 0) updateUser(world, userNamed(world, id), { backupCodes: [] })
      return { user_id: id }
    },
  }),
  backend({
    id: 'DeleteTOTP',
    method: 'DELETE',
    path: '/users/{user_id}/totp',
    async handle({ world, path }) {
      const user = userNamed(world, path.user_id)
      await removeTotp(world, user)
      return { user_id: user.id }
    },
  }),
  backend({
    id: 'DeleteBackupCode',
    method: 'DELETE',
    path: '/users/{user_id}/backup_code',
    handle({ world, path }) {
      const user = userNamed(world, path.user_id)
      updateUser(world, user, { backupCodes: [] })
      return { user_id: user.id }
    },
  }),
  backend({
    id: 'DeleteUserProfileImage',
    method: 'DELETE',
    path: '/users/{user_id}/profile_image',
    // Nobody here has an image, and Clerk gives the user who has none as one whose image is gone.
    handle: ({ world, path }) => userView(world, userNamed(world, path.user_id)),
  }),
]

/** Takes a code of the authenticator or a backup code, whichever it is by its looks. */
async function takeCode(world: World, user: User, code: string): Promise<'totp' | 'backup_code'> {
  if (!user.isTotpVerified) {
    throw new Complaint(400, 'totp_disabled', {
      message: 'totp disabled',
      longMessage: 'TOTP is not enabled for this user',
    })
  }
  const isTotp = /^\d{6}$/.test(code)
  try {
    await (isTotp ? takeTotpCode : takeBackupCode)(world, user, code)
  } catch (thrown) {
    if (!(thrown instanceof Complaint)) throw thrown
    throw new Complaint(422, 'totp_incorrect_code', {
      message: 'incorrect TOTP code',
      longMessage: 'The given TOTP code is incorrect',
    })
  }
  return isTotp ? 'totp' : 'backup_code'
}
