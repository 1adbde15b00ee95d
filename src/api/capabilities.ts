import type { Issuer } from '../clerk/issuer.ts'
import type { Clock, Moment } from '../model/clock.ts'
import type { ReadFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
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

/** What the API needs of the world. */
export interface ApiCapabilities {
  readonly clock: Clock
  readonly issuer: Issuer
  readonly readFacts: ReadFacts
  readonly signingKeys: readonly SigningKey[]
  readonly readinessChecks: readonly ReadinessCheck[]
  /** Diagnosis is open to everyone, not only to administrators. Local mode alone passes true. */
  readonly openDiagnosis: boolean
}
