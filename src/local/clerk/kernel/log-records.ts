import type { Dated } from './dated.ts'

/** What would have been sent to a person. */
export interface Message extends Dated {
  readonly channel: 'email' | 'sms'
  readonly to: string
  readonly subject: string
  /** What is to be typed in; `null` for a message that only has a link. */
  readonly code: string | null
  readonly link: string | null
  readonly userId: string | null
}

/** One webhook message and the attempts to deliver it. */
export interface Delivery extends Dated {
  readonly type: string
  /** The body, byte for byte, as it is signed. */
  readonly body: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: readonly DeliveryAttempt[]
  /** How many tries of the schedule have failed; one that is sent twice has more attempts than that. */
  readonly failures: number
  /** `null` once nothing is tried any more. */
  readonly nextAttemptAt: number | null
}

export interface DeliveryAttempt {
  readonly at: number
  /** `null` where nobody answered. */
  readonly status: number | null
  readonly error: string | null
}
