import type { PathPattern, PatternSegment } from '../model/pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Piece, Rewrite } from '../model/terms.ts'
import { parameterNames, parsePath } from './path.ts'
import type { Problem } from './problem.ts'
import { object, optional, parsed, type Shape, sound, unsound } from './shape.ts'

/**
 * How a path becomes the origin's: a template of the same parameters (`'/v2/tenants/:orgId/**'`), or whole
 * segments that are taken off the front and put there.
 */
export type RewriteConfig =
  | `/${string}`
  | {
      /** Literal segments that the path of the route begins with: `'/api'`. */
      readonly strip?: `/${string}`
      /** Literal segments that are put in front: `'/v2'`. */
      readonly add?: `/${string}`
    }

/** A rewrite that has yet to be held against the path of its route; `null` is none. */
export type RewriteDraft =
  | { readonly kind: 'template'; readonly template: PathPattern }
  /** Both are decoded. */
  | { readonly kind: 'prefix'; readonly strip: readonly string[]; readonly add: readonly string[] }
  | null

const template = parsed(parseTemplate)
const prefixFields = object({
  strip: optional(parsed(parsePrefix(parsePath)), []),
  add: optional(parsed(parsePrefix(parseTemplate)), []),
})

/** The shape of `rewrite`. */
export const rewriteShape: Shape<RewriteDraft> = function readRewrite(value, place) {
  if (value === undefined) return sound(null)
  if (typeof value === 'string') {
    const { value: pattern, problems } = template(value, place)
    return { value: pattern && { kind: 'template', template: pattern }, problems }
  }
  const { value: fields, problems } = prefixFields(value, place)
  if (fields?.strip === undefined || fields.add === undefined || problems.length > 0) {
    return { value: undefined, problems }
  }
  const { strip, add } = fields
  if (strip.length === 0 && add.length === 0) {
    return unsound(place, 'Changes nothing: give strip, add, or both.')
  }
  return sound({ kind: 'prefix', strip, add })
}

/** What the path at an origin never holds, so that no two readers see different segments in it. */
const ambiguous = /[/%;#?]/
const dotSegment = /^\s*\.\.?\s*$/

/** Reads the path at an origin: what stands there literally has one reading. */
function parseTemplate(source: string): Result<PathPattern, string> {
  const pattern = parsePath(source)
  if (!pattern.ok) return pattern
  const texts = pattern.value.segments.map(textOf)
  if (texts.some((text) => ambiguous.test(text))) {
    return err('No segment of a rewrite holds "/", "%", ";", "#" or "?", not even escaped.')
  }
  if (texts.some((text) => dotSegment.test(text.normalize('NFKC')))) {
    return err('A path has no "." or ".." segments, nor what some take for one.')
  }
  return pattern
}

/** Reads segments that are all literal. */
function parsePrefix(parse: (source: string) => Result<PathPattern, string>) {
  return (source: string): Result<readonly string[], string> => {
    const pattern = parse(source)
    if (!pattern.ok) return pattern
    const { segments, rest } = pattern.value
    return rest || segments.length === 0 || segments.some(({ kind }) => kind === 'any')
      ? err('Must be one or more literal segments, such as "/api".')
      : ok(segments.map(textOf))
  }
}

function textOf(segment: PatternSegment): string {
  return segment.kind === 'literal' ? segment.text : ''
}

/** What a rewrite is held against. */
interface RewritingDraft {
  readonly path: PathPattern | undefined
  readonly rewrite: RewriteDraft | undefined
  readonly place: string
}

type Rule = (
  draft: RewritingDraft,
  context: { readonly prefix: string | undefined },
) => readonly Problem[]

/** What is wrong between a rewrite and the path of its route. */
export const rewriteRules: readonly Rule[] = [
  function templateFitsThePath({ path, rewrite, place }) {
    if (rewrite?.kind !== 'template' || path === undefined) return []
    const { segments, rest } = rewrite.template
    const names = parameterNames(path)
    const where = `${place}.rewrite`
    const messages = parameterNames({ segments })
      .filter((name) => !names.includes(name))
      .map((name) => `There is no parameter ":${name}" in the path of the route.`)
    if (segments.some((one) => one.kind === 'any' && one.name === undefined)) {
      messages.push('Name the segment that is meant, here and in the path: ":id", not "*".')
    }
    if (rest && !path.rest) messages.push('The path of the route does not end in "**" either.')
    return messages.map((message) => ({ place: where, message }))
  },

  function stripBeginsThePath({ path, rewrite, place }) {
    if (rewrite?.kind !== 'prefix' || path === undefined) return []
    const isBeginning = rewrite.strip.every((text, index) => {
      const segment = path.segments[index]
      return segment?.kind === 'literal' && segment.text === text
    })
    if (isBeginning) return []
    const message = 'The path of the route does not begin with these literal segments.'
    return [{ place: `${place}.rewrite.strip`, message }]
  },

  function rewriteIsNotUshersOwn({ rewrite, place }, { prefix }) {
    const [first = ''] =
      rewrite?.kind === 'template'
        ? rewrite.template.segments.slice(0, 1).map(textOf)
        : (rewrite?.add ?? [])
    const taken = [prefix, '/__clerk'].find((own) => own === `/${first.toLowerCase()}`)
    if (taken === undefined) return []
    const message = `Everything below ${taken} is Usher's own: no request gets there.`
    return [{ place: `${place}.rewrite`, message }]
  },
]

/** The rewrite of a route whose path this is. */
export function rewriteOf(draft: RewriteDraft, path: PathPattern): Rewrite | undefined {
  switch (draft?.kind) {
    case undefined:
      return undefined
    case 'prefix': {
      const [strip, add] = [draft.strip.map(encoded), draft.add.map(encoded)]
      const root = pathOf(strip)
      const stripped = add.length === 0 ? root : ''
      return { there: add, back: strip, restFrom: strip.length, root, stripped }
    }
    case 'template':
      return templateOf(draft.template, path)
  }
}

function templateOf({ segments, rest }: PathPattern, path: PathPattern): Rewrite {
  const client = path.segments.map((segment, index) =>
    segment.kind === 'literal' ? encoded(segment.text) : index,
  )
  const there = segments.map((segment) =>
    segment.kind === 'literal'
      ? encoded(segment.text)
      : path.segments.findIndex((one) => one.kind === 'any' && one.name === segment.name),
  )
  const back = client.map((piece) => (typeof piece === 'number' ? there.indexOf(piece) : piece))
  return {
    there,
    back: back.includes(-1) || rest !== path.rest ? undefined : back,
    restFrom: rest ? client.length : undefined,
    root: leading(client),
    stripped: '',
  }
}

function leading(pieces: readonly Piece[]): string {
  const end = pieces.findIndex((piece) => typeof piece === 'number')
  return pathOf((end === -1 ? pieces : pieces.slice(0, end)).map(String))
}

function pathOf(names: readonly string[]): string {
  return names.map((name) => `/${name}`).join('')
}

/** What encodeURIComponent escapes although a path may hold it (RFC 3986 section 3.3). */
const needless = /%(?:24|26|2B|2C|3A|3D|40)/g

/** A segment as a canonical path writes it. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(needless, decodeURIComponent)
}
