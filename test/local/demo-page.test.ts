import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { withDemoPage } from '../../src/local/demo-page.ts'
import { originPage } from '../../src/local/origin-page.ts'

// The page that shows what pages of origins get, and such a page.

describe('the demo page', () => {
  it('is below the prefix, with the script for pages and one nonce', async () => {
    const app = withDemoPage(new Hono(), '/_gate')
    const response = await app.request('/demo')
    const html = await response.text()
    const nonces = new Set([...html.matchAll(/nonce="([^"]+)"/g)].map(([, nonce]) => nonce))
    expect(response.status).toBe(200)
    expect(html).toContain('<script src="/_gate/client.js" defer></script>')
    expect(html).toContain('usher.onAuthChange')
    expect(nonces.size).toBe(1)
    expect(response.headers.get('content-security-policy')).toContain(`'nonce-${[...nonces][0]}'`)
  })

  it('is the only thing that is added', async () => {
    const app = withDemoPage(new Hono(), '/_usher')
    expect((await app.request('/demo/x')).status).toBe(404)
    expect(app.routes.map(({ path }) => path)).toEqual(['/demo'])
  })
})

describe('a page of the demo origin', () => {
  it('greets by identity headers, of which it believes no sign that is HTML', async () => {
    const headers = { 'x-usher-user-id': 'user_ada<script>', 'x-usher-org-id': '' }
    const html = await originPage(new Request('http://origin/app/x', { headers })).text()
    expect(html).toContain('<code id="user">user_adascript</code>')
    expect(html).toContain('<code id="organization">none</code>')
  })
})
