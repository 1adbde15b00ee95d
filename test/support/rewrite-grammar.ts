import { type Arbitrary, array, constantFrom, nat, oneof, record, subarray } from 'fast-check'
import type { RewriteConfig } from '../../src/config/rewriting.ts'
import { type Escape, escapes as everyEscape } from '../../src/model/route.ts'

/** A route as a config has it. */
export interface DrawnRoute {
  readonly path: string
  readonly rewrite: RewriteConfig
  readonly escapes: readonly Escape[]
}

/** A target that is asked for, made after the path of a route. */
export interface DrawnAsk {
  readonly fillings: readonly string[]
  readonly tail: readonly string[]
  /** Whether what follows begins with the route's own names once more: `/v1/v1/x`. */
  readonly isAgain: boolean
  readonly isFolder: boolean
  readonly query: string
}

/** Names that an author writes, in more than one spelling. */
const literals = [
  ...['v2', 'tenants', 'a b', 'a%20b', 'café', 'caf%C3%A9', '日本', '%2A', '%2A%2A', '%3Ax', 'A'],
  ...[
    '+',
    '%2B',
    '@x',
    'a:b',
    "it's",
    '(x)',
    '~',
    '%7E',
    'x.y',
    '...',
    '.a',
    '$',
    'a=b,c&d',
    '%5Bx%5D',
  ],
]

/** What a client writes where a name is meant, and what hopes to become more or less than one. */
const fillings = [
  ...['org_1', 'x', 'café', 'caf%c3%a9', 'a%20b', 'a+b', '%2B', ':p1', '*', '**', '%2A', 'v2', '~'],
  ...['..', '.', '%2e%2e', '%2E', '.%2e', '...', '%252e%252e', '..%2f..', '..%5c', '..;', '\u2025'],
  ...['a%2Fb', 'a%2fb%2Fc', 'a;b=c', 'a%3Bb', 'a%3Fb', 'a%23b', 'a%25b', '%2525', '%00', '%zz', ''],
  ...[
    '_usher',
    '_USHER',
    '%5Fusher',
    '_usher%2Fme',
    '_usher;x',
    '__clerk',
    '__Clerk.',
    'r0',
    'api',
  ],
  ...['http:', 'evil.test', '%40evil.test', '\u{1f600}', '%F0%9F%98%80', "it's", '%27', '\\'],
]

const segmentKind = constantFrom('literal', 'parameter', 'parameter', 'star')
const draft = record({
  kinds: array(segmentKind, { maxLength: 3 }),
  names: array(constantFrom(...literals), { minLength: 8, maxLength: 8 }),
  isOpen: constantFrom(true, true, false),
  isTemplate: constantFrom(true, false),
  /** Literals, or which of the parameters stands there. */
  pieces: array(oneof(constantFrom(...literals), nat({ max: 3 })), { maxLength: 4 }),
  isRestKept: constantFrom(true, true, true, false),
  stripped: nat({ max: 3 }),
  added: array(constantFrom(...literals), { maxLength: 2 }),
  escapes: oneof(subarray([...everyEscape]), constantFrom([...everyEscape])),
})

/** A route below `/r<index>`, with a rewrite that compiles. */
export function anyRoute(index: number): Arbitrary<DrawnRoute> {
  return draft.map(({ kinds, names, isOpen, isRestKept, escapes, ...one }) => {
    const root = `r${index}`
    const parts = [root, ...kinds.map((kind, at) => partOf(kind, at, names[at] ?? 'x'))]
    const path = `/${[...parts, ...(isOpen ? ['**'] : [])].join('/')}`
    if (!one.isTemplate) return { path, escapes, rewrite: prefixOf(parts, one) }
    const parameters = parts.filter((part) => part.startsWith(':'))
    const pieces = one.pieces.flatMap((piece) =>
      typeof piece === 'string' ? piece : (parameters[piece % (parameters.length || 1)] ?? []),
    )
    const template = pieces.filter(
      (piece, at) => !piece.startsWith(':') || pieces.indexOf(piece) === at,
    )
    const rest = isOpen && isRestKept ? ['**'] : []
    return { path, escapes, rewrite: `/${[...template, ...rest].join('/')}` }
  })
}

