import { createOpaqueVerifier, type OpaqueParts, type OpaqueQuery } from '../../src/clerk/opaque.ts'
import type { OpaqueType } from '../../src/clerk/token-type.ts'
import { momentAlone } from '../../src/model/clock.ts'
import type { Identified } from '../../src/model/principal.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import type { Result } from '../../src/model/result.ts'
import { answerFrom, opaqueRecords, ourMachine } from '../support/credentials.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

/** A verifier of opaque credentials with Clerk and the clock in the hands of a test. */
export interface Bench {
  readonly clock: FakeClock
  /** Every request that left for Clerk. */
  readonly asked: Request[]
  /** Replaced by a test to fail, hang or talk nonsense. */
  answer: (request: Request) => Response | Promise<Response>
  verify(token: string, query?: Partial<OpaqueQuery>): Promise<Result<Identified, Refusal>>
  /** The code of the refusal, or what the principal is; as `verify` otherwise. */
  word(token: string, query?: Partial<OpaqueQuery>): Promise<string>
}

const types: Readonly<Record<string, OpaqueType>> = {
  ak: 'api_key',
  mt: 'm2m_token',
  oat: 'oauth_token',
}

/** An isolate that has just started, before a Clerk that knows {@link opaqueRecords}. */
export function openBench(changes: Partial<OpaqueParts> = {}): Bench {
  const clock = createFakeClock()
  const asked: Request[] = []
  const bench: Bench = {
    clock,
    asked,
    answer: answerFrom(opaqueRecords),
    verify(token, query = {}) {
      const moment = momentAlone(clock.now())
      const type = types[token.split('_', 1)[0] ?? ''] ?? 'api_key'
      const usual = { type, clientAddress: '192.0.2.1', mustBeFresh: false, moment }
      return verifyOpaque({ token, ...usual, ...query })
    },
    async word(token, query) {
      const outcome = await bench.verify(token, query)
      return outcome.ok ? outcome.value.kind : outcome.error.code
    },
  }
  const verifyOpaque = createOpaqueVerifier({
    apiUrl: 'https://api.clerk.test',
    secretKey: 'sk_test_secret',
    machineId: ourMachine,
    machineSecretKey: undefined,
    audiences: [],
    clock,
    send: async (request) => {
      asked.push(request)
      // What a test reads of a request must not be what Clerk reads.
      return bench.answer(request.clone())
    },
    ...changes,
  })
  return bench
}

/** A Clerk that answers each question with this. */
export function always(status: number, body: unknown, headers: HeadersInit = {}): () => Response {
  return () => Response.json(body, { status, headers })
}

/** An answer that the test gives when it likes to each that asks, in the order in which they asked. */
export function held(): {
  readonly answer: () => Promise<Response>
  readonly waiting: ((response: Response) => void)[]
} {
  const waiting: ((response: Response) => void)[] = []
  return { answer: () => new Promise((resolve) => waiting.push(resolve)), waiting }
}
