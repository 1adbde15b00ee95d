import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withDemoPage } from '../../src/local/demo-page.ts'
import type { JsonObject } from '../../src/model/pages.ts'
import { markup } from '../../src/portal/markup.ts'
import { newNonce, pageHeaders } from '../../src/portal/policy.ts'
import { hasChromium, openChromium, type Surfer } from '../support/chromium.ts'
import { projectPath } from '../support/platform.ts'

// The script of the gateway's own pages in a real browser, under the pages' own policy, with a Clerk that is
// made up: what happens where the real one fails, or where somebody is sent in circles.

const law = it.skipIf(!hasChromium)

const asset = (name: string) => readFileSync(`${projectPath}src/portal/assets/${name}`, 'utf8')

/** What stands in for Clerk's script: it notes what is asked of it. */
const clerkScript = (state: string) => `window.asked = []
window.Clerk = {
  load: async (options) => { asked.push(['load', { ...options, address: location.href }]); if ((${state}) === 'broken') throw new Error('broken') },
  session: (${state}) === 'in' ? { status: 'active', getToken: async () => 'x' } : null,
  user: (${state}) === 'in' ? { username: 'ada' } : null,
  signOut: async (options) => { asked.push(['signOut', options]) },
  mountSignIn: (node, options) => { node.className = 'cl-root'; node.textContent = 'mounted'; asked.push(['mountSignIn', options]) },
}`

let surfer: Surfer
let server: Server
let url: string
/** What a test chooses: how Clerk is, and what the page is told. */
let state: 'absent' | 'broken' | 'in' | 'out' = 'out'
let told: JsonObject = {}
let visits: string[] = []

const usual = {
  page: 'sign-in',
  proxyUrl: '/__clerk',
  signInUrl: '/_usher/sign-in?redirect_url=%2Fapp',
  signUpUrl: '/_usher/sign-up?redirect_url=%2Fapp',
  back: '/app',
  home: '/',
  isAskedFor: false,
  googleOneTap: false,
}

const frontend = { base: '/__clerk', proxyUrl: '/__clerk', source: undefined }

function pageFor(nonce: string): string {
  return markup({
    ...{ title: 'Sign in', name: 'Test', language: 'en', prefix: '/_usher', home: '/', nonce },
    ...{ publishableKey: 'pk_test_eA', hasComponents: true, links: [] },
    frontend,
    settings: { ...usual, ...told },
  })
}

