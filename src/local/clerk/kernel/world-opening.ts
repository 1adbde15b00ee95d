import { newId } from './identifiers.ts'
import { keepSetting, keptSetting } from './kept-settings.ts'
import { messageEvent } from './message-event.ts'
import type { Delivery } from './records.ts'
import type { State } from './state.ts'
import type { Table } from './table.ts'
import type { TurningClock } from './turning-clock.ts'
import type { Faults, Keys, Settings, World } from './world.ts'

/** Nothing goes wrong. */
export const noFaults: Faults = {
  keysDown: false,
  slowMs: 0,
  tooMany: false,
  down: false,
  tokenSkewSeconds: 0,
  webhooks: 'as-they-are',
}

/** The instance that the stand-in is. */
export const instanceId = 'ins_0000000000000000000000local'

/** So many are kept; the oldest go first. */
export const deliveriesMax = 1000
export const messagesMax = 500

/** How long a webhook that is to be late is held back: a minute. */
export const lateMs = 60_000
/** How long webhooks are gathered before they are sent in the wrong order. */
export const gatheringMs = 10_000

interface Parts {
  readonly settings: Settings
  readonly state: State
  readonly clock: TurningClock
  readonly keys: Keys
}

/**
 * What operations work with. Every event becomes a delivery, and every message is kept in the outbox. What is
 * broken on purpose stays so until somebody mends it, also over a reload.
 */
export function openWorld({ settings, state, clock, keys }: Parts): World {
  let faults: Faults = { ...noFaults, ...keptSetting<Partial<Faults>>(state, 'faults') }

  function dated(prefix: string) {
    const now = clock.now()
    return { id: newId(prefix), createdAt: now, updatedAt: now }
  }

  function emit(type: string, data: object): void {
    const body = JSON.stringify({
      data,
      event_attributes: { http_request: { client_ip: '127.0.0.1', user_agent: '' } },
      instance_id: instanceId,
      object: 'event',
      timestamp: clock.now(),
      type,
    })
    const isForSomebody = settings.webhook !== undefined
    const nextAttemptAt = isForSomebody ? firstAttemptAt(faults, state, clock.now()) : null
    const first = { state: 'pending', attempts: [], failures: 0, nextAttemptAt } as const
    state.deliveries.put({ ...dated('msg'), type, body, ...first })
    forgetOldest(state.deliveries, deliveriesMax)
  }

  return {
    settings,
    state,
    clock,
    keys,
    get faults() {
      return faults
    },
    setFaults(changes) {
      faults = { ...faults, ...changes }
      keepSetting(state, { id: 'faults', value: faults, nowMs: clock.now() })
    },
    emit,
    send(message) {
      const prefix = message.channel === 'email' ? 'ema' : 'sms'
      const kept = state.messages.put({ ...dated(prefix), ...message })
      forgetOldest(state.messages, messagesMax)
      const { type, data } = messageEvent(kept)
      emit(type, data)
    },
  }
}

/** When a new message is sent first: at once, unless it is to be late or gathered for the wrong order. */
function firstAttemptAt({ webhooks }: Faults, { deliveries }: State, nowMs: number): number {
  if (webhooks === 'late') return nowMs + lateMs
  if (webhooks !== 'out-of-order') return nowMs
  const gathered = deliveries.find(
    (other) => isUntried(other) && (other.nextAttemptAt ?? 0) > nowMs,
  )
  return gathered?.nextAttemptAt ?? nowMs + gatheringMs
}

function isUntried({ state, attempts }: Delivery): boolean {
  return state === 'pending' && attempts.length === 0
}

function forgetOldest<T extends { readonly id: string }>(table: Table<T>, max: number): void {
  while (table.size > max) {
    const oldest = table.find(() => true)
    if (oldest === undefined) return
    table.remove(oldest.id)
  }
}
