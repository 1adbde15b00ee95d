import { whenOver } from '../../src/gateway/when-over.ts'

// Hands on what an origin answers, and counts how often it was told that an answer is over.

let ends = 0

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url)
    if (pathname === '/ends') return Response.json(ends)
    const { promise, resolve } = Promise.withResolvers<void>()
    context.waitUntil(promise)
    const response = await fetch(`${env.ORIGIN_URL}${pathname}`, { encodeResponseBody: 'manual' })
    return whenOver(new Response(response.body, response), request.signal, () => {
      ends += 1
      resolve()
    })
  },
} satisfies ExportedHandler<{ readonly ORIGIN_URL: string }>
