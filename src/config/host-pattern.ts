import type { HostPattern } from '../model/host-pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import { parseHost } from './address.ts'

/** Reads one host, or `*.` and a host: every direct subdomain. The error is a sentence. */
export function parseHostPattern(source: string): Result<HostPattern, string> {
  const isSubdomain = source.startsWith('*.')
  const host = parseHost(isSubdomain ? source.slice(2) : source)
  if (!host.ok) return err(`${host.error} Every direct subdomain is "*.example.com".`)
  return ok(
    isSubdomain
      ? { kind: 'subdomain', suffix: `.${host.value}` }
      : { kind: 'exact', host: host.value },
  )
}
