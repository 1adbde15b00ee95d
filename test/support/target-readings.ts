import { reservedNames } from './target-pieces.ts'

/** One thing that some server, framework or file system does to a path before it looks at it. */
type Habit = (path: string) => string

/** How readers find the names in a path. */
const separating: readonly Habit[] = [
  decodesEscapes,
  function takesBackslashesForSlashes(path) {
    return path.replaceAll('\\', '/')
  },
  function dropsPathParameters(path) {
    return path.replaceAll(/;[^/]*/g, '')
  },
  function dropsEscapedPathParameters(path) {
    return path.replaceAll(/(?:;|%3B)[^/]*/gi, '')
  },
  function endsAtQuestionMark(path) {
    return path.replace(/\?[\s\S]*/, '')
  },
  function endsAtHash(path) {
    return path.replace(/#[\s\S]*/, '')
  },
  function mergesSlashes(path) {
    return path.replaceAll(/\/{2,}/g, '/')
  },
  resolvesDots,
]

/** How readers take one name for another. */
const folding: readonly Habit[] = [
  function foldsCase(path) {
    return path.toLowerCase()
  },
  function foldsCompatibleCharacters(path) {
    return path.normalize('NFKC')
  },
  function dropsDotsAndSpacesAtTheEndOfNames(path) {
    return path.replaceAll(/[. ]+(?=\/|$)/g, '')
  },
]

/**
 * Every way in which a path could be read by someone with any of these habits, in any order and as
 * often as they like. Slow, and as obvious as the sentence before.
 */
function readingsOf(path: string, habits: readonly Habit[]): ReadonlySet<string> {
  const readings = new Set([path])
  // What is added on the way is visited too.
  for (const reading of readings) {
    for (const habit of habits) readings.add(habit(reading))
  }
  return readings
}

/** The names that somebody could find in a path, decoded; each way once. */
export function namesRead(path: string): readonly (readonly string[])[] {
  return [...readingsOf(path, separating)].map((reading) =>
    reading.split('/').filter(Boolean).map(decodesEscapes),
  )
}

/** Whether any reading of a path begins with Usher's prefix or Clerk's. */
export function readsAsReserved(path: string): boolean {
  return [...readingsOf(path, [...separating, ...folding])].some((reading) =>
    reservedNames.some((name) => reading === `/${name}` || reading.startsWith(`/${name}/`)),
  )
}

function decodesEscapes(path: string): string {
  return path.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, decodeBytes)
}

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

function decodeBytes(escapes: string): string {
  const bytes = escapes.split('%').slice(1)
  return utf8.decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)))
}

function resolvesDots(path: string): string {
  const kept: string[] = []
  for (const name of path.split('/').slice(1)) {
    if (name === '..') kept.pop()
    else if (name !== '.') kept.push(name)
  }
  return `/${kept.join('/')}`
}
