import type { RefusalCode } from '../../src/model/refusal.ts'
import { clerkSkewMs, type Settings } from '../support/token-grammar.ts'
import { sessionCategory, testIssuer } from '../support/tokens.ts'

// Where Usher alone says no. Whatever Clerk accepts and Usher refuses must be one of these rows.

/** A token that Clerk accepted, read as loosely as Clerk reads. */
export interface Seen {
  readonly token: string
  readonly texts: readonly Uint8Array[]
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly nowMs: number
}

/** One way in which Usher is stricter than Clerk's verifier. */
export interface Strictness {
  readonly code: RefusalCode
  readonly why: string
  /** Whether a token that Clerk accepts is of that kind; of no token that Usher accepts it holds. */
  readonly holds: (seen: Seen, settings: Settings) => boolean
}

/** Every way in which Usher is stricter than Clerk's verifier. */
export const strictness: readonly Strictness[] = [
  {
    code: 'token-too-large',
    why: 'No browser keeps a cookie of 4 KiB, so nothing that Clerk issues needs 8 KiB of work.',
    holds: ({ token }) => token.length > 8192,
  },
  {
    code: 'token-invalid',
    why: 'Padding gives one signed token several spellings; RFC 7515 forbids it.',
    holds: ({ token }) => token.includes('='),
  },
  {
    code: 'token-invalid',
    why: 'Bytes that are no UTF-8, or a byte order mark, are text to one reader and not to another.',
    holds: ({ texts }) => texts.some((bytes) => !isPlainUtf8(bytes)),
  },
  {
    code: 'token-duplicate-member',
    why: 'Of a member that is there twice one reader takes the first, another the last.',
    holds: ({ texts }) => texts.some((bytes) => namesTwice(new TextDecoder().decode(bytes))),
  },
  {
    code: 'token-type-mismatch',
    why: 'A machine is no user, and verifyToken does not ask which one the subject is.',
    holds: ({ claims }) => /^mch_/.test(String(claims.sub)),
  },
  {
    code: 'token-type-mismatch',
    why: 'verifyToken refuses the category of machines alone; a JWT template is no session either.',
    holds: ({ header: { cat } }) => cat === 'cl_B7d4PD222AAA',
  },
  {
    code: 'token-type-mismatch',
    why: 'Without a category and without a session it is a JWT of a template.',
    holds: ({ header: { cat }, claims }) =>
      (cat === undefined || cat === 'cl_I7d4PD111III') && claims.sid === undefined,
  },
  {
    code: 'token-invalid-category',
    why: 'A category that nobody knows is no session.',
    holds: ({ header: { cat } }) =>
      cat !== undefined &&
      cat !== sessionCategory &&
      !/^cl_(B7d4PD222AAA|I7d4PD111III)$/.test(String(cat)),
  },
  {
    code: 'token-critical-header',
    why: 'RFC 7515 section 4.1.11: who does not understand what is critical must refuse.',
    holds: ({ header }) => Object.hasOwn(header, 'crit'),
  },
  {
    code: 'token-missing-kid',
    why: 'Clerk always names the key; with a PEM its verifier does not look.',
    holds: ({ header }, { keys }) => keys === 'pem' && !Object.hasOwn(header, 'kid'),
  },
  {
    code: 'token-invalid-kid',
    why: 'A name that is no plain text: with a PEM nobody looks, and of a list JavaScript makes one.',
    holds: ({ header: { kid } }, { keys }) =>
      Array.isArray(kid) || (keys === 'pem' && kid !== undefined && !isName(kid)),
  },
  {
    code: 'token-invalid-algorithm',
    why: 'A key that does not say its algorithm lets the token choose, among those of RSA.',
    holds: ({ header }, { keys }) =>
      keys === 'silent' && /^RS(?:384|512)$/.test(String(header.alg)),
  },
  {
    code: 'token-missing-sub',
    why: 'A subject without a character is nobody.',
    holds: ({ claims }) => claims.sub === '',
  },
  {
    code: 'token-missing-sid',
    why: 'Without a session nothing can be ended; verifyToken does not look.',
    holds: ({ claims }) => typeof claims.sid !== 'string' || claims.sid === '',
  },
  {
    code: 'token-invalid-claims',
    why: 'Ids travel in headers and logs: visible ASCII of at most 255 characters.',
    holds: ({ claims }) => ['sub', 'sid'].some((name) => !isId(claims[name])),
  },
  {
    code: 'token-invalid-issuer',
    why: 'Keys vouch for one issuer; this release of verifyToken cannot check it.',
    holds: ({ claims }) => claims.iss !== testIssuer,
  },
  {
    code: 'token-invalid-audience',
    why: 'verifyToken skips an audience that is missing, or that is no list of texts.',
    holds: ({ claims: { aud } }, { audiences }) =>
      audiences.length > 0 &&
      (isEmpty(aud) || !isTexts([aud].flat())) &&
      !audiences.some((audience) => [aud].flat().includes(audience)),
  },
  {
    code: 'token-invalid-exp',
    why: 'A number outside every calendar becomes an invalid date, which never expires.',
    holds: ({ claims: { exp } }) => isNoTime(exp) && !isOfCalendar(exp),
  },
  {
    code: 'token-invalid-nbf',
    why: 'A time before 1970 or of infinity is a mistake.',
    holds: ({ claims: { nbf } }) => isNoTime(nbf),
  },
  {
    code: 'token-invalid-iat',
    why: 'Clerk always writes it, and what was revoked before it counts on it.',
    holds: ({ claims: { iat } }) => iat === undefined || isNoTime(iat),
  },
  {
    code: 'token-not-active-yet',
    why: 'Clerk cuts off fractions of a second, and takes what is outside every calendar for now.',
    holds: ({ claims: { nbf }, nowMs }) => isRoundedToNow(nbf, nowMs),
  },
  {
    code: 'token-iat-in-the-future',
    why: 'The same.',
    holds: ({ claims: { iat }, nowMs }) => isRoundedToNow(iat, nowMs),
  },
  {
    code: 'session-pending',
    why: 'A session with tasks left is not signed in; Clerk says so only after verifyToken.',
    holds: ({ claims }) => claims.sts === 'pending',
  },
  {
    code: 'token-invalid-claims',
    why: 'A status that is not known may mean anything.',
    holds: ({ claims: { sts } }) =>
      sts !== undefined && !['active', 'pending'].some((known) => known === sts),
  },
  {
    code: 'token-invalid-claims',
    why: 'Who acts for somebody else must have a name.',
    holds: ({ claims: { act } }) => !isNil(act) && !isId((act as { sub?: unknown }).sub),
  },
  {
    code: 'token-invalid-claims',
    why: 'A version that is not known, or the organisation of one in another, is not "no organisation".',
    holds: ({ claims: { v, o } }) => !(isNil(v) || v === 1 || v === 2) || (v !== 2 && !isNil(o)),
  },
  {
    code: 'token-invalid-claims',
    why: 'An organisation that cannot be read is not "no organisation".',
    holds: ({ claims }) => (claims.v === 2 ? isOdd2(claims) : isOdd1(claims)),
  },
]

