import type { Expectations } from '../clerk/claims.ts'
import type { Exchange } from '../clerk/exchange.ts'
import type { Clock, Moment } from '../model/clock.ts'
import type { Facts, ReadFacts } from '../model/facts.ts'
import type { Identified, Principal, User } from '../model/principal.ts'
import type { Profile } from '../model/profile.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { SigningKey } from '../model/signing-key.ts'
import type { Store } from '../store/opening.ts'
import type { TaskCapabilities } from '../tasks/capabilities.ts'

/** A request to one of Usher's own surfaces, and what the gateway's own checks say of it. */
export interface Call {
  readonly request: Request
  readonly requestId: string
  readonly moment: Moment
  /** Who is asking, by any credential that some route accepts. */
  identify(mayBeAnonymous: boolean): Promise<Result<Principal, Refusal>>
  /** The person who is asking by a session of theirs, held against facts. */
  identifySession(): Promise<Result<User, Refusal>>
  /** The person who wants to run an operation, by a session or a key of theirs, and what Usher knows of them. */
  identifyOperator(
    mustBeFresh: boolean,
  ): Promise<Result<{ readonly user: User; readonly facts: Facts }, Refusal>>
  /** Whether whoever is asking may ask what tokens are worth. */
  admitVerifier(): Promise<Result<void, Refusal>>
  /** Whom a token of any type vouches for. */
  verify(token: string): Promise<Result<Identified, Refusal>>
  /** The resource that the path of a metadata address names; `undefined` where there is none. */
  describeResource(): { readonly resource: string; readonly scopes: readonly string[] } | undefined
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

/** What opens Clerk's Backend API. */
export interface ClerkAccess {
  readonly apiUrl: string
  readonly publishableKey: string | undefined
  readonly secretKey: string | undefined
  readonly machineSecretKey: string | undefined
}

/** What the API needs of the world. */
export interface ApiCapabilities {
  readonly clock: Clock
  readonly rules: Rules
  /** What tokens must agree with. */
  readonly expectations: Expectations
  readonly clerk: ClerkAccess
  /** Threads of the database in which an operator reads what they have just changed. */
  readonly openSession: Store['openSession']
  /** What works behind the requests. */
  readonly office: TaskCapabilities
  readonly readFacts: ReadFacts
  /** The record of someone who is here; makes it where there is none. `undefined` when D1 cannot be asked. */
  readonly knowUser: (user: User, moment: Moment) => Promise<UserRecord | undefined>
  readonly exchange: Exchange
  readonly signingKeys: readonly SigningKey[]
  readonly readinessChecks: readonly ReadinessCheck[]
  /** Diagnosis is open to everyone, not only to administrators. Local mode alone passes true. */
  readonly openDiagnosis: boolean
}
