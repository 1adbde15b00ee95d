import type { BrowserRules } from '../model/browser-sessions.ts'
import { signedIn } from '../model/condition.ts'
import type { HostPattern } from '../model/host-pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type Escape, escapes } from '../model/route.ts'
import { accessShape, modeShape, type WrittenAccess } from './access.ts'
import { bodyFields } from './bodies.ts'
import { sessionsShape } from './browser-sessions.ts'
import { cacheShape } from './caching.ts'
import { corsShape } from './cors.ts'
import { credentialFields, type IsSet } from './credentials.ts'
import { requestHeadersShape, responseHeadersShape } from './header-changes.ts'
import { parseHostPattern } from './host-pattern.ts'
import { limitsShape } from './limits.ts'
import type { Target } from './origins.ts'
import { parsePath } from './path.ts'
import type { Relaxations } from './relaxations.ts'
import { rewriteShape } from './rewriting.ts'
import {
  type Draft,
  flag,
  listOf,
  object,
  optional,
  parsed,
  type Shape,
  text,
  word,
} from './shape.ts'
import { socketShape } from './sockets.ts'

const everyHost: HostPattern = { kind: 'any' }
const everyoneSignedIn: WrittenAccess = signedIn
const noEscapes: readonly Escape[] = []

const routeFields = (relaxations: Relaxations) => ({
  path: parsed(parsePath),
  methods: optional(listOf(parsed(parseMethod)), 'every' as const),
  host: optional(parsed(parseHostPattern), everyHost),
  origin: text,
  access: optional(accessShape, everyoneSignedIn),
  mode: modeShape,
  ...credentialFields,
  sessions: sessionsShape,
  assertion: optional(word(['session', 'request', 'off']), 'by-method' as const),
  escapes: optional(listOf(word(escapes)), noEscapes),
  revocable: optional(flag, false),
  fresh: optional(flag, false),
  websocket: socketShape(relaxations),
  passCredential: optional(flag, false),
  ...bodyFields,
  rewrite: rewriteShape,
  requestHeaders: requestHeadersShape,
  responseHeaders: responseHeadersShape,
  limits: limitsShape,
  cors: corsShape(relaxations),
  cache: cacheShape,
})

/** One route as far as it could be read, and where it stands. */
export type RouteDraft = Draft<ReturnType<typeof routeFields>> & { readonly place: string }

/** The shape of one entry of `routes`. */
export function routeShape(relaxations: Relaxations): Shape<RouteDraft> {
  const shape = object(routeFields(relaxations))
  return function readRoute(value, place) {
    const { value: draft, problems } = shape(value, place)
    return { value: draft && { ...draft, place }, problems }
  }
}

/** What routes are held against; `undefined` where that part of the config is not sound. */
export interface RouteContext {
  readonly origins: ReadonlyMap<string, Target | undefined> | undefined
  readonly prefix: string | undefined
  readonly aliases: ReadonlyMap<string, unknown> | undefined
  /** `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  readonly isSet: IsSet
  /** What routes for browsers share; `undefined` where there are none, or it is not sound. */
  readonly browsers: BrowserRules | undefined
}

/** The gateway forwards neither tunnels nor what would echo the identity headers to the caller. */
function parseMethod(method: string): Result<string, string> {
  if (!/^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*$/.test(method)) {
    return err('Must be a method in upper case, such as "GET".')
  }
  return ['CONNECT', 'TRACE', 'TRACK'].includes(method)
    ? err('Cannot be forwarded: remove this method.')
    : ok(method)
}
