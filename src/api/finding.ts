import { type Expectations, skewMs } from '../clerk/claims.ts'
import { opaqueTypeOf } from '../clerk/token-type.ts'
import type { Claims, TokenType } from '../model/principal.ts'

/** What can be seen in a token without a key, and what it is held against. */
export interface Seen {
  readonly token: string
  /** What it is by its shape. */
  readonly type: TokenType | undefined
  /** `undefined` for what is no JWT. */
  readonly header: Claims | undefined
  readonly payload: Claims | undefined
  readonly expectations: Expectations
  readonly nowMs: number
}

/** One check that failed, in words for whoever runs Usher. */
export interface Finding {
  readonly check: string
  readonly expected: string | null
  readonly got: string | null
  /** The variable that is likely wrong. */
  readonly setting: string | null
  readonly advice: string
}

/** Says of a token what is the matter with it. */
export type Explain = (seen: Seen) => Finding

type Words = string | ((seen: Seen) => string)

interface Row {
  readonly check: string
  readonly expected: Words
  readonly got?: Words
  readonly setting?: string
  readonly advice: string
}

/** What is told of one check, in words that may depend on the token. */
export function row({ check, expected, got, setting, advice }: Row): Explain {
  return (seen) => ({
    check,
    expected: said(expected, seen),
    got: got === undefined ? null : said(got, seen),
    setting: setting ?? null,
    advice,
  })
}

function said(words: Words, seen: Seen): string {
  return typeof words === 'string' ? words : words(seen)
}

/** The issuers whose tokens count. */
export function issuers({ expectations }: Seen): string {
  return expectations.issuers.join(', ')
}

/** How late a time may be that must have come. */
export function notAfterNow({ nowMs }: Seen): string {
  return `no later than ${skewMs / 1000} s after now, ${clockOf(nowMs)}`
}

/** A member of the header. */
export function inHeader(member: string): (seen: Seen) => string {
  return ({ header }) => show(header?.[member])
}

/** A claim; of an opaque token nothing is told that is not told by its form. */
export function claim(name: string): (seen: Seen) => string {
  return (seen) => (seen.payload ? show(seen.payload[name]) : form(seen))
}

/** A time among the claims, and how long ago it was. */
export function time(name: string): (seen: Seen) => string {
  return (seen) => {
    const value = seen.payload?.[name]
    if (typeof value !== 'number') return claim(name)(seen)
    const agoSeconds = Math.round(seen.nowMs / 1000 - value)
    const when = agoSeconds >= 0 ? `${agoSeconds} s ago` : `${-agoSeconds} s from now`
    return `${value}, ${when}`
  }
}

/** A moment of our own clock. */
export function clockOf(nowMs: number): string {
  return `${Math.floor(nowMs / 1000)} (${new Date(nowMs).toISOString()})`
}

/** What a token looks like from afar: of an opaque one its prefix, of any other its parts and its length. */
export function form({ token }: Seen): string {
  const opaque = opaqueTypeOf(token)
  if (opaque !== undefined) return `${token.slice(0, token.indexOf('_') + 1)}…`
  const parts = token.split('.').length
  return `${parts} ${parts === 1 ? 'part' : 'parts'}, ${token.length} characters`
}

const shownMax = 200

/** A value as it is told: not all of it where it is long. */
export function show(value: unknown): string {
  if (value === undefined || value === '') return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
}
