import { wrongParameter } from '../kernel/complaint.ts'

const rounds = 10_000
/** How short a password may be. */
export const minPasswordLength = 8

/** How long. */
export const maxPasswordLength = 72

/** A few of the passwords that every list of leaked ones has. */
const breached = new Set([
  '12345678',
  '123456789',
  '1234567890',
  '11111111',
  'password',
  'password1',
  'password123',
  'passw0rd',
  'qwertyuiop',
  'qwerty123',
  'iloveyou',
  'sunshine',
  'princess',
  'football',
  'baseball',
  'superman',
  'trustno1',
  'abcd1234',
  'letmein1',
  'welcome1',
])

/** What is kept of a password: a salt of its own and what PBKDF2 makes of both. */
export async function digestPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  return `${toHex(salt)}.${await derive(password, salt)}`
}

/** Whether this is the password that a digest was made of. */
export async function matchesPassword(password: string, digest: string): Promise<boolean> {
  const [saltHex = '', derived] = digest.split('.')
  return (await derive(password, fromHex(saltHex))) === derived
}

/** Refuses a password that Clerk would refuse: too short, too long, or known to everybody. */
export function checkPassword(password: string, paramName = 'password'): void {
  if (password.length < minPasswordLength) {
    throw wrongParameter(
      'form_password_length_too_short',
      paramName,
      `Passwords must be ${minPasswordLength} characters or more.`,
    )
  }
  if (new TextEncoder().encode(password).length > maxPasswordLength) {
    throw wrongParameter(
      'form_password_length_too_long',
      paramName,
      `Passwords must be less than ${maxPasswordLength + 1} characters.`,
    )
  }
  if (!breached.has(password.toLowerCase())) return
  throw wrongParameter(
    'form_password_pwned',
    paramName,
    'Password has been found in an online data breach. For account safety, please use a different password.',
  )
}

async function derive(password: string, salt: Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = new TextEncoder().encode(password)
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }
  return toHex(new Uint8Array(await crypto.subtle.deriveBits(how, key, 256)))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
