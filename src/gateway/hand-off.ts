import { readClaim } from '../model/claim.ts'
import { foldHeaderName, remembering } from '../model/headers.ts'
import type { MappedHeader } from '../model/route.ts'
import type { HeaderLine } from '../model/terms.ts'
import type { Caller } from './authenticate.ts'
import { toldOf } from './telling.ts'

/** The mapped headers of identity. */
export interface HandOff {
  /** Whether a header has one of their names, under any spelling: it is not the client's to write. */
  readonly isMapped: (name: string) => boolean
  /** Every one of them, an absent value empty. */
  readonly tell: (caller: Caller) => readonly HeaderLine[]
}

/** Hands identities over as a map says. */
export function createHandOff(map: readonly MappedHeader[]): HandOff {
  const folded = new Set(map.map(({ name }) => foldHeaderName(name)))
  return {
    isMapped: remembering((name) => folded.has(foldHeaderName(name))),
    tell: (caller) => map.map((header) => [header.name, written(header, caller)]),
  }
}

/** A value that is too long is left out whole: what is cut may be another's. */
function written({ source, as, maxBytes }: MappedHeader, caller: Caller): string {
  const { principal } = caller
  const told =
    typeof source === 'string'
      ? toldOf(source, caller)
      : principal.kind === 'anonymous'
        ? undefined
        : readClaim(principal.claims, source.claim)
  const text = as === 'json' ? asJson(told) : asText(told)
  return text.length <= maxBytes ? text : ''
}

/** JSON in printable ASCII: it has an escape of its own for everything else. */
function asJson(told: unknown): string {
  const escaped = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return told === undefined ? '' : JSON.stringify(told).replaceAll(/[^ -~]/g, escaped)
}

/** A single value, or single values with commas; what is neither cannot be told this way. */
function asText(told: unknown): string {
  const parts = Array.isArray(told) ? told.map(asPart) : [asPart(told)]
  return parts.some((part) => part === undefined) ? '' : parts.join(',')
}

/**
 * Percent-encoded where an origin could read something else: a comma would be two values, a blank at an end
 * would be trimmed, and a percent sign would be mistaken for what is written here.
 */
function asPart(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return undefined
  }
  return String(value)
    .toWellFormed()
    .replaceAll(/[^ -~]|[%,]|^ | $/gu, encodeURIComponent)
}
