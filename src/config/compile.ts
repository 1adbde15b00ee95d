/**
 * Config: what the author of a gateway wrote and what the environment says, checked once and
 * compiled into plain rules and settings. It never reads a binding, a clock or the network, and
 * nothing that is wrong gets past it. The Worker's start, the commands and the local entry call it;
 * authors call `defineGateway`.
 */
import { authzenPaths, type Checks, someoneMayDecide } from '../model/checks.ts'
import { err, ok, type Result } from '../model/result.ts'
import { factualHeaders, type Rules } from '../model/route.ts'
import { browserRulesOf } from './browser-sessions.ts'
import { callerProblems } from './caller-rules.ts'
import { type ConfigDraft, readConfig } from './check.ts'
import { checksOf } from './checks.ts'
import { clerkProxyOf, proxyAddress } from './clerk-proxy.ts'
import { cloudflareAccessProblems } from './cloudflare-access.ts'
import { corsOf } from './cors.ts'
import { carrierNamesOf, type IsSet, surfaceAdmission } from './credentials.ts'
import type { GatewayDefinition } from './define.ts'
import { readEnvironment, type Settings, textsOf, type Variables } from './environment.ts'
import { handOffProblems } from './hand-off.ts'
import { operatorPlaceOf, operatorProblems, withOperators } from './operator.ts'
import { originProblems } from './origin-rules.ts'
import { withElsewhere } from './origins.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { compileRoutes } from './routes.ts'
import { isInForce } from './selection.ts'
import { isWhole, type Whole } from './shape.ts'
import { surfaceProblems, verifierAdmission } from './surface-rules.ts'
import { variableTable } from './variables.ts'

/** A gateway that is ready to serve. */
export interface Gateway {
  readonly rules: Rules
  readonly settings: Settings
}

/** Compiles a gateway with its environment. The error is all that is wrong, each with its place. */
export function compileGateway(
  definition: GatewayDefinition,
  variables: Variables,
  relaxations: Relaxations,
): Result<Gateway, readonly Problem[]> {
  const settings = readEnvironment(variables, relaxations)
  const rules = compileRules(definition, variables, relaxations)
  if (settings.ok && rules.ok) {
    return ok({ rules: rules.value, settings: settings.value })
  }
  return err([settings, rules].flatMap((result) => (result.ok ? [] : result.error)))
}

function compileRules(
  definition: GatewayDefinition,
  variables: Variables,
  relaxations: Relaxations,
): Result<Rules, readonly Problem[]> {
  const texts = textsOf(variables)
  const missingVariables = new Set<string>()
  const written = callFactory(definition, watched(texts, missingVariables))
  if (!written.ok) return err([written.error])
  const { value: draft, problems } = readConfig(written.value, { relaxations, missingVariables })
  if (draft === undefined) return err(problems)

  const hosts = servedHosts(draft, texts)
  const callerSecret = callerSecretOf(texts)
  const isSet = (name: string) => texts.has(name)
  const origins = withElsewhere(draft.origins)
  const clerkProxy = clerkProxyOf(draft.clerkProxy, { texts, relaxations })
  const proxyOrigin = proxyAddress({ texts, relaxations })?.origin
  const proxies = { ownOrigin: clerkProxy.proxy?.origin, proxyOrigin }
  const browsers = browserRulesOf(draft, proxies)
  const checks = checksOf(draft.checks ?? null, callerSecret)
  const aliases = withAuthzen(checks, draft.aliases)
  const compiled = compileRoutes(draft.routes ?? [], {
    ...draft,
    ...{ aliases, origins, hosts, isSet },
    browsers: browsers.rules,
  })
  const all = [
    ...problems,
    ...compiled.problems,
    ...surfaceProblems(draft, isSet),
    ...cloudflareAccessProblems(draft, isSet),
    ...originProblems(draft.origins, { hosts: withOperators(hosts, draft.operator), relaxations }),
    ...operatorProblems(draft, hosts),
    ...disagreements(draft, hosts),
    ...handOffProblems(draft),
    ...clerkProxy.problems,
    ...browsers.problems,
    ...callerProblems(draft.checks, { hosts, callerSecret }),
  ]
  if (all.length > 0 || !isWhole(draft)) return err(all)
  const { routes } = compiled
  const operator = operatorPlaceOf(draft.operator, relaxations)
  const read = {
    ...{ aliases: spelledOut(aliases), hosts, operator, routes, checks },
    clerkProxy: clerkProxy.proxy,
  }
  return ok(rulesOf(draft, read, isSet))
}

