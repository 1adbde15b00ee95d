import type { createClerkRequest } from '@clerk/backend/internal'
import { mint, sessionClaims, sessionHeader, type TestKey } from './tokens.ts'

/** A session cookie that may stand under the plain name. */
export const plainSessions = [
  'none',
  'no token at all',
  'a token without iss',
  'a token without iat',
  "a token of another instance's",
  'an older token',
  'a token of the same second',
  'a newer token',
  'the very same token',
] as const

/** A session cookie that may stand under the name with the suffix. */
export const suffixedSessions = [
  'none',
  'no token at all',
  'a good token',
  'an ended token',
] as const

/** What a family may say about when the client last changed. */
export const updates = ['missing', '0', 'set'] as const

/** One combination of Clerk's cookies in a browser. */
export interface CookieCase {
  readonly plain: (typeof plainSessions)[number]
  readonly suffixed: (typeof suffixedSessions)[number]
  readonly plainUpdate: (typeof updates)[number]
  readonly suffixedUpdate: (typeof updates)[number]
  readonly isProduction: boolean
}

/** Every combination there is. */
export const cookieCases: readonly CookieCase[] = [true, false].flatMap((isProduction) =>
  plainSessions.flatMap((plain) =>
    suffixedSessions.flatMap((suffixed) =>
      updates.flatMap((plainUpdate) =>
        updates.map((suffixedUpdate) => ({
          plain,
          suffixed,
          plainUpdate,
          suffixedUpdate,
          isProduction,
        })),
      ),
    ),
  ),
)

/** The tokens that stand for the words of a case. */
export interface CookieTokens {
  readonly plain: Readonly<Record<CookieCase['plain'], string | undefined>>
  readonly suffixed: Readonly<Record<CookieCase['suffixed'], string | undefined>>
}

/** Mints them; each says in `sid` which it is. */
export async function mintCookieTokens(key: TestKey, nowSeconds: number): Promise<CookieTokens> {
  function token(sid: string, changes: object): Promise<string> {
    const claims = { ...sessionClaims(nowSeconds), sid, ...changes }
    return mint({ key, header: sessionHeader(key), claims })
  }
  const good = await token('sess_suffixed', {})
  return {
    plain: {
      none: undefined,
      'no token at all': 'x',
      'a token without iss': await token('sess_no_iss', { iss: undefined }),
      'a token without iat': await token('sess_no_iat', { iat: undefined }),
      "a token of another instance's": await token('sess_foreign', { iss: 'https://clerk.other' }),
      'an older token': await token('sess_older', { iat: nowSeconds - 20 }),
      'a token of the same second': await token('sess_equal', {}),
      'a newer token': await token('sess_newer', { iat: nowSeconds + 1 }),
      'the very same token': good,
    },
    suffixed: {
      none: undefined,
      'no token at all': 'y',
      'a good token': good,
      'an ended token': await token('sess_ended', {
        iat: nowSeconds - 120,
        nbf: nowSeconds - 130,
        exp: nowSeconds - 60,
      }),
    },
  }
}

/** The `Cookie` header of a case. */
export function cookieHeader(one: CookieCase, tokens: CookieTokens, suffix: string): string {
  const since = { missing: undefined, '0': '0', set: '1700000000' }
  const cookies = {
    __session: tokens.plain[one.plain],
    [`__session_${suffix}`]: tokens.suffixed[one.suffixed],
    __client_uat: since[one.plainUpdate],
    [`__client_uat_${suffix}`]: since[one.suffixedUpdate],
    // A development instance knows its browsers by this.
    __clerk_db_jwt: 'dvb_1',
  }
  return Object.entries(cookies)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join('; ')
}

/** The cookies of a request, which note in their order the names that are asked for. */
export function watchCookies(request: ReturnType<typeof createClerkRequest>): readonly string[] {
  const asked: string[] = []
  const cookies = new Map(request.cookies)
  const read = cookies.get.bind(cookies)
  cookies.get = (name) => {
    asked.push(name)
    return read(name)
  }
  Object.defineProperty(request, 'cookies', { value: cookies })
  return asked
}
