import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { makeSigningKey } from '../../../src/cli/signing-keys.ts'
import type { SigningKey } from '../../../src/model/signing-key.ts'

/** What an origin is asked, and whether it must let it in. */
export interface Case {
  readonly name: string
  /** `undefined` sends no such header. */
  readonly assertion: string | undefined
  readonly method: 'GET' | 'POST'
  /** The raw path. */
  readonly path: string
  readonly host: string
  readonly passes: boolean
}

/** A key that signs for Usher, in the hands of a test. */
export interface Signer {
  readonly key: SigningKey
  readonly privateKey: KeyObject
}

/** Makes a key of Usher's. */
export async function makeSigner(): Promise<Signer> {
  const key = await makeSigningKey('current', Date.now())
  const { x, y, d } = key
  const jwk = { kty: 'EC', crv: 'P-256', x, y, d }
  return { key, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) }
}

type Claims = Readonly<Record<string, unknown>>

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function textOf(header: Claims, claims: Claims): string {
  return `${encode(header)}.${encode(claims)}`
}

function es256(text: string, key: KeyObject): string {
  const how = { key, dsaEncoding: 'ieee-p1363' } as const
  return sign('sha256', Buffer.from(text), how).toString('base64url')
}

const get = { method: 'GET', path: '/api/hello', host: 'usher.test' } as const
const post = { ...get, method: 'POST' } as const

/** What makes assertions, each good but for what is changed. */
interface Mint {
  readonly signer: Signer
  readonly nowSeconds: number
  /** The header and the claims of a good one. */
  readonly head: Claims
  readonly said: Claims
  readonly make: (changes?: Claims, header?: Claims, privateKey?: KeyObject) => string
  /** One that is bound to a request. */
  readonly bound: (method: string, path: string, host?: string) => string
}

function openMint(signer: Signer): Mint {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const head = { alg: 'ES256', kid: signer.key.kid, typ: 'JWT' }
  const said = {
    ...{ iss: 'usher', aud: 'api', sub: 'user_direct', sid: 'sess_direct' },
    ...{ iat: nowSeconds, exp: nowSeconds + 60 },
  }
  const make: Mint['make'] = (changes = {}, header = head, privateKey = signer.privateKey) => {
    const text = textOf(header, { ...said, ...changes })
    return `${text}.${es256(text, privateKey)}`
  }
  const bound: Mint['bound'] = (mth, pth, hst = get.host) => make({ mth, pth, hst })
  return { signer, nowSeconds, head, said, make, bound }
}

/** Every assertion that an origin could be shown: some are Usher's, and most are not. */
export function casesFor(signer: Signer): readonly Case[] {
  const mint = openMint(signer)
  return [
    ...goodCases(mint).map((one) => ({ ...one, passes: true })),
    ...[...absentCases(), ...claimCases(mint), ...boundCases(mint)].map(refused),
    ...[...unsignedCases(mint), ...foreignCases(mint), ...brokenCases(mint)].map(refused),
  ]
}

type Undecided = Omit<Case, 'passes'>

function refused(one: Undecided): Case {
  return { ...one, passes: false }
}

function goodCases({ make, bound, nowSeconds }: Mint): readonly Undecided[] {
  const odd = '/api/a%20b/%C3%AB'
  return [
    { ...get, name: 'a good one', assertion: make() },
    { ...get, name: 'expired 3 s ago', assertion: make({ exp: nowSeconds - 3 }) },
    { ...get, name: 'bound to this GET', assertion: bound('GET', '/api/hello') },
    { ...post, name: 'bound to this POST', assertion: bound('POST', '/api/hello') },
    { ...post, path: odd, name: 'bound to a path with escapes', assertion: bound('POST', odd) },
  ]
}

function absentCases(): readonly Undecided[] {
  return [
    { ...get, name: 'none at all', assertion: undefined },
    { ...get, name: 'an empty one', assertion: '' },
  ]
}

