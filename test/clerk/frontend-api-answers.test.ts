import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { frontendApiLimitMs } from '../../src/clerk/frontend-api-proxy.ts'
import { settle } from '../support/fake-clock.ts'
import {
  codeOf,
  here,
  openProxyScene,
  type ProxyScene,
  proxyVariables,
  secretKey,
} from './frontend-api-scene.ts'

// What of Clerk's answers a browser is shown behind the proxy, and what it is told where there is none.

let scene: ProxyScene
beforeEach(async () => {
  scene = await openProxyScene()
})
afterEach(() => void vi.unstubAllGlobals())

describe('what a browser is shown', () => {
  it('is every cookie of Clerk and none of its edge, and nothing that speaks for the host', async () => {
    scene.answer = () => {
      const headers = new Headers({
        'accept-ch': 'sec-ch-ua-model',
        'alt-svc': 'h3',
        'cf-ray': '1',
        'clear-site-data': '"*"',
        'clerk-secret-key': secretKey,
        connection: 'x-inner',
        'critical-ch': 'sec-ch-ua-model',
        'origin-agent-cluster': '?1',
        'service-worker-allowed': '/',
        'set-login': 'logged-in',
        'content-type': 'application/json',
        'strict-transport-security': 'max-age=1',
        'x-country': 'DE',
        'x-inner': '1',
        'x-usher-user-id': 'user_evil',
      })
      for (const cookie of ['__client=a; HttpOnly', '__client_uat=1; Path=/', '__cf_bm=x', 'a=b']) {
        headers.append('set-cookie', cookie)
      }
      return new Response('{}', { headers })
    }
    const response = await scene.ask('/__clerk/v1/client')
    expect(response.headers.getSetCookie()).toEqual([
      '__client=a; HttpOnly',
      '__client_uat=1; Path=/',
    ])
    const {
      'set-cookie': _,
      'x-usher-request-id': id,
      ...rest
    } = Object.fromEntries(response.headers)
    expect(id).toMatch(/^[\da-f-]{36}$/)
    expect(rest).toEqual({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-country': 'DE',
    })
  })

  it.each(['text/html; charset=utf-8', 'Application/XHTML+XML', 'image/svg+xml'])(
    'is no page of this host, should it be %s',
    async (type) => {
      scene.answer = () =>
        new Response('<script>', {
          headers: { 'content-type': type, 'content-security-policy': "default-src 'self'" },
        })
      const { headers } = await scene.ask('/__clerk/v1/client')
      expect(headers.get('content-security-policy')).toBe("default-src 'self', sandbox")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  it.each([
    ['elsewhere', 'https://accounts.usher.test/x', 'https://accounts.usher.test/x'],
    ['back to the page', 'https://app.usher.test/page?a=b', 'https://app.usher.test/page?a=b'],
    [
      'at the Frontend API',
      'https://fapi.usher.test/base/v1/x?y',
      'https://app.usher.test/__clerk/v1/x?y',
    ],
    ['there by its path alone', '/base/v1/x', 'https://app.usher.test/__clerk/v1/x'],
  ])('is a redirect %s, never followed', async (_case, location, shown) => {
    scene = await openProxyScene({
      ...proxyVariables,
      CLERK_FAPI_URL: 'https://fapi.usher.test/base',
    })
    scene.answer = () => new Response(null, { status: 307, headers: { location } })
    const response = await scene.ask('/__clerk/v1/client/handshake')
    expect([response.status, response.headers.get('location')]).toEqual([307, shown])
    expect(scene.sent).toHaveLength(1)
  })

  it('is the pages that Clerk lets read it, and not those of the config', async () => {
    scene = await openProxyScene(proxyVariables, {
      cors: { origins: ['https://page.test'], credentials: true },
    })
    scene.answer = () => new Response('', { headers: { 'access-control-allow-origin': here } })
    const headers = { origin: 'https://page.test' }
    const response = await scene.ask('/__clerk/v1/client', { headers })
    expect(response.headers.get('access-control-allow-origin')).toBe(here)
    const preflight = { ...headers, 'access-control-request-method': 'POST' }
    const asked = await scene.ask('/__clerk/v1/client', { method: 'OPTIONS', headers: preflight })
    expect(asked.status).toBe(405)
    expect(asked.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('is what Clerk refuses, word by word', async () => {
    const errors = { errors: [{ code: 'form_password_incorrect' }] }
    scene.answer = () => Response.json(errors, { status: 422 })
    const response = await scene.ask('/__clerk/v1/client/sign_ins')
    expect([response.status, await response.json()]).toEqual([422, errors])
  })

  it('is a refusal where Clerk cannot be reached, which says nothing of the reason', async () => {
    scene.answer = () => {
      throw new TypeError('connect ECONNREFUSED 10.1.2.3')
    }
    const response = await scene.ask('/__clerk/v1/client')
    const text = await response.text()
    expect(response.status).toBe(502)
    expect(text).toContain('origin-unreachable')
    expect(text).not.toMatch(/10\.1\.2\.3|sk_live/)
    expect(scene.world.records.at(-1)).toMatchObject({ reason: 'origin-unreachable', status: 502 })
  })

  it('is a refusal where Clerk is too slow, and the late answer is let go', async () => {
    let cancelled = false
    let begin: (response: Response) => void = () => {}
    scene.answer = () =>
      new Promise((resolve) => {
        begin = resolve
      })
    const asked = scene.ask('/__clerk/v1/client')
    await settle()
    await scene.world.clock.advance(frontendApiLimitMs)
    expect([(await asked).status, await codeOf(await asked)]).toEqual([504, 'origin-timeout'])
    const cancel = () => {
      cancelled = true
    }
    begin(new Response(new ReadableStream({ cancel })))
    await settle()
    expect(cancelled).toBe(true)
  })

  it('is not cut off once it has begun, however long it is', async () => {
    let end = () => {}
    scene.answer = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('first '))
            end = () => {
              controller.enqueue(new TextEncoder().encode('last'))
              controller.close()
            }
          },
        }),
      )
    const response = await scene.ask('/__clerk/npm/@clerk/ui@1/dist/ui.browser.js')
    await scene.world.clock.advance(frontendApiLimitMs * 3)
    end()
    expect(await response.text()).toBe('first last')
  })
})
