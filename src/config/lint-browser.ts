import { clerkProxyPath } from '../model/clerk-proxy.ts'
import type { Gateway } from './compile.ts'
import type { Problem } from './problem.ts'

/** What is legal but strange about Clerk's Frontend API on the gateway's own domain. */
export function lintBrowser({ rules, settings: { clerk } }: Gateway): readonly Problem[] {
  if (clerk.proxyUrl === undefined) return []
  const place = 'CLERK_PROXY_URL'
  const { host, pathname } = new URL(clerk.proxyUrl)
  const isServed = rules.hosts?.has(host) ?? false
  if (rules.clerkProxy !== undefined && rules.hosts !== undefined && !isServed) {
    const message = 'Its host is not one of hosts and would be answered with 421: add it there.'
    return [{ place, message }]
  }
  const isHere = isServed && pathname === clerkProxyPath
  if (!isHere || rules.clerkProxy !== undefined || clerk.secretKey !== undefined) return []
  const message =
    "Leads here, where Clerk's Frontend API is only with CLERK_SECRET_KEY: set it, or remove this."
  return [{ place, message }]
}
