import type { KeySource } from '../config/environment.ts'
import { type Clock, within } from '../model/clock.ts'
import { parseKeySet } from './key.ts'
import { type AskForKeys, sourceLimitMs } from './key-ring.ts'

/** A JWK set of one or two keys has about 1 KiB. */
const setMaxBytes = 64 * 1024

/** How Usher sends its own requests. */
export type Send = (request: Request) => Promise<Response>

/**
 * Asks the sources in turn, all within {@link sourceLimitMs} of which each has its share: the first whole
 * answer that is a good JWK set counts. Time-outs, redirects, errors, HTML, empty and oversized sets are all just no answer.
 */
export function askSources(sources: readonly KeySource[], send: Send, clock: Clock): AskForKeys {
  const shareMs = sourceLimitMs / Math.max(1, sources.length)
  return async () => {
    for (const source of sources) {
      const controller = new AbortController()
      const text = await within(clock, shareMs, ask(source, send, controller.signal))
      if (text !== undefined && parseKeySet(text) !== undefined) return text
      controller.abort()
    }
    return undefined
  }
}

async function ask(
  source: KeySource,
  send: Send,
  signal: AbortSignal,
): Promise<string | undefined> {
  const headers = new Headers({ accept: 'application/json' })
  if (source.secretKey !== undefined) headers.set('authorization', `Bearer ${source.secretKey}`)
  const request = new Request(source.url, {
    headers,
    redirect: 'manual',
    cache: 'no-store',
    signal,
  })
  const response = await send(request)
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    return undefined
  }
  return readText(response.body, setMaxBytes)
}

/** The UTF-8 text of a stream, or `undefined` as soon as it is longer than `maxBytes`. */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  let text = ''
  for (let readBytes = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    readBytes += value.byteLength
    if (readBytes > maxBytes) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
