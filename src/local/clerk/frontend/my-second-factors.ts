import { deletedObject, emailAddressesOf } from '../acts/people.ts'
import { beginTotp, makeBackupCodes, removeTotp, verifyTotp } from '../acts/second-factors.ts'
import { totpUri } from '../acts/totp.ts'
import { notFound } from '../kernel/complaint.ts'
import { needed, text } from '../kernel/fields.ts'
import { newId } from '../kernel/identifiers.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { frontend, resource } from './api.ts'
import { inPerson } from './browser.ts'
import { applicationName } from './environment.ts'

/** The authenticator app and the backup codes of the user who is signed in. */
export const mySecondFactorOperations = [
  frontend({
    id: 'postTOTP',
    method: 'POST',
    path: '/v1/me/totp',
    handle({ world, caller }) {
      const user = beginTotp(world, inPerson(caller).user)
      const secret = user.totpSecret ?? ''
      const uri = totpUri(secret, applicationName, accountOf(world, user))
      return resource(totpView(world, user, { secret, uri }))
    },
  }),
  frontend({
    id: 'verifyTOTP',
    method: 'POST',
    path: '/v1/me/totp/attempt_verification',
    takes: { code: text(64) },
    async handle({ world, caller, input }) {
      const { user } = inPerson(caller)
      if (user.totpSecret === null) throw notFound('No TOTP secret was found for this user.')
      const code = needed(input.code, 'code')
      const { user: verified, backupCodes } = await verifyTotp(world, user, code)
      return resource(totpView(world, verified, { backup_codes: backupCodes }))
    },
  }),
  frontend({
    id: 'deleteTOTP',
    method: 'DELETE',
    path: '/v1/me/totp',
    async handle({ world, caller }) {
      const { user } = inPerson(caller)
      if (user.totpSecret === null) throw notFound('No TOTP secret was found for this user.')
      await removeTotp(world, user)
      return resource(deletedObject('totp', totpIdOf(user)))
    },
  }),
  frontend({
    id: 'createBackupCodes',
    method: 'POST',
    path: '/v1/me/backup_codes',
    async handle({ world, caller, nowMs }) {
      const codes = await makeBackupCodes(world, inPerson(caller).user)
      const dates = { created_at: nowMs, updated_at: nowMs }
      return resource({ object: 'backup_code', id: newId('backup_code'), codes, ...dates })
    },
  }),
]

/** The secret is shown once, when it is made. */
function totpView({ clock }: World, user: User, shown: object): object {
  return {
    object: 'totp',
    id: totpIdOf(user),
    secret: null,
    uri: null,
    verified: user.isTotpVerified,
    backup_codes: null,
    created_at: clock.now(),
    updated_at: clock.now(),
    ...shown,
  }
}

function totpIdOf({ id }: User): string {
  return id.replace(/^user_/, 'totp_')
}

function accountOf(world: World, user: User): string {
  const addresses = emailAddressesOf(world, user.id)
  const primary = addresses.find(({ id }) => id === user.primaryEmailAddressId)
  return primary?.emailAddress ?? user.username ?? user.id
}
