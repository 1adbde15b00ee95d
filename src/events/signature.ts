/** Secrets have so many random bytes; Standard Webhooks asks for 24 to 64. */
const secretBytes = 32
const prefix = 'whsec_'

/** A new secret for signing, as Standard Webhooks writes them. */
export function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(secretBytes))
  return prefix + btoa(String.fromCharCode(...bytes))
}

/** What is signed. */
export interface Signed {
  readonly id: string
  /** Seconds since the epoch. */
  readonly timestamp: string
  readonly body: string
}

/**
 * The value of `webhook-signature`: one signature for each secret, of which the receiver knows one
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export async function signatureOf(signed: Signed, secrets: readonly string[]): Promise<string> {
  const { id, timestamp, body } = signed
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  const signatures = await Promise.all(secrets.map((secret) => sign(content, secret)))
  return signatures.join(' ')
}

async function sign(content: Uint8Array, secret: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(prefix.length)), (one) => one.charCodeAt(0))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
  return `v1,${btoa(String.fromCharCode(...signature))}`
}
