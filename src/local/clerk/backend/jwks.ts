import { publishedKeys } from '../frontend/well-known.ts'
import { backend } from './api.ts'

/** The keys that tokens of the instance are verified with. */
export const jwksOperations = [
  backend({
    id: 'GetJWKS',
    method: 'GET',
    path: '/jwks',
    handle: ({ world }) => publishedKeys(world),
  }),
]
