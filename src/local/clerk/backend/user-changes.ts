import { emailAddressesOf, phoneNumbersOf, type UserChanges, updateUser } from '../acts/people.ts'
import { revokeSessionsOf } from '../acts/sessions.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { flag, type InputOf, nullable, text } from '../kernel/fields.ts'
import { mergeMetadata, metadata } from '../kernel/metadata.ts'
import type { EmailAddress, Metadata, PhoneNumber, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { notDone } from './not-done.ts'
import { changesOf, onlyWithPassword, userFields } from './user-fields.ts'
import { userNamed } from './users.ts'
import { userView } from './views/user.ts'

const changeFields = {
  ...userFields,
  primary_email_address_id: nullable(text()),
  notify_primary_email_address_changed: nullable(flag),
  primary_phone_number_id: nullable(text()),
  primary_web3_wallet_id: notDone,
  profile_image_id: notDone,
  sign_out_of_other_sessions: nullable(flag),
}

const metadataFields = {
  public_metadata: metadata,
  private_metadata: metadata,
  unsafe_metadata: metadata,
}

/** How the owner of the secret key changes users. */
export const userChangesOperations = [
  backend({
    id: 'UpdateUser',
    method: 'PATCH',
    path: '/users/{user_id}',
    takes: changeFields,
    async handle({ world, path, input, nowMs }) {
      const user = userNamed(world, path.user_id)
      const { sign_out_of_other_sessions: signsOut, password, created_at: createdAt } = input
      if (signsOut && !password) throw onlyWithPassword('sign_out_of_other_sessions')
      const changes = { ...(await changesOf(input, nowMs)), ...primariesOf(world, user, input) }
      const dated = typeof createdAt === 'number' ? { ...user, createdAt } : user
      const updated = updateUser(world, dated, changes)
      if (signsOut) revokeSessionsOf(world, user.id)
      if (input.notify_primary_email_address_changed) notify(world, user, updated)
      return userView(world, updated)
    },
  }),
  backend({
    id: 'UpdateUserMetadata',
    method: 'PATCH',
    path: '/users/{user_id}/metadata',
    takes: metadataFields,
    handle({ world, path, input }) {
      const user = userNamed(world, path.user_id)
      const { public_metadata, private_metadata, unsafe_metadata } = input
      const merged = metadataOf({
        public_metadata: merge(user.publicMetadata, public_metadata, 'public_metadata'),
        private_metadata: merge(user.privateMetadata, private_metadata, 'private_metadata'),
        unsafe_metadata: merge(user.unsafeMetadata, unsafe_metadata, 'unsafe_metadata'),
      })
      return userView(world, updateUser(world, user, merged))
    },
  }),
  backend({
    id: 'ReplaceUserMetadata',
    method: 'PUT',
    path: '/users/{user_id}/metadata',
    takes: metadataFields,
    handle({ world, path, input }) {
      const user = userNamed(world, path.user_id)
      return userView(world, updateUser(world, user, metadataOf(input)))
    },
  }),
]

function metadataOf(input: InputOf<typeof metadataFields>): UserChanges {
  return {
    ...(input.public_metadata && { publicMetadata: input.public_metadata }),
    ...(input.private_metadata && { privateMetadata: input.private_metadata }),
    ...(input.unsafe_metadata && { unsafeMetadata: input.unsafe_metadata }),
  }
}

function merge(old: Metadata, changes: Metadata | undefined, name: string): Metadata | undefined {
  return changes && mergeMetadata(old, changes, name)
}

/** Which address and number come first: one of the user's own, and verified. */
function primariesOf(world: World, user: User, input: InputOf<typeof changeFields>): UserChanges {
  const { primary_email_address_id: emailId, primary_phone_number_id: phoneId } = input
  if (emailId) {
    askForOwn(emailAddressesOf(world, user.id), emailId, 'primary_email_address_id')
  }
  if (phoneId) askForOwn(phoneNumbersOf(world, user.id), phoneId, 'primary_phone_number_id')
  return {
    ...(emailId && { primaryEmailAddressId: emailId }),
    ...(phoneId && { primaryPhoneNumberId: phoneId }),
  }
}

function askForOwn(own: readonly (EmailAddress | PhoneNumber)[], id: string, name: string): void {
  const found = own.find((one) => one.id === id)
  if (found === undefined) {
    throw wrongParameter('form_resource_not_found', name, `${name} was not found for this user.`)
  }
  if (found.verification?.status === 'verified') return
  throw wrongParameter('form_verification_needed', name, `${name} must be verified.`)
}

/** Tells whoever reads the former address, as somebody wished. */
function notify(world: World, before: User, after: User): void {
  const former = world.state.emailAddresses.get(before.primaryEmailAddressId)
  if (former === undefined || former.id === after.primaryEmailAddressId) return
  world.send({
    channel: 'email',
    to: former.emailAddress,
    subject: 'Your primary email address was changed',
    code: null,
    link: null,
    userId: after.id,
  })
}
