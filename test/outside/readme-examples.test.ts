import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { standInFor } from '../../src/cli/stand-ins.ts'
import { isRecord } from '../../src/config/shape.ts'
import { problemsOf, variables, withRoutes } from '../config/sample.ts'
import { projectPath } from '../support/platform.ts'

// Every example of a config in the README compiles for somebody who has set the variables that it speaks of.

/** What a user of all that the README shows has set. */
const env = {
  ...variables,
  ORIGIN_URL: 'https://origin.example.com',
  ORIGIN_SECRET: 'open sesame',
  CLERK_SECRET_KEY: 'sk_test_secret',
  CLERK_MACHINE_ID: 'mch_2xhGateway',
  AUTHORIZED_PARTIES: 'https://app.example.com',
  EDGE_SECRET: 'open-sesame'.repeat(3),
  USHER_CALLER_SECRET: 'usher-sesame'.repeat(3),
  USHER_ACCESS_KEY: standInFor('USHER_ACCESS_KEY'),
}

/**
 * How an example is written: a whole gateway, routes, words of the config beside them (`verify: { … },`), or
 * one word of a route (`access: 'public'`).
 */
type Kind = 'gateway' | 'routes' | 'words' | 'word'

interface Example {
  readonly kind: Kind
  readonly source: string
}

type Factory = (env: object) => object

/** The words that the config knows in some place, as it lists them to whoever writes another. */
function knownWords(config: object, place: string): readonly string[] {
  const problem = problemsOf(config, { env }).find((one) => one.place === place)
  return /Known are (.+)\.$/.exec(problem?.message ?? '')?.[1]?.split(', ') ?? []
}

const routeWords = knownWords(withRoutes({ '?': 1 }), 'routes[0]["?"]')
const gatewayWords = knownWords({ ...withRoutes('/**'), '?': 1 }, '["?"]')

/** The front page, and the pages of rooms that have much to configure. */
const pages = [
  'README.md',
  ...['src/proxy/README.md', 'src/gateway/README.md', 'src/events/README.md'],
  ...['src/checks/README.md', 'src/portal/README.md', 'src/api/README.md'],
]
/** An id that is cut short, as `org_2f8…`, stands for a whole one. */
const readme = pages
  .map((page) => readFileSync(`${projectPath}${page}`, 'utf8'))
  .join('\n')
  .replace(/(?<=_\w+)…/g, 'x')
const fences = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', source = '']) => ({ language, source }),
)
const prose = readme.replace(/^```[\s\S]*?^```$/gm, '')
const spans = [...new Set([...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span))]

