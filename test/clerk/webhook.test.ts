import { describe, expect, it } from 'vitest'
import { bodyLimitMs, readWebhook, webhookMaxBytes } from '../../src/clerk/webhook.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import {
  agreedSecret,
  bytesOf,
  envelope,
  intakeUrl,
  signedHeaders,
  signedWebhook,
  type WebhookDraft,
} from '../support/signed-webhook.ts'

const otherSecret = `whsec_${btoa('a secret that nobody agreed on..')}`
const secondsAgo = (seconds: number) => String(Math.floor(Date.now() / 1000) - seconds)

const judge = (signingSecret = agreedSecret, clock = createFakeClock(Date.now())) => ({
  signingSecret,
  clock,
})

/** What becomes of a webhook: its id, or the code of the refusal. */
async function verdictOf(request: Request, secret = agreedSecret): Promise<string> {
  const read = await readWebhook(request, judge(secret))
  return read.ok ? read.value.id : read.error.code
}

/** A body of so many bytes that is Clerk's. */
function bodyOf(bytes: number): string {
  const empty = envelope('user.updated', { id: 'user_1', filler: '' })
  return envelope('user.updated', { id: 'user_1', filler: 'x'.repeat(bytes - empty.length) })
}

describe('a webhook is taken', () => {
  const taken: readonly (readonly [string, WebhookDraft])[] = [
    ['that Clerk has just signed', {}],
    ['that is four minutes old', { seconds: secondsAgo(240) }],
    ['of a clock that is four minutes ahead', { seconds: secondsAgo(-240) }],
    ['with two signatures of which the last holds', { secrets: [otherSecret, agreedSecret] }],
    ['with two signatures of which the first holds', { secrets: [agreedSecret, otherSecret] }],
    ['of no known type', { body: envelope('starship.launched', { id: 'ship_1' }) }],
    ['that is about nothing', { body: envelope('test.sent', {}, { data: null }) }],
    ['with blanks around its headers', { headers: { 'svix-id': ' msg_1 ' }, id: 'msg_1' }],
    ['in any script', { body: envelope('user.updated', { id: 'user_1', first_name: '愛 💌 é' }) }],
    ['of one MiB', { body: bodyOf(webhookMaxBytes) }],
  ]
  it.each(taken)('%s', async (_name, draft) => {
    expect(await verdictOf(await signedWebhook({ id: 'msg_1', ...draft }))).toBe('msg_1')
  })

  it('with a signature of another kind beside the one that holds', async () => {
    const headers = await signedHeaders({ id: 'msg_1' })
    const held = headers.get('svix-signature')
    const further = `v1a,${'A'.repeat(86)}== ${held}`
    const request = await signedWebhook({ id: 'msg_1', headers: { 'svix-signature': further } })
    expect(await verdictOf(request)).toBe('msg_1')
  })
})