/** The rules of a config in which nothing is wrong. */
function rulesOf(
  draft: Whole<ConfigDraft>,
  read: Pick<Rules, 'aliases' | 'hosts' | 'operator' | 'clerkProxy' | 'routes' | 'checks'>,
  isSet: IsSet,
): Rules {
  const inForce = read.routes.filter(isInForce)
  const carrierNames = carrierNamesOf(inForce)
  const told = [...draft.identityHeaders, ...draft.identityMap.map(({ source }) => source)]
  return {
    ...read,
    prefix: draft.prefix,
    canonicalOrigin: draft.canonicalOrigin ?? undefined,
    signInUrl: draft.signInUrl ?? undefined,
    carrierNames,
    surfaces: surfaceAdmission(inForce, isSet),
    verifiers: verifierAdmission(draft.verify, isSet),
    templates: draft.templates,
    factsRead: draft.facts.read ?? 'primary',
    defaultRole: draft.users.defaultRole ?? 'user',
    trustedEmailClaim: draft.users.trustedEmailClaim ?? undefined,
    roleClaim: draft.users.rolesFromClaim ?? undefined,
    mirroredRole: draft.users.mirrorRole ?? undefined,
    identity: draft.identity,
    identityHeaders: draft.identityHeaders,
    identityMap: draft.identityMap,
    tellsFacts: told.some((source) => factualHeaders.includes(source)),
    tellsEmail: told.includes('email'),
    cors: corsOf(draft.cors, ['GET', 'POST'], carrierNames),
    headerLimits: draft.headerLimits,
    observation: draft.observation,
    pages: draft.pages || undefined,
    escapes: new Set(read.routes.flatMap((route) => [...route.escapes])),
  }
}

/** The hosts of the config, else those of `HOSTS`, of which `readEnvironment` says what is wrong. */
function servedHosts(
  draft: ConfigDraft,
  texts: ReadonlyMap<string, string>,
): ReadonlySet<string> | undefined {
  const text = texts.get('HOSTS')
  if (draft.hosts || text === undefined) return draft.hosts ? new Set(draft.hosts) : undefined
  const hosts = variableTable.HOSTS.parse(text)
  return hosts.ok ? new Set(hosts.value) : undefined
}

/** The secret of the one caller whom the environment names; `readEnvironment` says what is wrong with it. */
function callerSecretOf(texts: ReadonlyMap<string, string>): string | undefined {
  const secret = variableTable.USHER_CALLER_SECRET.parse(texts.get('USHER_CALLER_SECRET') ?? '')
  return secret.ok ? secret.value : undefined
}

/** Calls an author's function. What it throws may quote a secret, so only its kind is told. */
function callFactory(
  { factory }: GatewayDefinition,
  env: Readonly<Record<string, string | undefined>>,
): Result<unknown, Problem> {
  try {
    return ok(factory(env))
  } catch (thrown) {
    const kind = thrown instanceof Error ? thrown.name : typeof thrown
    const message = `The function given to defineGateway threw a ${kind}: mend it.`
    return err({ place: 'defineGateway', message })
  }
}

/** The variables as an author reads them. Names that are read in vain are added to `missing`. */
function watched(
  texts: ReadonlyMap<string, string>,
  missing: Set<string>,
): Readonly<Record<string, string | undefined>> {
  return new Proxy<Record<string, string>>(Object.fromEntries(texts), {
    get(_target, name) {
      if (typeof name !== 'string') return undefined
      if (!texts.has(name)) missing.add(name)
      return texts.get(name)
    },
  })
}

/** What is wrong between parts of a config that are each sound. */
function disagreements(
  draft: ConfigDraft,
  hosts: ReadonlySet<string> | undefined,
): readonly Problem[] {
  const { prefix, aliases, canonicalOrigin, signInUrl } = draft
  const own = [...(aliases?.keys() ?? [])].filter((path) =>
    [prefix, '/__clerk'].includes(`/${path.split('/')[1]?.toLowerCase()}`),
  )
  const problems: Problem[] = own.map((path) => ({
    place: `aliases[${JSON.stringify(path)}]`,
    message: "Is Usher's own path already: an alias stands outside the prefix.",
  }))
  if (signInUrl && canonicalOrigin === null) {
    const message =
      'Is missing: signInUrl needs it, because a browser returns to it after signing in.'
    problems.push({ place: 'canonicalOrigin', message })
  }
  if (draft.identity === 'assertion') {
    if (draft.identityHeaders?.length) {
      const message =
        'Says that origins receive no header beside the assertion: remove one of the two.'
      problems.push({ place: 'identity', message })
    }
    for (const { place, assertion } of draft.routes ?? []) {
      if (assertion !== 'off') continue
      const message = "Leaves the origin without any identity, because identity is 'assertion'."
      problems.push({ place: `${place}.assertion`, message })
    }
  }
  if (canonicalOrigin && hosts && !hosts.has(new URL(canonicalOrigin).host)) {
    const message = 'Its host is not one of hosts and would be answered with 421: add it there.'
    problems.push({ place: 'canonicalOrigin', message })
  }
  return problems
}

type Aliases = NonNullable<ConfigDraft['aliases']>

/** AuthZEN's clients look at the root of a host: there it stands wherever the config names who may ask. */
function withAuthzen(
  checks: Checks,
  aliases: Aliases = new Map(),
): ReadonlyMap<string, string | undefined> {
  if (!someoneMayDecide(checks)) return aliases
  return new Map([...authzenPaths.map((path) => [path, path.slice(1)] as const), ...aliases])
}

/** A trailing slash never counts, so each alias stands there with it and without. */
function spelledOut(aliases: ReadonlyMap<string, string | undefined>): ReadonlyMap<string, string> {
  return new Map(
    [...aliases].flatMap(([path, surface]) => {
      if (surface === undefined) return []
      const below = `/${surface}`
      return path === '/'
        ? [[path, below] as const]
        : [[path, below] as const, [`${path}/`, below] as const]
    }),
  )
}
