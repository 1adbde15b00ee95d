import { refuseTakenAddresses } from '../acts/address-making.ts'
import {
  addEmailAddress,
  deletedObject,
  emailAddressesOf,
  isVerified,
  refuseLastIdentification,
  removeEmailAddress,
  updateEmailAddress,
  updateUser,
  verifiedByAdmin,
} from '../acts/people.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { emailAddress, flag, needed, nullable, oneOf, text } from '../kernel/fields.ts'
import type { EmailAddress } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { sendCode, tryCode } from './address-verifications.ts'
import { backend } from './api.ts'
import { notDone, notDoneHere } from './not-done.ts'
import { userNamed } from './users.ts'
import { emailAddressView } from './views/email-address.ts'

const path = '/email_addresses/{email_address_id}'

const status = oneOf(['verified', 'reserved', 'unverified'])

const traits = {
  verified: nullable(flag),
  primary: nullable(flag),
  notify_primary_email_address_changed: notDone,
}

/** The e-mail addresses of users. */
export const emailAddressesOperations = [
  backend({
    id: 'CreateEmailAddress',
    method: 'POST',
    path: '/email_addresses',
    takes: { user_id: text(), email_address: emailAddress, ...traits },
    handle({ world, input }) {
      const { id: userId } = userNamed(world, needed(input.user_id, 'user_id'))
      const wanted = needed(input.email_address, 'email_address')
      const verification = input.verified ? verifiedByAdmin : null
      if (input.primary && verification === null) throw unverified('primary')
      const address = addEmailAddress(world, { userId, emailAddress: wanted, verification })
      if (input.primary) makePrimary(world, address)
      return emailAddressView(address)
    },
  }),
  backend({
    id: 'GetEmailAddress',
    method: 'GET',
    path,
    handle: ({ world, path }) => emailAddressView(addressNamed(world, path.email_address_id)),
  }),
  backend({
    id: 'UpdateEmailAddress',
    method: 'PATCH',
    path,
    takes: traits,
    handle({ world, path, input }) {
      const address = addressNamed(world, path.email_address_id)
      const { verified, primary } = input
      const willBeVerified = verified ?? isVerified(address)
      const user = userNamed(world, address.userId)
      const isPrimary = primary === true || user.primaryEmailAddressId === address.id
      if (!willBeVerified && isPrimary) throw unverified('verified')
      if (willBeVerified !== isVerified(address)) {
        const verification = willBeVerified ? verifiedByAdmin : null
        updateEmailAddress(world, address, { verification })
      }
      if (primary) makePrimary(world, address)
      return emailAddressView(addressNamed(world, address.id))
    },
  }),
  backend({
    id: 'DeleteEmailAddress',
    method: 'DELETE',
    path,
    handle({ world, path }) {
      const address = addressNamed(world, path.email_address_id)
      refuseLastIdentification(world, userNamed(world, address.userId))
      removeEmailAddress(world, address)
      return deletedObject('email_address', address.id)
    },
  }),
  backend({
    id: 'PrepareEmailAddressVerification',
    method: 'POST',
    path: `${path}/prepare_verification`,
    handle({ world, path }) {
      const { id, emailAddress: to, userId } = addressNamed(world, path.email_address_id)
      return sendCode(world, id, { strategy: 'email_code', channel: 'email', to, userId })
    },
  }),
  backend({
    id: 'AttemptEmailAddressVerification',
    method: 'POST',
    path: `${path}/attempt_verification`,
    takes: { verification_id: text(), code: text(64) },
    async handle({ world, path, input }) {
      const address = addressNamed(world, path.email_address_id)
      const verificationId = needed(input.verification_id, 'verification_id')
      const code = needed(input.code, 'code')
      const tried = await tryCode(world, { addressId: address.id, verificationId, code })
      if (tried.isVerified && !isVerified(address)) {
        const proved = { status: 'verified', strategy: 'email_code', attempts: 1 } as const
        const verification = { ...proved, expireAt: null, code: null }
        updateEmailAddress(world, address, { verification })
      }
      return tried.view
    },
  }),
  backend({
    id: 'ReplaceUserEmailAddress',
    method: 'PUT',
    path: '/users/{user_id}/email_address',
    takes: {
      email_address: emailAddress,
      identification_status: status,
      notify_primary_email_address_changed: notDone,
    },
    handle({ world, path, input }) {
      const { id: userId } = userNamed(world, path.user_id)
      const wanted = needed(input.email_address, 'email_address')
      if ((input.identification_status ?? 'verified') !== 'verified') {
        throw notDoneHere('primary addresses that are not verified')
      }
      const own = emailAddressesOf(world, userId)
      if (!own.some((one) => one.emailAddress === wanted)) refuseTakenAddresses(world, [wanted])
      for (const address of own) removeEmailAddress(world, address)
      const draft = { userId, emailAddress: wanted, verification: verifiedByAdmin }
      return emailAddressView(addEmailAddress(world, draft))
    },
  }),
]

function addressNamed({ state }: World, id: string | undefined): EmailAddress {
  const address = state.emailAddresses.get(id)
  if (address === undefined) throw notFound('Email address not found')
  return address
}

function makePrimary(world: World, { id, userId }: EmailAddress): void {
  updateUser(world, userNamed(world, userId), { primaryEmailAddressId: id })
}

function unverified(paramName: string): Complaint {
  const message = 'A primary email address must be verified.'
  return new Complaint(400, 'form_verification_needed', { message, paramName })
}
