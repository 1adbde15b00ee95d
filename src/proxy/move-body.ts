import { announcedBytes, channelFor } from '../model/body-length.ts'
import type { Clock } from '../model/clock.ts'

/**
 * How the moving of a body ended: whole, or for what. The sender is whom it comes from, the taker whom it is
 * for; either may stand still, or go away.
 */
export type Ending =
  | 'whole'
  | 'too-large'
  | 'sender-still'
  | 'taker-still'
  | 'sender-gone'
  | 'taker-gone'
  | 'stopped'

/** What a body is held to on its way; `undefined` is nothing. */
export interface MovingTerms {
  readonly maxBytes: number | undefined
  /** How long it may stand still. */
  readonly idleMs: number | undefined
  readonly clock: Clock
}

/** A body on its way. */
export interface Moving {
  /** Where its taker reads it. */
  readonly readable: ReadableStream<Uint8Array>
  /** Whether the taker knows how long it will be, and so can tell when it is cut. */
  readonly isMeasured: boolean
  /** How it ended; `undefined` while it is on its way. */
  ending(): Ending | undefined
  readonly ended: Promise<Ending>
  /** Moves no more, and tells neither end. */
  stop(): void
  /** Tells the taker that there will be no more of it. */
  breakOff(): void
  /** Tells the sender that nobody wants the rest. */
  letGo(): void
}

/**
 * Moves a body from hand to hand, no faster than it is taken and in one buffer, so that memory stays flat
 * however large it is. `headers` say how long it is, if anything does.
 */
export function moveBody(
  source: ReadableStream<Uint8Array>,
  headers: Headers,
  { maxBytes, idleMs, clock }: MovingTerms,
): Moving {
  const { readable, writable } = channelFor(headers)
  // What comes over the network can be read into a buffer.
  const reader = source.getReader({ mode: 'byob' })
  const writer = writable.getWriter()
  const progress: Progress = { awaited: 'sender', atMs: clock.now() }
  const { promise: ended, resolve } = Promise.withResolvers<Ending>()
  let ending: Ending | undefined

  const disarm = idleMs === undefined ? nothing : watch(progress, { idleMs, clock, end })
  function end(how: Ending): void {
    if (ending !== undefined) return
    ending = how
    disarm()
    resolve(how)
  }

  const path = { reader, writer, progress, isOver: () => ending !== undefined }
  move(path, maxBytes ?? Number.POSITIVE_INFINITY, clock).then(end, () =>
    end(`${progress.awaited}-gone`),
  )
  return {
    readable,
    isMeasured: announcedBytes(headers) !== undefined,
    ending: () => ending,
    ended,
    stop: () => end('stopped'),
    breakOff: () => void writer.abort(new Error('The body was broken off')).catch(nothing),
    letGo: () => void reader.cancel().catch(nothing),
  }
}

/** Whose turn it is, and since when. */
interface Progress {
  awaited: 'sender' | 'taker'
  atMs: number
}

interface Path {
  readonly reader: ReadableStreamBYOBReader
  readonly writer: WritableStreamDefaultWriter<Uint8Array>
  readonly progress: Progress
  readonly isOver: () => boolean
}

async function move(
  { reader, writer, progress, isOver }: Path,
  maxBytes: number,
  clock: Clock,
): Promise<Ending> {
  function awaits(awaited: Progress['awaited']): void {
    progress.awaited = awaited
    progress.atMs = clock.now()
  }
  let sizeBytes = 0
  let piece = new Uint8Array(pieceBytes.first)
  for (;;) {
    awaits('sender')
    const { done, value } = await reader.read(piece)
    if (isOver()) return 'stopped'
    awaits('taker')
    if (done) {
      await writer.close()
      return 'whole'
    }
    sizeBytes += value.byteLength
    if (sizeBytes > maxBytes) return 'too-large'
    await writer.write(value)
    piece = pieceAfter(value)
  }
}

/** As much of a body as is held at first, and at most: a stream that says little holds little. */
const pieceBytes = { first: 4_096, most: 65_536 } as const // 4 KiB, 64 KiB

/** The same buffer again, or a larger one where it was too small. */
function pieceAfter({ buffer, byteLength }: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const isFull = byteLength === buffer.byteLength && byteLength < pieceBytes.most
  return isFull ? new Uint8Array(2 * byteLength) : new Uint8Array(buffer)
}

interface Watch {
  readonly idleMs: number
  readonly clock: Clock
  readonly end: (how: Ending) => void
}

/** Ends what has made no progress for so long. One timer does for a body of any number of pieces. */
function watch(progress: Progress, { idleMs, clock, end }: Watch): () => void {
  let disarm = nothing
  function arm(delayMs: number): void {
    disarm = clock.after(delayMs, () => {
      const leftMs = progress.atMs + idleMs - clock.now()
      if (leftMs > 0) arm(leftMs)
      else end(`${progress.awaited}-still`)
    })
  }
  arm(idleMs)
  return () => disarm()
}

/** Who is told that a body is over may be gone already. */
function nothing(): void {}
