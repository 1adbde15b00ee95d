import type { BrowserContext, Response as PageResponse } from 'playwright-core'
import type { Exchange } from './contract.ts'
import { exchangeOf, type Recording } from './recording.ts'

/** What the pages of a browser said to Clerk's Frontend API and heard of it, through the gateway. */
export interface PageRecording {
  readonly recording: Recording
  /** Waits until all that was answered is read, as long as the browser is there. */
  readonly settled: () => Promise<void>
}

const room = '/__clerk/v1/'

/** Notes everything between the pages of a browser and `/__clerk/v1/`, that of Clerk's own script first of all. */
export function recordPages(context: BrowserContext): PageRecording {
  const exchanges: Exchange[] = []
  const readings: Promise<void>[] = []
  context.on('response', (response) => {
    if (new URL(response.url()).pathname.startsWith(room)) {
      readings.push(read(response).then((exchange) => void exchanges.push(...exchange)))
    }
  })
  return {
    recording: { exchanges, deliveries: () => [] },
    settled: async () => void (await Promise.all(readings)),
  }
}

/** Nothing where the page was left before its browser had the answer. */
async function read(response: PageResponse): Promise<readonly Exchange[]> {
  const request = response.request()
  const address = new URL(response.url())
  address.pathname = address.pathname.replace('/__clerk', '/frontend')
  const hasBody = response.status() === 200 || response.status() >= 400
  const body = hasBody ? await response.body().catch(() => undefined) : null
  if (body === undefined) return []
  const exchange = await exchangeOf(
    new Request(address, { method: request.method(), headers: typeOf(request.headers()) }),
    request.postData() ?? '',
    new Response(body && new Uint8Array(body), {
      status: response.status(),
      headers: typeOf(response.headers()),
    }),
  )
  return exchange === undefined ? [] : [exchange]
}

/** What both sides said of the kind of their bodies. */
function typeOf({ 'content-type': type }: Readonly<Record<string, string>>): HeadersInit {
  return type === undefined ? {} : { 'content-type': type }
}
