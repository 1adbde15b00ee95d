import { generateKeyPairSync } from 'node:crypto'
import type { SigningKey, SigningKeyState } from '../model/signing-key.ts'
import { nextStep, type RotationStep } from './rotation.ts'
import { thumbprint } from './thumbprint.ts'

/** A new P-256 key in the given state, from now on; its `kid` is its thumbprint (RFC 7638). */
export async function makeSigningKey(state: SigningKeyState, nowMs: number): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  const kid = await thumbprint({ kty: 'EC', crv: 'P-256', x, y })
  return { kid, state, sinceSeconds: secondsOf(nowMs), x, y, d }
}

/** The set after its next step, and which one that was. */
export async function rotateSigningKeys(
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<{ readonly step: RotationStep; readonly keys: readonly SigningKey[] }> {
  const step = nextStep(keys)
  switch (step) {
    case 'announced':
      return { step, keys: [...keys, await makeSigningKey('next', nowMs)] }
    case 'promoted':
      return { step, keys: keys.map((key) => promote(key, nowMs)) }
    case 'retired':
      return { step, keys: keys.filter((key) => key.state !== 'previous') }
  }
}

function promote(key: SigningKey, nowMs: number): SigningKey {
  return { ...key, state: afterPromotion[key.state], sinceSeconds: secondsOf(nowMs) }
}

const afterPromotion: Readonly<Record<SigningKeyState, SigningKeyState>> = {
  next: 'current',
  current: 'previous',
  previous: 'previous',
}

function secondsOf(nowMs: number): number {
  return Math.floor(nowMs / 1000)
}

/** The value of `USHER_SIGNING_KEY` for a set: a JWK set on one line. */
export function formatSigningKeys(keys: readonly SigningKey[]): string {
  const jwks = keys.map(({ sinceSeconds, ...key }) => ({
    ...{ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' },
    ...key,
    since: sinceSeconds,
  }))
  return JSON.stringify({ keys: jwks })
}
