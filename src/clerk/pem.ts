import { refuse } from '../model/refusal.ts'
import { ok } from '../model/result.ts'
import { importKey, modulusBits, modulusBitsMin, type VerificationKey } from './key.ts'
import type { KeyRing } from './key-ring.ts'

const spkiShape = /-----BEGIN PUBLIC KEY-----([\s\S]+?)-----END PUBLIC KEY-----/
const pkcs1Shape = /-----BEGIN RSA PUBLIC KEY-----([\s\S]+?)-----END RSA PUBLIC KEY-----/
/** SEQUENCE { OID rsaEncryption, NULL }: what SPKI puts before a PKCS #1 key (RFC 8017 appendix A.1). */
const rsaAlgorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]

/**
 * A key ring that is one RSA public key in PEM (SPKI or PKCS #1, any size from 2048 bits): it never
 * touches the network, and the `kid` of a token does not matter. A PEM that is no such key leaves every
 * token unverifiable: `keys-unavailable`.
 */
export function createPemRing(pem: string): KeyRing {
  let key: VerificationKey | undefined
  async function open(): Promise<VerificationKey | undefined> {
    if (key !== undefined) return key
    const imported = await importPem(pem)
    key ??= imported
    return key
  }
  return {
    async find(wanted) {
      const found = await open()
      if (found === undefined) return refuse('keys-unavailable', { retryAfterSeconds: 60 })
      return wanted.failed === undefined ? ok(found) : refuse('token-invalid-signature')
    },
    recall: (token) => key?.remembered.get(token),
    isReady: async () => (await open()) !== undefined,
  }
}

async function importPem(pem: string): Promise<VerificationKey | undefined> {
  try {
    const key = await crypto.subtle.importKey(
      'spki',
      readSpki(pem),
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      true,
      ['verify'],
    )
    const jwk = await crypto.subtle.exportKey('jwk', key)
    // workerd's types say that exportKey may give bytes; for `jwk` it gives a JsonWebKey.
    const { n, e } = jwk as { n?: string; e?: string }
    if (n === undefined || e === undefined || modulusBits(n) < modulusBitsMin) return undefined
    return await importKey({ kid: 'CLERK_JWT_KEY', n, e })
  } catch {
    return undefined
  }
}

function readSpki(pem: string): Uint8Array<ArrayBuffer> {
  const spki = spkiShape.exec(pem)?.[1]
  if (spki !== undefined) return decode(spki)
  const inner = decode(pkcs1Shape.exec(pem)?.[1] ?? '')
  const bits = der(0x03, [0, ...inner])
  return new Uint8Array(der(0x30, [...rsaAlgorithm, ...bits]))
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64.replaceAll(/\s/g, '')), (character) => character.charCodeAt(0))
}

/** One DER value: tag, definite length, content (X.690 section 8.1). */
function der(tag: number, content: readonly number[]): number[] {
  if (content.length < 0x80) return [tag, content.length, ...content]
  const high = content.length >> 8
  return high === 0
    ? [tag, 0x81, content.length, ...content]
    : [tag, 0x82, high, content.length & 0xff, ...content]
}
