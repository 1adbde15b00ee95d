import type { Piece, Rewrite } from './terms.ts'

/** The path at the origin of a client's path that its route matched. */
export function rewritePath({ there, restFrom }: Rewrite, path: string): string {
  const { names, isFolder } = namesOf(path)
  return pathOf(fill(there, names, restFrom), isFolder)
}

/**
 * The client's path of a path at the origin; `undefined` where no path of the route leads there. What is
 * below the stripped prefix already is the client's: the origin was told of that by `X-Forwarded-Prefix`.
 */
export function restorePath(rewrite: Rewrite, path: string): string | undefined {
  const { there, back, restFrom, stripped } = rewrite
  if (back === undefined) return undefined
  if (stripped !== '' && isBelow(path, stripped)) return path
  const { names, isFolder } = namesOf(path)
  const { length } = there
  if (restFrom === undefined ? names.length !== length : names.length < length) return undefined
  const isMatch = there.every((piece, index) => standsFor(piece, names[index] ?? ''))
  const rest = restFrom === undefined ? undefined : length
  return isMatch ? pathOf(fill(back, names, rest), isFolder) : undefined
}

/** Whether a path is another or is below it; either without a trailing slash. */
export function isBelow(path: string, other: string): boolean {
  return path.startsWith(other) && (path.length === other.length || path[other.length] === '/')
}

/** The literal beginning of the origin's path: `/v2`, or empty. */
export function rootAtOrigin({ there }: Rewrite): string {
  const end = there.findIndex((piece) => typeof piece === 'number')
  return (end === -1 ? there : there.slice(0, end)).map((name) => `/${name}`).join('')
}

function fill(pieces: readonly Piece[], names: readonly string[], restFrom: number | undefined) {
  const filled = pieces.map((piece) => (typeof piece === 'number' ? (names[piece] ?? '') : piece))
  return restFrom === undefined ? filled : [...filled, ...names.slice(restFrom)]
}

/** An origin may escape more than it has to, or in lower case. */
function standsFor(piece: Piece, name: string): boolean {
  if (typeof piece === 'number') return name !== ''
  return piece === name || decoded(piece) === decoded(name)
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

function namesOf(path: string) {
  const names = path.split('/').slice(1)
  const isFolder = names.at(-1) === ''
  if (isFolder) names.pop()
  return { names, isFolder }
}

function pathOf(names: readonly string[], isFolder: boolean): string {
  return `/${names.join('/')}${isFolder && names.length > 0 ? '/' : ''}`
}
