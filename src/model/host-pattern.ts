/** Which hosts a route is for: any, exactly one, or every direct subdomain (`.example.com`). */
export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly host: string }
  | { readonly kind: 'subdomain'; readonly suffix: string }

/** Whether a host, in lower case, is one of a pattern's. A subdomain has exactly one label more. */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true
    case 'exact':
      return host === pattern.host
    case 'subdomain': {
      const label = host.slice(0, -pattern.suffix.length)
      return host.endsWith(pattern.suffix) && label !== '' && !label.includes('.')
    }
  }
}
