/**
 * The network that an address is in, for counting by: an IPv4 address is one of its own, of an IPv6 address
 * the first 64 bits count, which is what one customer has. An IPv4 address in an IPv6 one (RFC 4291 section
 * 2.5.5.2) is that address. Whatever is no address is in one network with all the rest that is none.
 */
export function networkOf(address: string): string {
  // No address is written with more characters (RFC 5952), a zone included that nobody sends.
  if (address.length > 64) return ''
  if (parseIpv4(address) !== undefined) return address
  const groups = parseIpv6(address)
  if (groups === undefined) return ''
  const [first = 0, second = 0, third = 0, fourth = 0, fifth, sixth, high = 0, low = 0] = groups
  const isMapped = [first, second, third, fourth, fifth].every((group) => group === 0)
  if (isMapped && sixth === 0xffff) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${[first, second, third, fourth].map((group) => group.toString(16)).join(':')}::/64`
}

/** The two halves of an IPv4 address as groups of an IPv6 one. */
function parseIpv4(text: string): readonly [number, number] | undefined {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every(isOctet)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number)
  return [(a << 8) | b, (c << 8) | d]
}

/** A leading zero means octal to some readers and nothing to others. */
function isOctet(text: string): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255
}

/** The eight groups of an IPv6 address in any of its spellings (RFC 4291 section 2.2). */
function parseIpv6(text: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const before = parseGroups(head, tail === undefined)
  const after = tail === undefined ? [] : parseGroups(tail, true)
  if (before === undefined || after === undefined) return undefined
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...new Array<number>(missing).fill(0), ...after]
}

/** Groups with colons between them; the last two may be written as an IPv4 address at the very end. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const embedded = isEnd ? parseIpv4(parts.at(-1) ?? '') : undefined
  const groups = embedded === undefined ? parts : parts.slice(0, -1)
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return [...groups.map((group) => Number.parseInt(group, 16)), ...(embedded ?? [])]
}
