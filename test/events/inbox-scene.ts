import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { EventCapabilities } from '../../src/events/capabilities.ts'
import { consume } from '../../src/events/consumer.ts'
import { takeIn } from '../../src/events/intake.ts'
import { tidy } from '../../src/events/tidying.ts'
import type { Job } from '../../src/model/job.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { WebhookRow } from '../../src/store/inbox.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { agreedSecret, signedWebhook, type WebhookDraft } from '../support/signed-webhook.ts'

/** What became of the messages of a batch, by the id of their job: taken off, or again after so many seconds. */
export type Fates = Readonly<Record<string, 'done' | number>>

/** The inbox of webhooks with all around it in the hands of a test. */
export interface InboxScene {
  readonly clock: FakeClock
  /** What the queue holds. */
  readonly jobs: Job[]
  /** Where faults were, in order. */
  readonly faults: string[]
  readonly forgotten: string[]
  /** How many calls of the database are left until all fail; infinite by itself. */
  callsLeft: number
  /** Whether the call that fails first is made nevertheless, so that its answer alone is lost. */
  losesAnswer: boolean
  /** Whether the queue takes nothing. */
  isQueueDown: boolean
  readonly capabilities: EventCapabilities
  /** Takes a webhook in: 204, or the code of the refusal. */
  take(draft?: WebhookDraft, secret?: string): Promise<204 | string>
  /** Gives jobs to the consumer, which are tried for so many times by now. */
  consume(jobs: readonly unknown[], attempts?: number, queue?: string): Promise<Fates>
  /** Gives the consumer all that the queue holds. */
  drain(): Promise<Fates>
  tidy(): Promise<void>
  row(id: string): Promise<WebhookRow | null>
}

/** Clerk's own check of signatures goes by the clock of the machine. */
const startMs = Date.now()

/** Opens the inbox, empty; without a queue where none is wanted. */
export async function openInbox({ hasQueue = true } = {}): Promise<InboxScene> {
  for (const table of tables) await env.DB.exec(`DELETE FROM ${table}`)
  const clock = createFakeClock(startMs)
  const [jobs, faults, forgotten]: [Job[], string[], string[]] = [[], [], []]
  const scene: InboxScene = {
    ...{ clock, jobs, faults, forgotten },
    ...{ callsLeft: Infinity, losesAnswer: false, isQueueDown: false },
    capabilities: {
      openDatabase: async () => openDatabase(failing(env.DB, () => scene)),
      clock,
      enqueue: hasQueue ? async (more) => void jobs.push(...queueOf(scene)(more)) : undefined,
      webhookSecret: agreedSecret,
      clerk: undefined,
      mirroredRole: undefined,
      loadHandlers: async () => [],
      forget: (userId) => void forgotten.push(userId),
      send: async () => new Response(null, { status: 500 }),
      allowsPrivateAddresses: false,
      ownHosts: new Set(),
      logFault: (what) => void faults.push(what),
    },
    async take(draft = {}, webhookSecret = agreedSecret) {
      const request = await signedWebhook(draft)
      const taken = await takeIn(request, { ...scene.capabilities, webhookSecret })
      return taken.ok ? 204 : taken.error.code
    },
    async consume(bodies, attempts = 1, queue = 'usher') {
      const batch = createMessageBatch<unknown>(
        queue,
        bodies.map((body, at) => ({ id: String(at), timestamp: clock.now(), attempts, body })),
      )
      const delays = noteDelays(batch)
      await consume(batch, scene.capabilities)
      const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext())
      const nameOf = (at: string) => idOf(bodies[Number(at)]) ?? at
      return Object.fromEntries([
        ...explicitAcks.map((at) => [nameOf(at), 'done'] as const),
        ...retryMessages.map(({ msgId: at }) => [nameOf(at), delays.get(at) ?? 0] as const),
      ])
    },
    drain: () => scene.consume(jobs.splice(0)),
    tidy: () => tidy(scene.capabilities),
    row: (id) =>
      env.DB.prepare(`SELECT id, type, subject, state, body, received_at AS receivedAt,
          queued_at AS queuedAt, applied_at AS appliedAt, attempts, error
          FROM webhook_inbox WHERE id = ?`)
        .bind(id)
        .first<WebhookRow>(),
  }
  return scene
}

const tables = [
  ...['webhook_inbox', 'users', 'organizations', 'memberships', 'clerk_objects', 'ended_sessions'],
  ...['role_grants', 'events', 'event_counters', 'deliveries', 'audit'],
]

function queueOf(scene: InboxScene) {
  return (more: readonly Job[]) => {
    if (scene.isQueueDown) throw new Error('The queue is down')
    return more
  }
}

/** The runner's own batches forget for how long a message is to wait. */
function noteDelays({ messages }: MessageBatch<unknown>): ReadonlyMap<string, number> {
  const delays = new Map<string, number>()
  for (const message of messages) {
    const retry = message.retry.bind(message)
    Object.assign(message, {
      retry(options: QueueRetryOptions = {}) {
        delays.set(message.id, options.delaySeconds ?? 0)
        retry()
      },
    })
  }
  return delays
}

function idOf(body: unknown): string | undefined {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined
  return typeof id === 'string' ? id : undefined
}

/** The real D1, whose calls fail from one on. */
function failing(real: D1Database, sceneOf: () => InboxScene): D1Database {
  async function call<T>(make: () => Promise<T>): Promise<T> {
    const scene = sceneOf()
    scene.callsLeft -= 1
    if (scene.callsLeft >= 0) return make()
    if (scene.losesAnswer && scene.callsLeft === -1) await make()
    throw new Error('D1_ERROR: user_secret is not to be told')
  }
  const originals = new WeakMap<object, D1PreparedStatement>()
  function wrap(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'bind') {
          return (...values: unknown[]) => wrap(target.bind(...values))
        }
        return (...given: unknown[]) => call(async () => member.apply(target, given))
      },
    })
    originals.set(wrapped, statement)
    return wrapped
  }
  return new Proxy(real, {
    get(target, name) {
      if (name === 'prepare') return (text: string) => wrap(target.prepare(text))
      if (name === 'batch') {
        return (statements: readonly D1PreparedStatement[]) =>
          call(() => target.batch(statements.map((one) => originals.get(one) ?? one)))
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