function isOdd1({ org_id, org_slug, org_role, org_permissions }: Seen['claims']): boolean {
  const names: unknown[] = isNil(org_permissions) ? [] : [org_permissions]
  return (
    !isNil(org_id) &&
    (!isId(org_id) ||
      [org_slug, org_role].some((name) => !isNil(name) && typeof name !== 'string') ||
      !names.every((list) => Array.isArray(list) && isTexts(list)))
  )
}

function isOdd2({ o, fea }: Seen['claims']): boolean {
  if (isNil(o)) return false
  const { id, slg, rol, per, fpm } = o as Seen['claims']
  const isLoose =
    typeof fea === 'string' && fea !== '' && fea.split(',').some((one) => !one.includes(':'))
  const texts = [slg, rol, per, fpm, fea]
  return isLoose || !isId(id) || texts.some((text) => !isNil(text) && typeof text !== 'string')
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && value.length < 256
}

function isNil(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/** What Clerk takes for no audience at all. */
function isEmpty(aud: unknown): boolean {
  return [aud].flat().every((one) => !one)
}

function isTexts(list: readonly unknown[]): boolean {
  return list.every((one) => typeof one === 'string' && one !== '')
}

/** Whether something can be the name of a key. */
function isName(kid: unknown): boolean {
  return typeof kid === 'string' && /^\S+$/.test(kid) && kid.length < 256 && !(kid in {})
}

function isNoTime(seconds: unknown): boolean {
  return typeof seconds === 'number' && (seconds < 0 || !Number.isFinite(seconds))
}

/** Whether a time is still to come, but not once its fraction is cut off or for want of a date. */
function isRoundedToNow(seconds: unknown, nowMs: number): boolean {
  if (typeof seconds !== 'number' || seconds * 1000 <= nowMs + clerkSkewMs) return false
  return !isOfCalendar(seconds) || Math.trunc(seconds) * 1000 <= nowMs + clerkSkewMs
}

/** Whether JavaScript can make a date of so many seconds (ECMAScript: time values). */
function isOfCalendar(seconds: unknown): boolean {
  return typeof seconds === 'number' && Math.abs(seconds) <= 8.64e12
}

function isPlainUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes)
  const again = new TextEncoder().encode(text)
  return again.length === bytes.length && again.every((byte, index) => byte === bytes[index])
}

const jsonMarks = /"(?:[^"\\]|\\.)*"(?=\s*(:?))|[{}]/gs

/** Whether an object in a JSON text has two members of one name: walks it with the names so far. */
function namesTwice(text: string): boolean {
  const open: Set<unknown>[] = []
  for (const [mark, colon] of text.matchAll(jsonMarks)) {
    if (mark === '{') open.push(new Set())
    else if (mark === '}') open.pop()
    else if (colon === ':') {
      const names = open.at(-1)
      const name: unknown = JSON.parse(mark)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

/** Reads a token that Clerk accepted at `nowMs`. */
export function read(token: string, nowMs: number): Seen {
  const texts = token.split('.').slice(0, 2).map(looseBytes)
  const [header, claims] = texts.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)))
  return { token, texts, header, claims, nowMs }
}

function looseBytes(part: string): Uint8Array {
  const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
