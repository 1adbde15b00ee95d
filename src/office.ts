import type { Send } from './clerk/key-source.ts'
import type { Gateway as Compiled } from './config/compile.ts'
import type { EventCapabilities } from './events/capabilities.ts'
import type { EventHandlers } from './events/handlers.ts'
import type { Clock } from './model/clock.ts'
import type { HostPattern } from './model/host-pattern.ts'
import type { Job } from './model/job.ts'
import { endpointsOf } from './model/origin.ts'
import { unreachable } from './model/result.ts'
import type { Store } from './store/opening.ts'
import type { TaskCapabilities } from './tasks/capabilities.ts'
import type { Leg } from './tasks/sync.ts'

/** What the office is furnished with. */
export interface OfficeParts {
  readonly compiled: Compiled
  readonly openDatabase: Store['openDatabase']
  readonly bindings: { readonly QUEUE?: unknown; readonly SYNC?: unknown }
  readonly network: Send
  readonly clock: Clock
  readonly forget: (userId: string) => void
  readonly loadHandlers: () => Promise<EventHandlers>
  readonly allowsPrivateAddresses: boolean
  readonly log: Pick<Console, 'error'>
}

/** Furnishes what works behind the requests: nothing of it is loaded before there is something to do. */
export function openOffice(parts: OfficeParts): TaskCapabilities {
  const { compiled, bindings, network, clock, log } = parts
  const { apiUrl, secretKey } = compiled.settings.clerk
  return {
    openDatabase: parts.openDatabase,
    clock,
    enqueue: enqueueOf(bindings.QUEUE),
    startSync: startOf(bindings.SYNC),
    webhookSecret: compiled.settings.webhookSecret,
    clerk: secretKey === undefined ? undefined : { apiUrl, secretKey, send: network, clock },
    mirroredRole: compiled.rules.mirroredRole,
    loadHandlers: parts.loadHandlers,
    forget: parts.forget,
    send: (request) => network(request),
    allowsPrivateAddresses: parts.allowsPrivateAddresses,
    ownHosts: hostsOf(compiled),
    logFault: (what, error) => log.error(`${what}: ${kindOf(error)}`),
  }
}

/** A message has the id of what is to be done and nothing else: it may hold 128 KB at most. */
function enqueueOf(queue: unknown): EventCapabilities['enqueue'] {
  if (!isQueue(queue)) return undefined
  return async (jobs) => {
    // https://developers.cloudflare.com/queues/platform/limits/: a hundred messages in one call.
    for (let at = 0; at < jobs.length; at += 100) {
      await queue.sendBatch(jobs.slice(at, at + 100).map((body) => ({ body, contentType: 'json' })))
    }
  }
}

function startOf(workflow: unknown): TaskCapabilities['startSync'] {
  if (!isWorkflow(workflow)) return undefined
  return async (runId, leg) => {
    try {
      await workflow.create({ id: `${runId}-${leg}`, params: { runId, leg } })
    } catch (error) {
      // A step that is done again asks for the same leg.
      if (!/already.?exists/i.test(String(error))) throw error
    }
  }
}

/**
 * What is reached under the names of this gateway, of its frontends and origins and of Clerk, without ports. A name that
 * begins with a dot stands for all right below it. Where the config has no `hosts`, the gateway may have further ones.
 */
function hostsOf({ rules, settings: { clerk } }: Compiled): ReadonlySet<string> {
  const { canonicalOrigin, clerkProxy, operator, hosts = [], routes } = rules
  const bases = routes.flatMap(({ origin }) =>
    endpointsOf(origin).map((endpoint) => (endpoint.kind === 'url' ? endpoint.base : undefined)),
  )
  const ofClerk = [clerk.apiUrl, clerk.proxyUrl, clerk.frontendApiUrl, ...clerk.issuers]
  // Cookies count for these origins, so that the gateway is often behind one of them.
  const frontends = clerk.authorizedParties.filter((party) => party.startsWith('https:'))
  const addresses = [canonicalOrigin, clerkProxy?.origin, ...frontends, ...ofClerk, ...bases]
  const served = [...hosts, operator.host, ...routes.map(({ host }) => nameOf(host))]
  const names = [...served, clerk.frontendHost].map((name) => name?.replace(/:\d+$/, ''))
  const all = [...names, ...addresses.map((one) => URL.parse(one ?? '')?.hostname)]
  return new Set(all.filter((name) => name !== undefined))
}

function nameOf(pattern: HostPattern): string | undefined {
  switch (pattern.kind) {
    case 'any':
      return undefined
    case 'exact':
      return pattern.host
    case 'subdomain':
      return pattern.suffix
    default:
      return unreachable(pattern)
  }
}

function isQueue(value: unknown): value is Queue<Job> {
  return typeof value === 'object' && value !== null && 'sendBatch' in value
}

function isWorkflow(value: unknown): value is Workflow<Leg> {
  return typeof value === 'object' && value !== null && 'create' in value
}

/** The kind of an error, never its message. */
function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
