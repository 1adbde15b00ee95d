import { describe, expect, it } from 'vitest'
import { createWorld, gatewayUrl, type World, type WorldOptions } from '../support/world.ts'

// The pages of the gateway's own, as the server makes them.

const publishableKey = `pk_test_${btoa('clerk.usher.test$')}`
const pages = ['sign-in', 'sign-up', 'sign-out', 'profile', 'organization', 'waitlist'] as const
const open = ['sign-in', 'sign-up', 'sign-out', 'waitlist'] as const
const closed = ['profile', 'organization'] as const

function worldWithPages({ variables, ...options }: WorldOptions = {}): Promise<World> {
  return createWorld({
    ...options,
    variables: { CLERK_PUBLISHABLE_KEY: publishableKey, ...variables },
  })
}

interface Shown {
  readonly response: Response
  readonly html: string
  readonly settings: Readonly<Record<string, unknown>>
}

async function show(world: World, path: string, headers: HeadersInit = {}): Promise<Shown> {
  const response = await world.walk(new Request(`${gatewayUrl}/_usher/${path}`, { headers }))
  const html = await response.text()
  const [, json = '{}'] = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(html) ?? []
  return { response, html, settings: JSON.parse(json) }
}

async function cookieOf(world: World): Promise<{ cookie: string }> {
  return { cookie: `__session=${await world.token({ azp: 'https://app.usher.test' })}` }
}

describe('the pages', () => {
  it.each(open)('are for nobody in particular: %s', async (page) => {
    const { response, html, settings } = await show(await worldWithPages(), page)
    expect(response.status).toBe(200)
    expect(settings).toMatchObject({ page, back: '/', home: '/' })
    expect(html).toContain(`data-clerk-publishable-key="${publishableKey}"`)
    expect(html).toContain(
      'src="https://clerk.usher.test/npm/@clerk/clerk-js@6/dist/clerk.browser.js"',
    )
  })

  it.each(closed)('send whoever is signed out to sign in first: %s', async (page) => {
    const { response, html } = await show(await worldWithPages(), page)
    expect(response.status).toBe(302)
    const back = encodeURIComponent(`/_usher/${page}`)
    expect(response.headers.get('location')).toBe(`/_usher/sign-in?redirect_url=${back}`)
    expect(html).toBe('')
  })

  it.each(closed)(
    'are for whoever is signed in, and tell the browser nothing: %s',
    async (page) => {
      const world = await worldWithPages()
      const { response, html } = await show(world, page, await cookieOf(world))
      expect(response.status).toBe(200)
      expect(html).not.toMatch(/user_ada|sess_|eyJ/)
    },
  )

  it('send whoever shows what signing in mends to sign in, and nobody for an outage', async () => {
    const world = await worldWithPages()
    const cookie = `__session=${await world.token({ azp: 'https://app.usher.test', exp: 1 })}`
    const stale = await show(world, 'profile', { cookie })
    expect(stale.response.status).toBe(302)
    expect(world.records.at(-1)?.reason).toBe('token-expired')
    const dark = world.apart()
    dark.store.isDatabaseDown = true
    const down = await show(dark, 'profile', await cookieOf(dark))
    expect(down.response.status).toBe(503)
  })

  it('lead away from signing in whom nobody has sent there', async () => {
    const world = await worldWithPages({ config: { pages: { home: '/app' } } })
    const { response } = await show(world, 'sign-in', await cookieOf(world))
    expect([response.status, response.headers.get('location')]).toEqual([302, '/app'])
    // A route that refuses them although they are signed in would send them back for ever.
    const sent = await show(world, 'sign-in?redirect_url=/app', await cookieOf(world))
    expect(sent.response.status).toBe(200)
  })

  it('keep the way back between signing in and signing up', async () => {
    const { settings } = await show(await worldWithPages(), 'sign-in?redirect_url=/a%3Fb%3Dc')
    expect(settings).toMatchObject({
      back: '/a?b=c',
      signInUrl: '/_usher/sign-in?redirect_url=%2Fa%3Fb%3Dc',
      signUpUrl: '/_usher/sign-up?redirect_url=%2Fa%3Fb%3Dc',
    })
  })

  it('forget a way back that leads elsewhere', async () => {
    const { html, settings } = await show(
      await worldWithPages(),
      'sign-in?redirect_url=//evil.test',
    )
    expect(settings).toMatchObject({ back: '/', signUpUrl: '/_usher/sign-up' })
    expect(html).not.toContain('evil.test')
  })

  it.each([
    ['a click on a page from here', { 'sec-fetch-site': 'same-origin' }, true],
    ['a link of another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }, false],
    ['an address that was typed', { 'sec-fetch-site': 'none' }, false],
    ['a browser that does not say', {}, false],
    [
      'a browser that looks ahead',
      { 'sec-fetch-site': 'same-origin', 'sec-purpose': 'prefetch' },
      false,
    ],
  ])('sign nobody out by themselves but for a click: %s', async (_, headers, isAskedFor) => {
    const { settings } = await show(await worldWithPages(), 'sign-out', headers)
    expect(settings.isAskedFor).toBe(isAskedFor)
  })
})

describe('what is written into a page', () => {
  it('is never read as HTML', async () => {
    const evil = '</script><script>alert(1)</script><!--'
    const { html, settings } = await show(
      await worldWithPages({
        config: { pages: { name: `<b>"'&`, localization: { locale: '"><x', evil } } },
      }),
      'sign-in',
    )
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<!--')
    expect(html).toContain('&#60;b&#62;&#34;&#39;&#38;')
    expect(html).toContain('<html lang="en">')
    expect(settings.localization).toMatchObject({ evil })
  })

  it('has the language that the components speak', async () => {
    const config = { pages: { localization: { locale: 'de-DE' } } }
    expect((await show(await worldWithPages({ config }), 'waitlist')).html).toContain(
      'lang="de-DE"',
    )
  })

  it('has one nonce, which no two answers share', async () => {
    const world = await worldWithPages()
    const nonces = new Set<string>()
    for (const _ of [1, 2, 3]) {
      const { html, response } = await show(world, 'sign-in')
      const used = [...html.matchAll(/nonce="([^"]+)"/g)].map(([, nonce]) => nonce)
      expect(new Set(used).size).toBe(1)
      expect(used).toHaveLength([...html.matchAll(/<script/g)].length)
      expect(response.headers.get('content-security-policy')).toContain(`'nonce-${used[0]}'`)
      nonces.add(String(used[0]))
    }
    expect(nonces.size).toBe(3)
  })

  it('is stored by nobody and shown in no frame', async () => {
    const { response } = await show(await worldWithPages(), 'sign-in')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'private, no-store',
      'content-type': 'text/html; charset=utf-8',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin',
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'cross-origin-resource-policy': 'same-origin',
    })
  })
})

