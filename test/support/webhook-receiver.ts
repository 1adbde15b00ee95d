import { verifyWebhook } from '@clerk/backend/webhooks'

/** What a receiver does with a webhook. */
export type Answering = (request: Request) => Response | Promise<Response>

/** Somebody to whom webhooks are sent, who keeps all that came. */
export interface WebhookReceiver {
  /** The requests as they came, oldest first. */
  readonly received: readonly Request[]
  readonly send: (request: Request) => Promise<Response>
  /** From now on it answers so. */
  answerWith(answering: Answering): void
  /** Forgets what came. */
  forget(): void
  /** The types of the events that came, oldest first. */
  types(): Promise<readonly string[]>
}

/** Opens a receiver that is content with everything. */
export function openReceiver(): WebhookReceiver {
  const received: Request[] = []
  let answering: Answering = () => new Response(null, { status: 204 })
  return {
    received,
    async send(request) {
      received.push(request.clone())
      return answering(request)
    },
    answerWith(next) {
      answering = next
    },
    forget() {
      received.length = 0
    },
    async types() {
      const bodies = await Promise.all(received.map((one) => one.clone().json<{ type: string }>()))
      return bodies.map(({ type }) => type)
    },
  }
}

/** What Clerk's own SDK says of a webhook: the type of the event, or why it refuses it. */
export async function verdictOf(request: Request, signingSecret: string): Promise<string> {
  try {
    return (await verifyWebhook(request.clone(), { signingSecret })).type
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`
  }
}
