import { readWebhook, type SignedWebhook } from '../clerk/webhook.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { addWebhook, type InboxState } from '../store/inbox.ts'
import type { EventCapabilities } from './capabilities.ts'
import { applyWebhook, queueWebhooks } from './inbox-work.ts'

/**
 * Takes one of Clerk's webhooks in: it is written down, and given to the queue or applied at once. Before it is
 * written down Clerk has to send it again; from then on nothing can lose it.
 */
export async function takeIn(
  request: Request,
  capabilities: EventCapabilities,
): Promise<Result<void, Refusal>> {
  const { webhookSecret: signingSecret, clock } = capabilities
  if (!signingSecret) return refuse('webhooks-unconfigured', { retryAfterSeconds: 60 })
  const webhook = await readWebhook(request, { signingSecret, clock })
  if (!webhook.ok) return webhook
  const state = await writeDown(webhook.value, capabilities)
  if (state === undefined) return refuse('records-unavailable', { retryAfterSeconds: 5 })
  return state === 'applied' ? ok(undefined) : handOn(webhook.value.id, capabilities)
}

/** Which state the webhook is in; `undefined` where it could not be written down. */
async function writeDown(
  webhook: SignedWebhook,
  { openDatabase, clock, logFault }: EventCapabilities,
): Promise<InboxState | undefined> {
  try {
    return await addWebhook(await openDatabase(), { ...webhook, receivedAt: clock.now() })
  } catch (error) {
    logFault('webhook', error)
    return undefined
  }
}

/** Gives a webhook that was written down to the queue or, where there is none, applies it. */
export async function handOn(
  id: string,
  capabilities: EventCapabilities,
): Promise<Result<void, Refusal>> {
  if (capabilities.enqueue === undefined) {
    const outcome = await applyWebhook(id, 1, capabilities)
    return outcome === 'done'
      ? ok(undefined)
      : refuse('records-unavailable', { retryAfterSeconds: outcome.retryAfterSeconds })
  }
  try {
    await queueWebhooks([id], capabilities)
  } catch (error) {
    // It is safe in its row: what lies there is given to the queue each minute.
    capabilities.logFault('queue', error)
  }
  return ok(undefined)
}
