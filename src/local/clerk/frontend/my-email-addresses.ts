import {
  addEmailAddress,
  deletedObject,
  isVerified,
  refuseLastIdentification,
  removeEmailAddress,
  updateEmailAddress,
} from '../acts/people.ts'
import { attempt, begin } from '../acts/verifications.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { emailAddress, needed, oneOf, text } from '../kernel/fields.ts'
import { emailAddressesOf } from '../kernel/identifications.ts'
import type { Asked } from '../kernel/operation.ts'
import type { EmailAddress } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { type Browser, inPerson } from './browser.ts'
import { emailAddressView } from './views/email-address.ts'

const all = '/v1/me/email_addresses'
const one = `${all}/{email_id}`

/** The e-mail addresses of the user who is signed in. */
export const myEmailAddressOperations = [
  frontend({
    id: 'getEmailAddresses',
    method: 'GET',
    path: all,
    handle: ({ world, caller }) =>
      emailAddressesOf(world, caller.signedIn().user.id).map(emailAddressView),
  }),
  frontend({
    id: 'createEmailAddresses',
    method: 'POST',
    path: all,
    takes: { email_address: emailAddress },
    handle({ world, caller, input }) {
      const { user } = inPerson(caller)
      const made = addEmailAddress(world, {
        userId: user.id,
        emailAddress: needed(input.email_address, 'email_address'),
        verification: null,
      })
      return resource(emailAddressView(made))
    },
  }),
  frontend({
    id: 'getEmailAddress',
    method: 'GET',
    path: one,
    handle: (call) => resource(emailAddressView(mine(call))),
  }),
  frontend({
    id: 'sendVerificationEmail',
    method: 'POST',
    path: `${one}/prepare_verification`,
    takes: { strategy: oneOf(['email_code']) },
    async handle(call) {
      const { world, caller, input } = call
      inPerson(caller)
      const address = mine(call)
      const strategy = needed(input.strategy, 'strategy')
      if (isVerified(address)) throw alreadyVerified()
      const { userId, emailAddress: to } = address
      const verification = await begin(world, { strategy, channel: 'email', to, userId })
      return resource(emailAddressView(updateEmailAddress(world, address, { verification })))
    },
  }),
  frontend({
    id: 'verifyEmailAddress',
    method: 'POST',
    path: `${one}/attempt_verification`,
    takes: { code: text(64) },
    async handle(call) {
      const { world, caller, input } = call
      inPerson(caller)
      const address = mine(call)
      const code = needed(input.code, 'code')
      const save = (verification: EmailAddress['verification']) =>
        void updateEmailAddress(world, address, { verification })
      await attempt(world, address.verification, { code, save })
      return resource(emailAddressView(mine(call)))
    },
  }),
  frontend({
    id: 'DeleteEmailAddress',
    method: 'DELETE',
    path: one,
    handle(call) {
      const { world, caller } = call
      const { user } = inPerson(caller)
      const address = mine(call)
      if (address.id === user.primaryEmailAddressId) throw lastOne()
      refuseLastIdentification(world, user)
      removeEmailAddress(world, address)
      return resource(deletedObject('email_address', address.id))
    },
  }),
]

/** The address that the path names; somebody else's is not there. */
function mine({ world, caller, path }: Asked & { readonly caller: Browser }): EmailAddress {
  const { user } = caller.signedIn()
  const found = world.state.emailAddresses.get(path.email_id)
  if (found?.userId === user.id) return found
  throw notFound('Email address not found')
}

function alreadyVerified(): Complaint {
  return new Complaint(422, 'verification_already_verified', {
    message: 'already verified',
    longMessage: 'This verification has already been verified.',
  })
}

function lastOne(): Complaint {
  return new Complaint(400, 'last_required_identification_deletion_failed', {
    message: 'Deleting your last email address is prohibited',
    longMessage:
      'You are required to maintain a primary email address in your account at all times',
  })
}