function partOf(kind: string, at: number, name: string): string {
  if (kind === 'literal') return name
  return kind === 'star' ? '*' : `:p${at}`
}

function prefixOf(
  parts: readonly string[],
  { stripped, added }: { readonly stripped: number; readonly added: readonly string[] },
): RewriteConfig {
  const end = parts.findIndex((part) => /^[:*]/.test(part))
  const strip = parts.slice(0, Math.min(stripped, end === -1 ? parts.length : end))
  if (strip.length === 0) return { add: `/${(added.length > 0 ? added : ['v2']).join('/')}` }
  const taken = { strip: `/${strip.join('/')}` } as const
  return added.length === 0 ? taken : { ...taken, add: `/${added.join('/')}` }
}

/** What is asked of a route. */
export const anyAsk: Arbitrary<DrawnAsk> = record({
  fillings: array(constantFrom(...fillings), { minLength: 4, maxLength: 4 }),
  tail: array(constantFrom(...fillings), { maxLength: 3 }),
  isAgain: constantFrom(false, false, false, true),
  isFolder: constantFrom(false, false, true),
  query: constantFrom('', '', '?a=b', '?next=https://evil.test/%2F..', '?%2e%2e/'),
})

/** The target as a client writes it. */
export function targetOf({ path }: DrawnRoute, ask: DrawnAsk): string {
  const { fillings, tail, isAgain, isFolder, query } = ask
  const names = path.split('/').slice(1)
  const isOpen = names.at(-1) === '**'
  const filled = names
    .slice(0, isOpen ? -1 : undefined)
    .map((name, at) => (/^(?:\*$|:)/.test(name) ? (fillings[at] ?? 'x') : name))
  const all = [...filled, ...(isOpen && isAgain ? filled : []), ...(isOpen ? tail : [])]
  return `/${all.join('/')}${isFolder ? '/' : ''}${query}`
}

/** What the origin is to be asked for, read off the lines of the config: names stand for names. */
export function pathAtOrigin({ path, rewrite }: DrawnRoute, canonicalPath: string): string {
  const names = canonicalPath.split('/').filter(Boolean)
  const parts = path.split('/').filter(Boolean)
  const made =
    typeof rewrite === 'string'
      ? rewrite.split('/').flatMap((part) => {
          if (part === '**') return names.slice(parts.length - 1)
          return part.startsWith(':') ? (names[parts.indexOf(part)] ?? '?') : spelled(part)
        })
      : [
          ...(rewrite.add ?? '').split('/').map(spelled),
          ...names.slice((rewrite.strip ?? '').split('/').filter(Boolean).length),
        ]
  const kept = made.filter(Boolean)
  const isFolder = canonicalPath.endsWith('/') && kept.length > 0
  return `/${kept.join('/')}${isFolder ? '/' : ''}`
}

/** What no client can lead out of: the literal beginning of the path at the origin. */
export function literalRoot({ rewrite }: DrawnRoute): string {
  const written = typeof rewrite === 'string' ? rewrite : (rewrite.add ?? '')
  const parts = written.split('/').slice(1)
  const end = parts.findIndex((part) => part.startsWith(':') || part === '**' || part === '')
  return (end === -1 ? parts : parts.slice(0, end)).map((part) => `/${spelled(part)}`).join('')
}

/** Whether the path at the origin tells what the client asked for. */
export function isInvertible({ path, rewrite }: DrawnRoute): boolean {
  if (typeof rewrite !== 'string') return true
  const kept = rewrite.split('/')
  return path
    .split('/')
    .every((part) => !/^(?:\*|:)/.test(part) || (part !== '*' && kept.includes(part)))
}

function spelled(part: string): string {
  return encodeURI(decodeURIComponent(part))
}
