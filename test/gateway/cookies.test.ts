import { createAuthenticateRequest, createClerkRequest } from '@clerk/backend/internal'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findCredential } from '../../src/clerk/credential.ts'
import { cookieSuffixOf, isProductionKey } from '../../src/clerk/issuer.ts'
import {
  type CookieCase,
  type CookieTokens,
  cookieCases,
  cookieHeader,
  mintCookieTokens,
  watchCookies,
} from '../support/cookie-cases.ts'
import { makeKey, publicPem, testIssuer } from '../support/tokens.ts'
import { gatewayUrl } from '../support/world.ts'

// Which of Clerk's cookies counts: Clerk's own SDK decides the same cases beside ours.

const nowSeconds = 1_800_000_000
const host = testIssuer.slice('https://'.length)
const keys = { true: `pk_live_${btoa(`${host}$`)}`, false: `pk_test_${btoa(`${host}$`)}` }

let tokens: CookieTokens
let jwtKey: string
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: nowSeconds * 1000 })
  const key = await makeKey()
  jwtKey = await publicPem(key)
  tokens = await mintCookieTokens(key, nowSeconds)
})
afterAll(() => void vi.useRealTimers())

const keyOf = ({ isProduction }: CookieCase) => keys[`${isProduction}`]

/** Their choice: the session cookie that is read once it is decided which family counts. */
async function askClerk(one: CookieCase) {
  const publishableKey = keyOf(one)
  const suffix = String(await cookieSuffixOf(publishableKey)())
  const cookie = cookieHeader(one, tokens, suffix)
  const request = createClerkRequest(new Request(`${gatewayUrl}/x`, { headers: { cookie } }))
  const asked = watchCookies(request)
  const options = { publishableKey, secretKey: 'sk_test_x', jwtKey }
  const { authenticateRequest } = createAuthenticateRequest({ options, apiClient: {} as never })
  const state = await authenticateRequest(request, {})
  expect(asked.slice(0, 4)).toEqual([
    `__client_uat_${suffix}`,
    '__client_uat',
    `__session_${suffix}`,
    '__session',
  ])
  const chosen = asked[4]
  if (chosen === '__session') return { state, token: tokens.plain[one.plain], at: one.plainUpdate }
  expect(chosen).toBe(`__session_${suffix}`)
  return { state, token: tokens.suffixed[one.suffixed], at: one.suffixedUpdate }
}

async function askUsher(one: CookieCase, nowMs = nowSeconds * 1000) {
  const publishableKey = keyOf(one)
  const cookieSuffix = cookieSuffixOf(publishableKey)
  const issuer = {
    issuers: [testIssuer],
    authorizedParties: ['https://app.usher.test'],
    cookieSuffix,
    isProduction: isProductionKey(publishableKey),
  }
  const cookie = cookieHeader(one, tokens, String(await cookieSuffix()))
  const headers = new Headers({ cookie })
  const found = await findCredential(headers, ['cookie'], { issuer, nowMs })
  if (!found.ok) throw new Error(found.error.code)
  return found.value?.token
}

describe("of Clerk's cookies the one counts that Clerk's own SDK takes", () => {
  it('in every combination, and none where that one says "signed out"', async () => {
    const seen = { plain: 0, suffixed: 0, none: 0, signedIn: 0, signedOutByUpdate: 0 }
    for (const one of cookieCases) {
      const { state, token, at } = await askClerk(one)
      const isOut = at === '0'
      const ours = await askUsher(one)
      expect(ours, JSON.stringify(one)).toBe(isOut ? undefined : token)
      if (state.status === 'signed-in') {
        seen.signedIn += 1
        expect(ours, JSON.stringify(one)).toBe(state.token)
      }
      if (isOut && token !== undefined) seen.signedOutByUpdate += 1
      if (ours === undefined) seen.none += 1
      else if (ours === tokens.suffixed[one.suffixed]) seen.suffixed += 1
      else seen.plain += 1
    }
    expect(cookieCases).toHaveLength(648)
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(30)
  })

  it('although neither family is always right: the comparison can fail', async () => {
    const wrong = { plain: 0, suffixed: 0 }
    for (const one of cookieCases) {
      const { token } = await askClerk(one)
      if (token !== tokens.plain[one.plain]) wrong.plain += 1
      if (token !== tokens.suffixed[one.suffixed]) wrong.suffixed += 1
    }
    expect(wrong.plain).toBeGreaterThan(100)
    expect(wrong.suffixed).toBeGreaterThan(100)
  })

  it('and the end of a token is weighed at the moment of the request', async () => {
    const one: CookieCase = {
      plain: 'none',
      suffixed: 'a good token',
      plainUpdate: '0',
      suffixedUpdate: 'set',
      isProduction: false,
    }
    const good = tokens.suffixed['a good token']
    expect(await askUsher(one, (nowSeconds + 59) * 1000)).toBe(good)
    expect(await askUsher(one, (nowSeconds + 60) * 1000)).toBeUndefined()
    const production = { ...one, isProduction: true }
    expect(await askUsher(production, (nowSeconds + 60) * 1000)).toBe(good)
  })
})

describe('copies of a cookie that differ', () => {
  const suffixOf = () => cookieSuffixOf(keys.true)()
  const issuer = {
    issuers: [testIssuer],
    authorizedParties: ['https://app.usher.test'],
    cookieSuffix: suffixOf,
    isProduction: true,
  }

  /** Whose token counts: ours, another of ours, or why none does. */
  async function whose(names: readonly (readonly [name: string, value: string])[]) {
    const suffix = await suffixOf()
    const named = names.map(([name, value]) => `${name.replace('*', `_${suffix}`)}=${value}`)
    const headers = new Headers({ cookie: named.join('; ') })
    const found = await findCredential(headers, ['cookie'], { issuer, nowMs: nowSeconds * 1000 })
    return found.ok ? found.value?.token : found.error.code
  }

  it('of another instance lock nobody out whose own family counts', async () => {
    const ours = tokens.suffixed['a good token']
    const good: [string, string][] = [
      ['__session*', String(ours)],
      ['__client_uat*', '1'],
    ]
    expect(await whose([...good, ['__client_uat', '5'], ['__client_uat', '6']])).toBe(ours)
    const foreign = [1, 2].map((one): [string, string] => {
      const claims = btoa(JSON.stringify({ iss: 'https://clerk.other.test', iat: one }))
      return ['__session', `e30.${claims.replaceAll('=', '')}.AA`]
    })
    expect(await whose([...foreign, ...good])).toBe(ours)
    expect(await whose([...good, ...foreign])).toBe(ours)
  })

  it('are refused where they do not come to the same', async () => {
    expect(
      await whose([
        ['__session', 'a.b.c'],
        ['__session', 'a.b.d'],
      ]),
    ).toBe('token-ambiguous')
    const ours = String(tokens.suffixed['a good token'])
    expect(
      await whose([
        ['__session*', ours],
        ['__client_uat*', '1'],
        ['__client_uat*', '0'],
      ]),
    ).toBe('token-ambiguous')
  })

  it('are not read in more ways than a browser can mean', async () => {
    const many = Array.from({ length: 65 }, (_, index): [string, string] => [
      '__session',
      `x${index}`,
    ])
    expect(await whose(many)).toBe('token-ambiguous')
  })
})
