import { generateKeyPairSync } from 'node:crypto'
import { thumbprint } from './thumbprint.ts'

/**
 * A new value of `USHER_ACCESS_KEY`: a JWK set of one RSA key of 2048 bits, whose `kid` is its thumbprint
 * (RFC 7638).
 */
export async function makeAccessKeys(): Promise<string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '', e = '', d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' })
  const kid = await thumbprint({ kty: 'RSA', n, e })
  const own = { kty: 'RSA', kid, use: 'sig', alg: 'RS256' }
  return JSON.stringify({ keys: [{ ...own, n, e, d, p, q, dp, dq, qi }] })
}