describe('a webhook is refused', () => {
  const refused: readonly (readonly [string, WebhookDraft])[] = [
    ['that is six minutes old', { seconds: secondsAgo(360) }],
    ['of a clock that is six minutes ahead', { seconds: secondsAgo(-360) }],
    ['that somebody else signed', { secrets: [otherSecret] }],
    ['with two signatures of which none holds', { secrets: [otherSecret, otherSecret] }],
    ['signed in a version that is none', { version: 'v2' }],
    ['signed in version 1 of public keys', { version: 'v1a' }],
    ['signed without a version', { version: '' }],
    ['with seventeen signatures', { secrets: [...Array(16).fill(otherSecret), agreedSecret] }],
    ['with an id of another message', { headers: { 'svix-id': 'msg_2' } }],
    ['with a time of another message', { headers: { 'svix-timestamp': secondsAgo(1) } }],
    ['without an id', { headers: { 'svix-id': null } }],
    ['without a time', { headers: { 'svix-timestamp': null } }],
    ['without a signature', { headers: { 'svix-signature': null } }],
    ['with an empty id', { headers: { 'svix-id': '' } }],
    ['with an empty time', { headers: { 'svix-timestamp': '' } }],
    ['with an empty signature', { headers: { 'svix-signature': '' } }],
    ['with a version and no signature', { headers: { 'svix-signature': 'v1' } }],
    ['with a version and an empty signature', { headers: { 'svix-signature': 'v1,' } }],
    ['with an id of two', { id: 'msg_1, msg_1' }],
    ['with an id that is a path', { id: '../msg_1' }],
    ['with an id of 257 characters', { id: 'm'.repeat(257) }],
    ['with a time that is no number', { seconds: 'soon' }],
    ['with a time that goes on behind its number', { seconds: `${secondsAgo(0)}x` }],
    ['with a time in milliseconds', { seconds: String(Date.now()) }],
    ['of bytes that are no text', { body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) }],
    ['cut in the middle of a character', { body: bytesOf('"é').slice(0, 2) }],
    ['with a mark before its text', { body: `\uFEFF${envelope('user.updated', {})}` }],
    ['that is empty', { body: '' }],
    ['that is no JSON', { body: 'user.updated' }],
    ['that is a list', { body: `[${envelope('user.updated', {})}]` }],
    ['that is nothing', { body: 'null' }],
    ['without a type', { body: '{"data":{}}' }],
    ['with a type that is no text', { body: '{"type":["user.updated"],"data":{}}' }],
    ['with an empty type', { body: envelope('', {}) }],
    ['with a type of 129 characters', { body: envelope('t'.repeat(129), {}) }],
    ['with a type of control characters', { body: envelope('user\u0000', {}) }],
  ]
  it.each(refused)('%s', async (_name, draft) => {
    expect(await verdictOf(await signedWebhook(draft))).toBe('webhook-invalid')
  })

  it('wherever one byte of it was changed, added or left out', async () => {
    const body = bytesOf(envelope('user.updated', { id: 'user_1' }))
    const headers = await signedHeaders({ body })
    const sent = (bytes: Uint8Array) =>
      verdictOf(new Request(intakeUrl, { method: 'POST', headers, body: bytes }))
    expect(await sent(body)).toMatch(/^msg_/)
    const verdicts = new Set<string>()
    for (let at = 0; at < body.length; at++) {
      const changed = body.with(at, (body[at] ?? 0) ^ 1)
      verdicts.add(await sent(changed)).add(await sent(body.filter((_byte, index) => index !== at)))
    }
    for (const mark of [[0xef, 0xbb, 0xbf], [0x20], [0x0a]]) {
      verdicts.add(await sent(Uint8Array.of(...mark, ...body)))
      verdicts.add(await sent(Uint8Array.of(...body, ...mark)))
    }
    expect([...verdicts]).toEqual(['webhook-invalid'])
  })

  it('whatever Clerk signed, where no secret or no good one is known, whatever the environment says', async () => {
    const name = 'CLERK_WEBHOOK_SIGNING_SECRET'
    Object.assign(globalThis, { [name]: agreedSecret })
    process.env[name] = agreedSecret
    for (const secret of ['', 'whsec_', 'whsec_!', otherSecret]) {
      expect(await verdictOf(await signedWebhook(), secret)).toBe('webhook-invalid')
    }
    Reflect.deleteProperty(globalThis, name)
    delete process.env[name]
  })
})

describe('a webhook that is too large', () => {
  /** A body in chunks, and how much of it was taken. */
  function chunked(bytes: number) {
    let taken = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (taken >= bytes) return controller.close()
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
        taken += 64 * 1024
      },
    })
    return { body, taken: () => taken }
  }

  it.each([
    ['by a byte', webhookMaxBytes + 1],
    ['by far', 5 * webhookMaxBytes],
  ])('%s is refused by its length', async (_name, bytes) => {
    const body = bodyOf(bytes)
    const headers = { 'content-length': String(bytes) }
    expect(await verdictOf(await signedWebhook({ body, headers }))).toBe('body-too-large')
    expect(await verdictOf(await signedWebhook({ body }))).toBe('body-too-large')
  })

  it('is read no further than to the limit when it comes in chunks', async () => {
    const { body, taken } = chunked(5 * webhookMaxBytes)
    const headers = await signedHeaders({ headers: { 'transfer-encoding': 'chunked' } })
    const request = new Request(intakeUrl, { method: 'POST', headers, body })
    expect(await verdictOf(request)).toBe('body-too-large')
    expect(taken()).toBeLessThan(1.5 * webhookMaxBytes)
  })

  it.each([
    ['wrong', {}],
    ['of six minutes ago', { seconds: secondsAgo(360) }],
    ['of a time that is six minutes ahead', { seconds: secondsAgo(-360) }],
  ])('is not read at all where its headers are %s', async (_name, draft) => {
    const { body, taken } = chunked(5 * webhookMaxBytes)
    const isSigned = 'seconds' in draft
    const headers = isSigned ? await signedHeaders(draft) : new Headers()
    const request = new Request(intakeUrl, { method: 'POST', headers, body })
    expect(await verdictOf(request)).toBe('webhook-invalid')
    expect(taken()).toBeLessThanOrEqual(64 * 1024)
  })
})

describe('a webhook that does not come to its end', () => {
  it('is waited for ten seconds, whatever trickles in, and no longer', async () => {
    const clock = createFakeClock(Date.now())
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        new Promise((resolve) => {
          clock.after(1000, () => {
            if (!isCancelled) controller.enqueue(Uint8Array.of(0x20))
            resolve()
          })
        }),
      cancel() {
        isCancelled = true
      },
    })
    const request = new Request(intakeUrl, {
      method: 'POST',
      headers: await signedHeaders({}),
      body,
    })
    let verdict: string | undefined
    const read = readWebhook(request, judge(agreedSecret, clock)).then((result) => {
      verdict = result.ok ? result.value.id : result.error.code
    })
    await clock.advance(bodyLimitMs - 1)
    expect(verdict).toBeUndefined()
    await clock.advance(1)
    await read
    expect([verdict, isCancelled]).toEqual(['body-timeout', true])
  })
})
