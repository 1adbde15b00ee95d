import { array, assert, constantFrom, property } from 'fast-check'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'
import { rewrite } from '../../src/gateway/rewrite.ts'
import type { Endpoint } from '../../src/model/origin.ts'
import type { Route } from '../../src/model/route.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import { upstreamUrl } from '../../src/proxy/attempt.ts'
import { relocate } from '../../src/proxy/relocate.ts'
import {
  anyAsk,
  anyRoute,
  type DrawnRoute,
  isInvertible,
  literalRoot,
  pathAtOrigin,
  targetOf,
} from '../support/rewrite-grammar.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import { readsAsReserved } from '../support/target-readings.ts'

const variables = { CLERK_FRONTEND_API: 'clerk.usher.test' }
const gateway = 'https://api.usher.test'

/** How many of a thousand targets must have come to this, at the least. */
export const variety: Readonly<Record<string, number>> = {
  sent: 300,
  'by template': 100,
  'by prefix': 100,
  'with an escape': 60,
  'with a trailing slash': 60,
  'below a base path': 100,
  'and back': 150,
  'no way back': 30,
  'already outside': 2,
  'reserved at the origin': 5,
  'target-has-encoded-separator': 40,
  'target-has-encoded-dots': 60,
}

/** Stands in for the stage, to show that a wrong one is found out. */
export type Rewriting = typeof rewrite

/**
 * Sends targets through random rewrites, as many sets of twenty as are asked for, and fails on the first that
 * reaches another path than the config says, leaves the literal beginning of the rewrite, could be read
 * as Usher's own, or does not find its way back in a `Location`.
 */
export function checkRewrites(sets: number, rewriting: Rewriting = rewrite): Tally {
  const tally: Tally = new Map()
  const bases = constantFrom('https://origin.test', 'https://origin.test/base/v1')
  const asks = array(anyAsk, { minLength: 20, maxLength: 20 })
  const law = property(anyRoute(0), bases, asks, (drawn, base, drawnAsks) => {
    const route = compile(drawn, base)
    const table = buildRouteTable([route])
    for (const ask of drawnAsks) {
      const url = gateway + targetOf(drawn, ask)
      const target = canonicalize({ url, headers: new Headers() }, route.escapes)
      const outcomes = target.ok
        ? outcomesOf({ drawn, route, table, base, asked: target.value, rewriting })
        : [target.error.code]
      tallyUp(tally, outcomes)
    }
  })
  assert(law, { numRuns: sets })
  return tally
}

function compile(drawn: DrawnRoute, base: string): Route {
  const definition = defineGateway(() => ({
    origins: { api: { url: base } },
    routes: [
      {
        ...drawn,
        escapes: drawn.escapes.length > 0 ? drawn.escapes : ['%2F'],
        origin: 'api',
        access: 'public',
      },
    ],
  }))
  const compiled = compileGateway(definition, variables, strict)
  const route = compiled.ok ? compiled.value.rules.routes[0] : undefined
  if (route === undefined) throw new Error(`${JSON.stringify(drawn)} ${JSON.stringify(compiled)}`)
  return route
}

interface Trial {
  readonly drawn: DrawnRoute
  readonly route: Route
  readonly table: ReturnType<typeof buildRouteTable>
  readonly base: string
  readonly asked: CanonicalTarget
  readonly rewriting: Rewriting
}

function outcomesOf(trial: Trial): readonly string[] {
  const { drawn, route, table, base, asked, rewriting } = trial
  const matched = match(table, asked, new Request(gateway))
  if (!matched.ok) return [matched.error.code]
  const expected = pathAtOrigin(drawn, asked.path)
  const sent = rewriting(asked, route, '/_usher')
  const fault = (what: string) => {
    const made = sent.ok ? sent.value.path : sent.error.code
    return new Error(`${JSON.stringify(drawn)} made ${made} of ${asked.path}: ${what}`)
  }
  if (!sent.ok) {
    if (sent.error.code !== 'route-unknown' || !readsAsReserved(expected)) throw fault('refused')
    return ['reserved at the origin']
  }
  const endpoint: Endpoint = { kind: 'url', base, certificate: undefined }
  const url = upstreamUrl(endpoint, sent.value)
  if (url !== `${base}${expected}${asked.query}`) throw fault(`instead of ${expected}`)
  if (new URL(url).href !== url) throw fault('has another reading')
  if (!isBelowRoot(sent.value.path, literalRoot(drawn))) throw fault('leaves its beginning')
  if (readsAsReserved(sent.value.path)) throw fault('can be read as a reserved prefix')
  const passage = { route, asked, sent: sent.value, endpoint }
  const home = relocate(url, passage)
  const way = wayBack(trial, expected)
  const expectedHome = `${homes(trial, expected)[way]}${asked.query}`
  if (namesIn(home) !== namesIn(expectedHome)) throw fault(`comes back as ${home}`)
  return ['sent', way, ...kindsOf(drawn, base, asked)]
}

type Way = 'and back' | 'already outside' | 'no way back'

/** Where a client is sent by the address at which its request arrived. */
function homes({ base, asked }: Trial, expected: string): Readonly<Record<Way, string>> {
  // The root of an origin is a folder, whether or not the client wrote it as one.
  const asFolder = expected === '/' ? asked.path.replace(/\/?$/, '/') : asked.path
  return {
    'and back': gateway + asFolder,
    'already outside': gateway + expected,
    'no way back': base + expected,
  }
}

/** A path that seems to be below what was stripped is taken for one that the origin has put right itself. */
function wayBack({ drawn }: Trial, expected: string): Way {
  const { rewrite: written } = drawn
  if (!isInvertible(drawn)) return 'no way back'
  if (typeof written === 'string' || written.add !== undefined) return 'and back'
  const stripped = encodeURI(decodeURI(written.strip ?? ''))
  return isBelowRoot(expected, stripped) ? 'already outside' : 'and back'
}

/** What an author spelled in one way may come back in another, name by name. */
function namesIn(url: string): string {
  const [path = '', query] = url.split('?')
  return JSON.stringify([path.split('/').map(decodeURIComponent), query])
}

function isBelowRoot(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`)
}

function kindsOf(drawn: DrawnRoute, base: string, { path, escapes }: CanonicalTarget) {
  return [
    typeof drawn.rewrite === 'string' ? 'by template' : 'by prefix',
    ...(escapes.length > 0 ? ['with an escape'] : []),
    ...(path.endsWith('/') ? ['with a trailing slash'] : []),
    ...(base.endsWith('/v1') ? ['below a base path'] : []),
  ]
}
