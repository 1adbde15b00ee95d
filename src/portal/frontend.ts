/** What of the Clerk instance browsers need to know. */
export interface Instance {
  readonly publishableKey: string | undefined
  /** The host that the publishable key names. */
  readonly frontendHost: string | undefined
  /** Where the Frontend API is for browsers instead, without a trailing slash. */
  readonly proxyUrl: string | undefined
}

/** Where a page finds Clerk. */
export interface Frontend {
  /** Before `/npm/…` and `/v1/…`. */
  readonly base: string
  /** What Clerk's script is told of a proxy; `undefined` where there is none. */
  readonly proxyUrl: string | undefined
  /** What the policy of the page names; `undefined` where it is the page's own origin. */
  readonly source: string | undefined
}

/**
 * Where a page of this origin finds Clerk. A proxy on the page's own origin is a path: Clerk's script takes
 * an absolute address for one on https, whatever it says.
 */
export function frontendOf(
  { frontendHost, proxyUrl }: Pick<Instance, 'frontendHost' | 'proxyUrl'>,
  origin: string,
): Frontend {
  if (proxyUrl === undefined) {
    const base = `https://${frontendHost}`
    return { base, proxyUrl: undefined, source: base }
  }
  const proxy = new URL(proxyUrl)
  if (proxy.origin !== origin) return { base: proxyUrl, proxyUrl, source: proxy.origin }
  const path = proxy.pathname.replace(/\/+$/, '')
  return { base: path, proxyUrl: path, source: undefined }
}
