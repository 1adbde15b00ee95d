/** One segment of a path pattern. `any` is `:name` or `*`. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'any'; readonly name: string | undefined }

/** A compiled path pattern: its segments, and whether a final `**` takes whatever follows. */
export interface PathPattern {
  readonly source: string
  readonly segments: readonly PatternSegment[]
  readonly rest: boolean
}

/** Whether the decoded segments of a path, without the empty one after a trailing slash, match. */
export function matchesPath(pattern: PathPattern, segments: readonly string[]): boolean {
  const { length } = pattern.segments
  if (pattern.rest ? segments.length < length : segments.length !== length) return false
  return pattern.segments.every(
    (segment, index) => segment.kind === 'any' || segment.text === segments[index],
  )
}

/**
 * Whether everything that `inner` matches is matched by `outer` too. `:name` and `*` both stand for
 * exactly one segment, a final `**` for none or more, and a trailing slash never counts.
 */
export function includesPath(outer: PathPattern, inner: PathPattern): boolean {
  if (!outer.rest && inner.rest) return false
  if (inner.segments.length < outer.segments.length) return false
  if (!outer.rest && inner.segments.length !== outer.segments.length) return false
  return outer.segments.every((segment, index) => {
    const other = inner.segments[index]
    return segment.kind === 'any' || (other?.kind === 'literal' && other.text === segment.text)
  })
}

/** The pattern of the paths that both match, or `undefined` when there are none. */
export function intersectPaths(left: PathPattern, right: PathPattern): PathPattern | undefined {
  const [long, short] =
    left.segments.length >= right.segments.length ? [left, right] : [right, left]
  if (long.segments.length > short.segments.length && !short.rest) return undefined
  const segments: PatternSegment[] = []
  for (const [index, segment] of long.segments.entries()) {
    const other = short.segments[index]
    if (segment.kind === 'literal' && other?.kind === 'literal' && segment.text !== other.text) {
      return undefined
    }
    segments.push(segment.kind === 'any' && other !== undefined ? other : segment)
  }
  return { source: '', segments, rest: left.rest && right.rest }
}
