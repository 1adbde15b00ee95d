/**
 * Whether a request that changes something is one that the stand-in's own page makes, or no page at all. Browsers
 * name the origin in every such request; command lines and test runners name none.
 */
export function isOwnDoing(request: Request, url: URL): boolean {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  return (site === null || site === 'same-origin') && (origin === null || origin === url.origin)
}
