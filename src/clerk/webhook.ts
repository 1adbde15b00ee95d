import { writtenLength } from '../model/body-length.ts'
import type { Clock } from '../model/clock.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { idOf, type Resource, resourceOf, textOf } from './resources.ts'
import { millisecondsOf } from './time.ts'
import type { ClerkEvent } from './webhook-changes.ts'
import { readSignature, readSigned } from './webhook-signature.ts'
import { writeWithoutCredentials } from './withheld.ts'

/** A user with all their metadata has a few KiB; a message of 1 MiB is none of Clerk's. */
export const webhookMaxBytes = 1024 * 1024
/** How long a body may take to come in. */
export const bodyLimitMs = 10_000
const typeMaxLength = 128

/** A webhook that Clerk signed. */
export interface SignedWebhook {
  /** `svix-id`: the same for every delivery of one message. */
  readonly id: string
  readonly type: string
  /** The id of what it is about; empty where it has none. */
  readonly subject: string
  /** The message as it came, without what could be used as a credential. */
  readonly body: string
}

/** By what a webhook is judged. */
export interface WebhookJudge {
  readonly signingSecret: string
  readonly clock: Clock
}

/**
 * Reads one of Clerk's webhooks and checks that Clerk signed it, byte for byte and in the last five minutes. Refuses
 * with `body-too-large` and `body-timeout` as soon as it is, and otherwise with `webhook-invalid`, whatever is wrong.
 */
export async function readWebhook(
  request: Request,
  { signingSecret, clock }: WebhookJudge,
): Promise<Result<SignedWebhook, Refusal>> {
  if ((writtenLength(request.headers) ?? 0) > webhookMaxBytes) return refuse('body-too-large')
  const signature = readSignature(request.headers, clock.now())
  if (signature === undefined) return refuse('webhook-invalid')
  const bytes = await readBody(request, clock)
  if (!bytes.ok) return bytes
  const text = await readSigned(bytes.value, signature, signingSecret)
  const envelope = text === undefined ? undefined : parseEnvelope(text)
  if (envelope === undefined) return refuse('webhook-invalid')
  const { type, data, members } = envelope
  const body = writeWithoutCredentials(members, envelope)
  return ok({ id: signature.get('svix-id') ?? '', type, subject: idOf(data.id) ?? '', body })
}

/** What a webhook says, as it is kept. One that does not say when Clerk told of it was told when it came in. */
export function readEvent(body: string, receivedAtMs: number): ClerkEvent {
  const envelope = parseEnvelope(body)
  if (envelope === undefined) throw new TypeError('What was written down was none of Clerk’s')
  const { type, data, members } = envelope
  return { type, data, toldAtMs: millisecondsOf(members.timestamp) ?? receivedAtMs }
}

async function readBody(
  { body }: Request,
  clock: Clock,
): Promise<Result<Uint8Array<ArrayBuffer>, Refusal>> {
  if (body === null) return ok(new Uint8Array())
  const reader = body.getReader()
  let stop = () => {}
  const late = new Promise<Result<never, Refusal>>((resolve) => {
    stop = clock.after(bodyLimitMs, () => resolve(refuse('body-timeout')))
  })
  const read = await Promise.race([readAll(reader), late]).finally(() => stop())
  if (!read.ok) reader.cancel().catch(() => {})
  return read
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Result<Uint8Array<ArrayBuffer>, Refusal>> {
  const chunks: Uint8Array[] = []
  let readBytes = 0
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      readBytes += part.value.byteLength
      if (readBytes > webhookMaxBytes) return refuse('body-too-large')
      chunks.push(part.value)
    }
    return ok(new Uint8Array(await new Blob(chunks).arrayBuffer()))
  } catch {
    return refuse('webhook-invalid')
  }
}

interface Envelope {
  readonly type: string
  readonly data: Resource
  readonly members: Resource
}

/** What is around whatever Clerk tells. Types that nobody knows are as good as others. */
function parseEnvelope(text: string): Envelope | undefined {
  const members = resourceOf(parseJson(text))
  const type = textOf(members?.type, typeMaxLength)
  if (members === undefined || type === null) return undefined
  return { type, data: resourceOf(members.data) ?? {}, members }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
