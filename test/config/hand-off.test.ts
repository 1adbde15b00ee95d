import { describe, expect, it } from 'vitest'
import { problemsOf, withRoutes } from './sample.ts'

// Which headers an author may have identities written into.

describe('a config with identityMap', () => {
  const withMap = (identityMap: unknown, route: Record<string, unknown> = {}) => ({
    ...withRoutes(route),
    identityMap,
  })
  const complaints = (config: unknown) =>
    problemsOf(config).map(({ place, message }) => `${place}: ${message}`)

  it.each([
    'x-forwarded-user',
    { 'X-Forwarded-User': 'email', 'X-Clerk-User-Id': 'userId' },
    { 'X-A': { from: { claim: '/a~1b/0' }, as: 'json', maxBytes: 8192 } },
  ])('compiles: %j', (map) => expect(complaints(withMap(map))).toEqual([]))

  it.each([
    ['X-Usher-User-Id', "Usher's own"],
    ['x-usher', "Usher's own"],
    ['Connection', 'Means something else'],
    ['Keep-Alive', 'Means something else'],
    ['TE', 'Means something else'],
    ['Upgrade', 'Means something else'],
    ['Proxy-Authorization', 'Means something else'],
    ['Authorization', 'Means something else'],
    ['Cookie', 'Means something else'],
    ['Host', 'Means something else'],
    ['Content-Length', 'Means something else'],
    ['Content-Type', 'Means something else'],
    ['If-None-Match', 'Means something else'],
    ['Accept', 'Means something else'],
    ['Sec-WebSocket-Protocol', 'Means something else'],
    ['Forwarded', 'Means something else'],
    ['X-Forwarded-For', 'Means something else'],
    ['X-Forwarded-Host', 'Means something else'],
    ['X-Original-URL', 'Means something else'],
    ['X-HTTP-Method-Override', 'Means something else'],
    ['X-Real-IP', 'Means something else'],
    ['CF-Connecting-IP', 'Means something else'],
    ['traceparent', 'Means something else'],
    ['X_A', 'The name of a header is'],
    ['X-', 'The name of a header is'],
    ['X--A', 'The name of a header is'],
    ['X-A\r\nB', 'The name of a header is'],
    ['Zoë', 'The name of a header is'],
    ['', 'The name of a header is'],
    [`X-${'a'.repeat(63)}`, 'The name of a header is'],
  ])('cannot name %j', (name, message) => {
    expect(complaints(withMap({ [name]: 'userId' }))).toEqual([expect.stringContaining(message)])
  })

  it.each([
    ['identityMap', 'x-forwarded-users', 'Must be one of'],
    ['identityMap', 7, 'Must be an object'],
    ['identityMap', [], 'Must be an object'],
    ['identityMap', {}, 'Names no header'],
    ['identityMap["x-a"]', { 'X-A': 'userId', 'x-a': 'email' }, 'Is given twice.'],
    ['identityMap["X-A"]', { 'X-A': 'mail' }, 'Must be one of'],
    ['identityMap["X-A"].from', { 'X-A': { as: 'json' } }, 'Must be one of'],
    ['identityMap["X-A"].from.claim', { 'X-A': { from: { claim: '' } } }, 'text'],
    ['identityMap["X-A"].from.claim', { 'X-A': { from: { claim: '__proto__' } } }, 'Every object'],
    ['identityMap["X-A"].as', { 'X-A': { from: 'roles', as: 'csv' } }, 'Must be one of'],
    ['identityMap["X-A"].maxBytes', { 'X-A': { from: 'roles', maxBytes: 0 } }, 'whole number'],
    ['identityMap["X-A"].maxBytes', { 'X-A': { from: 'roles', maxBytes: 8193 } }, 'whole number'],
    ['identityMap["X-A"].maxBytes', { 'X-A': { from: 'roles', maxBytes: 1.5 } }, 'whole number'],
    ['identityMap["X-A"].cut', { 'X-A': { from: 'roles', cut: true } }, 'no such key'],
    [
      'identityMap',
      Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`X-${index}a`, 'userId'])),
      'more than 32',
    ],
  ])('says at %s of %j that it is wrong', (place, map, message) => {
    const found = complaints(withMap(map))
    expect(found).toEqual([expect.stringContaining(message)])
    expect(found[0]?.startsWith(`${place}: `)).toBe(true)
  })

  it('cannot name a header that something else of the config owns', () => {
    const map = { 'X-A': 'userId' }
    const secret = { header: 'x-A', value: 'a-secret-that-is-long-enough-for-anyone' }
    const origins = { api: { url: 'https://api.example.com', secret } }
    const owned = [
      ['A route takes credentials', withMap(map, { carriers: ['x-a'] })],
      ['An origin knows Usher', { ...withMap(map), origins }],
      ['A route sets or removes', withMap(map, { requestHeaders: { set: { 'x-a': 'b' } } })],
      ['A route sets or removes', withMap(map, { requestHeaders: { remove: ['X-A'] } })],
    ] as const
    for (const [message, config] of owned) {
      const complaint = expect.stringContaining(`identityMap["X-A"]: ${message}`)
      expect(complaints(config)).toEqual([complaint])
    }
  })

  it('cannot have the assertion be all the identity', () => {
    const config = { ...withMap({ 'X-A': 'userId' }), identity: 'assertion' }
    expect(complaints(config)).toEqual([expect.stringMatching(/^identity: /)])
  })
})
