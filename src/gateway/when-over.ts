import { channelFor } from '../model/body-length.ts'

/**
 * The same answer, and a call once its body has been read to the end, was cancelled, or broke off; or once
 * `client`, who reads it, is gone, which nobody would notice while the body pauses. Whoever asks for it must
 * keep work alive until then: the platform ends a request that nobody waits for without a word.
 */
export function whenOver(response: Response, client: AbortSignal, isOver: () => void): Response {
  const { body, headers } = response
  if (body === null) {
    isOver()
    return response
  }
  const { readable, writable } = channelFor(headers)
  body.pipeTo(writable, { signal: client }).then(isOver, isOver)
  return new Response(readable, response)
}
