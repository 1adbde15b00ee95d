import type { PhoneNumber } from '../../kernel/records.ts'
import { verificationView } from '../../kernel/verification.ts'

/** A phone number as the Frontend API shows it, with the backup codes that were made just now. */
export function phoneNumberView(
  number: PhoneNumber,
  backupCodes: readonly string[] | null = null,
): object {
  return {
    id: number.id,
    object: 'phone_number',
    phone_number: number.phoneNumber,
    reserved_for_second_factor: number.reservedForSecondFactor,
    default_second_factor: number.defaultSecondFactor,
    reserved: false,
    verification: verificationView(number.verification),
    linked_to: [],
    backup_codes: backupCodes,
    created_at: number.createdAt,
    updated_at: number.updatedAt,
  }
}
