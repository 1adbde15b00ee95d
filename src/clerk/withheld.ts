import { idOf } from './resources.ts'
import { isKnownType } from './webhook-changes.ts'

/** What is kept of a message to a person: the rest is what it says, and with that the code or the link in it. */
const keptOfMessages: ReadonlySet<string> = new Set([
  'object',
  'id',
  'slug',
  'status',
  'user_id',
  'email_address_id',
  'phone_number_id',
  'delivered_by_clerk',
  'created_at_ms',
])

/** What is kept around whatever a type tells that nobody knows: of the rest nobody can say what it opens. */
const keptOfUnknown: ReadonlySet<string> = new Set(['object', 'type', 'timestamp', 'instance_id'])

/** Members that open something, or that are nobody's but the application's, wherever they are. */
const withheld: ReadonlySet<string> = new Set([
  'backup_codes',
  'external_verification_redirect_url',
  'jwt',
  'private_metadata',
  'unsafe_metadata',
  'url',
])

/** The same by what their names speak of; a truth about one, such as `totp_enabled`, opens nothing. */
const secretName = /secret|token|password|passcode|otp|nonce|ticket|(?:^|_)code$/i

/** Clerk's message as JSON without what could be used as a credential: codes, links that let somebody in, metadata. */
export function writeWithoutCredentials(
  members: Readonly<Record<string, unknown>>,
  { type, data }: { readonly type: string; readonly data: Readonly<Record<string, unknown>> },
): string {
  if (!isKnownType(type)) {
    const around = pick(members, (name) => keptOfUnknown.has(name))
    return JSON.stringify({ ...around, data: { id: idOf(data.id) } })
  }
  const isMessage = /^(?:email|sms)\./.test(type)
  const kept = isMessage ? pick(data, (name) => keptOfMessages.has(name)) : data
  return JSON.stringify({ ...members, data: kept }, (name, value) =>
    isWithheld(name, value) ? undefined : value,
  )
}

function isWithheld(name: string, value: unknown): boolean {
  return withheld.has(name) || (typeof value !== 'boolean' && secretName.test(name))
}

function pick(members: Readonly<Record<string, unknown>>, isKept: (name: string) => boolean) {
  return Object.fromEntries(Object.entries(members).filter(([name]) => isKept(name)))
}
