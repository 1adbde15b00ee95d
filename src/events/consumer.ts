import type { Job } from '../model/job.ts'
import { buryWebhook } from '../store/inbox.ts'
import { backoffSeconds } from './backoff.ts'
import type { EventCapabilities } from './capabilities.ts'
import { buryDelivery, deliver, type JobOutcome } from './delivery.ts'
import { dispatchEvents } from './dispatch.ts'
import { applyWebhook } from './inbox-work.ts'

/** A job, and the message by which it came. */
interface Task {
  readonly job: Job
  readonly message: Message<unknown>
}

/** Does a job. */
type Work = (task: Task, capabilities: EventCapabilities) => Promise<JobOutcome>

/**
 * Does the jobs of one batch of the queue, or buries those that came to the end of the dead-letter queue. Each is
 * taken off the queue or comes again by itself, so that none suffers for another.
 */
export async function consume(
  batch: MessageBatch<unknown>,
  capabilities: EventCapabilities,
): Promise<void> {
  const tasks = tasksOf(batch, capabilities)
  if (batch.queue.endsWith('-dead')) {
    for (const task of tasks) await finish(task, bury, capabilities)
    return
  }
  const webhooks = tasks.filter(({ job }) => job.kind === 'webhook')
  const deliveries = tasks.filter(({ job }) => job.kind === 'delivery')
  // A receiver may take its time: webhooks do not wait for it, nor does another receiver.
  await Promise.all([
    applyAll(webhooks, capabilities),
    ...deliveries.map((task) => finish(task, bring, capabilities)),
  ])
}

/** The jobs of a batch. What is none is taken off the queue: it would be none the next time, either. */
function tasksOf(
  { messages, queue }: MessageBatch<unknown>,
  { logFault }: EventCapabilities,
): readonly Task[] {
  return messages.flatMap((message) => {
    const job = message.body
    if (isJob(job)) return [{ job, message }]
    logFault(`queue ${queue}`, new TypeError('not a job'))
    message.ack()
    return []
  })
}

/** One after the other, for those of one batch are often about the same; then others are told of it all. */
async function applyAll(tasks: readonly Task[], capabilities: EventCapabilities): Promise<void> {
  for (const task of tasks) await finish(task, apply, capabilities)
  if (tasks.length === 0) return
  try {
    await dispatchEvents(capabilities)
  } catch (error) {
    // The events are written down, and dispatched each minute.
    capabilities.logFault('dispatch', error)
  }
}

async function finish(task: Task, work: Work, capabilities: EventCapabilities): Promise<void> {
  const { message } = task
  const outcome = await work(task, capabilities).catch((error: unknown) => {
    capabilities.logFault(task.job.kind, error)
    return { retryAfterSeconds: backoffSeconds(message.attempts) }
  })
  if (outcome === 'done') message.ack()
  else message.retry({ delaySeconds: outcome.retryAfterSeconds })
}

const apply: Work = ({ job, message }, capabilities) =>
  applyWebhook(job.id, message.attempts, capabilities)

const bring: Work = ({ job, message }, capabilities) =>
  deliver(job.id, message.attempts, capabilities)

const bury: Work = async ({ job }, capabilities) => {
  if (job.kind === 'webhook') await buryWebhook(await capabilities.openDatabase(), job.id)
  else await buryDelivery(job.id, capabilities)
  return 'done'
}

function isJob(value: unknown): value is Job {
  if (typeof value !== 'object' || value === null) return false
  const { kind, id } = value as Readonly<Record<string, unknown>>
  return (kind === 'webhook' || kind === 'delivery') && typeof id === 'string' && id.length <= 256
}
