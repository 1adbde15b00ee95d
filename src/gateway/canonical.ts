import type { HeaderReader } from '../model/asking.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Escape } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { canonicalHost, isHost } from './host.ts'

/** Path and query together. */
export const targetMaxBytes = 8192
const segmentsMax = 256
const noEscapes: readonly Escape[] = []

/** A URL that is canonical as it stands, but for its host. */
const plainUrl =
  /^(https?):\/\/([^/?#\\]+)((?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)(\?[!$-&(-;=?-~]+)?$/

const urlShape = /^(https?):\/\/([^/?#\\]*)([^?#]*)(\?[^#]*)?(#[\s\S]*)?$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controlCharacter = /[\u0000-\u001f\u007f]/
/** A segment that needs no second look. */
const plainSegment = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/
/** One escape, or one character (RFC 3986 section 2.1). */
const unit = /%[0-9A-Fa-f]{2}|[\s\S]/gu
const dotSegment = /^\s*\.\.?\s*$/
const unreserved = /^[A-Za-z0-9._~-]$/
/** RFC 3986 section 3.3, pchar without unreserved characters and escapes. */
const plainInPath = /^[A-Za-z0-9._~!$&'()*+,;=:@-]$/
const replacementCharacter = '\ufffd'

/** What decodes to an escape: nothing may depend on how often an origin decodes. */
const doubleEscape = /%25[0-9A-Fa-f]{2}/

/** Escapes that are refused unless a route lets them through, and one that never passes. */
const separators: Readonly<Record<string, Escape | 'never'>> = {
  '%2F': '%2F',
  '%25': '%25',
  '%3B': '%3B',
  '%23': '%23',
  '%3F': '%3F',
  '%5C': 'never',
}

/**
 * Turns the raw URL of a request into its canonical target, or refuses it. Pure and total: it gives the
 * same for its own output. Decodes only escaped unreserved characters, upper-cases the other escapes,
 * resolves dot segments and merges doubled slashes (RFC 3986 section 6.2.2). What two parsers could read
 * differently is refused with 400, save what `allowed` names.
 */
export function canonicalize(
  { url: rawUrl, headers }: { readonly url: string; readonly headers: HeaderReader },
  allowed: ReadonlySet<Escape>,
): Result<CanonicalTarget, Refusal> {
  const plain = plainUrl.exec(rawUrl)
  const [, scheme, authority = '', rawPath = '', rawQuery = '', fragment] =
    plain ?? urlShape.exec(rawUrl) ?? []
  if (scheme !== 'http' && scheme !== 'https') return refuse('target-has-bad-host')
  // workerd writes the Host header into the URL as it came, so `Host: h/public` would begin the path.
  const hostHeader = headers.get('host') ?? authority
  if (hostHeader !== authority && !isHost(hostHeader)) return refuse('target-has-bad-host')
  if (rawPath.length + rawQuery.length > targetMaxBytes) return refuse('target-too-long')
  if (fragment !== undefined) return refuse('target-has-fragment')
  const host = canonicalHost(authority, scheme)
  if (!host.ok) return host
  const path = plain === null ? canonicalPath(rawPath, allowed) : plainPath(rawPath)
  if (!path.ok) return path
  const query = plain === null ? canonicalQuery(rawQuery) : ok(rawQuery)
  if (!query.ok) return query
  // An escape is longer than what it stands for.
  if (path.value.path.length + query.value.length > targetMaxBytes) return refuse('target-too-long')
  const url = `${scheme}://${host.value}${path.value.path}${query.value}`
  const { segments, escapes } = path.value
  return ok({
    scheme,
    host: host.value,
    path: path.value.path,
    segments,
    query: query.value,
    url,
    escapes,
    isPlain: plain !== null || plainUrl.test(url),
  })
}

type CanonicalPath = Pick<CanonicalTarget, 'path' | 'segments' | 'escapes'>

function plainPath(rawPath: string): Result<CanonicalPath, Refusal> {
  const segments = rawPath.slice(1).split('/')
  return segments.length > segmentsMax
    ? refuse('target-too-long')
    : ok({ path: rawPath, segments, escapes: noEscapes })
}

function canonicalPath(
  rawPath: string,
  allowed: ReadonlySet<Escape>,
): Result<CanonicalPath, Refusal> {
  if (rawPath.includes('\\')) return refuse('target-has-backslash')
  const rawSegments = rawPath.split('/').slice(1)
  if (rawSegments.length > segmentsMax) return refuse('target-too-long')
  const kept: CanonicalSegment[] = []
  for (const raw of rawSegments) {
    if (raw === '..') {
      kept.pop()
    } else if (plainSegment.test(raw)) {
      kept.push({ text: raw, decoded: raw, escapes: [] })
    } else if (raw !== '' && raw !== '.') {
      const segment = canonicalSegment(raw, allowed)
      if (!segment.ok) return segment
      kept.push(segment.value)
    }
  }
  const isFolder = ['', '.', '..'].includes(rawSegments.at(-1) ?? '') && kept.length > 0
  return ok({
    path: `/${kept.map(({ text }) => text).join('/')}${isFolder ? '/' : ''}`,
    segments: kept.map(({ decoded }) => decoded),
    escapes: kept.flatMap((segment) => segment.escapes),
  })
}

interface CanonicalSegment {
  readonly text: string
  readonly decoded: string
  readonly escapes: readonly Escape[]
}

function canonicalSegment(
  raw: string,
  allowed: ReadonlySet<Escape>,
): Result<CanonicalSegment, Refusal> {
  let text = ''
  const escapes: Escape[] = []
  for (const [part] of raw.matchAll(unit)) {
    const read = part.length === 3 && part.startsWith('%') ? readEscape(part) : readCharacter(part)
    if (!read.ok) return read
    text += read.value.text
    const { kept } = read.value
    if (kept === undefined) continue
    if (!allowed.has(kept)) return refuse(refusalOfEscape(kept))
    escapes.push(kept)
  }
  if (doubleEscape.test(text)) return refuse('target-has-encoded-separator')
  const decoded = decode(text)
  if (decoded === undefined) return refuse('target-is-not-utf8')
  if (controlCharacter.test(decoded)) return refuse('target-has-control-character')
  if (hidesDots(decoded)) return refuse('target-has-encoded-dots')
  return ok({ text, decoded, escapes })
}

interface Unit {
  readonly text: string
  /** Set when it stays an escape that only some routes let through. */
  readonly kept?: Escape
}

function readEscape(part: string): Result<Unit, Refusal> {
  const upper = part.toUpperCase()
  const character = String.fromCharCode(Number.parseInt(upper.slice(1), 16))
  if (unreserved.test(character)) return ok({ text: character })
  const kept = separators[upper]
  if (kept === 'never') return refuse('target-has-encoded-separator')
  return ok(kept === undefined ? { text: upper } : { text: upper, kept })
}

function readCharacter(character: string): Result<Unit, Refusal> {
  if (character === '%') return refuse('target-has-bad-escape')
  if (character === ';') return ok({ text: character, kept: ';' })
  if (plainInPath.test(character)) return ok({ text: character })
  if (controlCharacter.test(character)) return refuse('target-has-control-character')
  const text = encode(character)
  return text === undefined ? refuse('target-is-not-utf8') : ok({ text })
}

/** Why an escape that is not let through is refused. */
export function refusalOfEscape(kept: Escape): RefusalCode {
  return kept === ';' ? 'target-has-path-parameter' : 'target-has-encoded-separator'
}

/**
 * Whether some reader could find a dot segment in here: written with escapes, before a path parameter
 * (`..;`), between encoded slashes, as compatible characters (`‥`), or before a space that is trimmed.
 */
function hidesDots(decoded: string): boolean {
  return decoded
    .normalize('NFKC')
    .split(/[/\\;?#]/)
    .some((part) => dotSegment.test(part))
}

function canonicalQuery(raw: string): Result<string, Refusal> {
  if (raw === '' || raw === '?') return ok('')
  if (controlCharacter.test(raw)) return refuse('target-has-control-character')
  const text = raw.replaceAll(/[^!-~]|["<>']/gu, (character) => encode(character) ?? '\0')
  return text.includes('\0') ? refuse('target-is-not-utf8') : ok(text)
}

/** Escapes one character; `undefined` for what is no text: half a surrogate pair, or bytes lost already. */
function encode(character: string): string | undefined {
  if (character === "'") return '%27'
  if (character === replacementCharacter) return undefined
  try {
    const text = encodeURIComponent(character)
    return text === character ? `%${hex(character)}` : text
  } catch {
    return undefined
  }
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
