import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { makeKey, publicPem } from '../support/tokens.ts'

// The entry that is deployed, with the user's configuration as it ships and the bindings of production.

const sound = {
  ORIGIN_URL: 'https://origin.usher.test',
  CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('clerk.usher.test$')}`,
  USHER_SIGNING_KEY: await makeSigningKeys(),
}

const pem = await publicPem(await makeKey())

/** What a deployment with these variables answers, on an isolate of its own. */
async function ask(path: string, variables: Record<string, string> = {}) {
  vi.resetModules()
  const { default: entry } = await import('../../src/index.ts')
  const bindings = { ...sound, ...variables, KV: env.KV, DB: env.DB }
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://api.usher.test${path}`)
  const response = await entry.fetch(request, bindings, createExecutionContext())
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('the production entry', () => {
  it('serves the shipped configuration with three variables and no edit', async () => {
    expect(await ask('/x')).toMatchObject({ status: 401, body: { code: 'token-missing' } })
  })

  it.each([
    ['a key of a stand-in', { CLERK_PUBLISHABLE_KEY: `pk_live_${btoa('clerk.x.localhost$')}` }],
    ['a plain-http origin', { ORIGIN_URL: 'http://origin.usher.test' }],
    ['an origin on this machine', { ORIGIN_URL: 'https://localhost:5000' }],
    ['a private origin', { ORIGIN_URL: 'https://10.0.0.1' }],
    ['a plain-http key server', { CLERK_FAPI_URL: 'http://clerk.usher.test' }],
  ])('relaxes nothing: %s is refused', async (_, variables) => {
    const shut = { status: 503, body: { code: 'gateway-misconfigured' } }
    expect(await ask('/x', variables)).toMatchObject(shut)
    expect(await ask('/_usher/readyz', variables)).toMatchObject(shut)
    expect(await ask('/_usher/livez', variables)).toMatchObject({ status: 200 })
  })

  it('opens diagnosis to nobody in particular', async () => {
    const { body } = await ask('/_usher/readyz', { CLERK_JWT_KEY: pem })
    expect(body).toEqual({ status: 'ready' })
  })
})
