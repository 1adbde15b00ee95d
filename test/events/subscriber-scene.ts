import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import type { EventCapabilities } from '../../src/events/capabilities.ts'
import { deliver } from '../../src/events/delivery.ts'
import { dispatchEvents } from '../../src/events/dispatch.ts'
import type { EventHandlers } from '../../src/events/handlers.ts'
import { makeSecret } from '../../src/events/signature.ts'
import type { EventDraft } from '../../src/model/event.ts'
import type { Job } from '../../src/model/job.ts'
import { openDatabase, runTogether } from '../../src/store/database.ts'
import { type DeliveryRow, listDeliveries } from '../../src/store/deliveries.ts'
import { eventStatements } from '../../src/store/events.ts'
import { addSubscription, type SubscriptionRow } from '../../src/store/subscriptions.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

export const database = openDatabase(env.DB)

/** Everything that events need of the world, in the hands of a test. */
export interface Scene {
  readonly clock: FakeClock
  readonly capabilities: EventCapabilities
  /** The ids that were given to the queue, call by call. */
  readonly queued: string[][]
  /** Every request that left for a subscriber. */
  readonly sent: Request[]
  /** What was logged, as it would be. */
  readonly faults: string[]
  /** Replaced by a test: the queue, which throws when it fails. */
  take: (jobs: readonly Job[]) => Promise<void>
  /** Replaced by a test to make subscribers answer otherwise. */
  answer: (request: Request) => Response | Promise<Response>
  /** Replaced by a test: what the project does itself. */
  handlers: () => EventHandlers
  /** Something happens. */
  happen(...drafts: readonly EventDraft[]): Promise<void>
  /** Somebody subscribes. */
  subscribe(change?: Partial<SubscriptionRow>): Promise<SubscriptionRow>
  /** Somebody subscribes, something happens, and it is on its way: the id of the delivery. */
  sendOut(change?: Partial<SubscriptionRow>): Promise<string>
  attempt(deliveryId: string, attempts?: number): ReturnType<typeof deliver>
  delivery(id: string): Promise<DeliveryRow | undefined>
}

const tables = ['events', 'event_counters', 'deliveries', 'subscriptions', 'audit']

/** Opens a scene in which nothing has happened yet. */
export async function openScene(
  change: Partial<EventCapabilities> = {},
  startMs?: number,
): Promise<Scene> {
  for (const table of tables) await env.DB.exec(`DELETE FROM ${table}`)
  const clock = createFakeClock(startMs)
  const [queued, sent, faults]: [string[][], Request[], string[]] = [[], [], []]
  const capabilities: EventCapabilities = {
    ...{ openDatabase: async () => database, clock, webhookSecret: undefined, clerk: undefined },
    ...{ mirroredRole: undefined, forget: () => {}, allowsPrivateAddresses: false },
    ownHosts: new Set(['api.usher.test', 'api.clerk.com', '.apps.usher.test']),
    async enqueue(jobs) {
      await scene.take(jobs)
      queued.push(jobs.map(({ id }) => id))
    },
    loadHandlers: async () => scene.handlers(),
    async send(request) {
      sent.push(request)
      return scene.answer(request)
    },
    logFault: (what, error) => faults.push(`${what}: ${error instanceof Error ? error.name : ''}`),
    ...change,
  }
  const scene: Scene = {
    ...{ clock, capabilities, queued, sent, faults },
    take: async () => {},
    answer: () => new Response('ok'),
    handlers: () => [],
    happen: (...drafts) => happen(drafts, clock.now()),
    subscribe: (row) => subscribe(row, clock.now()),
    async sendOut(row) {
      const { id } = await scene.subscribe(row)
      await scene.happen(updated('user_1'))
      await dispatchEvents(capabilities)
      const [delivery] = await allDeliveries({ receiver: id })
      return delivery?.id ?? ''
    },
    attempt: (id, attempts = 1) => deliver(id, attempts, capabilities),
    delivery: async (id) => (await allDeliveries({})).find((one) => one.id === id),
  }
  return scene
}

/** A user whose record has changed. */
export function updated(userId: string): EventDraft {
  return { type: 'user.updated', subject: userId, data: { user_id: userId, status: 'active' } }
}

/** Every delivery, the newest first. */
export function allDeliveries(query: {
  readonly receiver?: string
  readonly state?: DeliveryRow['state']
}) {
  const { receiver, state } = query
  return listDeliveries(database, {
    from: undefined,
    state,
    receiver,
    eventId: undefined,
    count: 5000,
  })
}

async function happen(drafts: readonly EventDraft[], nowMs: number): Promise<void> {
  // Events are written with a change, and only if it changes something.
  const change = sql`UPDATE roles SET description = description || '' WHERE name = 'guest'`
  await runTogether(database, [change, ...eventStatements(drafts, nowMs)])
}

let subscribed = 0

async function subscribe(change: Partial<SubscriptionRow> = {}, nowMs: number) {
  subscribed += 1
  const row: SubscriptionRow = {
    ...{ id: `sub_${subscribed}`, url: `https://hooks${subscribed}.example.com/usher?key=c0ffee` },
    ...{ description: '', types: [], isActive: true, secret: makeSecret() },
    ...{ previousSecret: null, previousSecretUntil: null, createdBy: 'user_ada' },
    ...{ createdAt: nowMs, updatedAt: nowMs },
    ...change,
  }
  await addSubscription(database, row, { action: 'subscription.created', by: 'user_ada', nowMs })
  return row
}
