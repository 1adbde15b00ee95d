import { beforeAll, describe, expect, it } from 'vitest'
import {
  flipSignature,
  jwks,
  makeKey,
  mint,
  mintSession,
  publicJwk,
  publicPem,
  sessionClaims,
  type TestKey,
} from '../support/tokens.ts'

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const nowSeconds = 1_800_000_000 // 15 January 2027

let key: TestKey
beforeAll(async () => {
  key = await makeKey()
})

function bytes(part = ''): Uint8Array<ArrayBuffer> {
  const text = atob(part.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

async function holds(token: string, publicKey = key.publicKey): Promise<boolean> {
  const [header, payload, signature] = token.split('.')
  const input = new TextEncoder().encode(`${header}.${payload}`)
  return crypto.subtle.verify(rsa.name, publicKey, bytes(signature), input)
}

describe('a minted token', () => {
  it('verifies against the JWK that its issuer would publish', async () => {
    const imported = await crypto.subtle.importKey('jwk', await publicJwk(key), rsa, false, [
      'verify',
    ])
    expect(await holds(await mintSession(key, nowSeconds), imported)).toBe(true)
  })

  it('verifies against the PEM of its key', async () => {
    const body = (await publicPem(key)).replace(/-----[A-Z ]+-----|\n/g, '')
    const imported = await crypto.subtle.importKey('spki', bytes(body), rsa, false, ['verify'])
    expect(await holds(await mintSession(key, nowSeconds), imported)).toBe(true)
  })

  it('holds exactly the claims that were asked for', async () => {
    const token = await mintSession(key, nowSeconds, { sid: undefined, sub: 'user_grace' })
    const { sid: _, ...rest } = sessionClaims(nowSeconds)
    const payload = new TextDecoder().decode(bytes(token.split('.')[1]))
    expect(JSON.parse(payload)).toEqual({ ...rest, sub: 'user_grace' })
  })

  it('carries text that is no JSON as it is', async () => {
    const token = await mint({ key, header: '{"alg":', claims: '{"exp":1e309,"exp":1}' })
    expect(token.split('.').slice(0, 2).map(bytes).map(String)).toEqual(
      ['{"alg":', '{"exp":1e309,"exp":1}'].map((text) => String(new TextEncoder().encode(text))),
    )
  })

  it('does not verify once its signature is flipped', async () => {
    expect(await holds(flipSignature(await mintSession(key, nowSeconds)))).toBe(false)
  })

  it('has an empty signature when unsigned and another one under HMAC', async () => {
    const claims = sessionClaims(nowSeconds)
    expect(await mint({ key, claims, signing: 'none' })).toMatch(/\.$/)
    expect(await holds(await mint({ key, claims, signing: 'HS256' }))).toBe(false)
  })

  it('can be signed by a key that is too small', async () => {
    const small = await makeKey('ins_small', 1024)
    const [jwk] = (await jwks(key, small)).keys.slice(1)
    expect(jwk?.kid).toBe('ins_small')
    expect(bytes(jwk?.n).length * 8).toBe(1024)
  })
})
