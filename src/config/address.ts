import { err, ok, type Result } from '../model/result.ts'
import type { Relaxations } from './relaxations.ts'

/** What a parsed host consists of. The URL parser also lets `*`, `{` and the like through. */
const plainHost = /^[a-z0-9._:[\]-]+$/

/**
 * Reads an absolute web address without credentials: https, or http too where plain addresses are
 * allowed. The error is a sentence and echoes nothing of the address, which may hold a secret.
 */
export function parseWebAddress(source: string, relaxations: Relaxations): Result<URL, string> {
  if (!/^https?:\/\/[^/\\\s]+[^\\\s]*$/i.test(source) || !URL.canParse(source)) {
    return err('Must be an absolute address, such as https://api.example.com.')
  }
  const url = new URL(source)
  if (!plainHost.test(url.host)) return err('Must name one host, without wildcards.')
  if (url.protocol !== 'https:' && !relaxations.plainAddresses) return err('Must be https.')
  if (url.username !== '' || url.password !== '') return err('Must not contain credentials.')
  return ok(url)
}

/** Reads a web address without query and fragment. */
export function parseBareAddress(source: string, relaxations: Relaxations): Result<URL, string> {
  if (/[?#]/.test(source)) return err('Must not have a query or a fragment.')
  return parseWebAddress(source, relaxations)
}

/** Reads scheme, host and port and nothing else. */
export function parseOrigin(source: string, relaxations: Relaxations): Result<string, string> {
  const url = parseBareAddress(source, relaxations)
  if (!url.ok) return url
  if (url.value.pathname !== '/' || source.endsWith('/')) {
    return err('Must be scheme and host only, such as https://api.example.com.')
  }
  return ok(url.value.origin)
}

/** Reads the address of what Usher calls: bare, and public unless plain addresses are allowed. */
export function parseUpstreamAddress(
  source: string,
  relaxations: Relaxations,
): Result<URL, string> {
  const url = parseBareAddress(source, relaxations)
  if (!url.ok || relaxations.plainAddresses || !isPrivateHost(url.value.hostname)) return url
  return err('Must be a public host: this one is private or on the machine itself.')
}

/** An address as a base to which a path that begins with "/" can be appended. */
export function baseOf(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** Reads `host` or `host:port` and gives it in lower case, without the default port of https. */
export function parseHost(source: string): Result<string, string> {
  const url = URL.canParse(`https://${source}`) ? new URL(`https://${source}`) : undefined
  const isBare = !/[/?#@\\\s]/.test(source) && url?.hostname.endsWith('.') === false
  if (url === undefined || !isBare || !plainHost.test(url.host)) {
    return err('Must be a host, such as "api.example.com" or "localhost:8787".')
  }
  return ok(url.host)
}

/** Names that never leave a private network (RFC 6761, RFC 6762, ICANN's .internal, RFC 8375). */
const privateNames = /(^|\.)(localhost|local|internal|home\.arpa)$/

/** IANA's special-purpose ranges that are not reachable from outside, or stand for others. */
const privateRanges = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  // For documentation; the relays of 6to4.
  ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '192.88.99.0/24'],
  // Of IPv6 only 2000::/3 is given out: before it are loopback, IPv4-compatible, IPv4-mapped and NAT64 addresses,
  // behind it unique local, link-local and group ones.
  ...['::/3', '4000::/2', '8000::/1'],
  // Protocols (Teredo among them), documentation, 6to4.
  ...['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16'],
].map((range) => {
  const [address = '', length] = range.split('/')
  return { version: versionOf(address), prefix: bitsOf(address).slice(0, Number(length)) }
})

/**
 * Whether a host of a parsed URL is private, loopback, link-local, carrier-grade, unspecified or a
 * name without a dot. The URL parser has already turned every spelling of an address into one.
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  const address = name.replace(/^\[|\]$/g, '')
  if (versionOf(address) === undefined) return !name.includes('.') || privateNames.test(name)
  const bits = bitsOf(address)
  return privateRanges.some(
    ({ version, prefix }) => version === versionOf(address) && bits.startsWith(prefix),
  )
}

function versionOf(address: string): 4 | 6 | undefined {
  if (address.includes(':')) return 6
  return /^\d+(\.\d+){3}$/.test(address) ? 4 : undefined
}

/** The bits of an address as text, so that a range is a prefix. */
function bitsOf(address: string): string {
  if (versionOf(address) === 4) {
    return address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  }
  const [head = '', tail] = address.split('::')
  const first = head.split(':').filter((group) => group !== '')
  const last = (tail ?? '').split(':').filter((group) => group !== '')
  const gap = Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...(tail === undefined ? [] : gap), ...last]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}
