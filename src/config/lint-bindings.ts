import type { Problem } from './problem.ts'

/** What a deployment has for work behind the requests. */
export interface Behind {
  /** The queue that `QUEUE` sends to; `undefined` where nothing is bound. */
  readonly queue: string | undefined
  readonly isQueueRead: boolean
  readonly areDeadLettersRead: boolean
  readonly hasSync: boolean
  /** Whether it is called by the clock. */
  readonly hasCrons: boolean
}

/** What does not work for want of a binding that a gateway can do without. */
export function lintBindings(behind: Behind): readonly Problem[] {
  return lints.flatMap(([place, find]) => {
    const message = find(behind)
    return message === undefined ? [] : [{ place, message }]
  })
}

const lints: readonly [place: string, find: (behind: Behind) => string | undefined][] = [
  [
    'QUEUE',
    function jobsAreDone({ queue, isQueueRead, areDeadLettersRead }) {
      if (queue === undefined) {
        return "Is not bound: Clerk's webhooks are applied in the request, and nobody is told of events."
      }
      if (!isQueueRead) {
        return `Nobody reads ${queue}: add it to [[queues.consumers]], or no webhook is applied in time.`
      }
      if (areDeadLettersRead) return undefined
      return `What fails for good in ${queue} is not written down: give it a dead_letter_queue that is read, too.`
    },
  ],
  [
    'SYNC',
    function clerkIsWalkedThrough({ hasSync }) {
      if (hasSync) return undefined
      return 'Is not bound: there is no backfill, and npm run sync is answered with 501.'
    },
  ],
  [
    'triggers.crons',
    function whatWasLostIsFound({ hasCrons }) {
      if (hasCrons) return undefined
      return 'Are missing: what the queue lost is not sent again, and no webhook that never came is found out.'
    },
  ],
]