function claimCases({ make, nowSeconds }: Mint): readonly Undecided[] {
  return [
    { ...get, name: 'for another audience', assertion: make({ aud: 'billing' }) },
    { ...get, name: 'for no audience', assertion: make({ aud: undefined }) },
    { ...get, name: 'by another issuer', assertion: make({ iss: 'https://clerk.usher.test' }) },
    { ...get, name: 'by no issuer', assertion: make({ iss: undefined }) },
    { ...get, name: 'of nobody', assertion: make({ sub: undefined }) },
    { ...get, name: 'expired 30 s ago', assertion: make({ exp: nowSeconds - 30 }) },
    { ...get, name: 'without an end', assertion: make({ exp: undefined }) },
  ]
}

function boundCases({ make, bound }: Mint): readonly Undecided[] {
  return [
    { ...get, name: 'bound to another method', assertion: bound('POST', '/api/hello') },
    { ...get, name: 'bound to another path', assertion: bound('GET', '/api/other') },
    { ...get, name: 'bound to another host', assertion: bound('GET', '/api/hello', 'x.test') },
    { ...post, name: 'bound to a GET, on a POST', assertion: bound('GET', '/api/hello') },
    { ...post, name: 'bound to another path, on a POST', assertion: bound('POST', '/api/other') },
    { ...post, name: 'bound to nothing, on a POST', assertion: make() },
  ]
}

function unsignedCases({ head, said, make }: Mint): readonly Undecided[] {
  const none = { ...head, alg: 'none' }
  return [
    { ...get, name: 'unsigned', assertion: `${textOf({ alg: 'none', typ: 'JWT' }, said)}.` },
    { ...get, name: 'unsigned, with a kid', assertion: `${textOf(none, said)}.` },
    { ...get, name: 'of no algorithm, with a signature', assertion: make({}, none) },
    { ...get, name: 'of another algorithm', assertion: make({}, { ...head, alg: 'RS256' }) },
  ]
}

/** What somebody else signed: with the public key as a secret, or with a key of their own. */
function foreignCases({ signer, head, said, make }: Mint): readonly Undecided[] {
  const published = createPublicKey(signer.privateKey)
  const secrets = [
    published.export({ type: 'spki', format: 'pem' }),
    published.export({ type: 'spki', format: 'der' }),
    JSON.stringify(published.export({ format: 'jwk' })),
    Buffer.from(signer.key.x, 'base64url'),
  ]
  const symmetric = (secret: string | Buffer) => {
    const text = textOf({ ...head, alg: 'HS256' }, said)
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const jwk = createPublicKey(foreign).export({ format: 'jwk' })
  const own = [
    ['by a foreign key of the same name', head],
    ['by a foreign key of another name', { ...head, kid: 'foreign' }],
    ['by a foreign key that it brings along', { ...head, jwk }],
  ] as const
  return [
    ...secrets.map((secret, index) => ({
      ...get,
      name: `HS256 with the public key as secret, written in way ${index}`,
      assertion: symmetric(secret),
    })),
    ...own.map(([name, header]) => ({ ...get, name, assertion: make({}, header, foreign) })),
  ]
}

function brokenCases({ head, said, make }: Mint): readonly Undecided[] {
  const [goodHead = '', , goodSignature = ''] = make().split('.')
  const zeros = Buffer.alloc(64).toString('base64url')
  const otherClaims = encode({ ...said, sub: 'user_mallory' })
  return [
    { ...get, name: 'with a signature of zeros', assertion: `${textOf(head, said)}.${zeros}` },
    { ...get, name: 'without its signature', assertion: `${textOf(head, said)}.` },
    {
      ...get,
      name: 'with other claims than were signed',
      assertion: `${goodHead}.${otherClaims}.${goodSignature}`,
    },
    { ...get, name: 'of two parts', assertion: textOf(head, said) },
    { ...get, name: 'of rubbish', assertion: 'a.b.c' },
    {
      ...get,
      name: 'with a kid that is no text',
      assertion: make({}, { ...head, kid: [head.kid] }),
    },
  ]
}
