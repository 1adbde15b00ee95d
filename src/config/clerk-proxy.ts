import { type ClerkProxy, clerkProxyPath } from '../model/clerk-proxy.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { variableTable } from './variables.ts'

/** What the environment says, as texts. */
export interface ProxyContext {
  readonly texts: ReadonlyMap<string, string>
  readonly relaxations: Relaxations
}

/**
 * Where Clerk's Frontend API is on the gateway's own domain, and what is wrong with wanting it there. Where the
 * config does not say, it is there if CLERK_PROXY_URL leads to it and there is all that it takes.
 */
export function clerkProxyOf(
  wanted: boolean | null | undefined,
  context: ProxyContext,
): { readonly proxy: ClerkProxy | undefined; readonly problems: readonly Problem[] } {
  if (wanted === false) return nothing
  const problems = obstacles(context)
  if (problems.length > 0) return wanted === true ? { proxy: undefined, problems } : nothing
  const address = proxyAddress(context)
  return { proxy: address && { origin: address.origin, host: address.host }, problems: [] }
}

const nothing = { proxy: undefined, problems: [] }

/** The address in CLERK_PROXY_URL; `readEnvironment` says what is wrong with it. */
export function proxyAddress({ texts, relaxations }: ProxyContext): URL | undefined {
  const text = texts.get('CLERK_PROXY_URL') ?? ''
  const read = variableTable.CLERK_PROXY_URL.parse(text, relaxations)
  return read.ok ? new URL(read.value) : undefined
}

function obstacles(context: ProxyContext): readonly Problem[] {
  const { texts } = context
  const place = 'clerkProxy'
  const problems: Problem[] = []
  const address = proxyAddress(context)
  if (!texts.has('CLERK_PROXY_URL')) {
    const message = `Needs an address: set CLERK_PROXY_URL to that of this gateway and ${clerkProxyPath}.`
    problems.push({ place, message })
  } else if (address !== undefined && address.pathname.replace(/\/$/, '') !== clerkProxyPath) {
    const message = `The proxy is at ${clerkProxyPath} and nowhere else: end CLERK_PROXY_URL in it.`
    problems.push({ place, message })
  }
  if (!texts.has('CLERK_PUBLISHABLE_KEY') && !texts.has('NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY')) {
    problems.push({ place, message: 'Needs to know the instance: set CLERK_PUBLISHABLE_KEY.' })
  }
  if (!texts.has('CLERK_SECRET_KEY')) {
    const message = 'Clerk takes a proxy only with its key: set CLERK_SECRET_KEY.'
    problems.push({ place, message })
  }
  return problems
}
