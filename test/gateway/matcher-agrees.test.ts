import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { selectRoute } from '../../src/config/selection.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'

const variables = { CLERK_FRONTEND_API: 'clerk.usher.test' }
const segment = fc.constantFrom('a', 'b', ':x', '*')
const path = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([segments, rest]) => `/${[...segments, ...(rest ? ['**'] : [])].join('/')}`)
  .filter((text) => text.split(':x').length < 3)
const route = fc.record({
  path,
  methods: fc.option(fc.subarray(['GET', 'POST', 'PUT'], { minLength: 1 }), { nil: undefined }),
  host: fc.option(fc.constantFrom('h.test', '*.h.test', 'a.h.test'), { nil: undefined }),
})
const request = fc.record({
  names: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE'),
  host: fc.constantFrom('h.test', 'a.h.test', 'b.h.test', 'x.test'),
})

it('the matcher agrees with its definition on every set of routes that compiles', () => {
  let compared = 0
  fc.assert(
    fc.property(
      fc.array(route, { minLength: 1, maxLength: 6 }),
      fc.array(request, { minLength: 10, maxLength: 30 }),
      (routes, requests) => {
        const definition = defineGateway(() => ({
          origins: { api: { url: 'https://origin.test' } },
          routes: routes.map(({ path, methods, host }) => ({
            path,
            origin: 'api',
            assertion: 'off' as const,
            ...(methods && { methods }),
            ...(host && { host }),
          })),
        }))
        const compiled = compileGateway(definition, variables, strict)
        if (!compiled.ok) return
        const { rules } = compiled.value
        const table = buildRouteTable(rules.routes)
        for (const { names, method, host } of requests) {
          const url = `https://${host}/${names.join('/')}`
          const target = canonicalize({ url, headers: new Headers() }, rules.escapes)
          if (!target.ok) throw new Error(target.error.code)
          const found = match(table, target.value, { method, headers: new Headers() })
          const expected = selectRoute(rules.routes, { host, method, segments: names })
          expect(found.ok ? found.value.route : undefined).toBe(expected)
          compared += 1
        }
      },
    ),
    { numRuns: 1500 },
  )
  expect(compared).toBeGreaterThan(5000)
})
