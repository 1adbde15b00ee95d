import type { PhoneNumber } from '../../kernel/records.ts'
import { verificationView } from '../../kernel/verification.ts'

/** A phone number as the Backend API and webhooks tell of it. */
export function phoneNumberView(number: PhoneNumber): object {
  return {
    id: number.id,
    object: 'phone_number',
    phone_number: number.phoneNumber,
    reserved_for_second_factor: number.reservedForSecondFactor,
    default_second_factor: number.defaultSecondFactor,
    reserved: false,
    verification: verificationView(number.verification),
    linked_to: [],
    backup_codes: null,
    created_at: number.createdAt,
    updated_at: number.updatedAt,
  }
}
