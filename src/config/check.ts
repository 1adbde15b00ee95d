import { err, ok, type Result } from '../model/result.ts'
import { looseHeaders } from '../model/route.ts'
import { parseHost, parseOrigin, parseWebAddress } from './address.ts'
import { browserSessionsShape } from './browser-sessions.ts'
import { checksShape } from './checks.ts'
import { corsShape } from './cors.ts'
import { parseTemplate } from './credentials.ts'
import { type Surface, surfaces } from './define.ts'
import { elsewhereName } from './elsewhere.ts'
import type { OriginContext } from './endpoints.ts'
import { identityMapShape } from './hand-off.ts'
import { headerLimitsShape } from './header-limits.ts'
import { observationShape } from './observation.ts'
import { operatorShape } from './operator.ts'
import { originShape } from './origins.ts'
import { parseOwnName } from './own-name.ts'
import { pagesShape } from './pages.ts'
import type { Relaxations } from './relaxations.ts'
import { routeShape } from './route-shape.ts'
import {
  type Draft,
  flag,
  listOf,
  object,
  optional,
  parsed,
  type Reading,
  recordOf,
  soundItemsOf,
  unsound,
  word,
} from './shape.ts'
import { verifyShape } from './surface-rules.ts'
import { usersShape } from './users.ts'

/** A config as far as it could be read; `null` stands for what was not given. */
export type ConfigDraft = Draft<ReturnType<typeof configFields>>

/**
 * Reads what the factory of a config gave: every part on its own, so that all problems come at
 * once. What parts have to do with each other is not looked at here.
 */
export function readConfig(value: unknown, context: OriginContext): Reading<ConfigDraft> {
  const { value: draft, problems } = object(configFields(context))(value, '')
  return {
    value: draft,
    problems: problems.map((one) => (one.place === '' ? { ...one, place: 'defineGateway' } : one)),
  }
}

function configFields(context: OriginContext) {
  const { relaxations } = context
  return {
    origins: optional(recordOf(originShape(context), parseOriginName), new Map<string, never>()),
    routes: soundItemsOf(routeShape(relaxations)),
    prefix: optional(parsed(parsePrefix), '/_usher'),
    aliases: optional(recordOf(aliasWord, parseAliasPath), new Map<string, never>()),
    facts: optional(object(factsFields), defaultFacts),
    users: usersShape(relaxations),
    verify: verifyShape,
    templates: optional(listOf(parsed(parseTemplate)), []),
    identity: optional(word(['headers', 'assertion']), 'headers' as const),
    identityHeaders: optional(listOf(word(looseHeaders)), []),
    identityMap: identityMapShape,
    cors: corsShape(relaxations),
    headerLimits: headerLimitsShape,
    observation: observationShape,
    pages: pagesShape,
    checks: checksShape(context),
    hosts: optional(listOf(parsed(parseHost)), null),
    operator: operatorShape,
    clerkProxy: optional(flag, null),
    browserSessions: browserSessionsShape,
    canonicalOrigin: optional(
      parsed((source) => parseOrigin(source, relaxations)),
      null,
    ),
    signInUrl: optional(
      parsed((source) => parseSignInUrl(source, relaxations)),
      null,
    ),
  }
}

const defaultFacts = { read: 'primary' } as const
const factsFields = { read: optional(word(['primary', 'nearest']), defaultFacts.read) }

/** The name of an origin is the audience of its identity assertions. */
function parseOriginName(name: string): Result<string, string> {
  if (name === elsewhereName)
    return err('Every config has it, for routes that are only asked about.')
  return parseOwnName(name, 'an origin')
}

/** One segment in lower case, of characters that no spelling can hide. */
function parsePrefix(source: string): Result<string, string> {
  if (source === '/__clerk') return err("Is where Clerk's Frontend API is: choose another.")
  // Some readers drop dots at the end of a name.
  if (/^\/[a-z0-9._~-]*[a-z0-9_~-]$/.test(source)) return ok(source)
  return err(
    'Must be "/" and one segment of lower-case letters, digits, "-", ".", "_" or "~" that ends in no dot.',
  )
}

const aliasable = word(surfaces.filter((surface) => surface !== 'auth/envoy'))

/** Below Envoy's check stands what is asked about, and an alias is one path. */
function aliasWord(value: unknown, place: string): Reading<Surface> {
  if (value !== 'auth/envoy') return aliasable(value, place)
  const message =
    'Has no alias: what Envoy asks about is the path below it, so name the prefix in Envoy.'
  return unsound(place, message)
}

/** Plain characters only, which have one spelling. Given without its trailing slash. */
function parseAliasPath(source: string): Result<string, string> {
  if (/^\/$|^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+\/?$/.test(source)) {
    return ok(source.replace(/(?<=.)\/$/, ''))
  }
  return err('The path of an alias is plain: "/" and letters, digits, "-", ".", "_" or "~".')
}

function parseSignInUrl(source: string, relaxations: Relaxations): Result<string, string> {
  const url = parseWebAddress(source, relaxations)
  return url.ok ? ok(url.value.href) : url
}
