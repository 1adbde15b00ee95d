import { type Arbitrary, array, constantFrom, nat, oneof, record } from 'fast-check'
import {
  awkward,
  badHosts,
  dots,
  hosts,
  joints,
  lookalikes,
  lures,
  notText,
  places,
  queries,
  reservedNames,
  tails,
  unicode,
  words,
} from './target-pieces.ts'

// Request targets as clients, scanners and other parsers write them. A million are made, so whatever is
// drawn is an index into a table, and a counterexample shrinks to few plain pieces.

/** What the grammar makes: the text between the host and the end of the URL, and the host itself. */
export interface DrawnTarget {
  readonly host: string
  /** Path, query and fragment, raw. */
  readonly text: string
}

/** Masks choose letters of a word: one bit each. */
const mask = nat({ max: 255 })
const rarely = oneof({ weight: 3, arbitrary: constantFrom(0) }, { weight: 1, arbitrary: mask })

const plain = constantFrom(...words, ...words, ...unicode.slice(0, 4))
const escapedWord = record({ word: constantFrom(...words), escaped: mask }).map(
  ({ word, escaped }) => respell(word, { upper: 0, escaped, foreign: 0 }),
)
const broken = record({
  left: constantFrom('', ...words),
  middle: constantFrom(...awkward, ...awkward, ...unicode, ...notText),
  right: constantFrom('', ...words),
}).map(({ left, middle, right }) => `${left}${middle}${right}`)

/** A reserved name in some spelling, with what leads to it and what follows. */
export const reservedSpelling: Arbitrary<string> = record({
  name: constantFrom(...reservedNames),
  lure: constantFrom(...lures),
  tail: constantFrom(...tails),
  upper: rarely,
  escaped: rarely,
  foreign: oneof({ weight: 7, arbitrary: constantFrom(0) }, { weight: 1, arbitrary: mask }),
  isTwiceEscaped: constantFrom(false, false, false, false, false, false, false, true),
}).map(({ name, lure, tail, isTwiceEscaped, ...letters }) => {
  const spelled = respell(name, letters)
  return `${lure}${isTwiceEscaped ? spelled.replaceAll('%', '%25') : spelled}${tail}`
})

const segment = oneof(
  { weight: 24, arbitrary: plain },
  { weight: 5, arbitrary: escapedWord },
  { weight: 4, arbitrary: broken },
  { weight: 2, arbitrary: constantFrom(...dots) },
  { weight: 2, arbitrary: reservedSpelling },
)
const step = record({ joint: constantFrom(...joints), segment }).map(
  (drawn) => `${drawn.joint}${drawn.segment}`,
)
const steps = array(step, { maxLength: 5, size: 'max' }).map((drawn) => drawn.join(''))
const end = constantFrom(
  ...Array<string>(12).fill(''),
  '/',
  '/',
  '//',
  '/.',
  '/..',
  ';',
  '%2F',
  '\\',
)

const ordinary = record({ place: constantFrom(...places), steps, end }).map(
  (drawn) => `${drawn.place}${drawn.steps}${drawn.end}`,
)
const reserved = record({ joint: constantFrom(...joints), name: reservedSpelling, steps }).map(
  (drawn) => `${drawn.joint}${drawn.name}${drawn.steps}`,
)
/** Around the limits of bytes and of segments. */
const long = record({
  unit: constantFrom('/a', '/', 'a', '/..', '%41', '%2F', 'é'),
  count: mask,
}).map(
  ({ unit, count }) => `/${unit.repeat(unit.startsWith('/') ? 130 + count : 8_190 - 10 * count)}`,
)

const path = oneof(
  { weight: 280, arbitrary: ordinary },
  { weight: 60, arbitrary: reserved },
  { weight: 1, arbitrary: long },
)
const host = oneof(
  { weight: 24, arbitrary: constantFrom(...hosts) },
  { weight: 1, arbitrary: constantFrom(...badHosts) },
)

/** Any target: most are accepted by some gateway, and every way of being wrong is among the rest. */
export const anyTarget: Arbitrary<DrawnTarget> = record({
  host,
  path,
  query: constantFrom(...queries),
}).map((drawn) => ({ host: drawn.host, text: `${drawn.path}${drawn.query}` }))

interface Letters {
  readonly upper: number
  readonly escaped: number
  readonly foreign: number
}

/** A word with some of its letters in upper case, as escapes or as others that look like them. */
function respell(word: string, { upper, escaped, foreign }: Letters): string {
  return Array.from(word, (letter, index) => {
    const isChosen = (letters: number) => ((letters >> (index % 8)) & 1) === 1
    if (isChosen(foreign)) return lookalikes[letter] ?? letter
    const cased = isChosen(upper) ? letter.toUpperCase() : letter
    if (!isChosen(escaped)) return cased
    const code = cased.charCodeAt(0).toString(16)
    return `%${isChosen(upper) ? code.toUpperCase() : code}`
  }).join('')
}
