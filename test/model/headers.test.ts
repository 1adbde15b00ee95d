import { describe, expect, it } from 'vitest'
import { foldHeaderName, isStripped, nominated } from '../../src/model/headers.ts'

describe('a header name is what the most lenient origin reads', () => {
  it.each([
    ['X-Usher-User-Id', 'x-usher-user-id'],
    ['X_USHER_User.Id', 'x-usher-user-id'],
    ['x--usher__user..id', 'x-usher-user-id'],
    ["_X!#$%&'*+.^`|~Usher-", 'x-usher'],
  ])('%s is %s', (name, folded) => expect(foldHeaderName(name)).toBe(folded))
})

describe('what never reaches an origin as the client wrote it', () => {
  it.each([
    'X-Usher-User-Id',
    'X_Usher_Assertion',
    'x.usher.loop',
    'X-Usher',
    'X-Usher-Anything-New',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Proxy',
    'PROXY_AUTHENTICATE',
    'Forwarded',
    'X-Forwarded-For',
    'X_Forwarded_Host',
    'X-Forwarded-User',
    'X-Real-IP',
    'X_Real.IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'CF_IPCountry',
    'Cf-Worker',
    'CDN-Loop',
    'X-Original-URL',
    'X-Original-Method',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Middleware-Subrequest',
    'X-Clerk-Auth-Status',
    'x_clerk_auth_token',
  ])('%s', (name) => expect(isStripped(name)).toBe(true))

  it.each([
    'Accept',
    'Authorization',
    'Cookie',
    'Content-Type',
    'Content-Length',
    'Host',
    'Origin',
    'Range',
    'X-Custom',
    'X-Ushers',
    'X-Request-Id',
    'X-User-Id',
    'Sec-WebSocket-Key',
    'If-None-Match',
    'Via',
  ])('but %s does', (name) => expect(isStripped(name)).toBe(false))

  it('nor what Connection nominates, in whatever spelling', () => {
    expect(nominated(' close, X-A ,x_b')).toEqual(new Set(['close', 'x-a', 'x-b']))
    expect(nominated(null).size).toBe(0)
  })
})
