import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import { callers, checkOf, createChecksWorld } from '../checks/forward-auth-scene.ts'
import { factsInHand, shadow } from '../gateway/shadow-scene.ts'
import { type Observed, observe } from './observed.ts'

// What is written down of what was tried.

describe('what is in shadow', () => {
  const tried: GatewayConfig['routes'] = [
    { path: '/admin/**', origin: 'api', access: { role: 'admin', mode: 'shadow' } },
    { path: '/**', origin: 'api', mode: 'shadow' },
    { path: '/public/**', origin: 'api', access: 'public' },
  ]
  const paths = ['/admin/x', '/admin/y', '/else', '/public/x'] as const

  async function ask(observed: Observed): Promise<void> {
    const ada = await observed.world.token()
    const linus = await observed.world.token({ sub: 'user_linus' })
    for (const [index, path] of paths.entries()) {
      await observed.world.get(path, [ada, linus][index])
    }
    await observed.world.behind()
  }

  it('is in the line of its request, and last in the data point', async () => {
    const observed = await observe({ config: { routes: tried } })
    await ask(observed)
    const lines = observed.lines.map((line) => JSON.parse(line))
    const found = Object.groupBy(lines, ({ shadow }) => `${shadow?.route} ${shadow?.outcome}`)
    expect(Object.keys(found).sort()).toEqual([
      '/** token-missing',
      '/admin/** passed',
      '/admin/** role-missing',
      'undefined undefined',
    ])
    expect(lines.every(({ outcome, reason }) => outcome === 'passed' && !reason)).toBe(true)
    expect(observed.points.map(({ blobs }) => blobs)).toEqual([
      ['/admin/**', 'passed', 'GET', 'api', '/admin/**', 'shadow passed'],
      ['/admin/**', 'passed', 'GET', 'api', '/admin/**', 'shadow role-missing'],
      ['/**', 'passed', 'GET', 'api', '/**', 'shadow token-missing'],
      ['/public/**', 'passed', 'GET', 'api'],
    ])
  })

  it('is logged with those that were refused where it would be one of them', async () => {
    const config = { routes: tried, observation: { records: 'refused' } } as const
    const observed = await observe({ config })
    await ask(observed)
    const logged = observed.lines.map((line) => JSON.parse(line).shadow.outcome)
    expect(logged.sort()).toEqual(['role-missing', 'token-missing'])
  })

  it('is counted beside the requests by its own route, and is none', async () => {
    const routes: GatewayConfig['routes'] = [
      { path: '/**', origin: 'api', access: 'public' },
      { path: '/team/:id', origin: 'api', mode: 'shadow' },
      { path: '/admin', origin: 'api', access: { role: 'admin', mode: 'shadow' } },
    ]
    const seen = await observe({ config: { routes } })
    seen.world.origin = async () => {
      await seen.world.clock.advance(7)
      return new Response('four', { headers: { 'content-length': '4' } })
    }
    for (const path of ['/x', '/team/1', '/team/2']) await seen.world.get(path)
    for (const sub of ['user_ada', 'user_linus']) {
      await seen.world.get('/admin', await seen.world.token({ sub }))
    }
    await seen.world.get('/admin')
    const rows = (await seen.statistics()).map((row) => [
      `${row.route} ${row.outcome}`,
      [row.requests, row.duration_ms, row.origin_ms, row.bytes_out],
    ])
    expect(Object.fromEntries(rows)).toEqual({
      '/** passed': [3, 21, 21, 12],
      '/team/:id shadow token-missing': [2, 0, 0, 0],
      '/admin passed': [2, 14, 14, 8],
      '/admin token-missing': [1, 0, 0, 0],
      '/admin shadow passed': [1, 0, 0, 0],
      '/admin shadow role-missing': [1, 0, 0, 0],
    })
    const sum = "SELECT SUM(requests) AS requests FROM statistics WHERE outcome NOT LIKE 'shadow %'"
    expect(await env.DB.prepare(sum).first('requests')).toBe(6)
  })
})

describe('a check by another proxy', () => {
  const routes: RouteConfig[] = [
    { path: '/**', origin: 'elsewhere', access: { role: 'admin', ...shadow } },
    { path: '/new/**', origin: 'elsewhere', access: { role: 'admin' }, ...shadow },
    { path: '/old', origin: 'elsewhere', access: { role: 'admin' } },
  ]
  it.each([
    ['/x', {}, 200, { route: '/**', outcome: 'role-missing' }],
    ['/new/x', {}, 200, { route: '/new/**', outcome: 'role-missing' }],
    ['/new/x', { authorization: 'Bearer junk' }, 401, undefined],
    ['/old', {}, 403, undefined],
  ])(
    'is answered by what is in force, and counts as tried: %s %j',
    async (uri, headers, status, tried) => {
      const { facts } = factsInHand(() => ({}))
      const world = await createChecksWorld({
        config: { origins: {}, routes, checks: { callers } },
        facts,
      })
      const authorization = `Bearer ${await world.token()}`
      const answer = await world.walk(checkOf('nginx', { uri }, { authorization, ...headers }))
      expect(answer.status).toBe(status)
      expect(world.records.at(-1)?.shadow).toEqual(tried)
    },
  )

  it('says who somebody is on a route that is only tried, and of nobody nothing', async () => {
    const alone = routes.filter(({ path }) => path === '/new/**')
    const world = await createChecksWorld({
      config: { origins: {}, routes: alone, checks: { callers } },
    })
    for (const [token, user] of [
      [await world.token(), 'user_ada'],
      ['junk', ''],
    ] as const) {
      const check = checkOf('nginx', { uri: '/new/x' }, { authorization: `Bearer ${token}` })
      const answer = await world.walk(check)
      expect([answer.status, answer.headers.get('x-usher-user-id')]).toEqual([200, user])
    }
  })
})
