import type { LocalUser } from './users.ts'

/** When the local users were made, in milliseconds since the epoch: 1 January 2026. */
const madeAtMs = 1_767_225_600_000

/** A local user as `GET /v1/users/{id}` of Clerk's Backend API tells of one, as far as Usher reads it. */
export function userRecord(user: LocalUser): Readonly<Record<string, unknown>> {
  const { id, email, firstName, lastName } = user
  const addressId = id.replace(/^user_/, 'idn_')
  return {
    id,
    object: 'user',
    username: null,
    first_name: firstName,
    last_name: lastName,
    image_url: '',
    primary_email_address_id: addressId,
    email_addresses: [
      {
        id: addressId,
        object: 'email_address',
        email_address: email,
        verification: { status: 'verified' },
      },
    ],
    banned: false,
    locked: false,
    created_at: madeAtMs,
    updated_at: madeAtMs,
  }
}
