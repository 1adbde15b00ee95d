/** A string of a source file, without its quotes, and where its opening quote is. */
export interface SourceString {
  readonly text: string
  readonly start: number
}

/**
 * A source file with everything blanked that is not code: comments, strings, templates and regular
 * expressions. `code` is as long as the source, and its lines are the same.
 */
export interface Lexed {
  readonly code: string
  readonly strings: readonly SourceString[]
}

/** After these a slash begins a regular expression; after anything else it divides. */
const beforeRegex = /(?:^|[(,=:[!&|?{;+\-*%<>~^])$|\b(?:return|typeof|case|in|of|void|await|yield)$/

/** Spans that are not code, in the order in which they are tried. A string ends with its line. */
const opaque = {
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  string: /'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y,
  templateText: /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y,
  regex: /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y,
}

/** Lexes TypeScript as far as the laws of the house need it. */
export function lex(source: string): Lexed {
  const strings: SourceString[] = []
  /** One entry for each template that is open: how many braces are open inside its `${`. */
  const templates: number[] = []
  let [code, position] = ['', 0]

  const match = (pattern: RegExp) => {
    pattern.lastIndex = position
    return pattern.exec(source)?.[0] ?? ''
  }
  const blank = (text: string) => {
    code += text.replace(/[^\n]/g, ' ')
    position += text.length
  }
  const keep = (text: string) => {
    code += text
    position += text.length
  }
  /** Blanks a template up to its end, or up to the next `${`, which is kept as code. */
  const template = () => {
    blank(match(opaque.templateText))
    if (source.startsWith('${', position)) {
      templates.push(0)
      keep('${')
    } else if (position < source.length) keep('`')
  }
  /** Counts the braces of a template's expression, and returns to its text at the last one. */
  const brace = (character: string) => {
    const open = templates.pop()
    keep(character)
    if (open === undefined) return
    if (character === '{') templates.push(open + 1)
    else if (open > 0) templates.push(open - 1)
    else template()
  }

  while (position < source.length) {
    const character = source.charAt(position)
    const comment = match(opaque.comment)
    if (comment !== '') blank(comment)
    else if (character === "'" || character === '"') {
      const text = match(opaque.string)
      strings.push({ text: text.slice(1, -1), start: position })
      blank(text)
    } else if (character === '`') {
      keep('`')
      template()
    } else if (character === '{' || character === '}') brace(character)
    else if (character === '/' && beforeRegex.test(code.trimEnd()))
      blank(match(opaque.regex) || '/')
    else keep(character)
  }
  return { code, strings }
}

/** One import of a source file, dynamic or static, or a re-export. */
export interface SourceImport {
  readonly specifier: string
  /** `type` is erased; `static` is evaluated before the file; `dynamic` only when its line runs. */
  readonly kind: 'type' | 'static' | 'dynamic'
}

const dynamicImport = /\bimport\s*\(\s*$/
const staticImport =
  /\b(?:import|export)\b(?<type>\s+type\b(?!\s*(?:,|from\b)))?(?:(?!\b(?:import|export)\b)[\w$*{},\s])*\bfrom\s*$/
const bareImport = /\bimport\s*$/

/** Every import, `import type`, re-export and `import()` with a literal specifier. */
export function importsOf({ code, strings }: Lexed): SourceImport[] {
  return strings.flatMap(({ text: specifier, start }): SourceImport[] => {
    const before = code.slice(0, start)
    const statement = staticImport.exec(before.slice(-2_000))
    if (dynamicImport.test(before)) return [{ specifier, kind: 'dynamic' }]
    if (statement !== null) {
      return [{ specifier, kind: statement.groups?.type === undefined ? 'static' : 'type' }]
    }
    return bareImport.test(before) ? [{ specifier, kind: 'static' }] : []
  })
}

/** A function with a body, and how many lines it takes from its parameters to its closing brace. */
export interface FunctionSpan {
  readonly line: number
  readonly lines: number
}

const controlWord = /\b(?:if|for|while|switch|catch|with|await)\s*$/

/** Every function, method and arrow whose body is a block. `code` must be lexed. */
export function functionSpans(code: string): FunctionSpan[] {
  const spans: FunctionSpan[] = []
  const bodies = new Set<number>()
  for (let close = code.indexOf(')'); close >= 0; close = code.indexOf(')', close + 1)) {
    const open = matching(code, close, -1)
    if (controlWord.test(code.slice(Math.max(0, open - 40), open))) continue
    const body = bodyStart(code, close + 1)
    if (body === undefined || bodies.has(body)) continue
    bodies.add(body)
    const line = lineAt(code, open)
    spans.push({ line, lines: lineAt(code, matching(code, body, 1)) - line + 1 })
  }
  return spans
}

function lineAt(code: string, position: number): number {
  return code.slice(0, position).split('\n').length
}

/** The bracket that belongs to the one at `position`, looking forwards (1) or backwards (-1). */
function matching(code: string, position: number, step: 1 | -1): number {
  let depth = 0
  for (let at = position; at >= 0 && at < code.length; at += step) {
    if ('([{'.includes(code.charAt(at))) depth += step
    else if (')]}'.includes(code.charAt(at))) depth -= step
    if (depth === 0) return at
  }
  return step > 0 ? code.length : 0
}

/**
 * Where the block of a function begins whose parameters end before `position`, past its return type
 * and arrow; nothing when no block follows. A brace where a type may begin is an object type.
 */
function bodyStart(code: string, position: number): number | undefined {
  let [at, typeMayBegin, inType] = [position, false, false]
  while (at < code.length) {
    const rest = code.slice(at, at + 40)
    const space = /^\s+/.exec(rest)?.[0].length ?? 0
    const word = /^(?:[\w$.]+|`)/.exec(rest)?.[0]
    const character = code.charAt(at)
    if (space > 0) at += space
    else if (rest.startsWith('=>')) [at, typeMayBegin, inType] = [at + 2, false, true]
    else if (character === '{' && !typeMayBegin) return at
    else if ('{[('.includes(character) && inType)
      [at, typeMayBegin] = [matching(code, at, 1) + 1, false]
    else if (character === ':' && !inType) [at, typeMayBegin, inType] = [at + 1, true, true]
    else if ('|&<,'.includes(character) && inType) [at, typeMayBegin] = [at + 1, true]
    else if (character === '>' && inType) [at, typeMayBegin] = [at + 1, false]
    else if (word !== undefined && inType) {
      const operator = /^(?:is|asserts|keyof|typeof|readonly|extends|infer)$/.test(word)
      ;[at, typeMayBegin] = [at + word.length, operator]
    } else return undefined
  }
  return undefined
}
