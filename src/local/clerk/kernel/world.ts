import type { IssuerKey } from '../issuer.ts'
import type { Message } from './records.ts'
import type { State } from './state.ts'
import type { TurningClock } from './turning-clock.ts'

/** What the stand-in is, as whoever starts it says. */
export interface Settings {
  /** The host in the publishable key: `clerk.1a2b3c4d.localhost`. Tokens name it as their issuer. */
  readonly host: string
  readonly publishableKey: string
  /** Opens the Backend API. */
  readonly secretKey: string
  /** The machine that the gateway is. */
  readonly machine?: { readonly id: string; readonly secretKey: string } | undefined
  /** The origin of the application, such as `http://localhost:8787`, where no request says another. */
  readonly applicationOrigin: string
  /** Where webhooks are sent, and what signs them; nowhere when not given. */
  readonly webhook?: { readonly url: string; readonly secret: string } | undefined
}

/** What goes wrong on purpose, until somebody switches it off. */
export interface Faults {
  /** Key endpoints answer 503. */
  readonly keysDown: boolean
  /** Every answer waits for so long, in milliseconds. */
  readonly slowMs: number
  /** Every request is answered with 429 and `Retry-After`. */
  readonly tooMany: boolean
  /** Both APIs answer 503. */
  readonly down: boolean
  /** Tokens are dated so many seconds ahead of the clock. */
  readonly tokenSkewSeconds: number
  /** What happens to webhooks. */
  readonly webhooks: 'as-they-are' | 'twice' | 'late' | 'out-of-order' | 'bad-signature'
}

/** The signing keys: tokens are signed with the current one, and every published one verifies. */
export interface Keys {
  current(): IssuerKey
  published(): readonly IssuerKey[]
  /** Makes a new current key; the old one stays published where `keepsOld`. */
  rotate(keepsOld: boolean): Promise<void>
  /** Goes back to the key of the keyring, with which the command line signs. */
  restore(): void
  /** Whether the key of the keyring is the only one. */
  isFirst(): boolean
}

/** Everything that an operation may use. */
export interface World {
  readonly settings: Settings
  readonly state: State
  readonly clock: TurningClock
  readonly keys: Keys
  readonly faults: Faults
  setFaults(changes: Partial<Faults>): void
  /** Notes that something happened: it becomes a webhook of this type (`user.created`). */
  emit(type: string, data: object): void
  /** Puts what would have been sent to somebody into the outbox. */
  send(message: Pick<Message, 'channel' | 'to' | 'subject' | 'code' | 'link' | 'userId'>): void
}
