import { assert, asyncProperty, constantFrom, record } from 'fast-check'
import { bearer, type Scene } from '../support/gateway.ts'
import { anyHeaderLines, type DrawnLine } from '../support/header-grammar.ts'
import { builtFromEmpty, type Circumstances, type HeaderValues } from '../support/header-model.ts'
import { headerValues, type RawMessage, status } from '../support/raw.ts'
import { openRawClient } from '../support/raw-client.ts'
import { type Tally, tallyUp } from '../support/tally.ts'

const host = 'usher.test'

const drawn = record({ who: constantFrom('nobody', 'nobody', 'ada'), lines: anyHeaderLines })

/** How many of a thousand requests must have held such lines, at the least. */
export const headerVariety: Readonly<Record<string, number>> = {
  sent: 1000,
  'as nobody': 500,
  'as ada': 200,
  'with an alias of a reserved name': 300,
  'with a nomination': 200,
  'with a nominated header': 20,
  'with a Clerk cookie': 150,
  'with a Clerk credential': 100,
  'with a credential of its own': 60,
  'with a name twice': 200,
  'with an empty value': 200,
}

/** The model that arrivals are held against; a wrong one must be found out. */
export type Model = typeof builtFromEmpty

/**
 * Sends this many requests with any header lines over a raw socket, and fails on the first of which the
 * origin receives anything but what the model has built from empty.
 */
export async function checkHeaders(
  scene: Scene,
  count: number,
  model: Model = builtFromEmpty,
): Promise<Tally> {
  const tally: Tally = new Map()
  const client = openRawClient(scene.gateway.port)
  const inAnHour = Math.floor(Date.now() / 1000) + 3_600
  const ada = bearer(await scene.gateway.token({ exp: inAnHour }))
  const law = asyncProperty(drawn, async ({ who, lines }) => {
    // The one credential of ada counts: another beside it would be ambiguous.
    const own = who === 'ada' ? lines.filter(({ name }) => !/^authorization$/i.test(name)) : lines
    const written = own.map(({ name, value }) => `${name}: ${value}`)
    const head = who === 'ada' ? ['GET /api/x HTTP/1.1', ada] : ['GET /public/x HTTP/1.1']
    scene.origin.requests.length = 0
    const answer = await client.send([...head, `Host: ${host}`, ...written, '', ''].join('\r\n'))
    if (status(answer) !== 200) throw new Error(`It was answered with ${status(answer)}`)
    const expected = model(own, circumstancesOf(scene, answer, who))
    const fault = differences(expected, valuesIn(scene.arrived()))
    if (fault.length > 0) throw new Error(fault.join('\n'))
    tallyUp(tally, ['sent', `as ${who}`, ...kindsOf(own)])
  })
  try {
    await assert(law, { numRuns: count })
  } finally {
    client.close()
  }
  return tally
}

function circumstancesOf(scene: Scene, answer: RawMessage, who: string): Circumstances {
  const requestId = headerValues(answer, 'x-usher-request-id').join()
  const origin = `127.0.0.1:${scene.origin.port}`
  return { host, origin, requestId, userId: who === 'ada' ? 'user_ada' : '' }
}

function valuesIn({ headerLines }: RawMessage): HeaderValues {
  const values = new Map<string, readonly string[]>()
  for (const line of headerLines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(name.length + 1).trim()
    values.set(name, [
      ...(values.get(name) ?? []),
      name === 'x-usher-assertion' ? seal(value) : value,
    ])
  }
  return values
}

/** An assertion is another one each time; the tests of assertions read it. */
function seal(assertion: string): string {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion) ? 'signed' : assertion
}

/** The runtime joins lines of a known name with commas (RFC 9110 section 5.3), and cookies are a list. */
function differences(expected: HeaderValues, arrived: HeaderValues): readonly string[] {
  const names = new Set([...expected.keys(), ...arrived.keys()])
  return [...names].flatMap((name) => {
    const [wanted, found] = [expected, arrived].map((values) => text(name, values.get(name)))
    return wanted === found ? [] : [`${name}: ${found} arrived instead of ${wanted}`]
  })
}

function text(name: string, values: readonly string[] | undefined): string | undefined {
  if (name !== 'cookie') return values?.join(', ')
  const crumbs = values?.flatMap((value) => value.split(/[;,]/)).map((crumb) => crumb.trim())
  return crumbs?.filter((crumb) => crumb !== '').join('; ')
}

function kindsOf(lines: readonly DrawnLine[]): readonly string[] {
  const names = lines.map(({ name }) => name.toLowerCase())
  const linesOf = (wanted: string) => lines.filter((_, index) => names[index] === wanted)
  const nominations = linesOf('connection').flatMap(({ value }) =>
    value.toLowerCase().split(/[ ,]+/),
  )
  const kinds: readonly (readonly [string, boolean])[] = [
    ['with an alias of a reserved name', names.some((one) => /^[^a-z]*x[^a-z]+usher/.test(one))],
    ['with a nomination', nominations.length > 0],
    ['with a nominated header', names.some((one) => nominations.includes(one))],
    ['with a Clerk cookie', linesOf('cookie').some(({ value, own }) => value !== own.join('; '))],
    ['with a Clerk credential', linesOf('authorization').some(({ own }) => own.length === 0)],
    ['with a credential of its own', linesOf('authorization').some(({ own }) => own.length > 0)],
    ['with a name twice', new Set(names).size < names.length],
    ['with an empty value', lines.some(({ value }) => value === '')],
  ]
  return kinds.filter(([, is]) => is).map(([kind]) => kind)
}
