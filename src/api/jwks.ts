import { publicJwk, type SigningKey } from '../model/signing-key.ts'

/** How long an origin may keep the set: rotation announces a key for longer than this. */
export const jwksKeptSeconds = 300

/** The public keys of the identity assertion (RFC 7517 section 5): next, current and previous. */
export function jwks(keys: readonly SigningKey[]): Response {
  return new Response(`${JSON.stringify({ keys: keys.map(publicJwk) })}\n`, {
    headers: {
      'content-type': 'application/jwk-set+json',
      'cache-control': `public, max-age=${jwksKeptSeconds}`,
      'x-content-type-options': 'nosniff',
    },
  })
}
