import { checkPassword, digestPassword } from '../acts/passwords.ts'
import type { UserChanges } from '../acts/people.ts'
import { checkUsername } from '../acts/usernames.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { type Field, flag, type InputOf, list, nullable, text } from '../kernel/fields.ts'
import { digestOf } from '../kernel/identifiers.ts'
import { notDone } from './not-done.ts'

/** A time as RFC 3339 writes it, in milliseconds. */
export const time: Field<number> = (value, name) => {
  const isWritten =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const read = isWritten ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(read)) return read
  throw wrongParameter('form_param_invalid_time', name, `${name} must be a valid RFC3339 time.`)
}

const name = nullable(text(256))

/** What may be said of a user who is made or changed. */
export const userFields = {
  external_id: name,
  first_name: name,
  last_name: name,
  locale: name,
  username: nullable((value, name) => checkUsername(text()(value, name))),
  password: nullable(text()),
  skip_password_checks: nullable(flag),
  totp_secret: nullable(text()),
  backup_codes: list(text(), 50),
  delete_self_enabled: nullable(flag),
  create_organization_enabled: nullable(flag),
  legal_accepted_at: nullable(time),
  // Nothing legal is asked for here, so there is nothing to skip.
  skip_legal_checks: nullable(flag),
  created_at: nullable(time),
  password_digest: notDone,
  password_hasher: notDone,
  create_organizations_limit: notDone,
  bypass_client_trust: notDone,
}

/** What a request says of a user, as the record has it. */
export async function changesOf(
  input: InputOf<typeof userFields>,
  nowMs: number,
): Promise<UserChanges> {
  const passwordDigest = await passwordDigestOf(input)
  return {
    ...(input.external_id !== undefined && { externalId: input.external_id }),
    ...(input.first_name !== undefined && { firstName: input.first_name }),
    ...(input.last_name !== undefined && { lastName: input.last_name }),
    ...(input.locale !== undefined && { locale: input.locale }),
    ...(input.username !== undefined && { username: input.username }),
    ...(passwordDigest !== undefined && { passwordDigest }),
    ...(input.totp_secret && factorOf(input.totp_secret, nowMs)),
    ...(input.backup_codes && {
      backupCodes: await Promise.all(
        input.backup_codes.map((code) => digestOf(code.trim().toLowerCase())),
      ),
    }),
    ...switchesOf(input),
  }
}

function switchesOf(input: InputOf<typeof userFields>): UserChanges {
  const { delete_self_enabled: mayDelete, create_organization_enabled: mayCreate } = input
  const { legal_accepted_at: legalAcceptedAt } = input
  return {
    ...(typeof mayDelete === 'boolean' && { mayDeleteSelf: mayDelete }),
    ...(typeof mayCreate === 'boolean' && { mayCreateOrganization: mayCreate }),
    ...(typeof legalAcceptedAt === 'number' && { legalAcceptedAt }),
  }
}

async function passwordDigestOf(input: InputOf<typeof userFields>): Promise<string | undefined> {
  const { password, skip_password_checks: skips } = input
  if (password === undefined || password === null) {
    if (skips) throw onlyWithPassword('skip_password_checks')
    return undefined
  }
  if (!skips) checkPassword(password)
  return digestPassword(password)
}

/** Some members mean something beside a password alone. */
export function onlyWithPassword(paramName: string): Complaint {
  const message = `${paramName} is only allowed when password is provided.`
  return new Complaint(422, 'form_conditional_param_disallowed', { message, paramName })
}

/** An authenticator by its secret, in base32: somebody else has seen a code of it. */
function factorOf(secret: string, nowMs: number): UserChanges {
  const read = secret.replaceAll(/[\s=]/g, '').toUpperCase()
  if (/^[A-Z2-7]{16,128}$/.test(read)) {
    const enabled = { isTotpVerified: true, mfaEnabledAt: nowMs, mfaDisabledAt: null }
    return { totpSecret: read, lastTotpStep: null, ...enabled }
  }
  throw wrongParameter('form_param_format_invalid', 'totp_secret', 'totp_secret must be base32.')
}
