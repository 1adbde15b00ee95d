import type { PathPattern, PatternSegment } from '../model/pattern.ts'
import { err, ok, type Result } from '../model/result.ts'

/** No request has more segments either. */
const segmentsMax = 256

interface Ban {
  readonly found: RegExp
  readonly sentence: string
}

/** What no path pattern may contain, as it is written. */
const bans: readonly Ban[] = [
  { found: /^[^/]/, sentence: 'A path starts with "/".' },
  { found: /\?/, sentence: 'A path has no query: remove "?" and what follows.' },
  { found: /#/, sentence: 'A path has no fragment: remove "#" and what follows.' },
  { found: /\\/, sentence: 'A path is written with "/", never with a backslash.' },
  { found: /\/\//, sentence: 'A path has no empty segments: write "/" once.' },
  {
    found: /[{}[\]<>]/,
    sentence: 'A parameter is written ":id"; a bracket that is meant is escaped.',
  },
  { found: /%(?![0-9A-Fa-f]{2})/, sentence: 'An escape is "%" and two hexadecimal digits.' },
]

const parameter = /^:[A-Za-z_]\w*$/
const control = /\p{Cc}/u

/**
 * Reads a path pattern: segments that are a literal, `:name` or `*`, and `**` as the last one only.
 * A literal may be escaped or not and is kept decoded; a trailing slash never counts; at most 256
 * segments. The error is a sentence that says how to mend it.
 */
export function parsePath(source: string): Result<PathPattern, string> {
  const ban = bans.find(({ found }) => found.test(source))
  if (ban !== undefined) return err(ban.sentence)
  const parts = source.split('/').slice(1)
  if (parts.at(-1) === '') parts.pop()
  if (parts.length > segmentsMax) return err(`A path has at most ${segmentsMax} segments.`)
  const rest = parts.at(-1) === '**'
  if (rest) parts.pop()

  const segments: PatternSegment[] = []
  for (const part of parts) {
    const segment = parseSegment(part)
    if (!segment.ok) return segment
    segments.push(segment.value)
  }
  const names = parameterNames({ segments })
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) return err(`The parameter ":${repeated}" appears twice: rename one.`)
  return ok({ source, segments, rest })
}

/** The names of a pattern's parameters, from left to right. */
export function parameterNames(pattern: Pick<PathPattern, 'segments'>): readonly string[] {
  return pattern.segments.flatMap((segment) =>
    segment.kind === 'any' && segment.name !== undefined ? [segment.name] : [],
  )
}

function parseSegment(part: string): Result<PatternSegment, string> {
  if (part === '*') return ok({ kind: 'any', name: undefined })
  if (part === '**') return err('"**" stands only at the end of a path: use "*" for one segment.')
  if (part.includes('*'))
    return err('"*" stands for a whole segment: write "%2A" for the character.')
  if (part.startsWith(':')) {
    return parameter.test(part)
      ? ok({ kind: 'any', name: part.slice(1) })
      : err('A parameter is ":" and letters, digits or "_", for a whole segment.')
  }
  const text = decoded(part)
  if (text === undefined) return err('The escapes of a path must be valid UTF-8.')
  if (text === '.' || text === '..') return err('A path has no "." or ".." segments.')
  if (text.includes('\\')) return err('A path has no backslash, not even as "%5C".')
  if (control.test(text)) return err('A path has no control characters.')
  return ok({ kind: 'literal', text })
}

function decoded(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part)
    return text.isWellFormed() ? text : undefined
  } catch {
    return undefined
  }
}
