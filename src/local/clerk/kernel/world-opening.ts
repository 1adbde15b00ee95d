import { newId } from './identifiers.ts'
import type { State } from './state.ts'
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

interface Parts {
  readonly settings: Settings
  readonly state: State
  readonly clock: TurningClock
  readonly keys: Keys
}

/** What operations work with. Every event becomes a delivery, and every message is kept in the outbox. */
export function openWorld({ settings, state, clock, keys }: Parts): World {
  let faults = noFaults
  const dated = (prefix: string) => {
    const now = clock.now()
    return { id: newId(prefix), createdAt: now, updatedAt: now }
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
    },
    emit(type, data) {
      const body = JSON.stringify({
        data,
        event_attributes: { http_request: { client_ip: '127.0.0.1', user_agent: '' } },
        instance_id: 'ins_00000000000000000000000local',
        object: 'event',
        timestamp: clock.now(),
        type,
      })
      const first = { state: 'pending', attempts: [], nextAttemptAt: clock.now() } as const
      state.deliveries.put({ ...dated('msg'), type, body, ...first })
    },
    send(message) {
      state.messages.put({ ...dated('ema'), ...message })
    },
  }
}
