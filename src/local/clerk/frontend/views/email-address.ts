import type { EmailAddress } from '../../kernel/records.ts'
import { verificationView } from '../../kernel/verification.ts'

/** An e-mail address as the Frontend API shows it. */
export function emailAddressView(address: EmailAddress): object {
  return {
    id: address.id,
    object: 'email_address',
    email_address: address.emailAddress,
    reserved: false,
    verification: verificationView(address.verification),
    linked_to: [],
    matches_sso_connection: false,
    created_at: address.createdAt,
    updated_at: address.updatedAt,
  }
}
