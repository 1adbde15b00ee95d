import type { IssuerKey } from '../issuer.ts'
import type { State } from './state.ts'
import type { Keys } from './world.ts'

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
}

/** The keys of a stand-in: the one of the keyring until somebody rotates. */
export function openKeys(first: IssuerKey, _state: State): Keys {
  let keys: readonly [IssuerKey, ...IssuerKey[]] = [first]
  return {
    current: () => keys[0],
    published: () => keys,
    async rotate(keepsOld) {
      const made = await makeKey()
      keys = keepsOld ? [made, ...keys] : [made]
    },
  }
}

async function makeKey(): Promise<IssuerKey> {
  const pair = await crypto.subtle.generateKey(rsa, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('RSA keys come in pairs')
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (jwk instanceof ArrayBuffer) throw new TypeError('A JWK is an object')
  return { ...jwk, kid: crypto.randomUUID() }
}
