import { DurableObject } from 'cloudflare:workers'
import type { Tally } from '../model/limiting.ts'
import type { Passes } from './passes.ts'

/**
 * One exact limit for one caller, as a Durable Object. This is its shell: what counts is loaded with the first
 * request. It knows no clock but its own.
 */
export class Limiter extends DurableObject {
  #passes: Passes | undefined

  /** Lets one more request pass, or says that too many have. */
  async take(requests: number, windowMs: number): Promise<Tally> {
    const { openPasses } = await import('./passes.ts')
    const { storage } = this.ctx
    const nowMs = Date.now()
    // From here to the tally nothing waits, so no other request comes between.
    this.#passes ??= openPasses(storage.sql)
    const tally = this.#passes.take(requests, windowMs, nowMs)
    if (tally.passes && (await storage.getAlarm()) === null) {
      await storage.setAlarm(nowMs + tally.resetMs)
    }
    return tally
  }

  /** Forgets what counts no more. An object that counts nothing is emptied, and then costs nothing. */
  override async alarm(): Promise<void> {
    const { openPasses } = await import('./passes.ts')
    const { storage } = this.ctx
    this.#passes ??= openPasses(storage.sql)
    const againMs = this.#passes.sweep(Date.now())
    if (againMs !== undefined) return storage.setAlarm(againMs)
    this.#passes = undefined
    return storage.deleteAll()
  }
}
