import type { RouteConfig } from '../../src/config/define.ts'
import { selectRoute } from '../../src/config/selection.ts'
import type { match } from '../../src/gateway/match.ts'
import { escapes as everyEscape, type Route, type Rules } from '../../src/model/route.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import { namesRead } from './target-readings.ts'

/** What of a line of a config decides which requests it is for. */
export type RouteDraft = Pick<RouteConfig, 'path'> &
  Partial<Pick<RouteConfig, 'methods' | 'host' | 'escapes'>>

/** Routes that compile: the rules, and the lines of the config that they were made of, one for one. */
export interface Config {
  readonly rules: Rules
  readonly written: readonly RouteDraft[]
}

/** The methods that configs and requests of tests choose from. */
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

interface Routed {
  readonly host: string
  readonly method: string
  readonly segments: readonly string[]
}

/**
 * What is wrong with what a matcher found for a target, or nothing. Which routes take a request is read
 * off the lines of the config, the most specific of them by definition, and an escape off the path.
 */
export function faultOf(
  found: ReturnType<typeof match>,
  { method, target }: { method: string; target: CanonicalTarget },
  { rules, written }: Config,
): string | undefined {
  const segments = target.path.split('/').filter(Boolean).map(decodeURIComponent)
  const request = { host: target.host, method, segments }
  const outcome = found.ok ? found.value.route.name : found.error.code
  if (method === 'TRACE' || method === 'CONNECT') {
    return outcome === 'method-not-allowed' ? undefined : `${outcome} instead of 405`
  }
  const expected = selectRoute(rules.routes, request)
  const taking = written.filter((draft) => takes(draft, request))
  if (expected === undefined) {
    if (taking.length > 0) return `${taking.map(({ path }) => path)} are ambiguous`
    return faultOfUnmatched(found, request, written)
  }
  const line = written[rules.routes.indexOf(expected)]
  if (line === undefined || !taking.includes(line)) return `the definition takes ${expected.name}`
  if (!found.ok) return isDangerous(target.path, { expected, request, rules }) ? undefined : outcome
  if (found.value.route !== expected) return `${outcome} instead of ${expected.name}`
  const parameters = JSON.stringify([...found.value.parameters])
  if (parameters !== JSON.stringify(parametersOf(line, segments))) return `with ${parameters}`
  return isDangerous(target.path, { expected, request, rules })
    ? `${outcome} is passed by`
    : undefined
}

/** Whether a line of a config is for a request, read as it is written. */
function takes({ path, methods: named, host: pattern }: RouteDraft, request: Routed): boolean {
  const { host, method, segments } = request
  const names = path.split('/').filter(Boolean)
  const isOpen = names.at(-1) === '**'
  const fixed = isOpen ? names.slice(0, -1) : names
  const hasLength = isOpen ? segments.length >= fixed.length : segments.length === fixed.length
  const hasNames = fixed.every(
    (name, index) => /^(?:\*$|:)/.test(name) || decodeURIComponent(name) === segments[index],
  )
  const hasMethod =
    named === undefined || named.includes(method) || (method === 'HEAD' && named.includes('GET'))
  const [label = '', ...domain] = host.split('.')
  const hasHost = pattern === undefined || [host, `*.${domain.join('.')}`].includes(pattern)
  return hasLength && hasNames && hasMethod && hasHost && label !== ''
}

/** 405 with the methods that would do where only the method is wrong, else 404. */
function faultOfUnmatched(
  found: ReturnType<typeof match>,
  request: Routed,
  written: readonly RouteDraft[],
): string | undefined {
  if (found.ok) return `${found.value.route.name} instead of none`
  const allow = methods.filter((method) =>
    written.some((draft) => takes(draft, { ...request, method })),
  )
  const expected = allow.length > 0 ? `method-not-allowed ${allow}` : 'route-unknown '
  const told = (found.error.code === 'method-not-allowed' && found.error.allow) || []
  const given = `${found.error.code} ${methods.filter((method) => told.includes(method))}`
  return given === expected ? undefined : `${given} instead of ${expected}`
}

/** Whether a path holds an escape that its route refuses, or can be read as that of another route. */
function isDangerous(
  path: string,
  { expected, request, rules }: { expected: Route; request: Routed; rules: Rules },
): boolean {
  const held = everyEscape.filter((kept) => path.includes(kept))
  if (held.some((kept) => !expected.escapes.has(kept))) return true
  if (held.length === 0) return false
  const readings = namesRead(path)
  return readings.some(
    (segments) => (selectRoute(rules.routes, { ...request, segments }) ?? expected) !== expected,
  )
}

function parametersOf({ path }: RouteDraft, segments: readonly string[]): readonly string[][] {
  const names = path.split('/').filter(Boolean)
  return names.flatMap((name, index) =>
    name.startsWith(':') ? [[name.slice(1), segments[index] ?? '']] : [],
  )
}
