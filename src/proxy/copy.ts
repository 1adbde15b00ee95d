import { announcedBytes, channelFor } from '../model/body-length.ts'
import type { Clock } from '../model/clock.ts'

/** Larger answers are not kept. */
export const keptMaxBytes = 1_048_576 // 1 MiB

/** What copies hold of an isolate's memory, all together: one that does not say its length counts as the largest. */
export const copiesMaxBytes = 16_777_216 // 16 MiB

/** Whoever takes longer to read an answer does not have it kept: its copy would be memory until then. */
export const copyLimitMs = 30_000

/** How much a copy holds at first of a body that does not say its length. */
const firstBytes = 16_384 // 16 KiB

/** Takes a copy, and never fails; it settles when the copy is in memory no longer. */
type Keep = (body: Uint8Array) => Promise<void>

/** Copies an answer while its client reads it. */
export type Copier = (response: Response, keep: Keep) => Response

/**
 * Makes copies within the bounds of an isolate. An answer flows as fast as its client takes it, and its copy is
 * given to `keep` once it is whole. What is too large, or finds no room, passes uncopied; what is broken off,
 * or takes too long, was never there.
 */
export function createCopier(clock: Clock): Copier {
  const reserve = createMemory(clock)
  return (response, keep) => {
    const { body, headers } = response
    if (body === null) {
      void keep(new Uint8Array())
      return response
    }
    const lengthBytes = announcedBytes(headers)
    const sizeBytes = lengthBytes ?? keptMaxBytes
    const release = sizeBytes > keptMaxBytes ? undefined : reserve(sizeBytes)
    if (release === undefined) return response

    const copy = createCopy(lengthBytes ?? firstBytes)
    const disarm = clock.after(copyLimitMs, letGo)
    function letGo(): void {
      disarm()
      copy.letGo()
      release?.()
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        copy.add(chunk)
        controller.enqueue(chunk)
      },
      flush() {
        const copied = copy.take()
        disarm()
        const isWhole = copied?.byteLength === (lengthBytes ?? copied?.byteLength)
        if (copied !== undefined && isWhole) void keep(copied).then(letGo)
        else letGo()
      },
    })
    body.pipeTo(writable).catch(letGo)
    return new Response(readable.pipeThrough(channelFor(headers)), response)
  }
}

/**
 * Counts what is held, up to its bound. What is not given back is free again after a time: the platform may end
 * a request, with all that it holds, without a word.
 */
function createMemory(clock: Clock): (sizeBytes: number) => (() => void) | undefined {
  // The oldest first.
  const held = new Set<{ readonly sizeBytes: number; readonly untilMs: number }>()
  let heldBytes = 0
  return function reserve(sizeBytes) {
    const nowMs = clock.now()
    for (const one of held) {
      if (one.untilMs > nowMs) break
      release(one)
    }
    if (heldBytes + sizeBytes > copiesMaxBytes) return undefined
    const own = { sizeBytes, untilMs: nowMs + copyLimitMs }
    held.add(own)
    heldBytes += sizeBytes
    return () => release(own)
  }

  function release(one: { readonly sizeBytes: number; readonly untilMs: number }): void {
    if (held.delete(one)) heldBytes -= one.sizeBytes
  }
}

/** A copy that grows with what is added, up to the largest that is kept. */
function createCopy(sizeBytes: number) {
  let bytes: Uint8Array | undefined = new Uint8Array(sizeBytes)
  let endBytes = 0
  return {
    add(chunk: Uint8Array): void {
      if (bytes === undefined) return
      const beginBytes = endBytes
      endBytes += chunk.byteLength
      if (endBytes > bytes.byteLength) bytes = grown(bytes, endBytes)
      bytes?.set(chunk, beginBytes)
    },
    take: () => bytes?.subarray(0, endBytes),
    letGo(): void {
      bytes = undefined
    },
  }
}

function grown(bytes: Uint8Array, sizeBytes: number): Uint8Array | undefined {
  if (sizeBytes > keptMaxBytes) return undefined
  const larger = new Uint8Array(Math.min(Math.max(2 * bytes.byteLength, sizeBytes), keptMaxBytes))
  larger.set(bytes)
  return larger
}
