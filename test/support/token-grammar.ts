// Tokens as plans: plain data that says what to write, how to spell and sign it, and when to judge it.
// A plan that fails shrinks to the least that still fails, and prints as what it is.

/** Members of a JSON object in their order, each value as JSON text: so one may be there twice. */
export type Members = readonly (readonly [name: string, json: string])[]

/** A part of a token that is JSON. */
export type JsonPart = 'header' | 'claims'

/** Under what a token is judged. */
export interface Settings {
  /** A JWK set whose keys name their algorithm, one whose keys do not, or a single PEM. */
  readonly keys: 'published' | 'silent' | 'pem'
  readonly audiences: readonly string[]
  readonly authorizedParties: readonly string[]
}

/** A moment on one of the edges of a token's life, the skew included, or off it. */
export interface Instant {
  readonly edge: 'birth' | 'exp' | 'nbf' | 'iat'
  readonly byMs: number
}

/** One thing that is unusual about a token. */
export type Mutation =
  | {
      readonly change: 'member'
      readonly part: JsonPart
      readonly name: string
      readonly json: Json
    }
  | { readonly change: 'repeat'; readonly part: JsonPart; readonly member: Members[number] }
  | { readonly change: 'text'; readonly part: JsonPart; readonly text: string }
  | {
      readonly change: 'bytes'
      readonly part: JsonPart
      readonly bytes: (typeof byteChanges)[number]
    }
  | { readonly change: 'spelling'; readonly part: Spelled; readonly spelling: Spelling }
  | { readonly change: 'signing'; readonly signing: (typeof signings)[number] }
  | { readonly change: 'wire'; readonly wire: (typeof wireChanges)[number] }

/** JSON text, or nothing at all. */
type Json = string | undefined
/** A part of a token as it is spelled. */
export type Spelled = JsonPart | 'signature'
/** How a part is spelled. */
export type Spelling = (typeof spellings)[number]

/** What to mint and when to judge it. */
export interface Plan {
  readonly settings: Settings
  readonly header: Members
  readonly claims: Members
  readonly layout: 'tight' | 'spaced' | 'escaped'
  readonly mutations: readonly Mutation[]
  readonly instants: readonly [Instant, Instant]
}

/** When every token is born, in seconds: 15 January 2027. */
export const bornSeconds = 1_800_000_000
/** How far clocks may differ: what Clerk takes when it is not told. */
export const clerkSkewMs = 5000
/** The key that signs for the test issuer, and one more that it publishes. */
export const kids = { main: 'ins_usher', second: 'ins_second' } as const

/** What may follow a token about on its way. No verifier may accept any. */
export const wireChanges = [
  'a flipped signature',
  'a cut signature',
  'no signature',
  'the signature of another token',
  'the claims of another token',
  'the header of another token',
  'a changed character in the claims',
  'parts swapped',
  'one part more',
  'one part less',
  'a dot before it',
  'a space behind it',
  'a line break before it',
  'dots in percent code',
  'lower case',
  'itself once more',
] as const
/** Ways to sign that are not the ordinary one. */
export const signings = [
  'a stranger under our name',
  'the second key under the first name',
  'the second key',
  'none',
  'HS256 with the PEM',
  'HMAC called RS256',
  'RS384',
  'RS512',
  'PS256',
] as const
/** Spellings that the signature covers, so that only the decoder stands against them. */
export const spellings = [
  'padded',
  'standard alphabet',
  'a space inside',
  'a line break behind',
  'loose bits',
  'a character too many',
  'empty',
] as const
/** Bytes that are not the UTF-8 of JSON, or not it alone. */
export const byteChanges = ['byte order mark', 'bytes of no text', 'half a pair', 'UTF-16'] as const

/** Signed like this a token may hold: under another name, or when the key does not say its algorithm. */
const lawfulSignings = ['the second key under the first name', 'the second key', 'RS384', 'RS512']

/** What no verifier may accept, whatever else is in the token or in the settings. */
export function isFatal(mutation: Mutation): boolean {
  switch (mutation.change) {
    case 'wire':
    case 'text':
      return true
    case 'spelling':
      return mutation.spelling !== 'padded'
    case 'bytes':
      return mutation.bytes === 'UTF-16'
    case 'signing':
      return !lawfulSignings.includes(mutation.signing)
    default:
      return false
  }
}

/** The name under which a mutation is counted. */
export function kindOf(mutation: Mutation): string {
  switch (mutation.change) {
    case 'member':
      return `${mutation.part}: ${mutation.name}`
    case 'spelling':
      return `${mutation.part}: ${mutation.spelling}`
    case 'bytes':
      return `${mutation.part}: ${mutation.bytes}`
    case 'repeat':
      return `${mutation.part}: a member again`
    case 'text':
      return `${mutation.part}: other text`
    case 'signing':
      return mutation.signing
    case 'wire':
      return mutation.wire
  }
}
