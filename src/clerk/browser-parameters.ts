import type { CanonicalTarget } from '../model/target.ts'

/** What Clerk writes into addresses, for its scripts and its SDKs alone. */
const clerks = /^__(?:clerk_.*|session(?:_.*)?|dev_session)$/
/** What of it is a credential: whoever sees it in an address could use it. */
const secrets =
  /^__(?:clerk_(?:handshake|handshake_nonce|help|db_jwt)|session(?:_.*)?|dev_session)$/
/** What a page shows to Clerk's scripts when somebody comes by an invitation. */
const tickets = /^__clerk_(?:ticket|status)$/

/** Whether a parameter is Clerk's own. */
export function isClerkParameter(name: string): boolean {
  return clerks.test(name)
}

/** Whether a parameter of Clerk's is a credential that has no place in an address. */
export function isSecretParameter(name: string): boolean {
  return secrets.test(name)
}

/** Whether a parameter is for a page of Clerk's components, which is to see it. */
export function isTicketParameter(name: string): boolean {
  return tickets.test(name)
}

/** Names and values of a query in their order. */
export type Parameters = readonly (readonly [name: string, value: string])[]

/** Whether a query could have parameters of Clerk's: most have nothing like it, and need no taking apart. */
export function mayNameClerk(query: string): boolean {
  return query !== '' && (query.includes('__') || /%5f/i.test(query))
}

/** Clerk's own parameters in a query. */
export function clerkParametersIn(query: string): Parameters {
  if (!mayNameClerk(query)) return []
  return [...new URLSearchParams(query)].filter(([name]) => isClerkParameter(name))
}

/** A query without some of its parameters; the others keep their spelling. */
export function withoutParameters(query: string, isRemoved: (name: string) => boolean): string {
  const kept = query
    .slice(1)
    .split('&')
    .filter((part) => ![...new URLSearchParams(part).keys()].some(isRemoved))
  return kept.length === 0 || kept.join('') === '' ? '' : `?${kept.join('&')}`
}

/** A target with another query. */
export function withQuery(target: CanonicalTarget, query: string): CanonicalTarget {
  const url = `${target.scheme}://${target.host}${target.path}${query}`
  return { ...target, query, url }
}
