import type { TokenType } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { DecodedToken } from './jwt.ts'

/** The kinds of credential that may be opaque: Clerk alone can say what they are worth. */
export type OpaqueType = 'api_key' | 'm2m_token' | 'oauth_token'

/** The kinds of credential that may be JWTs, which are verified here. */
export type JwtType = Exclude<TokenType, 'api_key'>

const opaquePrefixes: readonly (readonly [string, OpaqueType])[] = [
  ['ak_', 'api_key'],
  ['mt_', 'm2m_token'],
  ['oat_', 'oauth_token'],
]

/** What an opaque credential says of itself by its prefix; `undefined` for everything else. */
export function opaqueTypeOf(token: string): OpaqueType | undefined {
  if (token.startsWith('ey')) return undefined
  return opaquePrefixes.find(([prefix]) => token.startsWith(prefix))?.[1]
}

/** Header `typ` of an OAuth access token (RFC 9068 section 2.1). */
const oauthTypes: readonly unknown[] = ['at+jwt', 'application/at+jwt']

/** Header `cat` of Clerk's tokens (Clerk: tokens/jwtCategories.ts). */
const categories: ReadonlyMap<unknown, JwtType> = new Map<unknown, JwtType>([
  ['cl_B7d4PD111AAA', 'session_token'],
  ['cl_B7d4PD222AAA', 'jwt_template'],
  ['cl_B7d4PD333AAA', 'm2m_token'],
])
/** What instances write that do not say. */
const noCategory = 'cl_I7d4PD111III'

/**
 * What a JWT is by its shape, before anything in it is believed: by `typ`, by Clerk's category, and where
 * there is none by what it speaks of. What it is taken for decides which rules it has to meet, so a lie
 * gains nothing.
 */
export function jwtTypeOf({ header, payload }: DecodedToken): Result<JwtType, Refusal> {
  const { typ, cat } = header
  if (oauthTypes.includes(typ)) return ok('oauth_token')
  if (typ !== undefined && typ !== 'JWT') return refuse('token-invalid-type')
  // A machine's token without a category is from before there were any; Clerk too takes no other for one.
  if (cat === undefined && isMachine(payload.sub)) return ok('m2m_token')
  if (cat === undefined || cat === noCategory) {
    return ok(payload.sid === undefined ? 'jwt_template' : 'session_token')
  }
  const type = categories.get(cat)
  return type === undefined ? refuse('token-invalid-category') : ok(type)
}

/** Whether a subject is one of Clerk's machines. */
export function isMachine(subject: unknown): boolean {
  return typeof subject === 'string' && subject.startsWith('mch_')
}
