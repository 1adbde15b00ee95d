import { createExchange, type ExchangeParts } from '../../src/clerk/exchange.ts'
import type { ActiveOrganization, User } from '../../src/model/principal.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import { createFakeClock, type FakeClock, noonMs } from '../support/fake-clock.ts'
import { base64url } from '../support/tokens.ts'

/** When the tests begin, in seconds. */
export const noon = noonMs / 1000

/** Somebody who is signed in, with these differences. */
export function ada(changes: Partial<User> = {}): User {
  return {
    kind: 'user',
    userId: 'user_ada',
    sessionId: 'sess_ada',
    actor: undefined,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
    tokenType: 'session_token',
    tokenId: 'jti_1',
    organization: undefined,
    scopes: [],
    issuedAtSeconds: noon,
    expiresAtSeconds: noon + 60,
    claims: {},
    token: 'the session token',
    ...changes,
  }
}

/** An organisation that is active in a session. */
export const acme: ActiveOrganization = {
  id: 'org_acme',
  slug: 'acme',
  role: 'org:admin',
  permissions: [],
}

/** An exchange with Clerk and the clock in the hands of a test. */
export interface Bench {
  readonly clock: FakeClock
  readonly asked: Request[]
  answer: (request: Request) => Response | Promise<Response>
  /** The token, or the code of the refusal. */
  word(user?: User, template?: string): Promise<string>
  /** Why there is no token. */
  refusal(user?: User): Promise<Refusal | undefined>
}

/** An isolate that has just started, before a Clerk that gives tokens of a minute. */
export function openBench(changes: Partial<ExchangeParts> = {}): Bench {
  const clock = createFakeClock()
  const asked: Request[] = []
  const exchange = createExchange({
    apiUrl: 'https://api.clerk.test',
    secretKey: 'sk_test_secret',
    clock,
    send: async (request) => {
      asked.push(request)
      return bench.answer(request)
    },
    ...changes,
  })
  const bench: Bench = {
    clock,
    asked,
    answer: () => given({ exp: noon + 60 }),
    async word(user = ada(), template = 'hasura') {
      const outcome = await exchange({ user, template })
      return outcome.ok ? outcome.value : outcome.error.code
    },
    async refusal(user = ada()) {
      const outcome = await exchange({ user, template: 'hasura' })
      return outcome.ok ? undefined : outcome.error
    },
  }
  return bench
}

let made = 0

/** A JWT of these claims that no other is equal to. */
export function jwtOf(claims: object): string {
  const parts = [{ alg: 'RS256' }, { jti: String(made++), ...claims }]
  const [header, payload] = parts.map((part) =>
    base64url(new TextEncoder().encode(JSON.stringify(part))),
  )
  return `${header}.${payload}.c2ln`
}

/** Clerk's answer with a token of these claims. */
export const given = (claims: object) => Response.json({ object: 'token', jwt: jwtOf(claims) })
