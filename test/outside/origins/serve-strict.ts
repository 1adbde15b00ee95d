import { createServer } from 'node:http'
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose'

// An API of several workers, each with a cache of the published keys of its own that it keeps for exactly as
// long as it is told to: an unknown key has none of them look again. The clock of the caches is the test's.

interface Cache {
  readonly keys: ReturnType<typeof createLocalJWKSet>
  readonly endsAtSeconds: number
}

const caches: (Cache | undefined)[] = Array.from({ length: 5 })
let nowSeconds = 0
let turn = 0

async function keysOf(worker: number): Promise<Cache['keys']> {
  const known = caches[worker]
  if (known !== undefined && nowSeconds < known.endsAtSeconds) return known.keys
  const response = await fetch(`${process.env.USHER_URL}/_usher/jwks.json`)
  const age = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1])
  const keys = createLocalJWKSet(await response.json())
  // Workers that started at different times look again at different times.
  const firstAge = known === undefined ? (age * (worker + 1)) / caches.length : age
  caches[worker] = { keys, endsAtSeconds: nowSeconds + firstAge }
  return keys
}

async function check(assertion: string): Promise<{ status: number; kid: unknown }> {
  const { kid } = decodeProtectedHeader(assertion)
  turn += 1
  try {
    await jwtVerify(assertion, await keysOf(turn % caches.length), {
      ...{ algorithms: ['ES256'], issuer: 'usher', audience: 'api', clockTolerance: 5 },
    })
    return { status: 200, kid }
  } catch (error) {
    if (error instanceof errors.JOSEError) return { status: 401, kid }
    throw error
  }
}

createServer(async (request, response) => {
  const [, pass] = /^\/pass\/(\d+)$/.exec(request.url ?? '') ?? []
  if (pass !== undefined) {
    nowSeconds += Number(pass)
    response.end()
    return
  }
  const { status, kid } = await check(String(request.headers['x-usher-assertion']))
  response.statusCode = status
  response.end(JSON.stringify({ kid, assertion: request.headers['x-usher-assertion'] }))
}).listen(Number(process.env.PORT), '127.0.0.1')
