import { describe, expect, it } from 'vitest'
import { createStandIn, createTestStandIn } from '../../support/stand-in.ts'

const places = [
  '/frontend/v1/client/sign_ins',
  '/frontend/v1/nothing/of/this/name',
  '/backend/v1/users',
  '/switches',
]

/** A stand-in before which nobody records, and so reads to its end, what comes. */
async function open() {
  const { key, settings } = await createTestStandIn()
  return { settings, standIn: await createStandIn({ key, settings }) }
}

type Opened = Awaited<ReturnType<typeof open>>

/** Somebody who sends `first`, and then is not heard of any more unless `more` is called. */
function slowRequest(kit: Opened, path: string, first: Uint8Array) {
  let isCancelled = false
  let sender: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      sender = controller
      controller.enqueue(first)
    },
    cancel() {
      isCancelled = true
    },
  })
  const { secretKey, applicationOrigin: origin } = kit.settings
  const headers = {
    'content-type': 'application/json',
    ...(path.startsWith('/frontend') && { origin, 'clerk-secret-key': secretKey }),
    ...(path.startsWith('/backend') && { authorization: `Bearer ${secretKey}` }),
  }
  const init = { method: 'POST', headers, body, duplex: 'half' }
  return {
    answer: kit.standIn.fetch(new Request(`http://127.0.0.1${path}`, init)),
    isCancelled: () => isCancelled,
    finish(text: string) {
      sender?.enqueue(new TextEncoder().encode(text))
      sender?.close()
    },
  }
}

describe('a body that never ends', () => {
  it.each(places)('keeps nobody else waiting: %s', async (path) => {
    const kit = await open()
    const slow = slowRequest(kit, path, new TextEncoder().encode('{'))
    let isAnswered = false
    const answer = slow.answer.then((response) => {
      isAnswered = true
      return response
    })
    for (const other of ['/frontend/v1/environment', '/switches.json']) {
      const url = `http://127.0.0.1${other}`
      expect((await kit.standIn.fetch(new Request(url))).status).toBe(200)
    }
    expect(isAnswered).toBe(false)
    slow.finish('"surprise":1}')
    expect((await answer).status).toBe(path.includes('nothing') ? 404 : 422)
  })

  it.each(places)('is cut off as soon as it is too large: %s', async (path) => {
    const kit = await open()
    const slow = slowRequest(kit, path, new Uint8Array(1024 * 1024 + 1))
    expect((await slow.answer).status).toBe(413)
    expect(slow.isCancelled()).toBe(true)
  })
})
