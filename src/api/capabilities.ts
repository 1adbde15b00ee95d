import type { Issuer } from '../clerk/issuer.ts'
import type { Clock, Moment } from '../model/clock.ts'
import type { ReadFacts } from '../model/facts.ts'
import type { Principal, User } from '../model/principal.ts'
import type { Profile } from '../model/profile.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { SigningKey } from '../model/signing-key.ts'

/** A request to one of Usher's own surfaces. */
export interface Call {
  readonly request: Request
  readonly requestId: string
  readonly moment: Moment
  /** Who is asking; the gateway's own check, with `optional` access when `mayBeAnonymous`. */
  identify(mayBeAnonymous: boolean): Promise<Result<Principal, Refusal>>
}

/** Something that readiness depends on. */
export interface ReadinessCheck {
  readonly name: 'keys' | 'signing' | 'kv' | 'd1'
  readonly isReady: (moment: Moment) => Promise<boolean>
}

/** The record of a person, as it is kept. Times are milliseconds since the epoch. */
export interface UserRecord extends Omit<Profile, 'status'> {
  readonly number: number
  readonly status: string
  readonly createdAt: number
  readonly lastSeenAt: number | null
}

/** What the API needs of the world. */
export interface ApiCapabilities {
  readonly clock: Clock
  readonly issuer: Issuer
  readonly readFacts: ReadFacts
  /** The record of someone who is here; makes it where there is none. `undefined` when D1 cannot be asked. */
  readonly knowUser: (user: User, moment: Moment) => Promise<UserRecord | undefined>
  readonly signingKeys: readonly SigningKey[]
  readonly readinessChecks: readonly ReadinessCheck[]
  /** Diagnosis is open to everyone, not only to administrators. Local mode alone passes true. */
  readonly openDiagnosis: boolean
}
