/** Time-based one-time passwords: RFC 6238 with SHA-1, six digits and steps of 30 seconds. */
const stepSeconds = 30
const digits = 6
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** How many steps a phone's clock may be off, either way. */
const tolerance = 1

/** A new secret of 160 bits, in base32 as authenticator apps take it. */
export function newTotpSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  // 256 is a multiple of 32: every letter is as likely as any other.
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('')
}

/** What an authenticator app reads from a picture: the secret, and whose it is. */
export function totpUri(secret: string, issuer: string, account: string): string {
  const label = [issuer, account].map(encodeURIComponent).join(':')
  const issuerName = encodeURIComponent(issuer)
  return `otpauth://totp/${label}?secret=${secret}&issuer=${issuerName}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
}

/** The code of a moment, as an authenticator app shows it. */
export async function totpCode(secret: string, nowMs: number): Promise<string> {
  return codeOfStep(secret, stepOf(nowMs))
}

/** The time step that a code belongs to, now or next to it; `undefined` for a code of none of them. */
export async function matchingStep(
  secret: string,
  code: string,
  nowMs: number,
): Promise<number | undefined> {
  const now = stepOf(nowMs)
  for (let step = now - tolerance; step <= now + tolerance; step++) {
    if ((await codeOfStep(secret, step)) === code) return step
  }
  return undefined
}

function stepOf(nowMs: number): number {
  return Math.floor(nowMs / 1000 / stepSeconds)
}

/** RFC 4226 section 5.3. */
async function codeOfStep(secret: string, step: number): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(step))
  const hmac = { name: 'HMAC', hash: 'SHA-1' }
  const key = await crypto.subtle.importKey('raw', fromBase32(secret), hmac, false, ['sign'])
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer))
  const offset = mac.getUint8(mac.byteLength - 1) & 0xf
  const number = mac.getUint32(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

function fromBase32(secret: string): Uint8Array<ArrayBuffer> {
  const bits = Array.from(secret, (letter) =>
    alphabet.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}
