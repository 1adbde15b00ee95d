import { array, assert, asyncProperty, constantFrom, record } from 'fast-check'
import type { RequestRecord } from '../../src/events/record.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { escapes } from '../../src/model/route.ts'
import { bearer, type Scene, targetOf } from '../support/gateway.ts'
import { headerValues, type RawMessage, status } from '../support/raw.ts'
import { openRawClient, type RawClient, textOfBytes, wireBytes } from '../support/raw-client.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import { anyTarget, type DrawnTarget } from '../support/target-grammar.ts'
import { readsAsReserved } from '../support/target-readings.ts'

interface Drawn extends DrawnTarget {
  readonly form: 'origin' | 'absolute'
  readonly isAda: boolean
}

const drawn = record({
  target: anyTarget,
  form: constantFrom<Drawn['form']>(...Array<'origin'>(20).fill('origin'), 'absolute'),
  isAda: constantFrom(false, false, false, true),
}).map(
  ({ target: { host, text }, ...rest }): Drawn => ({
    ...rest,
    host: wireBytes(host),
    // A line break would end the request line; what does not begin with a slash is no target.
    text: wireBytes(text.replaceAll(/[\r\n]/g, '').replace(/^(?!\/)/, '/')),
  }),
)

/** One target on its way: what was answered, what reached the origin, what was recorded. */
interface Journey {
  readonly one: Drawn
  readonly answer: RawMessage
  readonly arrivals: readonly RawMessage[]
  readonly record: RequestRecord | undefined
}

const connections = 6
const runsAtOnce = 50

/** How many of a thousand targets must have come to this, at the least. */
export const rawVariety: Readonly<Record<string, number>> = {
  sent: 1000,
  arrived: 300,
  'to /**': 200,
  'to /public/**': 6,
  'to /encoded/**': 5,
  'to /optional/**': 5,
  'to /api/**': 1,
  'to /admin/**': 1,
  'to hosted.usher.test/hosted/**': 1,
  'token-missing': 10,
  'route-unknown': 15,
  'refused by the runtime': 50,
  'target-has-backslash': 50,
  'target-has-bad-escape': 5,
  'target-has-bad-host': 15,
  'target-has-control-character': 15,
  'target-has-encoded-dots': 30,
  'target-has-encoded-separator': 40,
  'target-has-path-parameter': 3,
  'target-is-not-utf8': 10,
  'target-too-long': 0.5,
}

/** Spoils what a test sees, to show that it would be found out. */
export type Spoil = (journey: Journey) => Journey

/**
 * Sends at least this many targets over raw sockets, and fails on the first that arrives as another than
 * the one its record has and its canonical form is, or although somebody could read a reserved prefix.
 */
export async function checkRawTargets(
  scene: Scene,
  count: number,
  spoil: Spoil = (journey) => journey,
): Promise<Tally> {
  const tally: Tally = new Map()
  const clients = Array.from({ length: connections }, () => openRawClient(scene.gateway.port))
  const inAnHour = Math.floor(Date.now() / 1000) + 3_600
  const ada = bearer(await scene.gateway.token({ exp: inAnHour }))
  const law = asyncProperty(array(drawn, { minLength: 1, maxLength: 64 }), async (batch) => {
    for (const journey of await travel(scene, batch, { clients, ada })) {
      const fault = faultOf(spoil(journey))
      if (fault !== undefined) throw new Error(fault)
      tallyUp(tally, outcomesOf(journey))
    }
  })
  await scene.gateway.notes()
  try {
    while ((tally.get('sent') ?? 0) < count) await assert(law, { numRuns: runsAtOnce })
  } finally {
    for (const client of clients) client.close()
  }
  return tally
}

/** Sends all of a batch, and puts together by header and request id what became of each. */
async function travel(
  scene: Scene,
  batch: readonly Drawn[],
  { clients, ada }: { clients: readonly RawClient[]; ada: string },
): Promise<readonly Journey[]> {
  scene.origin.requests.length = 0
  const answers: RawMessage[] = []
  await Promise.all(
    clients.map(async (client, turn) => {
      for (let at = turn; at < batch.length; at += clients.length) {
        const one = batch[at]
        if (one !== undefined) answers[at] = await client.send(bytesOf(one, [`X-Case: ${at}`, ada]))
      }
    }),
  )
  const { records } = await scene.gateway.notes()
  return batch.flatMap((one, at) => {
    const answer = answers[at]
    if (answer === undefined) return []
    const [id] = headerValues(answer, 'x-usher-request-id')
    const isOfCase = (message: RawMessage) => headerValues(message, 'x-case').join() === `${at}`
    const arrivals = scene.origin.requests.filter(isOfCase)
    return [{ one, answer, arrivals, record: records.find(({ requestId }) => requestId === id) }]
  })
}

function bytesOf({ host, text, form, isAda }: Drawn, [name, ada]: [string, string]): string {
  const target = form === 'absolute' ? `http://elsewhere.test${text}` : text
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, name, ...(isAda ? [ada] : [])]
  return `${lines.join('\r\n')}\r\n\r\n`
}

const everyEscape = new Set(escapes)

/** The canonical form of what workerd shows its Worker: the host and the target without a fragment. */
function canonicalOf({ host, text }: Drawn) {
  const seen = textOfBytes(text).replace(/#[\s\S]*/, '')
  return canonicalize({ url: `http://${host}${seen}`, headers: new Headers({ host }) }, everyEscape)
}

function faultOf({ one, answer, arrivals, record }: Journey): string | undefined {
  const [arrival, ...others] = arrivals
  if (status(answer) >= 500) return `it was answered with ${status(answer)}`
  if (record === undefined) {
    if (headerValues(answer, 'x-usher-request-id').length > 0) return 'it was not recorded'
    return arrival && 'it arrived without the gateway'
  }
  const canonical = canonicalOf(one)
  const path = canonical.ok ? canonical.value.path : undefined
  if (record.path !== path) return `${path} was recorded as ${record.path}`
  if (arrival === undefined) return undefined
  if (!canonical.ok || others.length > 0) return `it arrived ${arrivals.length} times`
  const target = targetOf(arrival)
  if (target !== `${path}${canonical.value.query}`) return `${path} arrived as ${target}`
  return readsAsReserved(`${path}`) ? `${path} can be read as a reserved prefix` : undefined
}

function outcomesOf({ answer, arrivals, record }: Journey): string[] {
  if (arrivals.length > 0) return ['sent', 'arrived', `to ${record?.route}`]
  if (record === undefined) return ['sent', `refused by the runtime`]
  return ['sent', record.reason ?? `answered ${status(answer)}`]
}
