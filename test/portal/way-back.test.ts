import { describe, expect, it } from 'vitest'
import { wayBack } from '../../src/portal/way-back.ts'
import { gatewayOf, variables, withRoutes } from '../config/sample.ts'

// Where a browser goes from a page: back to a path of this gateway, and nowhere else.

const origin = 'https://api.usher.test'
const home = '/home'
const aliases = {
  '/logout': 'sign-out',
  '/login': 'sign-in',
  '/whoami': 'me',
  '/account': 'profile',
} as const
const env = {
  ...variables,
  CLERK_PROXY_URL: `${origin}/__clerk`,
  CLERK_SECRET_KEY: 'sk_test_x',
}
const { rules } = gatewayOf({ ...withRoutes('/**'), aliases }, { env })

function back(redirectUrl: string | null): string {
  return wayBack({ redirectUrl, origin }, rules, home)
}

const elsewhere: readonly string[] = [
  // Other hosts, as browsers read them.
  ...['https://evil.test', 'https://evil.test/a', 'http://api.usher.test/a', 'https:evil.test/a'],
  ...['//evil.test', '//evil.test/a', '///evil.test/a', '////evil.test', '/\\evil.test'],
  ...['\\\\evil.test', '\\/evil.test', '/a\\b', 'https:\\\\api.usher.test\\a'],
  ...['/\t/evil.test', '/\n/evil.test', '\t//evil.test', ' //evil.test', '/ /evil.test'],
  ...['https://api.usher.test.evil.test/a', 'https://api.usher.test@evil.test/a'],
  ...['https://api.usher.test:444/a', 'https://evil.test/https://api.usher.test/'],
  ...['HTTPS://EVIL.TEST/a', 'https://api.usher.test', 'https://api.usher.test//evil.test'],
  // What is no address of a page at all.
  ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x'],
  ...['vbscript:x', 'blob:https://api.usher.test/a', 'file:///etc/passwd', 'a', 'a/b', '?a', '#a'],
  ...['', '.', '../a', '/\0', '/\u0085', '/\u200b', '/\u202e/a', '/a\u2028'],
  // What the gateway itself would refuse.
  ...['/a%5cb', '/%00', '/%', '/a%2fb', '/%2e%2e/a', `/${'a'.repeat(3000)}`, '/_USHER/me'],
  // What ends what has just begun, or begins it again, in every spelling that leads there.
  ...[
    '/_usher/sign-out',
    `${origin}/_usher/sign-out`,
    '/_usher/sign-out?x=1',
    '/_usher/sign-out#a',
  ],
  ...['/_usher/sign%2Dout', '/a/../_usher/sign-out', '/./_usher//sign-out', '/logout', '/logout/'],
  ...[
    '/_usher/sign-in',
    '/_usher/sign-up',
    '/login',
    '/_usher/sign-in?redirect_url=/_usher/sign-in',
  ],
  // What is no page, but acts or answers by being looked at.
  ...['/_usher/me', '/_usher/token', '/_usher/verify', '/_usher/diagnose', '/_usher/clerk-test'],
  ...['/_usher/auth/nginx', '/_usher/decisions', '/_usher/client.js', '/_usher/assets/page.js'],
  ...['/_usher', '/_usher/', '/_usher/a/../me', '/_usher/m%65', '/_usher/profile/', '/whoami'],
  // Clerk's own, which has ways of its own to lead elsewhere.
  ...['/__clerk/v1/client/handshake?redirect_url=https://evil.test', '/__clerk', '/__clerk/v1'],
]

describe('the way back', () => {
  it.each(elsewhere)('never leads to %j', (asked) => {
    expect(back(asked)).toBe(home)
  })

  it.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/b?c=d&e=%20#f', '/a/b?c=d&e=%20#f'],
    [`${origin}/a?b=c#d`, '/a?b=c#d'],
    [`${origin}/`, '/'],
    ['/_usher/profile', '/_usher/profile'],
    ['/_usher/organization', '/_usher/organization'],
    ['/_usher/waitlist?a=b', '/_usher/waitlist?a=b'],
    ['/_usher/demo', '/_usher/demo'],
    ['/_usher/x/../pro%66ile', '/_usher/profile'],
    ['/account', '/account'],
    ['/?next=https://evil.test', '/?next=https://evil.test'],
    ['/a//b', '/a/b'],
    ['/a/../b', '/b'],
    ['/sign-out', '/sign-out'],
    ['/@evil.test', '/@evil.test'],
    ['/a#//evil.test', '/a#//evil.test'],
  ])('leads from %j to %j', (asked, path) => {
    expect(back(asked)).toBe(path)
  })

  it('leads home where nothing is asked for', () => {
    expect(back(null)).toBe(home)
  })

  it('stays on this origin for every browser, whatever it is', () => {
    const leads = [...elsewhere, ...elsewhere.map((one) => `/${one}`)].map(back)
    for (const path of leads) expect(new URL(path, origin).origin).toBe(origin)
    expect(new Set(leads).size).toBeGreaterThan(5)
    // Without the check some of these would leave: the table is not empty of danger.
    const left = elsewhere.filter((one) => {
      return URL.canParse(one, origin) && new URL(one, origin).origin !== origin
    })
    expect(left.length).toBeGreaterThan(20)
  })
})
