import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { limiterProblems, readLimiterBindings } from '../../src/cli/limiter-bindings.ts'
import type { LimitConfig } from '../../src/config/limits.ts'
import { gatewayOf, withRoutes } from '../config/sample.ts'
import { projectPath } from '../support/platform.ts'

const burst = `
[[ratelimits]]
name = "BURST"
namespace_id = "1001"
simple = { limit = 20, period = 10 }
`
const objects = `
[[durable_objects.bindings]]
name = "LIMITER"
class_name = "Limiter"
`
const exact: LimitConfig = { limiter: 'exact', by: 'user', requests: 100, window: '1m' }
const edge: LimitConfig = {
  limiter: 'edge',
  by: 'user',
  binding: 'BURST',
  requests: 20,
  window: '10s',
}

function bindingsOf(toml: string) {
  const path = join(mkdtempSync(join(tmpdir(), 'usher-limiters-')), 'wrangler.toml')
  writeFileSync(path, `name = "usher"\ncompatibility_date = "2026-10-01"\n${toml}`)
  return readLimiterBindings(path)
}

function problemsWith(toml: string, limits: readonly LimitConfig[]) {
  const { routes } = gatewayOf(withRoutes({ path: '/a', origin: 'api', limits }, '/b')).rules
  return limiterProblems(routes, bindingsOf(toml)).map(
    ({ place, message }) => `${place}: ${message}`,
  )
}

describe('limits and wrangler.toml', () => {
  it('agree where every limiter is bound, with the numbers of the config', () => {
    expect(problemsWith(burst + objects, [edge, exact, { by: 'user', concurrent: 2 }])).toEqual([])
  })

  const wrong: [what: string, toml: string, limit: LimitConfig, says: string][] = [
    ['no object is bound', burst, exact, 'Needs the Durable Object LIMITER'],
    ['an object of another name is bound', objects.replace('LIMITER', 'L'), exact, 'LIMITER'],
    ['no limiter is bound', objects, edge, 'with limit = 20, period = 10'],
    ['a limiter of another name is bound', burst.replace('BURST', 'B'), edge, 'BURST is not bound'],
    ['the number is another', burst, { ...edge, requests: 21 }, 'says limit = 20, period = 10'],
    ['the window is another', burst, { ...edge, window: '60s' }, 'not limit = 20, period = 60'],
  ]
  it.each(wrong)('disagree where %s', (_, toml, limit, says) => {
    expect(problemsWith(toml, [limit])).toEqual([
      expect.stringMatching(new RegExp(`^routes\\[0\\]\\.limits\\[0\\]: .*${says}`)),
    ])
  })

  it('agree in what is shipped, whoever asks for an exact limit', () => {
    const { objects: shipped, rates } = readLimiterBindings(`${projectPath}wrangler.toml`)
    expect([shipped, rates]).toEqual([['LIMITER'], []])
    const local = readLimiterBindings(`${projectPath}src/local/wrangler.toml`)
    expect(local.objects).toEqual(['LIMITER', 'CLERK_STAND_IN'])
  })
})
