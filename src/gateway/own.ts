import { surfaces } from '../config/define.ts'
import type { HeaderReader } from '../model/asking.ts'
import { authzenMetadataPath, callerHeader } from '../model/checks.ts'
import { clerkProxyPath } from '../model/clerk-proxy.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { lenientReadings } from './reading.ts'

/** What clients of OAuth learn of a resource stands here, and below it by its path (RFC 9728 section 3.1). */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource'

/**
 * Which of Usher's own surfaces a target leads to: the path below the prefix, such as `/me`, or
 * `undefined` when it is none of Usher's business. Only the exact spelling leads there; whatever else
 * some origin could read as the same prefix (another case, escapes, a path parameter) is refused with
 * `route-unknown`, so that it reaches no origin. A host that is not served is refused first; on that of the
 * operators there is nothing but surfaces.
 *
 * Below `/__clerk` is Clerk's Frontend API, on the one host where the config has it. On a host where OAuth
 * tokens count their metadata is Usher's too, in its exact spelling; elsewhere it is the origins'.
 */
export function findSurface(
  target: CanonicalTarget,
  rules: Rules,
): Result<string | undefined, Refusal> {
  const isOperators = target.host === rules.operator.host
  if (rules.hosts !== undefined && !rules.hosts.has(target.host) && !isOperators) {
    return refuse('host-unknown')
  }
  const alias = rules.aliases.get(target.path)
  if (alias !== undefined) return ok(alias)
  const { prefix } = rules
  if (target.path.startsWith(prefix) && target.path.charAt(prefix.length) === '/') {
    return ok(target.path.slice(prefix.length))
  }
  if (isOperators) return findClerk(target, rules)
  const isMetadata = !target.isPlain && isResourceMetadata(target.path)
  if (isMetadata && takesAccessTokens(target.host, rules)) return ok(resourceMetadataPath)
  return isOwn(target, prefix) ? findClerk(target, rules) : nobodys
}

/** Clerk's Frontend API has one spelling and one host. */
function findClerk(
  { path, host }: CanonicalTarget,
  { clerkProxy }: Rules,
): Result<string | undefined, Refusal> {
  const isThere = clerkProxy?.host === host && path.startsWith(`${clerkProxyPath}/`)
  return isThere ? ok(clerkProxySurface) : refuse('route-unknown')
}

const callerName = callerHeader.toLowerCase()
const anywhere: Result<void, Refusal> = ok(undefined)

/**
 * Keeps what asks for checks from all else that answers: a proxy lets a request pass for any good answer, and a
 * path that climbs out of a check (`/_usher/auth/envoy/../../public`) has one.
 */
export function keepApart(
  headers: HeaderReader,
  surface: string | undefined,
): Result<void, Refusal> {
  if (!headers.has(callerName)) return anywhere
  return surface !== undefined && isCheck(surface) ? anywhere : refuse('check-misdirected')
}

/** Whether one of Usher's own surfaces answers those who ask in the name of others. */
export function isCheck(surface: string): boolean {
  return (
    surface.startsWith('/auth/') ||
    surface === '/decisions' ||
    surface.startsWith('/access/v1/') ||
    surface === authzenMetadataPath
  )
}

/** Whether some origin could read a target as Usher's own: it reaches none. */
export function isOwn({ path, segments, isPlain }: CanonicalTarget, prefix: string): boolean {
  return isPlain
    ? isReserved(segments, prefix)
    : lenientReadings(path, compatible).some((reading) => isReserved(reading, prefix))
}

/** A segment that begins with a dot is not plain, so plain targets never come to be asked. */
function isResourceMetadata(path: string): boolean {
  return path === resourceMetadataPath || path.startsWith(`${resourceMetadataPath}/`)
}

function takesAccessTokens(host: string, { routes }: Rules): boolean {
  return routes.some(
    ({ accepts, host: hosts, mode }) =>
      mode === undefined && accepts.includes('oauth_token') && matchesHost(hosts, host),
  )
}

const nobodys: Result<undefined, Refusal> = ok(undefined)

/** Whether a reading begins with a reserved name; one that is trimmed to nothing is no name. */
function isReserved(reading: readonly string[], prefix: string): boolean {
  for (const name of reading) {
    const folded = fold(name)
    if (folded !== '/') return folded === prefix || folded === clerkProxyPath
  }
  return false
}

/** Fullwidth and other compatible characters are read as plain ones by some origins. */
function compatible(text: string): string {
  return decodeURIComponent(text).normalize('NFKC')
}

/** An origin may not tell upper case from lower, and Windows drops dots and spaces at the end. */
function fold(name: string): string {
  let end = name.length
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1
  return `/${name.slice(0, end).toLowerCase()}`
}

/** Clerk's Frontend API on the gateway's own domain, as a surface and in records: below the prefix it has no path. */
export const clerkProxySurface = 'clerk proxy'

/** How records name what other Workers call by service binding: no path leads there. */
export const callSurface = 'rpc'

const surfacePaths: ReadonlySet<string> = new Set([
  ...surfaces.map((surface) => `/${surface}`),
  '/webhooks/clerk',
  resourceMetadataPath,
  authzenMetadataPath,
  callSurface,
])

/** Whether a surface is for operators: no page of another origin ever reads it. */
export function isForOperators(surface: string): boolean {
  return surface === '/diagnose' || surface.startsWith(operatorPaths)
}

/** Below it is the API of operators. */
const operatorPaths = '/api/'

/** How records name one of Usher's own surfaces: what leads to none is what a client made up. */
export function surfaceName(path: string): string {
  if (path === clerkProxySurface) return path
  if (surfacePaths.has(path)) return `usher ${path}`
  // The API itself says which of its operations it is.
  if (path.startsWith(operatorPaths)) return 'usher /api'
  if (path.startsWith('/assets/')) return 'usher /assets'
  return path.startsWith('/auth/envoy/') ? 'usher /auth/envoy' : 'usher'
}
