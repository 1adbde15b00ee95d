const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A new id as Clerk writes them: a prefix and 27 word characters. */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(27)}`
}

/** As many random letters and digits, for secrets and names. */
export function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  // 256 is no multiple of 62, so some letters come a little more often: 27 of them have 160 bits all the same.
  return Array.from(bytes, (byte) => letters.charAt(byte % letters.length)).join('')
}

/** A code of six digits, as people type them in. */
export function randomCode(): string {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1))
  return String(number % 1_000_000).padStart(6, '0')
}

/** SHA-256 in base64url: all that is kept of what somebody must show again. */
export async function digestOf(secret: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
