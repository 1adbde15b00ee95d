import { describe, expect, it } from 'vitest'
import { createWorld, gatewayUrl, type WorldOptions } from '../support/world.ts'

// The script for pages of origins, and what the gateway's own pages are made of.

const publishableKey = `pk_test_${btoa('clerk.usher.test$')}`

async function ask(
  path: string,
  { headers = {}, ...options }: WorldOptions & { headers?: HeadersInit } = {},
) {
  const variables = { CLERK_PUBLISHABLE_KEY: publishableKey, ...options.variables }
  const world = await createWorld({ ...options, variables })
  const response = await world.walk(new Request(`${gatewayUrl}/_usher/${path}`, { headers }))
  const [record] = world.records
  return { response, text: await response.text(), record }
}

async function gzippedBytes(text: string): Promise<number> {
  const body = new Response(text).body?.pipeThrough(new CompressionStream('gzip'))
  return (await new Response(body).arrayBuffer()).byteLength
}

describe('the files', () => {
  it.each([
    ['client.js', 'text/javascript; charset=utf-8', 'public, max-age=300', 'usher /client.js'],
    ['assets/page.js', 'text/javascript; charset=utf-8', 'no-cache', 'usher /assets'],
    ['assets/page.css', 'text/css; charset=utf-8', 'no-cache', 'usher /assets'],
  ])('%s is what it says, for pages from here alone', async (path, type, caching, route) => {
    const { response, text, record } = await ask(path)
    expect(response.status).toBe(200)
    expect(text.length).toBeGreaterThan(500)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'cache-control': caching,
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    expect(record?.route).toBe(route)
  })

  it.each(['client.js', 'assets/page.js'])('%s is not sent again to who has it', async (path) => {
    const tag = (await ask(path)).response.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[\w-]{43}"$/)
    for (const shown of [tag, `W/${tag}`, `"x", W/${tag}`]) {
      const { response, text } = await ask(path, { headers: { 'if-none-match': shown } })
      expect([response.status, text, response.headers.get('etag')]).toEqual([304, '', tag])
    }
    expect((await ask(path, { headers: { 'if-none-match': '"x"' } })).response.status).toBe(200)
  })

  it.each([
    'assets/client.js',
    'assets/none.js',
    'assets/',
    'assets/a/page.js',
    'assets/..%2fclient.js',
  ])('there is no %s', async (path) =>
    expect((await ask(path)).response.status).toBeGreaterThanOrEqual(400),
  )
})

describe('client.js', () => {
  it('is at most 5 KB on the way', async () => {
    expect(await gzippedBytes((await ask('client.js')).text)).toBeLessThanOrEqual(5 * 1024)
  })

  it('needs nothing but what is in it', async () => {
    expect((await ask('client.js')).text).not.toMatch(
      /\bimport\b\s*[({'"]|require\(|<script src="http/,
    )
  })

  async function settingsOf(options: WorldOptions = {}): Promise<unknown> {
    const [line = ''] = (await ask('client.js', options)).text.split('\n')
    return JSON.parse(line.replace('globalThis.usherSettings = ', ''))
  }

  it('begins with what it has to know', async () => {
    expect(await settingsOf()).toEqual({
      prefix: '/_usher',
      api: 'https://clerk.usher.test',
      suffix: expect.stringMatching(/^[\w-]{8}$/),
      signInUrl: '/_usher/sign-in',
      hasPages: true,
      home: '/',
    })
  })

  it('reaches Clerk through the gateway where that is the proxy', async () => {
    const variables = { CLERK_PROXY_URL: `${gatewayUrl}/__clerk` }
    expect(await settingsOf({ variables })).toMatchObject({ api: '/__clerk' })
  })

  it('leads to a sign-in page of one’s own, and is there without the gateway’s pages', async () => {
    const config = {
      pages: false as const,
      prefix: '/_gate',
      canonicalOrigin: gatewayUrl,
      signInUrl: 'https://www.usher.test/sign-in',
    }
    const world = await createWorld({
      config,
      variables: { CLERK_PUBLISHABLE_KEY: publishableKey },
    })
    const response = await world.walk(new Request(`${gatewayUrl}/_gate/client.js`))
    const [line = ''] = (await response.text()).split('\n')
    expect(JSON.parse(line.replace('globalThis.usherSettings = ', ''))).toMatchObject({
      prefix: '/_gate',
      signInUrl: 'https://www.usher.test/sign-in',
      hasPages: false,
    })
  })
})
