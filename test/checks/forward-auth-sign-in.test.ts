import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { dialects } from '../../src/model/checks.ts'
import { everyCredential } from '../support/credentials.ts'
import type { World } from '../support/world.ts'
import {
  askedHost,
  callers,
  checkOf,
  createChecksWorld,
  reasonOf,
  type Told,
} from './forward-auth-scene.ts'

// What is answered to a browser that is signed out, of whose request another proxy asks.

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
const signInUrl = 'https://accounts.usher.test/sign-in'
const signIn = { signInUrl, canonicalOrigin: 'https://auth.usher.test' }

describe('a browser that is signed out', () => {
  const location = `${signInUrl}?redirect_url=${encodeURIComponent(`https://${askedHost}/api/x?q=1&r=2`)}`
  const told = { uri: '/api/x?q=1&r=2' }
  let world: World
  beforeEach(async () => {
    world = await createChecksWorld({ config: signIn })
  })

  it.each(dialects)('is sent to sign in and back to what it asked for, by %s', async (dialect) => {
    const answer = await world.walk(checkOf(dialect, told, navigation))
    // nginx takes no redirect, and can be told to make one of this.
    expect(answer.status).toBe(dialect === 'nginx' ? 401 : 302)
    expect(answer.headers.get('location')).toBe(location)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    expect(await answer.text()).toBe('')
  })

  it.each(dialects)('is not sent anywhere for what is no page, by %s', async (dialect) => {
    const others: [Partial<Told>, Record<string, string>][] = [
      [{}, { accept: 'application/json' }],
      [{ method: 'POST' }, navigation],
      [{}, { ...navigation, authorization: 'Bearer a.b.c' }],
      [{ host: 'other.usher.test' }, navigation],
    ]
    for (const [extra, headers] of others) {
      const answer = await world.walk(checkOf(dialect, { ...told, ...extra }, headers))
      expect([401, 403]).toContain(answer.status)
      expect(answer.headers.get('location')).toBe(null)
    }
  })
})

describe('the way back of a browser', () => {
  const backOf = ({ headers }: Response) =>
    new URL(headers.get('location') ?? '?', 'https://nowhere.test').searchParams.get('redirect_url')
  const headOf = ({ headers }: Response) =>
    [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')

  it.each(dialects)('is as long as its head has room for, by %s', async (dialect) => {
    const routes = [
      { path: '/api/**', origin: 'elsewhere' },
      {
        path: '/of/:who/**',
        origin: 'elsewhere',
        accepts: ['session_token', 'oauth_token'] as const,
      },
    ]
    const variables = everyCredential
    const led = await createChecksWorld({ config: { ...signIn, routes }, variables })
    const long = '%3D'.repeat(800)
    const here = `https://${askedHost}`
    const ways: readonly (readonly [string, string | null])[] = [
      ['/api/x?q=short', `${here}/api/x?q=short`],
      [`/api/x?q=${long}`, `${here}/api/x`],
      [`/api/x?q=${'a/../?'.repeat(600)}`, `${here}/api/x`],
      [`/api/${'a'.repeat(4000)}?q=1`, `${here}/`],
      [`/of/${'a'.repeat(4000)}/x?q=1`, `${here}/`],
    ]
    for (const [uri, back] of ways) {
      const answer = await led.walk(checkOf(dialect, { uri }, navigation))
      expect([answer.status, backOf(answer)]).toEqual([dialect === 'nginx' ? 401 : 302, back])
      expect(headOf(answer).length).toBeLessThan(3600)
    }
    // What a client of OAuth is told may be as long as the path.
    const uri = `/of/${'a'.repeat(4000)}/x`
    const told = await led.walk(checkOf(dialect, { uri }))
    expect([told.status, headOf(told).length < 3600]).toEqual([401, true])
    expect(told.headers.get('www-authenticate')).toBe('Bearer realm="usher"')
    const short = await led.walk(checkOf(dialect, { uri: '/of/ada/x' }))
    expect(short.headers.get('www-authenticate')).toContain('/of/ada')
  })

  it.each(dialects)('leads to no host that nobody has named, by %s', async (dialect) => {
    const everywhere = Object.fromEntries(
      Object.entries(callers).map(([name, { secret, may }]) => [name, { secret, may }]),
    )
    const vague = { ...signIn, checks: { callers: everywhere } }
    const own = 'own.usher.test'
    const hosts = [own, 'auth.usher.test']
    const named: readonly (readonly [Partial<GatewayConfig>, string, boolean])[] = [
      [{}, 'evil.example', false],
      [{}, own, false],
      [{}, 'auth.usher.test:8443', false],
      [{}, 'auth.usher.test', true],
      [{ hosts }, own, true],
      [{ routes: [{ path: '/**', host: own, origin: 'elsewhere' }] }, own, true],
      [{ routes: [{ path: '/**', host: '*.usher.test', origin: 'elsewhere' }] }, own, true],
      [{ checks: { callers } }, askedHost, true],
      [{ checks: { callers } }, 'a.api.usher.test', true],
    ]
    for (const [config, host, isLed] of named) {
      const routes = [{ path: '/**', origin: 'elsewhere' }]
      const asked = await createChecksWorld({ config: { ...vague, routes, ...config } })
      const answer = await asked.walk(checkOf(dialect, { host }, navigation))
      const status = isLed && dialect !== 'nginx' ? 302 : 401
      expect([host, answer.status, backOf(answer)]).toEqual([
        host,
        status,
        isLed ? `https://${host}/api/x` : null,
      ])
      expect(reasonOf(answer)).toBe('token-missing')
    }
  })
})
