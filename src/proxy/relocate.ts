import { baseOf } from './attempt.ts'
import { basesOf, type Passage, pathOutside } from './passage.ts'

/** `5; url="/next"` and whatever else browsers take for it (HTML, shared declarative refresh steps). */
const refresh =
  /^([\t\f ]*[\d.]+(?:[\t\f ]+[;,]?|[;,])[\t\f ]*(?:url[\t\f ]*=[\t\f ]*)?)(["']?)(.*)$/is

/**
 * Where an answer sends its client (`Location`, RFC 9110 section 10.2.2), as the client has to write it. It
 * is read as a browser reads it, which takes a backslash for a slash and more; only what then points at the
 * origin changes, and only where the gateway has a path that leads there. The rest stays byte for byte.
 */
export function relocate(value: string, passage: Passage): string {
  const { asked, sent, endpoint } = passage
  const meant = resolve(value, `${baseOf(endpoint, asked)}${sent.path}${sent.query}`)
  if (meant === undefined || meant.username !== '' || meant.password !== '') return value
  const bases = basesOf(passage).filter((base) => isAt(base, meant))
  const [path] = bases.flatMap((base) => pathOutside(passage, base, meant.pathname) ?? [])
  if (path === undefined) return value
  // An origin of http that says https asks for it: leading back to http would lead in circles.
  const scheme = meant.protocol === 'https:' && bases.every(isPlain) ? 'https' : asked.scheme
  const gateway = `${scheme}://${asked.host}`
  const place = `${path}${meant.search}${meant.hash}`
  const unchanged = resolve(value, asked.url)
  if (unchanged?.href === `${gateway}${place}`) return value
  const isRelative = scheme === asked.scheme && unchanged?.origin === gateway
  // Two slashes at the beginning would name a host.
  return isRelative && !place.startsWith('//') ? place : `${gateway}${place}`
}

/** The same for the address in a `Refresh`: one that changes needs no quotes, nor what follows them. */
export function relocateRefresh(value: string, passage: Passage): string {
  const [, beginning = '', quote = '', rest = ''] = refresh.exec(value) ?? []
  const [address = ''] = quote === '' ? [rest] : rest.split(quote, 1)
  const moved = address === '' ? address : relocate(address, passage)
  return moved === address ? value : beginning + moved
}

/**
 * Whether an address is at the host and port of a base, each at the usual one if it names none. An origin
 * behind what ends TLS for it may take itself for http.
 */
function isAt(base: URL, { host, protocol }: URL): boolean {
  return host === base.host && (protocol === 'https:' || protocol === 'http:')
}

function isPlain({ protocol }: URL): boolean {
  return protocol === 'http:'
}

function resolve(value: string, base: string): URL | undefined {
  return URL.canParse(value, base) ? new URL(value, base) : undefined
}
