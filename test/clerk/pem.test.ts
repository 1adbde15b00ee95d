import { describe, expect, it } from 'vitest'
import { makeKey, publicPem, type TestKey } from '../support/tokens.ts'
import { createWorld } from '../support/world.ts'

/** The PKCS #1 form: what SPKI wraps. The inner key follows the 24 bytes of the wrapping. */
async function pkcs1Pem(key: TestKey): Promise<string> {
  const spki = await crypto.subtle.exportKey('spki', key.publicKey)
  if (!(spki instanceof ArrayBuffer)) throw new TypeError('SPKI is bytes')
  const inner = String.fromCharCode(...new Uint8Array(spki).slice(24))
  const lines = btoa(inner).match(/.{1,64}/g) ?? []
  return ['-----BEGIN RSA PUBLIC KEY-----', ...lines, '-----END RSA PUBLIC KEY-----', ''].join('\n')
}

async function withKey(pem: string) {
  return createWorld({ variables: { CLERK_JWT_KEY: pem, CLERK_FRONTEND_API: '' } })
}

describe('CLERK_JWT_KEY', () => {
  it.each([2048, 3072, 4096])('RSA of %d bits verifies with no network at all', async (bits) => {
    const key = await makeKey('ins_pem', bits)
    for (const pem of [await publicPem(key), await pkcs1Pem(key)]) {
      const world = await withKey(pem)
      expect((await world.get('/api/x', await world.token({}, {}, key))).status).toBe(200)
      const foreign = await world.get('/api/x', await world.token())
      expect([foreign.status, ((await foreign.json()) as { code: string }).code]).toEqual([
        401,
        'token-invalid-signature',
      ])
      expect([world.keyServer.asked, world.store.reads]).toEqual([0, 0])
    }
  })

  it('may have its line breaks written as \\n', async () => {
    const key = await makeKey('ins_pem')
    const world = await withKey((await publicPem(key)).replaceAll('\n', '\\n'))
    expect((await world.get('/api/x', await world.token({}, {}, key))).status).toBe(200)
  })

  it('of 1024 bits verifies nothing: 503, not 401', async () => {
    const key = await makeKey('ins_pem', 1024)
    const world = await withKey(await publicPem(key))
    expect((await world.get('/api/x', await world.token({}, {}, key))).status).toBe(503)
    expect((await world.get('/_usher/readyz')).status).toBe(503)
  })
})
