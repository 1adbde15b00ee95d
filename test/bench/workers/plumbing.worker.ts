const originUrl = 'https://api.usher.test'
const timeoutMs = 30_000
const assertion = 'x'.repeat(700)

/** As many headers, of the same length, as an origin receives from the gateway by default. */
const told = {
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Host': 'gate.usher.test',
  'X-Usher-Assertion': assertion,
  'X-Usher-Authenticated': '1',
  'X-Usher-User-Id': 'user_2bench00000000000000000000',
  'X-Usher-Org-Id': 'org_2bench0000000000000000000',
  'X-Usher-Request-Id': 'ee54d952-ff68-46b4-b3a6-0bc2e66c01e8',
}

/**
 * The floor: what the platform asks for what the gateway promises, with nothing decided and nothing
 * verified. It looks at every header, sends constants, keeps a time-out, caches nothing, and looks at the
 * answer's headers to set one of its own.
 */
export default {
  async fetch(request) {
    const headers = new Headers(request.headers)
    let dropped = ''
    for (const name of request.headers.keys()) if (name === 'connection') dropped = name
    if (dropped !== '') headers.delete(dropped)
    headers.delete('authorization')
    for (const [name, value] of Object.entries(told)) headers.set(name, value)
    const url = originUrl + request.url.slice(request.url.indexOf('/', 8))
    const { method } = request
    const response = await new Promise<Response>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('late')), timeoutMs)
      fetch(url, { method, headers, redirect: 'manual', cache: 'no-store' }).then((answer) => {
        clearTimeout(timer)
        resolve(answer)
      }, reject)
    })
    const answer = new Response(response.body, response)
    for (const name of answer.headers.keys()) if (name === 'connection') dropped = name
    answer.headers.set('X-Usher-Request-Id', told['X-Usher-Request-Id'])
    return answer
  },
} satisfies ExportedHandler
