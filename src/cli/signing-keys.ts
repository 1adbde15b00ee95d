import { generateKeyPairSync } from 'node:crypto'
import type { SigningKey, SigningKeyState } from '../model/signing-key.ts'
import { thumbprint } from './thumbprint.ts'

/** What one step of a rotation did. */
export type RotationStep = 'announced' | 'promoted' | 'retired'

/** A new P-256 key in the given state; its `kid` is its thumbprint (RFC 7638). */
export async function makeSigningKey(state: SigningKeyState): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  return { kid: await thumbprint({ kty: 'EC', crv: 'P-256', x, y }), state, x, y, d }
}

/**
 * The next step of the set. A new key is announced before it signs, so that origins know it in time,
 * and an old key stays published until nothing that it signed is left:
 * current -> current and next -> current and previous -> current.
 * A set with all three states loses its previous key first.
 */
export async function rotateSigningKeys(
  keys: readonly SigningKey[],
): Promise<{ readonly step: RotationStep; readonly keys: readonly SigningKey[] }> {
  if (keys.some((key) => key.state === 'previous')) {
    return { step: 'retired', keys: keys.filter((key) => key.state !== 'previous') }
  }
  if (keys.some((key) => key.state === 'next')) {
    const moved = keys.map((key) => ({ ...key, state: afterPromotion[key.state] }))
    return { step: 'promoted', keys: moved }
  }
  return { step: 'announced', keys: [...keys, await makeSigningKey('next')] }
}

const afterPromotion: Readonly<Record<SigningKeyState, SigningKeyState>> = {
  next: 'current',
  current: 'previous',
  previous: 'previous',
}

/** The value of `USHER_SIGNING_KEY` for a set: a JWK set on one line. */
export function formatSigningKeys(keys: readonly SigningKey[]): string {
  const jwks = keys.map((key) => ({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256', ...key }))
  return JSON.stringify({ keys: jwks })
}
