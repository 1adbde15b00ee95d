import type { Described } from '../model/asking.ts'
import { isWebSocket } from '../model/headers.ts'
import { isSafe } from '../model/safe-methods.ts'

/**
 * A browser adds cookies to what another site makes it send, and to any WebSocket. So with a cookie only
 * safe methods pass by themselves; the rest must be shown to come from the same origin
 * (https://www.w3.org/TR/fetch-metadata/, or RFC 6454 where a browser does not say). For a WebSocket, that
 * is `Origin` alone, which every browser sends along (RFC 6455 section 4.1): the gateway's own, or that of
 * one of these pages.
 */
export function mayUseCookie(
  request: Described,
  ownOrigin: string,
  socketPages: readonly string[] = [],
): boolean {
  const { headers, method } = request
  if (isWebSocket(headers)) {
    const page = headers.get('origin') ?? ''
    return page === ownOrigin || socketPages.includes(page)
  }
  return isSafe(method) || isFrom(request, ownOrigin, ['same-origin'])
}

/**
 * Whether the browser says that a request comes from here, or from no page at all. A token without `azp`
 * does not say for whom it was made: a cookie of a sibling domain could be one.
 */
export function isFromHere(request: Described, ownOrigin: string): boolean {
  return isFrom(request, ownOrigin, ['same-origin', 'none'])
}

/** `Origin` counts where a browser does not say what the relation between both sites is. */
function isFrom({ headers }: Described, ownOrigin: string, sites: readonly string[]): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null ? headers.get('origin') === ownOrigin : sites.includes(site)
}
