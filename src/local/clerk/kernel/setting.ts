import type { Dated } from './dated.ts'

/** What is kept once. */
export type SettingName = 'clock' | 'faults' | 'keys' | 'lastUserNumber' | 'seeded'

/** What is kept once: the clock's turn, the switches, the keys that were made since. */
export interface Setting extends Dated {
  readonly id: SettingName
  readonly value: unknown
}
