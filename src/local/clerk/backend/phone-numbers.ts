import { refuseTakenNumbers } from '../acts/address-making.ts'
import {
  addPhoneNumber,
  deletedObject,
  isVerified,
  phoneNumbersOf,
  refuseLastIdentification,
  removePhoneNumber,
  updatePhoneNumber,
  updateUser,
  verifiedByAdmin,
} from '../acts/people.ts'
import { useAsSecondFactor } from '../acts/second-factors.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { flag, needed, nullable, oneOf, phoneNumber, text } from '../kernel/fields.ts'
import type { PhoneNumber } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { sendCode, tryCode } from './address-verifications.ts'
import { backend } from './api.ts'
import { notDoneHere } from './not-done.ts'
import { userNamed } from './users.ts'
import { phoneNumberView } from './views/phone-number.ts'

const path = '/phone_numbers/{phone_number_id}'

const status = oneOf(['verified', 'reserved', 'unverified'])

const traits = {
  verified: nullable(flag),
  primary: nullable(flag),
  reserved_for_second_factor: nullable(flag),
}

/** The phone numbers of users. */
export const phoneNumbersOperations = [
  backend({
    id: 'CreatePhoneNumber',
    method: 'POST',
    path: '/phone_numbers',
    takes: { user_id: text(), phone_number: phoneNumber, ...traits },
    async handle({ world, input }) {
      const { id: userId } = userNamed(world, needed(input.user_id, 'user_id'))
      const wanted = needed(input.phone_number, 'phone_number')
      const verification = input.verified ? verifiedByAdmin : null
      if (input.primary && verification === null) throw unverified('primary')
      const number = addPhoneNumber(world, { userId, phoneNumber: wanted, verification })
      if (input.primary) makePrimary(world, number)
      await reserve(world, number, input.reserved_for_second_factor)
      return phoneNumberView(numberNamed(world, number.id))
    },
  }),
  backend({
    id: 'GetPhoneNumber',
    method: 'GET',
    path,
    handle: ({ world, path }) => phoneNumberView(numberNamed(world, path.phone_number_id)),
  }),
  backend({
    id: 'UpdatePhoneNumber',
    method: 'PATCH',
    path,
    takes: traits,
    async handle({ world, path, input }) {
      const number = numberNamed(world, path.phone_number_id)
      const { verified, primary } = input
      const willBeVerified = verified ?? isVerified(number)
      const user = userNamed(world, number.userId)
      const isPrimary = primary === true || user.primaryPhoneNumberId === number.id
      if (!willBeVerified && isPrimary) throw unverified('verified')
      if (willBeVerified !== isVerified(number)) {
        const verification = willBeVerified ? verifiedByAdmin : null
        updatePhoneNumber(world, number, { verification })
      }
      if (primary) makePrimary(world, number)
      await reserve(world, numberNamed(world, number.id), input.reserved_for_second_factor)
      return phoneNumberView(numberNamed(world, number.id))
    },
  }),
  backend({
    id: 'DeletePhoneNumber',
    method: 'DELETE',
    path,
    handle({ world, path }) {
      const number = numberNamed(world, path.phone_number_id)
      refuseLastIdentification(world, userNamed(world, number.userId))
      removePhoneNumber(world, number)
      return deletedObject('phone_number', number.id)
    },
  }),
  backend({
    id: 'PreparePhoneNumberVerification',
    method: 'POST',
    path: `${path}/prepare_verification`,
    handle({ world, path }) {
      const { id, phoneNumber: to, userId } = numberNamed(world, path.phone_number_id)
      return sendCode(world, id, { strategy: 'phone_code', channel: 'sms', to, userId })
    },
  }),
  backend({
    id: 'AttemptPhoneNumberVerification',
    method: 'POST',
    path: `${path}/attempt_verification`,
    takes: { verification_id: text(), code: text(64) },
    async handle({ world, path, input }) {
      const number = numberNamed(world, path.phone_number_id)
      const verificationId = needed(input.verification_id, 'verification_id')
      const code = needed(input.code, 'code')
      const tried = await tryCode(world, { addressId: number.id, verificationId, code })
      if (tried.isVerified && !isVerified(number)) {
        const proved = { status: 'verified', strategy: 'phone_code', attempts: 1 } as const
        const verification = { ...proved, expireAt: null, code: null }
        updatePhoneNumber(world, number, { verification })
      }
      return tried.view
    },
  }),
  backend({
    id: 'ReplaceUserPhoneNumber',
    method: 'PUT',
    path: '/users/{user_id}/phone_number',
    takes: {
      phone_number: phoneNumber,
      identification_status: status,
    },
    handle({ world, path, input }) {
      const { id: userId } = userNamed(world, path.user_id)
      const wanted = needed(input.phone_number, 'phone_number')
      if ((input.identification_status ?? 'verified') !== 'verified') {
        throw notDoneHere('primary numberes that are not verified')
      }
      const own = phoneNumbersOf(world, userId)
      if (!own.some((one) => one.phoneNumber === wanted)) refuseTakenNumbers(world, [wanted])
      for (const number of own) removePhoneNumber(world, number)
      const draft = { userId, phoneNumber: wanted, verification: verifiedByAdmin }
      return phoneNumberView(addPhoneNumber(world, draft))
    },
  }),
]

function numberNamed({ state }: World, id: string | undefined): PhoneNumber {
  const number = state.phoneNumbers.get(id)
  if (number === undefined) throw notFound('Phone number not found')
  return number
}

async function reserve(world: World, number: PhoneNumber, wish: boolean | null | undefined) {
  if (wish === undefined || wish === null || wish === number.reservedForSecondFactor) return
  await useAsSecondFactor(world, number, { reservedForSecondFactor: wish })
}

function makePrimary(world: World, { id, userId }: PhoneNumber): void {
  updateUser(world, userNamed(world, userId), { primaryPhoneNumberId: id })
}

function unverified(paramName: string): Complaint {
  const message = 'A primary phone number must be verified.'
  return new Complaint(400, 'form_verification_needed', { message, paramName })
}
