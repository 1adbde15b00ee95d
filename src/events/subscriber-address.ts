import { isPrivateHost, parseWebAddress } from '../config/address.ts'
import { strict } from '../config/relaxations.ts'
import type { EventCapabilities } from './capabilities.ts'

/** What decides about addresses. */
type Surroundings = Pick<EventCapabilities, 'allowsPrivateAddresses' | 'ownHosts'>

const addressMaxLength = 2048
/** Below it are the ports of services that are not the web. */
const freePortsFrom = 1024
/** Labels with single dots between them: no dot at the end, by which one host would have two names. */
const plainName = /^[\w-]+(\.[\w-]+)+$/

/**
 * The address of a subscriber as it is asked; `undefined` where nothing is sent to. Outside local mode that is whatever
 * is not https, is in a private network or on the machine itself, or is this gateway, one of its origins or Clerk.
 * Where a name leads to cannot be seen from a Worker, only how it is written.
 */
export function parseSubscriberAddress(
  source: string,
  { allowsPrivateAddresses, ownHosts }: Surroundings,
): URL | undefined {
  if (source.length > addressMaxLength || source.includes('#')) return undefined
  const read = parseWebAddress(source, { ...strict, plainAddresses: allowsPrivateAddresses })
  if (!read.ok) return undefined
  const { hostname, port } = read.value
  if (allowsPrivateAddresses) return read.value
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
  if (!isAddress && !plainName.test(hostname)) return undefined
  if (isPrivateHost(hostname) || isOwn(hostname, ownHosts)) return undefined
  return port === '' || Number(port) >= freePortsFrom ? read.value : undefined
}

/** A host that begins with a dot stands for every name right below it. */
function isOwn(hostname: string, ownHosts: ReadonlySet<string>): boolean {
  return ownHosts.has(hostname) || ownHosts.has(hostname.slice(hostname.indexOf('.')))
}
