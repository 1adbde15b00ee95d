/** What a webhook is, byte for byte, and what signs it. */
export interface Sealed {
  /** The same in every attempt: receivers know by it what they have had already. */
  readonly id: string
  readonly body: string
  /** `whsec_` and the secret in base64. */
  readonly secret: string
  readonly nowMs: number
}

/** The request by which Svix delivers a webhook to `url`. */
export async function webhookRequest(url: string, sealed: Sealed): Promise<Request> {
  const { id, body, nowMs } = sealed
  const timestamp = String(Math.floor(nowMs / 1000))
  return new Request(url, {
    method: 'POST',
    // A redirect is a failed delivery; nothing is sent to where it leads.
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Svix-Webhooks/1.0 (local stand-in)',
      'svix-id': id,
      'svix-timestamp': timestamp,
      'svix-signature': `v1,${await signature(sealed, timestamp)}`,
    },
    body,
  })
}

async function signature({ id, body, secret }: Sealed, timestamp: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (char) => char.charCodeAt(0))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign'])
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  const made = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))
  return btoa(String.fromCharCode(...made))
}
