import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../support/world.ts'

// What a route says on its answers, whoever gives them. What it says to an origin is tried on the wire.

const page = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin-allow-popups',
}
const transport = 'strict-transport-security'

let world: World

beforeAll(async () => {
  const dressed = {
    preset: 'page' as const,
    hstsDays: 365,
    set: { 'X-Site': 'one', 'Cache-Control': 'public, max-age=60' },
    remove: ['Server', 'X-Powered-By', 'Content-Type'],
  }
  const parted = {
    preset: 'page' as const,
    remove: ['X-Frame-Options', 'Referrer-Policy'],
    set: { 'X-Content-Type-Options': 'mine', NEL: '{}' },
  }
  world = await createWorld({
    config: {
      origins: { api: { url: 'https://origin.usher.test' }, gone: { service: 'GONE' } },
      routes: [
        { path: '/open/**', origin: 'api', access: 'public', responseHeaders: dressed },
        { path: '/closed/**', origin: 'api', responseHeaders: dressed },
        { path: '/gone/**', origin: 'gone', access: 'public', responseHeaders: dressed },
        { path: '/parted/**', origin: 'api', access: 'public', responseHeaders: parted },
        { path: '/parted/closed/**', origin: 'api', responseHeaders: parted },
        { path: '/bare/**', origin: 'api', access: 'public' },
      ],
    },
  })
})

/** The headers of an answer, of an origin that says these. */
async function answered(path: string, said: Record<string, string> = {}): Promise<Headers> {
  world.origin = () => new Response('x', { headers: said })
  return (await world.get(path)).headers
}

describe('an answer of the origin', () => {
  it('is dressed where it says nothing itself', async () => {
    const headers = Object.fromEntries(await answered('/open/x'))
    expect(headers).toMatchObject({ ...page, [transport]: 'max-age=31536000', 'x-site': 'one' })
  })

  it('is not contradicted where it does', async () => {
    const said = {
      'x-content-type-options': 'odd',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': "frame-ancestors 'none'",
      [transport]: 'max-age=63072000; includeSubDomains; preload',
    }
    expect(Object.fromEntries(await answered('/open/x', said))).toMatchObject(said)
  })

  it('loses what is removed, in every spelling, and what is set is said once', async () => {
    const headers = await answered('/open/x', {
      Server: 'nginx/1.2.3',
      X_Powered_By: 'PHP/5',
      'x-powered-by': 'Express',
      'X-Site': 'two',
      X_Site: 'three',
      'Cache-Control': 'no-store',
    })
    const names = [...headers.keys()]
    expect(names.filter((name) => /server|powered|x_site|content-type$/.test(name))).toEqual([])
    expect([headers.get('x-site'), headers.get('cache-control')]).toEqual([
      'one',
      'public, max-age=60',
    ])
  })

  it('has nothing of a preset that is removed, and what is set in place of the rest', async () => {
    for (const said of [{}, { 'X-Frame-Options': 'DENY', NEL: '{"max_age":1}' }]) {
      expect(Object.fromEntries(await answered('/parted/x', said))).toEqual({
        'content-type': 'text/plain;charset=UTF-8',
        'cross-origin-opener-policy': 'same-origin-allow-popups',
        nel: '{}',
        'x-content-type-options': 'mine',
        'x-usher-request-id': expect.any(String),
      })
    }
  })

  it('says nothing of it over plain http', async () => {
    world.origin = () => new Response('x')
    const { headers } = await world.walk(new Request('http://api.usher.test/open/x'))
    expect([headers.get(transport), headers.get('x-frame-options')]).toEqual([null, 'SAMEORIGIN'])
  })

  it('of a route without such words is as it came', async () => {
    const headers = await answered('/bare/x', { Server: 'nginx', 'X-Powered-By': 'PHP' })
    expect([...headers.keys()].sort()).toEqual([
      'content-type',
      'server',
      'x-powered-by',
      'x-usher-request-id',
    ])
  })
})

describe('a refusal of such a route', () => {
  it.each([
    ['/closed/x', 401],
    ['/gone/x', 501],
  ])('at %s is dressed, and keeps what it says itself', async (path, status) => {
    const response = await world.get(path)
    expect(response.status).toBe(status)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...page,
      [transport]: 'max-age=31536000',
      'content-type': 'application/problem+json',
      'cache-control': expect.stringContaining('no-store'),
    })
    expect(response.headers.has('x-site')).toBe(false)
  })

  it('has of a preset what is set on answers, and nothing that is removed', async () => {
    const { status, headers } = await world.get('/parted/closed/x')
    expect([status, headers.get('x-content-type-options')]).toEqual([401, 'nosniff'])
    expect([headers.has('x-frame-options'), headers.has('referrer-policy')]).toEqual([false, false])
  })

  it('of no route is not dressed', async () => {
    const { headers } = await world.get('/nowhere')
    expect([headers.has(transport), headers.has('x-frame-options')]).toEqual([false, false])
  })
})

describe('a header that would hold for the whole host', () => {
  it.each([
    ['Clear-Site-Data', '"cookies"'],
    ['clear_site_data', '"*"'],
    ['Alt-Svc', 'h3="evil.test:443"'],
    ['Service-Worker-Allowed', '/'],
    ['NEL', '{"report_to":"evil","max_age":31536000,"include_subdomains":true}'],
    ['Report-To', '{"group":"evil","max_age":1,"endpoints":[{"url":"https://evil.test"}]}'],
    ['report_to', '{}'],
    ['Accept-CH', 'Sec-CH-UA-Model'],
    ['Critical-CH', 'Sec-CH-UA-Model'],
    ['Origin-Agent-Cluster', '?0'],
    ['Set-Login', 'logged-out'],
  ])('is not the origin’s to say: %s', async (name, value) => {
    expect((await answered('/bare/x', { [name]: value })).get(name)).toBe(null)
  })
})
