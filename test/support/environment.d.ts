import type { D1Migration } from '@cloudflare/vitest-plugin'
import type { Limiter } from '../../src/store/limiter.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      readonly DB: D1Database
      readonly KV: KVNamespace
      readonly LIMITER: DurableObjectNamespace<Limiter>
      /** The files of `migrations/`, for the set-up of the edge project only. */
      readonly MIGRATIONS: D1Migration[]
    }
  }
}