/** What a block is by its first line of code; `undefined` for one that is no config. */
function kindOf(source: string): Kind | undefined {
  if (source.includes('defineGateway(')) return 'gateway'
  const first = source.split('\n').find((line) => !/^\s*(?:\/\/.*)?$/.test(line)) ?? ''
  if (/^\{(?: ?path:|$)/.test(first)) return 'routes'
  return /^\w+: /.test(first) ? 'words' : undefined
}

function blocksOf(kind: Kind | undefined): readonly string[] {
  const blocks = fences.filter(({ language }) => language === 'ts').map(({ source }) => source)
  return blocks.filter((source) => kindOf(source) === kind)
}

/** What is written in a line of text, whole: `…`, a choice with `|` and a name without its value are not. */
function examplesInText(): readonly Example[] {
  return spans.flatMap((source): Example[] => {
    if (/…|\||\{ \w+ \}/.test(source)) return []
    if (/^\{ path: .+\}$/.test(source)) return [{ kind: 'routes', source }]
    const [, word = ''] = /^(\w+): ./.exec(source) ?? []
    if (routeWords.includes(word)) return [{ kind: 'word', source }]
    return gatewayWords.includes(word) ? [{ kind: 'words', source }] : []
  })
}

const blocks = (['gateway', 'routes', 'words'] as const).flatMap((kind) =>
  blocksOf(kind).map((source): Example => ({ kind, source })),
)
const examples = [...blocks, ...examplesInText()]

function run(source: string, names: object = {}): unknown {
  return runInNewContext(source, names)
}

/** The function that a whole gateway gives to `defineGateway`. */
function factoryOf(source: string): Factory {
  const script = source.replace(/^import .*$/gm, '').replace(/^export default /m, '')
  const factory = run(script, { defineGateway: (given: unknown) => given })
  if (typeof factory !== 'function') throw new TypeError('defineGateway was given no function')
  return (given) => factory(given)
}

/**
 * The origins that a route may name without more ado: those of the README's own gateway, and `app`, the
 * frontend of whoever comes from Clerk's middleware. Any other must be in the example itself.
 */
const origins: Readonly<Record<string, unknown>> = {
  app: { url: 'https://app.example.com' },
  ...Object.assign(
    {},
    ...blocksOf('gateway').map((source) => Object(factoryOf(source)(env)).origins),
  ),
}

/** The gateway that somebody has who puts an example into theirs. */
function gatewayWith({ kind, source }: Example): Factory {
  switch (kind) {
    case 'gateway':
      return factoryOf(source)
    case 'routes':
      return (given) => ({ origins, routes: run(`[${source}\n]`, { env: given }) })
    case 'words':
      return (given) => {
        const words = Object(run(`({${source}\n})`, { env: given }))
        const pages = words.browserSessions && { sessions: 'browser' }
        const routes = [{ path: '/**', origin: 'api', ...pages }]
        if (pages) {
          words.canonicalOrigin = 'https://satellite.example'
          words.signInUrl = 'https://app.example.com/sign-in'
        }
        return { routes, ...words, origins: { ...origins, ...words.origins } }
      }
    case 'word':
      return (given) => ({
        canonicalOrigin: 'https://app.example.com',
        ...withRoutes(Object(run(`({${source}\n})`, { env: given }))),
      })
  }
}

function problemsIn(example: Example) {
  return problemsOf(gatewayWith(example), { env })
}

/** An example whose first word has a letter too many. */
function misspelt({ kind, source }: Example): Example {
  return { kind, source: source.replace(/\b(\w+)(?=: )/, '$1x') }
}

describe('an example in the README', () => {
  it('is looked at, of every kind', () => {
    const count = (kind: Kind) => blocks.filter((one) => one.kind === kind).length
    expect(count('gateway')).toBeGreaterThanOrEqual(1)
    expect(count('routes')).toBeGreaterThanOrEqual(3)
    expect(count('words')).toBeGreaterThanOrEqual(1)
    expect(examples.length - blocks.length).toBeGreaterThanOrEqual(15)
  })

  it('of a config stands in no other block', () => {
    const others = fences.filter(({ language }) => language !== 'ts').map(({ source }) => source)
    const passedOver = [...others, ...blocksOf(undefined)]
    expect(passedOver.length).toBeGreaterThan(5)
    expect(
      passedOver.filter((source) => /\b(?:origin|access|accepts): ['[{]/.test(source)),
    ).toEqual([])
  })

  it.each(examples)('compiles: $kind $source', (example) => {
    expect(problemsIn(example)).toEqual([])
  })

  it.each(examples)('would not compile with a word that nobody knows: $kind $source', (example) => {
    const wrong = misspelt(example)
    expect(wrong.source).not.toBe(example.source)
    const messages = problemsIn(wrong).map(({ message }) => message)
    expect(messages).toContainEqual(expect.stringContaining('There is no such key here.'))
  })

  it.each(examples.filter(({ kind }) => kind === 'routes'))(
    'would not compile with an origin that nobody knows: $source',
    ({ kind, source }) => {
      const wrong = { kind, source: source.replace(/origin: '\w+'/, "origin: 'nowhere'") }
      const places = problemsIn(wrong).map(({ place }) => place)
      expect(places).toEqual([expect.stringMatching(/^routes\[\d+\]\.origin$/)])
    },
  )
})

describe('the README names', () => {
  const sources = blocks.map(({ source }) => source)
  const config = gatewayWith({ kind: 'gateway', source: blocksOf('gateway')[0] ?? '' })(env)

  /** As a span of its own, or as a name in an example. */
  function isNamed(word: string, texts = { spans, sources }): boolean {
    const asName = new RegExp(`(?<![\\w-])${word}: `)
    return (
      texts.spans.includes(word) ||
      [...texts.spans, ...texts.sources].some((one) => asName.test(one))
    )
  }

  it('some words that there are', () => {
    expect(routeWords.length).toBeGreaterThanOrEqual(15)
    expect(gatewayWords.length).toBeGreaterThanOrEqual(13)
    expect(gatewayWords).toEqual(expect.arrayContaining(Object.keys(config)))
    expect(isRecord(config)).toBe(true)
  })

  it.each(routeWords)('%s, a word of a route', (word) => expect(isNamed(word)).toBe(true))

  it.each(gatewayWords)('%s, a word of the config', (word) => expect(isNamed(word)).toBe(true))

  it('no word by chance: one that is in the text alone, or part of another, is not named', () => {
    const texts = { spans: ['hosts: []', 'x-host: 1', '--host api'], sources: ['ghost: 1'] }
    expect(isNamed('host', texts)).toBe(false)
    expect(isNamed('hosts', texts)).toBe(true)
  })
})
