import {
  type JsonPart,
  kids,
  type Members,
  type Mutation,
  type Plan,
  type Spelled,
  type Spelling,
} from '../support/token-grammar.ts'
import { base64url, flipSignature, makeKey, publicPem, type TestKey } from '../support/tokens.ts'

/** Everyone who signs: the two keys that the issuer publishes, and somebody who is not the issuer. */
export interface Signers {
  readonly main: TestKey
  readonly second: TestKey
  readonly stranger: TestKey
}

/** Makes the keys of everyone who signs. */
export async function makeSigners(): Promise<Signers> {
  const [main, second, stranger] = await Promise.all([
    makeKey(kids.main),
    makeKey(kids.second),
    makeKey(kids.main),
  ])
  return { main, second, stranger }
}

/** Makes the token of a plan. */
export type Forge = (plan: Plan) => Promise<string>

type SignBytes = (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>
type Signing = Extract<Mutation, { change: 'signing' }>['signing']
type Wire = Extract<Mutation, { change: 'wire' }>['wire']

/** A forge that holds the keys, private halves too. */
export async function openForge(signers: Signers): Promise<Forge> {
  const sign = await openSigning(signers)
  return async (plan) => {
    const { mutations } = plan
    const signing = mutations.find((mutation) => mutation.change === 'signing')?.signing
    const header = withMembers(plan.header, 'header', [...signedAs(signing), ...mutations])
    const claims = withMembers(plan.claims, 'claims', mutations)
    const input = [
      spell('header', write(header, 'header', plan), mutations),
      spell('claims', write(claims, 'claims', plan), mutations),
    ].join('.')
    const signature = await sign[signing ?? 'ordinarily'](utf8(input))
    const token = `${input}.${spell('signature', signature, mutations)}`
    return mutations.reduce(
      (text, mutation) => (mutation.change === 'wire' ? onTheWire[mutation.wire](text) : text),
      token,
    )
  }
}

/** What the header says of a way to sign; a mutation of the header itself goes over it. */
function signedAs(signing: Signing | undefined): Mutation[] {
  const algorithms: Partial<Record<Signing, string>> = {
    none: 'none',
    'HS256 with the PEM': 'HS256',
    RS384: 'RS384',
    RS512: 'RS512',
    PS256: 'PS256',
  }
  const alg = signing && algorithms[signing]
  if (alg !== undefined) return [member('alg', alg)]
  return signing === 'the second key' ? [member('kid', kids.second)] : []
}

function member(name: string, value: string): Mutation {
  return { change: 'member', part: 'header', name, json: JSON.stringify(value) }
}

function withMembers(members: Members, part: JsonPart, mutations: readonly Mutation[]): Members {
  let list = members
  for (const mutation of mutations.filter((one) => 'part' in one && one.part === part)) {
    if (mutation.change === 'repeat') list = [mutation.member, ...list]
    if (mutation.change !== 'member') continue
    list = list.filter(([name]) => name !== mutation.name)
    if (mutation.json !== undefined) list = [...list, [mutation.name, mutation.json]]
  }
  return list
}

/** The bytes of a part that is JSON. */
function write(members: Members, part: JsonPart, { layout, mutations }: Plan): Uint8Array {
  const own = mutations.filter((mutation) => 'part' in mutation && mutation.part === part)
  const other = own.find((mutation) => mutation.change === 'text')
  const spelling = own.find((mutation) => mutation.change === 'spelling')?.spelling
  // Bytes in which the two alphabets differ, wherever they fall.
  const list: Members =
    spelling === 'standard alphabet' ? [...members, ['note', '"?>?>?>?>"']] : members
  const text = other?.text ?? objectText(list, layout)
  const bytes = own.find((mutation) => mutation.change === 'bytes')?.bytes
  return padded(bytes === undefined ? utf8(text) : changedBytes[bytes](text), spelling)
}

function objectText(members: Members, layout: Plan['layout']): string {
  const [comma, colon] = layout === 'spaced' ? [' ,\n', ' : '] : [',', ':']
  const texts = members.map(([name, value]) => `${nameText(name, layout)}${colon}${value}`)
  return `{${texts.join(comma)}}`
}

function nameText(name: string, layout: Plan['layout']): string {
  // A name that is already written in escapes stays so.
  if (/^\\u|^\w\\u/.test(name)) return `"${name}"`
  if (layout !== 'escaped') return JSON.stringify(name)
  const codes = Array.from({ length: name.length }, (_, index) => name.charCodeAt(index))
  return `"${codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('')}"`
}

type Bytes = Extract<Mutation, { change: 'bytes' }>['bytes']

const changedBytes: Readonly<Record<Bytes, (text: string) => Uint8Array>> = {
  'byte order mark': (text) => new Uint8Array([0xef, 0xbb, 0xbf, ...utf8(text)]),
  'bytes of no text': (text) => withNote(text, [0xff, 0xc0, 0x80]),
  'half a pair': (text) => withNote(text, [0xed, 0xa0, 0x80]),
  'UTF-16': (text) => new Uint8Array([...utf8(text)].flatMap((byte) => [byte, 0])),
}

/** A member more, of a text that is these bytes. */
function withNote(text: string, note: readonly number[]): Uint8Array {
  return new Uint8Array([...utf8(`${text.slice(0, -1)},"bytes":"`), ...note, ...utf8('"}')])
}

/** White space behind the JSON so that a spelling is possible at all: some need a length of bytes. */
function padded(bytes: Uint8Array, spelling: Spelling | undefined): Uint8Array {
  const wanted = spelling === 'loose bits' ? 1 : spelling === 'a character too many' ? 0 : undefined
  const missing = wanted === undefined ? 0 : (3 + wanted - (bytes.length % 3)) % 3
  return new Uint8Array([...bytes, ...utf8(' '.repeat(missing))])
}

function spell(part: Spelled, bytes: Uint8Array, mutations: readonly Mutation[]): string {
  const text = base64url(bytes)
  return mutations.reduce(
    (spelled, mutation) =>
      mutation.change === 'spelling' && mutation.part === part
        ? respelled[mutation.spelling](spelled)
        : spelled,
    text,
  )
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const respelled: Readonly<Record<Spelling, (text: string) => string>> = {
  padded: (text) => text + '='.repeat((4 - (text.length % 4)) % 4 || 4),
  'standard alphabet': (text) =>
    /[-_]/.test(text) ? text.replaceAll('-', '+').replaceAll('_', '/') : `${text}+`,
  'a space inside': (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
  'a line break behind': (text) => `${text}\n`,
  'loose bits': (text) => `${text.slice(0, -1)}${digits[digits.indexOf(text.slice(-1)) | 1]}`,
  'a character too many': (text) => `${text}${'A'.repeat((5 - (text.length % 4)) % 4)}`,
  empty: () => '',
}

/** Parts of a token that another might have sent. */
const foreign = {
  header: base64url(utf8('{"alg":"RS256","kid":"ins_usher","typ":"JWT","x":1}')),
  claims: base64url(utf8('{"sub":"user_eve","sid":"sess_eve","exp":9999999999}')),
  signature: base64url(new Uint8Array(256).fill(7)),
}

const onTheWire: Readonly<Record<Wire, (token: string) => string>> = {
  'a flipped signature': flipSignature,
  'a cut signature': (token) => token.slice(0, -4),
  'no signature': changed((parts) => [parts[0], parts[1], '']),
  'the signature of another token': changed((parts) => [parts[0], parts[1], foreign.signature]),
  'the claims of another token': changed((parts) => [parts[0], foreign.claims, parts[2]]),
  'the header of another token': changed((parts) => [foreign.header, parts[1], parts[2]]),
  'a changed character in the claims': changed(([header, claims = '', signature]) => {
    const middle = claims.length >> 1
    const other = claims[middle] === 'A' ? 'B' : 'A'
    return [header, `${claims.slice(0, middle)}${other}${claims.slice(middle + 1)}`, signature]
  }),
  'parts swapped': changed((parts) => [parts[1], parts[0], parts[2]]),
  'one part more': (token) => `${token}.e30`,
  'one part less': (token) => token.slice(0, token.lastIndexOf('.')),
  'a dot before it': (token) => `.${token}`,
  'a space behind it': (token) => `${token} `,
  'a line break before it': (token) => `\n${token}`,
  'dots in percent code': (token) => token.replaceAll('.', '%2E'),
  'lower case': (token) => token.toLowerCase(),
  'itself once more': (token) => token + token,
}

type Parts = readonly (string | undefined)[]

function changed(change: (parts: Parts) => Parts): (token: string) => string {
  return (token) => change(token.split('.')).join('.')
}

async function openSigning({
  main,
  second,
  stranger,
}: Signers): Promise<Readonly<Record<Signing | 'ordinarily', SignBytes>>> {
  const pem = utf8(await publicPem(main))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const hmacKey = await crypto.subtle.importKey('raw', pem, hmac, false, ['sign'])
  const signHmac = signWith(hmacKey, 'HMAC')
  return {
    ordinarily: signWith(main.privateKey),
    'a stranger under our name': signWith(stranger.privateKey),
    'the second key under the first name': signWith(second.privateKey),
    'the second key': signWith(second.privateKey),
    none: async () => new Uint8Array(),
    'HS256 with the PEM': signHmac,
    'HMAC called RS256': signHmac,
    RS384: signWith(await rekeyed(main, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' })),
    RS512: signWith(await rekeyed(main, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' })),
    PS256: signWith(await rekeyed(main, { name: 'RSA-PSS', hash: 'SHA-256' }), {
      name: 'RSA-PSS',
      saltLength: 32,
    }),
  }
}

/** The same private key for another algorithm. */
async function rekeyed(
  key: TestKey,
  algorithm: { name: string; hash: string },
): Promise<CryptoKey> {
  const exported = await crypto.subtle.exportKey('pkcs8', key.privateKey)
  if (!(exported instanceof ArrayBuffer)) throw new TypeError('PKCS #8 is bytes')
  return crypto.subtle.importKey('pkcs8', exported, algorithm, false, ['sign'])
}

function signWith(
  key: CryptoKey,
  algorithm: string | { name: string; saltLength: number } = 'RSASSA-PKCS1-v1_5',
): SignBytes {
  return async (input) => new Uint8Array(await crypto.subtle.sign(algorithm, key, input))
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}
