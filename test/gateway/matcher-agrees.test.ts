import { describe, expect, it } from 'vitest'
import { matchesRequest } from '../../src/config/selection.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import { rarities } from '../support/tally.ts'
import { checkMatcher, matchVariety, type OpenMatcher } from './matcher-agrees.property.ts'

it('the matcher agrees with its definition on three thousand sets of routes', {
  timeout: 60_000,
}, () => {
  // a minute
  const tally = checkMatcher(3_000)
  console.log(tally)
  expect(rarities(tally, tally.get('requests') ?? 0, matchVariety)).toEqual([])
})

describe('they differ over a matcher that', () => {
  const wrong: [string, OpenMatcher][] = [
    [
      'takes the first route that fits',
      ({ routes }) =>
        (target, { method }) => {
          const route = routes.find((one) => matchesRequest(one, { ...target, method }))
          return route
            ? ok({ route, parameters: new Map(), isPreflight: false })
            : refuse('route-unknown')
        },
    ],
    [
      'folds case',
      ({ routes }) => {
        const table = buildRouteTable(routes)
        return (target, request) => {
          const segments = target.segments.map((name) => name.toLowerCase())
          return match(table, { ...target, segments }, request)
        }
      },
    ],
    [
      'ignores ports',
      ({ routes }) => {
        const table = buildRouteTable(routes)
        return (target, request) =>
          match(table, { ...target, host: target.host.replace(/:\d+$/, '') }, request)
      },
    ],
    [
      'lets every escape through',
      ({ routes }) => {
        const table = buildRouteTable(routes)
        return (target, request) => match(table, { ...target, escapes: [] }, request)
      },
    ],
  ]
  it.each(wrong)('%s', (_, open) =>
    expect(() => checkMatcher(500, open)).toThrow('Property failed'),
  )
})
