/** What is otherwise than in a webhook that Clerk signed now. */
export interface WebhookDraft {
  /** Text, or bytes that are none. */
  readonly body?: string | Uint8Array
  readonly id?: string
  /** `svix-timestamp`: now when not given. */
  readonly seconds?: string
  /** What signs it, one signature for each. */
  readonly secrets?: readonly string[]
  /** What stands before each signature. */
  readonly version?: string
  /** Laid over the headers; `null` leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>
}

/** The secret that everybody agreed on. */
export const agreedSecret = `whsec_${btoa('a secret of a test, of 32 bytes.')}`

/** Where webhooks are taken in. */
export const intakeUrl = 'https://api.usher.test/_usher/webhooks/clerk'

/** Clerk's envelope around whatever it tells. */
export function envelope(type: string, data: object, members: object = {}): string {
  const timestamp = Math.floor(Date.now() / 1000)
  return JSON.stringify({
    object: 'event',
    type,
    data,
    timestamp,
    instance_id: 'ins_1',
    ...members,
  })
}

/** The bytes of a webhook's body. */
export function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

/** The headers by which Svix delivers a webhook, signed over the bytes of its body. */
export async function signedHeaders(draft: WebhookDraft): Promise<Headers> {
  const { id = `msg_${crypto.randomUUID()}`, secrets = [agreedSecret], version = 'v1' } = draft
  const seconds = draft.seconds ?? String(Math.floor(Date.now() / 1000))
  const content = [bytesOf(`${id}.${seconds}.`), bytesOf(draft.body ?? usualBody)]
  const signatures = await Promise.all(
    secrets.map(async (secret) => `${version},${await sign(content, secret)}`),
  )
  const headers = new Headers({
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': seconds,
    'svix-signature': signatures.join(' '),
  })
  for (const [name, value] of Object.entries(draft.headers ?? {})) {
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
  return headers
}

/** A webhook as Svix delivers it. */
export async function signedWebhook(draft: WebhookDraft = {}): Promise<Request> {
  const headers = await signedHeaders(draft)
  return new Request(intakeUrl, { method: 'POST', headers, body: bytesOf(draft.body ?? usualBody) })
}

const usualBody = envelope('user.updated', { object: 'user', id: 'user_1', updated_at: 1 })

async function sign(content: readonly Uint8Array[], secret: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (one) => one.charCodeAt(0))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign'])
  const whole = new Uint8Array(await new Blob([...content]).arrayBuffer())
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, whole))))
}
