import { WorkerEntrypoint } from 'cloudflare:workers'
import type {
  Authentication,
  ComingRequest,
  Decided,
  DecideOptions,
  Inquiry,
  UsherChecks,
} from './calls.ts'
import type { Called } from './rpc-visit.ts'

/** Opens the house for a call; `undefined` where its configuration is wrong and it stays shut. */
type Open<Bindings> = (bindings: Bindings) => Called | undefined

/**
 * The entry point that Workers of the same account call by service binding. This is its shell: what answers is
 * loaded with the first call.
 */
export function entryPoint<Bindings>(open: Open<Bindings>) {
  return class Checks extends WorkerEntrypoint<Bindings> implements UsherChecks {
    async authenticate(request: ComingRequest): Promise<Authentication> {
      const { authenticate } = await import('./rpc.ts')
      return authenticate(request, this.#call(), open(this.env))
    }

    decide(question: Inquiry, options?: DecideOptions): Promise<Decided>
    decide(questions: readonly Inquiry[], options?: DecideOptions): Promise<Decided[]>
    async decide(asked: unknown, options?: unknown): Promise<Decided | Decided[]> {
      const { decideAbout } = await import('./rpc.ts')
      return decideAbout({ asked, options }, this.#call(), open(this.env))
    }

    #call() {
      return { props: this.ctx.props, keeper: this.ctx }
    }
  }
}
