import { thumbprint } from '../../../cli/thumbprint.ts'
import type { IssuerKey } from '../issuer.ts'
import { keepSetting, keptSetting } from './kept-settings.ts'
import type { State } from './state.ts'
import type { TurningClock } from './turning-clock.ts'
import type { Keys } from './world.ts'

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
}

/** So many keys are published at most; Clerk never shows more than two or three. */
const publishedMax = 4

/** The keys as they are kept: they count only for the keyring on which they were made. */
interface KeptKeys {
  readonly firstKid: string
  readonly keys: readonly IssuerKey[]
}

interface Parts {
  /** The key of the keyring, which is the current one until somebody rotates. */
  readonly first: IssuerKey
  readonly state: State
  readonly clock: TurningClock
}

/** The keys of a stand-in. Those that were made since it was new outlive it, as everything else does. */
export function openKeys({ first, state, clock }: Parts): Keys {
  const kept = keptSetting<KeptKeys>(state, 'keys')
  const [current = first, ...older] = kept?.firstKid === first.kid ? kept.keys : []
  let keys: readonly [IssuerKey, ...IssuerKey[]] = [current, ...older]

  function keep(changed: readonly [IssuerKey, ...IssuerKey[]]): void {
    keys = changed
    const value: KeptKeys = { firstKid: first.kid, keys }
    keepSetting(state, { id: 'keys', value, nowMs: clock.now() })
  }

  return {
    current: () => keys[0],
    published: () => keys,
    async rotate(keepsOld) {
      const made = await makeKey()
      keep(keepsOld ? [made, ...keys.slice(0, publishedMax - 1)] : [made])
    },
    restore() {
      keep([first])
    },
    isFirst: () => keys.length === 1 && keys[0].kid === first.kid,
  }
}

/** Named by its thumbprint, as the first one is: a name that never means two keys. */
async function makeKey(): Promise<IssuerKey> {
  const pair = await crypto.subtle.generateKey(rsa, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('RSA keys come in pairs')
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (jwk instanceof ArrayBuffer) throw new TypeError('A JWK is an object')
  const { n = '', e = '', d = '', p = '', q = '', dp = '', dq = '', qi = '' } = jwk
  const key = { kty: 'RSA', n, e, d, p, q, dp, dq, qi }
  return { ...key, kid: await thumbprint(key) }
}
