import { type AccessKey, publicAccessJwk } from '../model/access-key.ts'
import { encodeBase64url } from '../model/base64url.ts'

/** No answer counts for longer. */
const answerLifeSeconds = 60

/** What Access is told, and about which question. */
export interface AccessAnswer {
  readonly success: boolean
  readonly nonce: string
}

/** Signs answers to Access. */
export type SignAnswer = (answer: AccessAnswer, nowMs: number) => Promise<string>

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** Signs with the first key: RS256 (RFC 7518 section 3.3), the one algorithm that Access takes. */
export function createSignAnswer([key]: readonly AccessKey[]): SignAnswer {
  let privateKey: CryptoKey | undefined
  return async function sign({ success, nonce }, nowMs) {
    if (key === undefined) throw new TypeError('Cloudflare Access is answered without a key')
    privateKey ??= await importAccessKey(key)
    const iat = Math.floor(nowMs / 1000)
    const header = { alg: 'RS256', kid: key.kid, typ: 'JWT' }
    const payload = { success, nonce, iat, exp: iat + answerLifeSeconds }
    const text = [header, payload].map((part) => encodeBase64url(JSON.stringify(part))).join('.')
    const bytes = new TextEncoder().encode(text)
    const signature = await crypto.subtle.sign(algorithm.name, privateKey, bytes)
    return `${text}.${encodeBase64url(signature)}`
  }
}

function importAccessKey({ n, e, secret }: AccessKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', { kty: 'RSA', n, e, ...secret }, algorithm, false, ['sign'])
}

/** Whether what the keys sign verifies with what is published of them. */
export async function canAnswer(keys: readonly AccessKey[]): Promise<boolean> {
  const checked = keys.map(async (key) => {
    const text = new TextEncoder().encode('usher')
    const signature = await crypto.subtle.sign(algorithm.name, await importAccessKey(key), text)
    const jwk = { kty: 'RSA', ...publicAccessJwk(key) }
    const published = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
    return crypto.subtle.verify(algorithm.name, published, signature, text)
  })
  return (await Promise.all(checked)).every((isSound) => isSound)
}
