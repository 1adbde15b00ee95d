import { beforeAll, describe, expect, it } from 'vitest'
import { refusals } from '../../src/model/refusal.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({
    config: {
      signInUrl: 'https://accounts.usher.test/sign-in?theme=dark',
      canonicalOrigin: 'https://api.usher.test',
      hosts: ['api.usher.test', 'other.usher.test'],
    },
  })
})

const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }

function ask(path: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  const url = path.startsWith('http') ? path : `${gatewayUrl}${path}`
  return world.walk(new Request(url, { ...init, headers }))
}

describe('what a caller is told', () => {
  it('is problem+json with a code, a sentence, a status and an id, and is not stored', async () => {
    const response = await ask('/api/x')
    const id = response.headers.get('x-usher-request-id')
    expect(await response.json()).toEqual({
      type: 'urn:usher:refusal:token-missing',
      title: 'A credential is required.',
      status: 401,
      code: 'token-missing',
      request_id: id,
    })
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'private, no-store',
      'www-authenticate': 'Bearer realm="usher"',
    })
  })

  it('never repeats what the caller sent', async () => {
    const secret = 'c0ffee.SECRET.t0ken'
    for (const headers of [
      { authorization: `Bearer ${secret}` },
      { cookie: `__session=${secret}` },
    ]) {
      const response = await ask('/api/SECRET-path', headers)
      const all = `${await response.text()} ${JSON.stringify([...response.headers])}`
      expect(all).not.toContain('SECRET')
    }
    expect(JSON.stringify(world.records)).not.toContain(secret)
  })

  it.each([
    ['/api/x', {}, 401, 'Bearer realm="usher"'],
    ['/admin/x', { 'x-token': 'grace' }, 403, null],
    ['/nowhere', {}, 404, null],
    ['https://evil.test/api/x', {}, 421, null],
  ])('%s is %d', async (path, headers, status, challenge) => {
    const token = 'x-token' in headers ? await world.token({ sub: 'user_grace' }) : undefined
    const response = await ask(path, token ? { authorization: `Bearer ${token}` } : {})
    expect(response.status).toBe(status)
    const header = response.headers.get('www-authenticate')
    if (challenge === null) expect(header).toBeNull()
    else expect(header).toContain(challenge)
  })

  it('to HEAD has no body', async () => {
    const response = await ask('/api/x', {}, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([401, ''])
  })
})

describe('a navigation without a session', () => {
  it('is sent to sign in and comes back to the canonical host', async () => {
    const response = await ask('https://other.usher.test/api/x?a=1&b=é', page)
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe('https://accounts.usher.test/sign-in')
    expect(location.searchParams.get('theme')).toBe('dark')
    expect(location.searchParams.get('redirect_url')).toBe(
      'https://api.usher.test/api/x?a=1&b=%C3%A9',
    )
  })

  it('an expired session too', async () => {
    const exp = Math.floor(world.clock.now() / 1000) - 60
    const cookie = `__session=${await world.token({ exp })}`
    expect((await ask('/api/x', { ...page, cookie })).status).toBe(302)
  })

  const stays: [string, Record<string, string>, RequestInit][] = [
    ['an API call', { accept: 'application/json' }, {}],
    ['a fetch that would take HTML', { 'sec-fetch-mode': 'cors', accept: 'text/html' }, {}],
    ['whoever sends a bearer token', { ...page, authorization: 'Bearer x' }, {}],
    ['a form', page, { method: 'POST', body: 'a=1' }],
    ['a cookie that signing in would not mend', { ...page, cookie: '__session=x' }, {}],
  ]
  it.each(stays)('%s is never redirected', async (_, headers, init) => {
    const response = await ask('/api/x', headers, init)
    expect([response.status, response.headers.get('location')]).toEqual([401, null])
  })

  it('who is known but may not pass is not sent to sign in again', async () => {
    const cookie = `__session=${await world.token({ sub: 'user_grace' })}`
    const response = await ask('/admin/x', { ...page, cookie })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it('gets a page where no sign-in page is named', async () => {
    const plain = await createWorld()
    const response = await plain.get('/api/x', undefined, { headers: page })
    expect(response.status).toBe(401)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await response.text()).toContain('<h1>A credential is required.</h1>')
  })
})

describe('the table of refusals', () => {
  it('says one sentence each, and no sentence twice', () => {
    const sentences = Object.values(refusals).map(({ sentence }) => sentence)
    expect(new Set(sentences).size).toBe(sentences.length)
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^."]*\.$/)
  })
})
