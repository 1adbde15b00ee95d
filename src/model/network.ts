/**
 * The networks that an address is in, for counting by, the narrowest first. Of an IPv6 address they are the
 * first 64 bits, which are one network of a customer's, and the first 48, which are the most that a customer
 * is usually given (RFC 6177). An IPv4 address is the only one in its network, and the same one where it is
 * written as an IPv6 address (RFC 4291 section 2.5.5.2). Whatever is no address is in one network with all
 * the rest that is none.
 */
export function networksOf(address: string): readonly string[] {
  const host = parseAddress(address)
  if (host === undefined) return ['']
  if (/^::ffff:[\da-f]+:[\da-f]+$/.test(host)) return [host]
  const groups = groupsOf(host)
  return [`${groups.slice(0, 4).join(':')}::/64`, `${groups.slice(0, 3).join(':')}::/48`]
}

/** An address as the platform writes it, of which there is one spelling; IPv4 addresses as mapped ones. */
function parseAddress(address: string): string | undefined {
  // No address is longer, and what else a URL may hold beside a host must not be read as part of one.
  if (!/^[\da-f.:]{2,45}$/i.test(address)) return undefined
  const mapped = /^\d+\./.test(address) ? `::ffff:${address}` : address
  return URL.parse(`http://[${mapped}]`)?.hostname.slice(1, -1)
}

/** The eight groups of an IPv6 address that may leave out zeros once. */
function groupsOf(host: string): readonly string[] {
  const writtenCount = host.split(':').filter(Boolean).length
  const zeros = ':0'.repeat(8 - writtenCount)
  return host.replace('::', `${zeros}:`).split(':').filter(Boolean)
}
