/** A signing key of a test issuer: made when the test runs, never kept. */
export interface TestKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Makes an RSA key; `bits` is 2048 unless the test is about keys that are too small. */
export async function makeKey(kid = 'ins_test', bits = 2048): Promise<TestKey> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: bits,
    publicExponent: new Uint8Array([1, 0, 1]),
  }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('RSA keys come in pairs')
  return { kid, ...pair }
}

/** An RSA key for signatures in a JWK set (RFC 7517, RFC 7518 section 6.3). */
export interface PublicJwk {
  readonly kty: 'RSA'
  readonly n: string
  readonly e: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'RS256'
}

/** The public half as an issuer publishes it. */
export async function publicJwk(key: TestKey): Promise<PublicJwk> {
  const { n, e } = await exportJwk(key.publicKey)
  return { kty: 'RSA', n: String(n), e: String(e), kid: key.kid, use: 'sig', alg: 'RS256' }
}

async function exportJwk(key: CryptoKey): Promise<JsonWebKey> {
  const exported = await crypto.subtle.exportKey('jwk', key)
  if (exported instanceof ArrayBuffer) throw new TypeError('A JWK is an object')
  return exported
}

/** The body of a JWKS endpoint. */
export async function jwks(...keys: readonly TestKey[]): Promise<{ keys: PublicJwk[] }> {
  return { keys: await Promise.all(keys.map(publicJwk)) }
}

/** The public half in PEM (SPKI, RFC 7468), as `CLERK_JWT_KEY` takes it. */
export async function publicPem(key: TestKey): Promise<string> {
  const exported = await crypto.subtle.exportKey('spki', key.publicKey)
  if (!(exported instanceof ArrayBuffer)) throw new TypeError('SPKI is bytes')
  const lines = btoa(binary(new Uint8Array(exported))).match(/.{1,64}/g) ?? []
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n')
}

/** The frontend address that {@link sessionClaims} names as issuer. */
export const testIssuer = 'https://clerk.usher.test'

/** The claims of a Clerk session token, version 2, of one minute, issued at `nowSeconds`. */
export function sessionClaims(nowSeconds: number): Record<string, unknown> {
  return {
    azp: 'https://app.usher.test',
    exp: nowSeconds + 60,
    fva: [0, -1],
    iat: nowSeconds,
    iss: testIssuer,
    jti: 'b4d1f00dcafe',
    nbf: nowSeconds - 10,
    sid: 'sess_ada',
    sts: 'active',
    sub: 'user_ada',
    v: 2,
  }
}

/** The category in the JOSE header of Clerk's session tokens. */
export const sessionCategory = 'cl_B7d4PD111AAA'

/** The header of a Clerk session token that `key` signs. */
export function sessionHeader(key: Pick<TestKey, 'kid'>): Record<string, unknown> {
  return { alg: 'RS256', cat: sessionCategory, kid: key.kid, typ: 'JWT' }
}

/** How to sign: properly, with no signature at all, or with HMAC and the public key's PEM as secret. */
export type Signing = 'RS256' | 'none' | 'HS256'

/**
 * What to mint. `header` and `claims` are JSON values, or text that goes into the token as it is: so a
 * token can hold broken JSON, repeated members, `null`, or numbers that JSON.stringify would not write.
 */
export interface Mint {
  readonly key: TestKey
  readonly header?: unknown
  readonly claims: unknown
  readonly signing?: Signing
}

/** Mints a compact token (RFC 7515) from exactly what it is given. */
export async function mint({ key, claims, header, signing = 'RS256' }: Mint): Promise<string> {
  const parts = [header ?? { ...sessionHeader(key), alg: signing }, claims]
  const input = parts.map((part) => base64url(utf8(jsonText(part)))).join('.')
  return `${input}.${base64url(await sign(key, signing, utf8(input)))}`
}

/** A session token with some claims changed; a claim that is `undefined` is left out. */
export function mintSession(
  key: TestKey,
  nowSeconds: number,
  changes: Record<string, unknown> = {},
): Promise<string> {
  return mint({ key, claims: { ...sessionClaims(nowSeconds), ...changes } })
}

/** The same token with the first byte of its signature changed. */
export function flipSignature(token: string): string {
  const start = token.lastIndexOf('.') + 1
  return `${token.slice(0, start)}${token[start] === 'A' ? 'B' : 'A'}${token.slice(start + 1)}`
}

async function sign(
  key: TestKey,
  signing: Signing,
  input: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  switch (signing) {
    case 'none':
      return new Uint8Array()
    case 'RS256':
      return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey, input))
    case 'HS256': {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' }
      const secret = utf8(await publicPem(key))
      const hmacKey = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
      return new Uint8Array(await crypto.subtle.sign('HMAC', hmacKey, input))
    }
  }
}

function jsonText(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part)
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}

function binary(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** Base64url without padding (RFC 4648 section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(binary(bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
