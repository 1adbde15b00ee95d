import type { PathPattern } from '../model/pattern.ts'

/** What has a path pattern. */
interface Located {
  readonly path: PathPattern
}

/** A branch of the tree of patterns: what ends here, what takes whatever follows, and what goes on. */
interface Branch<T> {
  readonly literals: Map<string, Branch<T>>
  any: Branch<T> | undefined
  readonly ends: T[]
  readonly rests: T[]
}

/**
 * Gives for a pattern all those of `items` whose patterns share a path with it, in their own order. Asking
 * costs about as much as there is to find, so that a configuration of thousands of routes is checked in
 * the time that an isolate has to start.
 */
export function neighboursAmong<T extends Located>(
  items: readonly T[],
): (pattern: PathPattern) => readonly T[] {
  const root = emptyBranch<T>()
  for (const item of items) plant(root, item)
  const order = new Map(items.map((item, index) => [item, index]))
  return (pattern) =>
    collect(root, pattern, 0).sort(
      (left, right) => (order.get(left) ?? 0) - (order.get(right) ?? 0),
    )
}

function emptyBranch<T>(): Branch<T> {
  return { literals: new Map(), any: undefined, ends: [], rests: [] }
}

function plant<T extends Located>(root: Branch<T>, item: T): void {
  let branch = root
  for (const segment of item.path.segments) {
    const next = segment.kind === 'any' ? branch.any : branch.literals.get(segment.text)
    const child = next ?? emptyBranch<T>()
    if (segment.kind === 'any') branch.any = child
    else branch.literals.set(segment.text, child)
    branch = child
  }
  const list = item.path.rest ? branch.rests : branch.ends
  list.push(item)
}

function collect<T>(branch: Branch<T>, pattern: PathPattern, depth: number): T[] {
  const segment = pattern.segments[depth]
  const goOn = (child: Branch<T>) => collect(child, pattern, depth + 1)
  if (segment === undefined)
    return pattern.rest ? everything(branch) : [...branch.ends, ...branch.rests]
  const literal = segment.kind === 'literal' ? branch.literals.get(segment.text) : undefined
  const children = segment.kind === 'any' ? [...branch.literals.values()] : literal ? [literal] : []
  return [...branch.rests, ...[...children, ...(branch.any ? [branch.any] : [])].flatMap(goOn)]
}

function everything<T>({ literals, any, ends, rests }: Branch<T>): T[] {
  const children = [...literals.values(), ...(any ? [any] : [])]
  return [...ends, ...rests, ...children.flatMap((child) => everything(child))]
}
