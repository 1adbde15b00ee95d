import { deletedObject, deleteUser, isVerified, updateUser } from '../acts/people.ts'
import { checkUsername } from '../acts/usernames.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { needed, nullable, text } from '../kernel/fields.ts'
import { emailAddressesOf, phoneNumbersOf } from '../kernel/identifications.ts'
import { mergeMetadata, metadata } from '../kernel/metadata.ts'
import type { EmailAddress, PhoneNumber } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { inPerson } from './browser.ts'
import { userView } from './views/user.ts'

const name = nullable(text(256))

/** What users see and change of themselves. */
export const myOperations = [
  frontend({
    id: 'getUser',
    method: 'GET',
    path: '/v1/me',
    handle: ({ world, caller }) => resource(userView(world, caller.signedIn().user)),
  }),
  frontend({
    id: 'patchUser',
    method: 'PATCH',
    path: '/v1/me',
    takes: {
      username: nullable(text()),
      first_name: name,
      last_name: name,
      primary_email_address_id: text(),
      primary_phone_number_id: nullable(text()),
    },
    handle({ world, caller, input }) {
      const { user } = caller.signedIn()
      const { username, first_name, last_name } = input
      const { primary_email_address_id: emailId, primary_phone_number_id: phoneId } = input
      if (emailId !== undefined) {
        usable(emailAddressesOf(world, user.id), emailId, 'primary_email_address_id')
      }
      if (typeof phoneId === 'string') {
        usable(phoneNumbersOf(world, user.id), phoneId, 'primary_phone_number_id')
      }
      const updated = updateUser(world, user, {
        ...(username !== undefined && { username: username && checkUsername(username) }),
        ...(first_name !== undefined && { firstName: first_name }),
        ...(last_name !== undefined && { lastName: last_name }),
        ...(emailId !== undefined && { primaryEmailAddressId: emailId }),
        ...(phoneId !== undefined && { primaryPhoneNumberId: phoneId }),
      })
      return resource(userView(world, updated))
    },
  }),
  frontend({
    id: 'deleteUser',
    method: 'DELETE',
    path: '/v1/me',
    handle({ world, caller }) {
      const { user } = inPerson(caller)
      if (!user.mayDeleteSelf) {
        throw new Complaint(403, 'user_delete_self_not_enabled', {
          message: 'delete self not enabled',
          longMessage: 'You are not allowed to delete your account.',
        })
      }
      deleteUser(world, user)
      return resource(deletedObject('user', user.id))
    },
  }),
  frontend({
    id: 'patchUserMetadata',
    method: 'PATCH',
    path: '/v1/me/metadata',
    takes: { unsafe_metadata: metadata },
    handle({ world, caller, input }) {
      const { user } = caller.signedIn()
      const patch = needed(input.unsafe_metadata, 'unsafe_metadata')
      const merged = mergeMetadata(user.unsafeMetadata, patch, 'unsafe_metadata')
      return resource(userView(world, updateUser(world, user, { unsafeMetadata: merged })))
    },
  }),
]

/** Only what is the user's own, and verified, may become the primary one. */
function usable(own: readonly (EmailAddress | PhoneNumber)[], id: string, paramName: string): void {
  const found = own.find((one) => one.id === id)
  if (found === undefined) {
    throw wrongParameter('form_param_value_invalid', paramName, `${paramName} is not one of yours.`)
  }
  if (isVerified(found)) return
  const message = `${paramName} must be verified before it can be the primary one.`
  throw wrongParameter('form_param_value_invalid', paramName, message)
}