describe('Clerk is found', () => {
  const proxied = (url: string) => ({ variables: { CLERK_PROXY_URL: url } })

  it('through the gateway by a path, because its script takes an absolute one for https', async () => {
    const world = await worldWithPages(proxied(`${gatewayUrl}/__clerk`))
    const { html, settings, response } = await show(world, 'sign-in')
    expect(settings.proxyUrl).toBe('/__clerk')
    expect(html).toContain('data-clerk-proxy-url="/__clerk"')
    expect(html).toContain('src="/__clerk/npm/@clerk/ui@1/dist/ui.browser.js"')
    expect(response.headers.get('content-security-policy')).not.toContain('clerk.usher.test')
  })

  it('through a proxy elsewhere by its address', async () => {
    const { html, settings, response } = await show(
      await worldWithPages(proxied('https://www.usher.test/fapi/')),
      'sign-in',
    )
    expect(settings.proxyUrl).toBe('https://www.usher.test/fapi')
    expect(html).toContain('src="https://www.usher.test/fapi/npm/')
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("connect-src 'self' https://www.usher.test https://*.protect")
  })

  it.each<[string, WorldOptions]>([
    ['the config', { config: { canonicalOrigin: 'https://www.usher.test' } }],
    [
      'the proxy',
      {
        config: { clerkProxy: true },
        variables: {
          CLERK_PROXY_URL: 'https://www.usher.test/__clerk',
          CLERK_SECRET_KEY: 'sk_test_x',
        },
      },
    ],
  ])('on the host that %s says, wherever a page is asked for', async (_, options) => {
    const world = await worldWithPages(options)
    const { response } = await show(world, 'sign-in?redirect_url=/a')
    expect(response.headers.get('location')).toBe(
      'https://www.usher.test/_usher/sign-in?redirect_url=/a',
    )
  })
})

describe('what is not there', () => {
  it.each([...pages, 'client.js', 'assets/page.js'])(
    '%s says that a key is missing',
    async (page) => {
      const { response, html } = await show(await createWorld(), page)
      expect(response.status).toBe(501)
      expect(JSON.parse(html)).toMatchObject({ binding: 'CLERK_PUBLISHABLE_KEY' })
    },
  )

  it.each(pages)('%s is not there where the config wants no pages', async (page) => {
    const { response } = await show(await worldWithPages({ config: { pages: false } }), page)
    expect(response.status).toBe(404)
  })

  it.each(['sign-in/', 'sign-in/x', 'Sign-In', 'signin', 'profile/x'])(
    '%s is no page',
    async (page) => {
      expect((await show(await worldWithPages(), page)).response.status).toBe(404)
    },
  )

  it.each(pages)('%s takes nothing: POST is 405', async (page) => {
    const world = await worldWithPages()
    const request = new Request(`${gatewayUrl}/_usher/${page}`, { method: 'POST' })
    const response = await world.walk(request)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
  })
})
