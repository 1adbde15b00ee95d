import { readClaim } from '../model/claim.ts'
import { networksOf } from '../model/network.ts'
import type { Principal } from '../model/principal.ts'
import type { Limit, LimitKey } from '../model/terms.ts'

/** What is known of whoever sent a request: nothing that they could write themselves. */
interface Sender {
  readonly principal: Principal
  /** As the edge says; empty where nothing says it, and then all such senders are one. */
  readonly clientAddress: string
}

/** A kind of key and a value of that kind. */
type Key = readonly [kind: string, ...values: readonly string[]]

/** By what a sender is counted in a limit of a route. No two texts are of different keys, or of other limits. */
export function limitKey(routeName: string, limit: Limit, sender: Sender): string {
  const { kind, by, requests } = limit
  const windowMs = kind === 'concurrent' ? 0 : limit.windowMs
  const claim = by.kind === 'claim' ? by.claim : ''
  const terms = [routeName, kind, by.kind, claim, String(requests), String(windowMs)]
  // Lengths go first: no value can be written so that it reads as the end of one and the beginning of another.
  return [...terms, ...keyOf(by, sender)].map((part) => `${part.length}:${part}`).join('')
}

function keyOf(by: LimitKey, sender: Sender): Key {
  return namedKey(by, sender) ?? ownKey(sender)
}

/** What a limit asks for; `undefined` where the sender has none. */
function namedKey(by: LimitKey, sender: Sender): Key | undefined {
  const { principal } = sender
  if (by.kind === 'address') return addressKey(sender)
  if (principal.kind === 'anonymous') return undefined
  switch (by.kind) {
    case 'user':
      return undefined
    case 'organization':
      return principal.organization && ['organization', principal.organization.id]
    case 'api-key': {
      const { tokenType, tokenId } = principal
      return tokenType === 'api_key' && tokenId !== undefined ? ['api-key', tokenId] : undefined
    }
    case 'claim':
      return claimKey(readClaim(principal.claims, by.claim))
  }
}

/** Of one value: what is no text, number or flag tells nobody apart, nor does an empty text. */
function claimKey(value: unknown): Key | undefined {
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value)
  return isPlain && value !== '' ? ['claim', typeof value, String(value)] : undefined
}

/** Who the sender is; whoever is nobody is where they are. */
function ownKey(sender: Sender): Key {
  const { principal } = sender
  switch (principal.kind) {
    case 'user':
      return ['user', principal.userId]
    case 'machine':
      return ['machine', principal.subject]
    case 'anonymous':
      return addressKey(sender)
  }
}

function addressKey({ clientAddress }: Sender): Key {
  const [narrowest = ''] = networksOf(clientAddress)
  return ['address', narrowest]
}
