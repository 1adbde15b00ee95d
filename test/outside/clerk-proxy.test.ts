import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTurningClock } from '../../src/local/clerk/kernel/turning-clock.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import { type ClerkBrowser, openClerkBrowser, textAt } from '../support/clerk-browser.ts'
import { openScene, type Scene } from '../support/gateway.ts'
import { type Listening, listen } from '../support/listen.ts'
import { headerValues } from '../support/raw.ts'
import { createTestStandIn, type TestStandIn } from '../support/stand-in.ts'

// A browser before the gateway in workerd, and the stand-in behind it over sockets: signing in through `/__clerk`,
// and sessions that are lost, renewed and ended.

const host = 'app.usher.test'
const origin = `http://${host}`
const grace = localUsers.get('grace')

const scriptCaching = { 'cache-control': 'public, max-age=60', etag: '"6.34.1"' }

let kit: TestStandIn
let clerk: Listening
let scene: Scene
let browser: ClerkBrowser

beforeAll(async () => {
  kit = await createTestStandIn({
    clock: createTurningClock(() => Date.now()),
    settings: { applicationOrigin: origin },
    scripts: async (path, known) => {
      if (!path.endsWith('/clerk.browser.js')) return undefined
      const headers = { 'content-type': 'text/javascript', ...scriptCaching }
      return known === scriptCaching.etag
        ? new Response(null, { status: 304, headers })
        : new Response('script', { headers })
    },
  })
  clerk = await listen(kit.fetch)
  const { publishableKey, secretKey } = kit.settings
  scene = await openScene({
    CLERK_JWT_KEY: '',
    CLERK_JWT_ISSUER: '',
    CLERK_PUBLISHABLE_KEY: publishableKey,
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: `${clerk.origin}/backend`,
    CLERK_FAPI_URL: `${clerk.origin}/frontend`,
    CLERK_PROXY_URL: `${origin}/__clerk`,
    AUTHORIZED_PARTIES: origin,
    ROUTES: JSON.stringify([
      { path: '/app/**', origin: 'api', sessions: 'browser' },
      { path: '/teams/:slug/**', origin: 'api', sessions: 'browser' },
    ]),
    FURTHER: JSON.stringify({
      browserSessions: { organizationSync: { organizationPatterns: ['/teams/:slug/**'] } },
    }),
  })
  browser = openClerkBrowser({
    fetch: (request) => send(request),
    now: () => Date.now(),
    origin,
    secretKey: 'sk_live_of_a_client',
  })
})

afterAll(async () => {
  await scene.close()
  await clerk.close()
})

/** As a browser would send it that knows the gateway by its host; what is for Clerk goes through the proxy. */
async function send(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const path = `${pathname.replace(/^\/frontend(?=\/)/, '/__clerk')}${search}`
  const body = Buffer.from(await request.arrayBuffer())
  const headers = { ...Object.fromEntries(request.headers), host, 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      { port: scene.gateway.port, host: '127.0.0.1', method: request.method, path, headers },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value) => [name, value] as [string, string]),
          )
          const bytes = parts.length > 0 ? Buffer.concat(parts) : null
          resolve(new Response(bytes, { status: answer.statusCode ?? 0, headers: pairs }))
        })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** A page of the application, by the browser's own way: what it is sent on to is not followed. */
function page(path: string): Promise<Response> {
  return browser.navigate(`/..${path}`)
}

/** Follows one redirect. */
function follow(response: Response): Promise<Response> {
  const { origin: to, pathname, search } = new URL(String(response.headers.get('location')))
  expect([response.status, to]).toEqual([307, origin])
  return browser.navigate(`/..${pathname}${search}`)
}

/** What Clerk's script does every 45 seconds. */
async function keepFresh(): Promise<void> {
  const answer = await browser.post(`/v1/client/sessions/${browser.sessionId()}/tokens`)
  browser.setCookie('__session', textAt(answer.body, 'jwt'))
}

describe('a browser', () => {
  it('gets the script of Clerk through the gateway', async () => {
    const response = await browser.navigate('/npm/@clerk/clerk-js@6/dist/clerk.browser.js')
    expect(await response.text()).toBe('script')
  })

  it('is told for how long it may keep the script, and is not sent again what it has', async () => {
    const address = `${origin}/frontend/npm/@clerk/clerk-js@6/dist/clerk.browser.js`
    const response = await send(new Request(address))
    const caching = Object.keys(scriptCaching).map((name) => response.headers.get(name))
    expect(caching).toEqual(Object.values(scriptCaching))
    const again = await send(
      new Request(address, { headers: { 'if-none-match': scriptCaching.etag } }),
    )
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('signs in through the gateway, and is told nothing of the key', async () => {
    const begun = await browser.post('/v1/client/sign_ins', { identifier: grace?.email })
    const id = textAt(begun.response, 'id')
    const form = { strategy: 'password', password: grace?.password }
    const done = await browser.post(`/v1/client/sign_ins/${id}/attempt_first_factor`, form)
    expect(done.response.status).toBe('complete')
    expect(JSON.stringify([...done.headers, done.body])).not.toContain(kit.settings.secretKey)
    expect(browser.cookies.get('__client_uat')).toMatch(/^\d+$/)
  })

  it('is shown a page with the session that the script keeps', async () => {
    await keepFresh()
    expect((await page('/app/x')).status).toBe(200)
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual([grace?.id])
    scene.clear()
  })

  it('gets a lost session back by way of Clerk', async () => {
    browser.setCookie('__session')
    const away = await page('/app/x?a=b')
    expect(away.headers.get('location')).toMatch(
      /^http:\/\/app\.usher\.test\/__clerk\/v1\/client\//,
    )
    const back = await follow(away)
    expect(back.headers.get('location')).toBe(`${origin}/app/x?a=b`)
    const shown = await follow(back)
    expect(shown.status).toBe(200)
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual([grace?.id])
    expect(headerValues(scene.arrived(), 'cookie')).toEqual([])
    expect(browser.cookies.get('__session')).toMatch(/^eyJ/)
    expect(browser.cookies.get('__clerk_handshake_nonce')).toBeUndefined()
    scene.clear()
    expect((await page('/app/x')).status).toBe(200)
    scene.clear()
  })

  it('has the organisation made active that the path names', async () => {
    const shown = await follow(await follow(await page('/teams/acme/x')))
    expect(shown.status).toBe(200)
    expect(headerValues(scene.arrived(), 'x-usher-org-id')[0]).toMatch(/^org_/)
    scene.clear()
  })

  it('is signed out by a sign-out, though its script has left the session where it was', async () => {
    await browser.delete('/v1/client/sessions')
    expect(browser.cookies.get('__session')).toMatch(/^eyJ/)
    const answer = await follow(await follow(await page('/app/x')))
    expect(browser.cookies.get('__session')).toBeUndefined()
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(
      `${origin}/_usher/sign-in?redirect_url=${encodeURIComponent(`${origin}/app/x`)}`,
    )
  })

  it('leaves no token, nonce or code in a record', async () => {
    const { records, problems } = await scene.gateway.notes()
    expect(problems).toEqual([])
    expect(records.length).toBeGreaterThan(10)
    expect(JSON.stringify(records)).not.toMatch(/eyJ|nonce|redirect_url|password/)
    expect(new Set(records.map(({ route }) => route))).toContain('clerk proxy')
  })
})
