import {
  addPhoneNumber,
  deletedObject,
  isVerified,
  refuseLastIdentification,
  removePhoneNumber,
  updatePhoneNumber,
} from '../acts/people.ts'
import { settle, useAsSecondFactor } from '../acts/second-factors.ts'
import { attempt, begin } from '../acts/verifications.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { flag, needed, nullable, phoneNumber, text } from '../kernel/fields.ts'
import { phoneNumbersOf } from '../kernel/identifications.ts'
import type { Asked } from '../kernel/operation.ts'
import type { PhoneNumber } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { type Browser, inPerson } from './browser.ts'
import { notForUser } from './strategies.ts'
import { phoneNumberView } from './views/phone-number.ts'

const all = '/v1/me/phone_numbers'
const one = `${all}/{phone_number_id}`

/** The phone numbers of the user who is signed in. */
export const myPhoneNumberOperations = [
  frontend({
    id: 'getPhoneNumbers',
    method: 'GET',
    path: all,
    handle: ({ world, caller }) =>
      phoneNumbersOf(world, caller.signedIn().user.id).map((number) => phoneNumberView(number)),
  }),
  frontend({
    id: 'postPhoneNumbers',
    method: 'POST',
    path: all,
    takes: { phone_number: phoneNumber, reserved_for_second_factor: nullable(flag) },
    handle({ world, caller, input }) {
      const { user } = inPerson(caller)
      const number = needed(input.phone_number, 'phone_number')
      if (input.reserved_for_second_factor === true) throw unverified()
      const draft = { userId: user.id, phoneNumber: number, verification: null }
      return resource(phoneNumberView(addPhoneNumber(world, draft)))
    },
  }),
  frontend({
    id: 'ReadPhoneNumber',
    method: 'GET',
    path: one,
    handle: (call) => resource(phoneNumberView(mine(call))),
  }),
  frontend({
    id: 'UpdatePhoneNumber',
    method: 'PATCH',
    path: one,
    takes: {
      reserved_for_second_factor: nullable(flag),
      default_second_factor: nullable(flag),
    },
    async handle(call) {
      const { world, caller, input } = call
      inPerson(caller)
      const { reserved_for_second_factor: reserved, default_second_factor: first } = input
      const backupCodes = await useAsSecondFactor(world, mine(call), {
        ...(typeof reserved === 'boolean' && { reservedForSecondFactor: reserved }),
        ...(typeof first === 'boolean' && { defaultSecondFactor: first }),
      })
      return resource(phoneNumberView(mine(call), backupCodes))
    },
  }),
  frontend({
    id: 'sendVerificationSMS',
    method: 'POST',
    path: `${one}/prepare_verification`,
    takes: { strategy: text() },
    async handle(call) {
      const { world, caller, input } = call
      inPerson(caller)
      const number = mine(call)
      const { strategy } = input
      if (strategy !== 'phone_code') throw notForUser()
      if (isVerified(number)) throw alreadyVerified()
      const { userId, phoneNumber: to } = number
      const verification = await begin(world, { strategy, channel: 'sms', to, userId })
      return resource(phoneNumberView(updatePhoneNumber(world, number, { verification })))
    },
  }),
  frontend({
    id: 'verifyPhoneNumber',
    method: 'POST',
    path: `${one}/attempt_verification`,
    takes: { code: text(64) },
    async handle(call) {
      const { world, caller, input } = call
      inPerson(caller)
      const number = mine(call)
      const code = needed(input.code, 'code')
      const save = (verification: PhoneNumber['verification']) =>
        void updatePhoneNumber(world, number, { verification })
      await attempt(world, number.verification, { code, save })
      return resource(phoneNumberView(mine(call)))
    },
  }),
  frontend({
    id: 'DeletePhoneNumber',
    method: 'DELETE',
    path: one,
    async handle(call) {
      const { world, caller } = call
      const { user } = inPerson(caller)
      const number = mine(call)
      refuseLastIdentification(world, user)
      removePhoneNumber(world, number)
      await settle(world, caller.signedIn().user)
      return resource(deletedObject('phone_number', number.id))
    },
  }),
]

/** The number that the path names; somebody else's is not there. */
function mine({ world, caller, path }: Asked & { readonly caller: Browser }): PhoneNumber {
  const { user } = caller.signedIn()
  const found = world.state.phoneNumbers.get(path.phone_number_id)
  if (found?.userId === user.id) return found
  throw notFound('Phone number not found')
}

function alreadyVerified(): Complaint {
  return new Complaint(403, 'verification_already_verified', {
    message: 'already verified',
    longMessage: 'This verification has already been verified.',
  })
}

function unverified(): Complaint {
  return new Complaint(400, 'update_second_factor_unverified', {
    message: 'Update failed',
    longMessage: 'Cannot update second factor attributes for unverified identification.',
  })
}
