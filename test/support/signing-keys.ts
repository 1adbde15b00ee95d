/** A value for `USHER_SIGNING_KEY`: one P-256 key that signs now, made when the test runs. */
export async function makeSigningKeys(kid = 'signing-key'): Promise<string> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  if (!('privateKey' in pair)) throw new TypeError('P-256 keys come in pairs')
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (jwk instanceof ArrayBuffer) throw new TypeError('A JWK is an object')
  const { kty, crv, x, y, d } = jwk
  return JSON.stringify({ keys: [{ kty, crv, x, y, d, kid, state: 'current' }] })
}
