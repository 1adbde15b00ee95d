import { publicIssuerJwk } from '../issuer.ts'
import { Complaint } from '../kernel/complaint.ts'
import type { World } from '../kernel/world.ts'
import { frontend } from './api.ts'

/** What is published about the instance. */
export const wellKnownOperations = [
  frontend({
    id: 'getJWKS',
    method: 'GET',
    path: '/.well-known/jwks.json',
    handle: ({ world }) => publishedKeys(world),
  }),
]

/** The public half of every published key, as both APIs give it. */
export function publishedKeys({ keys, faults }: World): object {
  if (faults.keysDown) throw new Complaint(503, 'service_unavailable', { message: 'Keys are down' })
  return { keys: keys.published().map(publicIssuerJwk) }
}
