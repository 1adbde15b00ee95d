import type { Delivery } from '../kernel/records.ts'
import type { InTurn } from '../kernel/turns.ts'
import type { World } from '../kernel/world.ts'
import { afterSending, type Outcome } from './schedule.ts'
import { webhookRequest } from './signature.ts'

/** How long a receiver may take, as long as Svix waits. */
export const answerLimitMs = 15_000

/** So many are sent in one go; whoever drives the courier comes again for the rest. */
const roundMax = 25

/** What signs a webhook whose signature is to be bad. */
const wrongSecret = `whsec_${btoa('a secret that nobody agreed on')}`

/** What a courier needs. */
export interface CourierParts {
  readonly world: World
  readonly send: (request: Request) => Promise<Response>
  /** Runs work while no operation does, and makes durable what it changed. */
  readonly inTurn: InTurn
}

/** Brings webhooks to where they are for. */
export interface Courier {
  /**
   * Sends what is due by the clock of the stand-in, one after the other in the order in which it happened. No
   * operation waits for it, so that a receiver may call the stand-in while it is being told.
   */
  deliverDue(): Promise<void>
  /** When something is due next by that clock; `undefined` while nothing is. */
  nextDueAt(): number | undefined
}

/** Opens the way to the receiver that the settings name. */
export function createCourier({ world, send, inTurn }: CourierParts): Courier {
  let round: Promise<void> | undefined

  async function deliverRound(): Promise<void> {
    for (let sent = 0; sent < roundMax; sent++) {
      const delivery = await inTurn(async () => nextDue(world))
      if (delivery === undefined) return
      const outcomes = await sendOut(delivery)
      await inTurn(async () => {
        // It may have been pushed out of the log, or asked for again, while it was on its way.
        const now = world.state.deliveries.get(delivery.id)
        if (now !== undefined) {
          world.state.deliveries.put(afterSending(now, outcomes, world.clock.now()))
        }
      })
    }
  }

  async function sendOut({ id, body }: Delivery): Promise<readonly Outcome[]> {
    const { settings, faults, clock } = world
    if (settings.webhook === undefined) return []
    const { url } = settings.webhook
    const secret = faults.webhooks === 'bad-signature' ? wrongSecret : settings.webhook.secret
    const outcomes: Outcome[] = []
    for (let copies = faults.webhooks === 'twice' ? 2 : 1; copies > 0; copies--) {
      const at = clock.now()
      const request = await webhookRequest(url, { id, body, secret, nowMs: at })
      outcomes.push({ at, ...(await attempt(request, send)) })
    }
    return outcomes
  }

  return {
    deliverDue() {
      round ??= deliverRound().finally(() => {
        round = undefined
      })
      return round
    },
    nextDueAt() {
      const times = world.state.deliveries.all().flatMap(({ nextAttemptAt: at }) => at ?? [])
      return times.length === 0 ? undefined : times.reduce((first, at) => Math.min(first, at))
    },
  }
}

/** The oldest message that is due, or the newest where the order is to be wrong. */
function nextDue({ state, clock, faults }: World): Delivery | undefined {
  const nowMs = clock.now()
  const due = state.deliveries.filter(({ nextAttemptAt: at }) => at !== null && at <= nowMs)
  return faults.webhooks === 'out-of-order' ? due.at(-1) : due[0]
}

async function attempt(request: Request, send: CourierParts['send']): Promise<Omit<Outcome, 'at'>> {
  const controller = new AbortController()
  const failed = (error: string) => ({ status: null, error, isDelivered: false, isAborted: false })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<Omit<Outcome, 'at'>>((resolve) => {
    timer = setTimeout(() => {
      resolve(failed(`no answer within ${answerLimitMs / 1000} s`))
      controller.abort()
    }, answerLimitMs)
  })
  try {
    return await Promise.race([
      late,
      ask(new Request(request, { signal: controller.signal }), send),
    ])
  } catch {
    return failed('nobody answers')
  } finally {
    clearTimeout(timer)
  }
}

async function ask(request: Request, send: CourierParts['send']): Promise<Omit<Outcome, 'at'>> {
  const response = await send(request)
  const { status, headers } = response
  await response.body?.cancel()
  const isDelivered = status >= 200 && status < 300
  const isAborted = headers.get('webhook-delivery') === 'abort-message'
  return { status, error: isDelivered ? null : `answered ${status}`, isDelivered, isAborted }
}