beforeAll(async () => {
  if (!hasChromium) return
  surfer = await openChromium()
  server = createServer((request, response) => {
    const path = request.url ?? ''
    const [, file] = /^\/_usher\/assets\/(page\.(?:js|css))$/.exec(path) ?? []
    if (file !== undefined) {
      const type = file.endsWith('.js') ? 'text/javascript' : 'text/css'
      response.writeHead(200, { 'content-type': type }).end(asset(file))
    } else if (path.includes('clerk.browser.js') && state !== 'absent') {
      response.writeHead(200, { 'content-type': 'text/javascript' })
      response.end(clerkScript(JSON.stringify(state)))
    } else if (path.startsWith('/__clerk/')) {
      response.writeHead(path.includes('ui.browser.js') ? 200 : 404).end()
    } else if (path.startsWith('/_usher/')) {
      const nonce = newNonce()
      const headers = pageHeaders({ nonce, origin: url, frontend, googleOneTap: false })
      response.writeHead(200, Object.fromEntries(headers)).end(pageFor(nonce))
    } else {
      // A page that refuses whoever comes, as one does that takes no cookies.
      visits.push(path)
      response.writeHead(302, { location: '/_usher/sign-in?redirect_url=/app' }).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await surfer?.close()
  server?.closeAllConnections()
  server?.close()
})
beforeEach(() => {
  ;[state, told, visits] = ['out', {}, []]
})
afterEach(() => {
  const violations = surfer?.errors.splice(0).filter((one) => !one.includes('status of 404')) ?? []
  expect(violations).toEqual([])
})

const text = () => surfer.page.locator('main').innerText()
const asked = () => surfer.page.evaluate('window.asked') as Promise<[string, JsonObject][]>

describe('a page', () => {
  law.each(['absent', 'broken'] as const)('says so where Clerk’s script is %s', async (how) => {
    state = how
    await surfer.page.goto(`${url}/_usher/sign-in`)
    await expect.poll(text).toContain('This page cannot be loaded at the moment.')
    state = 'out'
    await surfer.page.getByText('Try again').click()
    await expect.poll(text).toBe('mounted')
  })

  law('mounts what it is for, with both ways and the colours of the pages', async () => {
    told = { appearance: { options: { a: 1 }, variables: { colorPrimary: 'red' } } }
    await surfer.page.goto(`${url}/_usher/sign-in?redirect_url=/app`)
    await expect.poll(text).toBe('mounted')
    const [[, load], [, mounted]] = (await asked()) as [[string, JsonObject], [string, JsonObject]]
    expect(load).toMatchObject({
      proxyUrl: '/__clerk',
      telemetry: false,
      allowedRedirectOrigins: [url],
      appearance: {
        options: { a: 1 },
        variables: { colorPrimary: 'red', colorBackground: 'var(--usher-card)' },
      },
    })
    expect(mounted).toEqual({
      routing: 'hash',
      signUpUrl: '/_usher/sign-up?redirect_url=%2Fapp',
      forceRedirectUrl: `${url}/app`,
      signUpForceRedirectUrl: `${url}/app`,
    })
  })

  law.each([
    ['?redirect_url=/app&sign_in_force_redirect_url=/x', '?redirect_url=%2Fapp'],
    ['?redirect_url=//evil.test#/?redirect_url=/x', '?redirect_url=%2Fapp#/'],
    ['?sign_up_force_redirect_url=/x&sign_up_fallback_redirect_url=/x', ''],
    ['?sign_in_fallback_redirect_url=/x&a=b', '?a=b'],
    ['#/factor-one?sign%5Fin_force_redirect_url=/x&a=b?c', '#/factor-one?a=b%3Fc'],
    ['?after_sign_in_url=/x#?after_sign_up_url=/x', '#'],
    [
      '?redirect_url=/app&__clerk_ticket=eyJ#/verify?x=y',
      '?__clerk_ticket=eyJ&redirect_url=%2Fapp#/verify?x=y',
    ],
  ])('lets Clerk see the one way back that was looked at: %s', async (given, left) => {
    await surfer.page.goto('about:blank')
    await surfer.page.goto(`${url}/_usher/sign-in${given}`)
    await expect.poll(text).toBe('mounted')
    const [[, seen]] = (await asked()) as [[string, JsonObject]]
    expect(seen.address).toBe(`${url}/_usher/sign-in${left}`)
  })

  law('sends whoever is signed in back, and stops where that goes round in circles', async () => {
    state = 'in'
    await surfer.page.goto(`${url}/app`)
    await expect.poll(text).toContain('You are signed in, but what you asked for does not accept')
    expect(visits).toEqual(['/app', '/app', '/app', '/app'])
    expect(await surfer.page.getByText('Try again').getAttribute('href')).toBe('/app')
  })

  law('mounts its component for a step of signing in, whoever is signed in', async () => {
    state = 'in'
    await surfer.page.goto(`${url}/_usher/sign-in#/sso-callback`)
    await expect.poll(text).toBe('mounted')
  })
})

law('the demo page has name and user button on one line, on a phone too', async () => {
  const page = await surfer.context.newPage()
  await page.setViewportSize({ width: 390, height: 800 })
  const html = await (await withDemoPage(new Hono(), '/_usher').request('/demo')).text()
  await page.setContent(html.replaceAll(/<script.*?<\/script>/gs, ''))
  await page.evaluate("document.querySelector('usher-user-button').textContent = 'A'")
  const middles = (await page.evaluate(`['b', 'usher-user-button', 'nav']
    .map((one) => document.querySelector('header ' + one).getBoundingClientRect())
    .map(({ top, bottom }) => (top + bottom) / 2)`)) as [number, number, number]
  expect(Math.abs(middles[0] - middles[1])).toBeLessThan(2)
  expect(middles[2]).toBeGreaterThan(middles[0] + 10)
  await page.close()
})

describe('signing out', () => {
  law('happens by itself where a page from here asked for it', async () => {
    ;[state, told] = ['in', { page: 'sign-out', isAskedFor: true, back: '/' }]
    await surfer.page.goto(`${url}/_usher/sign-out`)
    await expect
      .poll(async () => (await asked()).map(([what]) => what))
      .toEqual(['load', 'signOut'])
  })

  law('waits for a click where nobody here asked for it', async () => {
    ;[state, told] = ['in', { page: 'sign-out', back: '/' }]
    await surfer.page.goto(`${url}/_usher/sign-out`)
    await expect.poll(text).toContain('You are signed in as ada.')
    expect((await asked()).map(([what]) => what)).toEqual(['load'])
    await surfer.page.getByRole('button', { name: 'Sign out' }).click()
    await expect.poll(asked).toContainEqual(['signOut', { redirectUrl: `${url}/` }])
  })
})
