/** How far the time of a webhook may be from ours, as Svix has it. */
const toleranceSeconds = 5 * 60

/** What the headers have to look like before a byte of the body is read. */
const headerForms: ReadonlyMap<string, RegExp> = new Map([
  ['svix-id', /^[\w.-]{1,256}$/],
  ['svix-timestamp', /^\d{1,12}$/],
  // Several while a secret is being changed; those of other versions are passed over.
  ['svix-signature', /^(?:v\d{1,3}a?,[\w+/=-]{1,256}(?: |$)){1,16}$/],
])

/** The headers that sign a webhook; `undefined` where one is none, or where it is of another time than now. */
export function readSignature(headers: Headers, nowMs: number): Headers | undefined {
  const signature = new Headers()
  for (const [name, form] of headerForms) {
    const value = headers.get(name)?.trim() ?? ''
    if (!form.test(value)) return undefined
    signature.set(name, value)
  }
  const ageSeconds = Math.floor(nowMs / 1000) - Number(signature.get('svix-timestamp'))
  return Math.abs(ageSeconds) > toleranceSeconds ? undefined : signature
}

/** What Clerk signed, as text; `undefined` where it did not sign these bytes, or where they are no text. */
export async function readSigned(
  bytes: Uint8Array<ArrayBuffer>,
  signature: Headers,
  signingSecret: string,
): Promise<string | undefined> {
  // Clerk's own check hashes in JavaScript: of what nobody signed that would be too much work.
  if (!(await isSealed(bytes, signature, signingSecret))) return undefined
  const text = textOf(bytes)
  // That check reads text, and reading drops a mark at the beginning, which is no JSON anyway.
  if (text === undefined || text.startsWith('\uFEFF')) return undefined
  const { verifyWebhook } = await import('@clerk/backend/webhooks')
  const headers = signature
  const request = new Request('https://usher.invalid/', { method: 'POST', headers, body: text })
  try {
    await verifyWebhook(request, { signingSecret })
    return text
  } catch {
    return undefined
  }
}

const hmac = { name: 'HMAC', hash: 'SHA-256' }

/** Whether one of the signatures holds over the bytes, by the platform's own HMAC. */
async function isSealed(
  bytes: Uint8Array<ArrayBuffer>,
  signature: Headers,
  signingSecret: string,
): Promise<boolean> {
  const secret = bytesOf(signingSecret.replace(/^whsec_/, ''))
  if (secret === undefined || secret.length === 0) return false
  const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign', 'verify'])
  const head = `${signature.get('svix-id')}.${signature.get('svix-timestamp')}.`
  const content = new Blob([head, bytes])
  const seal = await crypto.subtle.sign('HMAC', key, await content.arrayBuffer())
  // The body is hashed once however many signatures there are; these are compared by their own, in constant time.
  const sealOfSeal = await crypto.subtle.sign('HMAC', key, seal)
  const claimed = (signature.get('svix-signature') ?? '')
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => bytesOf(one.slice(3)) ?? new Uint8Array())
  const held = await Promise.all(
    claimed.map((one) => crypto.subtle.verify('HMAC', key, sealOfSeal, one)),
  )
  return held.includes(true)
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
  } catch {
    return undefined
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    // A mark at the beginning is a byte like any other: whoever adds one has changed the message.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
