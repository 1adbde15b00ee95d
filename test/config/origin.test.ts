import { describe, expect, it } from 'vitest'
import { compile, local, placesOf } from './sample.ts'

describe('an origin', () => {
  const compileOrigin = (origin: unknown, relaxations = local) =>
    compile({ origins: { api: origin }, routes: [{ path: '/**', origin: 'api' }] }, { relaxations })

  it.each([
    [
      { url: 'https://api.example.com/v1/', timeout: '10s' },
      { kind: 'url', base: 'https://api.example.com/v1', timeoutMs: 10_000 },
    ],
    [
      { url: 'http://localhost:5000' },
      { kind: 'url', base: 'http://localhost:5000', timeoutMs: 30_000 },
    ],
    [{ service: 'BILLING' }, { kind: 'service', binding: 'BILLING', timeoutMs: 30_000 }],
    ['same-host', { kind: 'same-host', timeoutMs: 30_000 }],
    [
      { sameHost: true, timeout: '1m' },
      { kind: 'same-host', timeoutMs: 60_000 },
    ],
  ])('may be %j', (written, origin) => {
    const compiled = compileOrigin(written)
    expect(compiled.ok && compiled.value.rules.routes[0]?.origin).toEqual({
      name: 'api',
      ...origin,
    })
  })

  it.each([
    [undefined, 'origins.api'],
    ['https://api.example.com', 'origins.api'],
    [{}, 'origins.api'],
    [{ sameHost: false }, 'origins.api.sameHost'],
    [{ service: 'not-a-binding' }, 'origins.api.service'],
    [{ url: 'https://a.example.com', service: 'B' }, 'origins.api.service'],
    [{ url: 'https://a.example.com', retries: 1 }, 'origins.api.retries'],
    [{ url: 'https://a.example.com', timeout: '1h' }, 'origins.api.timeout'],
    [{ url: undefined }, 'origins.api.url'],
    [{ url: '' }, 'origins.api.url'],
    [{ url: 42 }, 'origins.api.url'],
    [{ url: 'api.example.com' }, 'origins.api.url'],
    [{ url: 'ftp://a.example.com' }, 'origins.api.url'],
    [{ url: 'https:a.example.com' }, 'origins.api.url'],
    [{ url: 'https://u:p@a.example.com' }, 'origins.api.url'],
    [{ url: 'https://u@a.example.com' }, 'origins.api.url'],
    [{ url: 'https://a.example.com/?' }, 'origins.api.url'],
    [{ url: 'https://a.example.com/#x' }, 'origins.api.url'],
    [{ url: 'https://a.example.com\\b' }, 'origins.api.url'],
    [{ url: 'https://a.example .com' }, 'origins.api.url'],
  ])('is never %j', (origin, place) => {
    const compiled = compileOrigin(origin)
    expect(compiled.ok ? [] : compiled.error.map((one) => one.place)).toEqual([place])
  })

  it('never has its address quoted in a problem', () => {
    const compiled = compileOrigin({ url: 'https://user:hunter2@a.example.com' })
    expect(JSON.stringify(compiled)).not.toContain('hunter2')
  })

  it.each([
    'http://api.example.com',
    'https://localhost',
    'https://localhost.',
    'https://a.localhost',
    'https://printer.local',
    'https://db.internal',
    'https://nas.home.arpa',
    'https://backend',
    'https://0.0.0.0',
    'https://10.1.2.3',
    'https://100.64.0.1',
    'https://100.127.255.255',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f.0.0.1',
    'https://017700000001',
    'https://169.254.169.254',
    'https://172.16.0.1',
    'https://172.31.255.255',
    'https://192.168.0.1',
    'https://[::]',
    'https://[::1]',
    'https://[::ffff:8.8.8.8]',
    'https://[::ffff:7f00:1]',
    'https://[64:ff9b::a00:1]',
    'https://[fc00::1]',
    'https://[fd12:3456::1]',
    'https://[fe80::1]',
  ])('is %s only where plain addresses are allowed', (url) => {
    expect(compileOrigin({ url }, local).ok).toBe(true)
    expect(
      placesOf({ origins: { api: { url } }, routes: [{ path: '/**', origin: 'api' }] }),
    ).toEqual(['origins.api.url'])
  })

  it.each([
    'https://api.example.com',
    'https://8.8.8.8',
    'https://100.63.255.255',
    'https://100.128.0.1',
    'https://172.15.0.1',
    'https://172.32.0.1',
    'https://[2606:4700::1111]',
    'https://localhost.example.com',
    'https://10.1.2.3.example.com',
  ])('may be %s everywhere', (url) => {
    expect(
      placesOf({ origins: { api: { url } }, routes: [{ path: '/**', origin: 'api' }] }),
    ).toEqual([])
  })
})
