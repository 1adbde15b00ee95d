import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

const hostShape = /^(?=.{1,253}$)((?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])\.?(?::(\d{1,5}))?$/
const defaultPorts = { http: 80, https: 443 } as const

/** Whether a text has the shape of a host, with a port or without. */
export function isHost(text: string): boolean {
  return hostShape.test(text.toLowerCase())
}

/** Hosts without a port that were found to be canonical as they stand: a gateway has few. */
const knownHosts = createRecent<string, true>(200)

/**
 * The one spelling of the host in an authority (RFC 3986 section 3.2): lower case, no trailing dot, the
 * port only where it is not the scheme's own. Refuses what two parsers could read as two hosts.
 */
export function canonicalHost(
  authority: string,
  scheme: 'http' | 'https',
): Result<string, Refusal> {
  if (knownHosts.get(authority)) return ok(authority)
  const [, name, port] = hostShape.exec(authority.toLowerCase()) ?? []
  // What looks like a number or an address (`1.2.3`, `0x7f.1`) is read by every URL parser as another one.
  if (name === undefined || parsedHost(name) !== name) return refuse('target-has-bad-host')
  if (name === authority) knownHosts.set(name, true)
  if (port === undefined) return ok(name)
  const number = Number(port)
  if (number < 1 || number > 65_535) return refuse('target-has-bad-host')
  return ok(number === defaultPorts[scheme] ? name : `${name}:${number}`)
}

function parsedHost(name: string): string | undefined {
  return URL.canParse(`https://${name}`) ? new URL(`https://${name}`).hostname : undefined
}
