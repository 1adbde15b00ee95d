import { describe, expect, it } from 'vitest'
import { marker } from '../../src/local/marker.ts'
import { demoOrigin } from '../../src/local/origin.ts'
import { encodeBase64url } from '../../src/model/base64url.ts'

async function echo(path: string, init?: RequestInit) {
  const response = await demoOrigin.request(`http://localhost${path}`, init)
  expect(response.headers.get('server')).toBe(marker)
  return { status: response.status, seen: await response.json() }
}

describe('the demo origin', () => {
  it('answers what it received', async () => {
    const headers = { X_Usher_User_Id: 'eve', 'content-type': 'text/plain' }
    const { status, seen } = await echo('/api/echo?a=1&a=2', {
      method: 'PUT',
      headers,
      body: 'hello',
    })
    expect(status).toBe(200)
    expect(seen).toEqual({
      method: 'PUT',
      path: '/api/echo?a=1&a=2',
      headers: { 'content-type': 'text/plain', x_usher_user_id: 'eve' },
      body: 'hello',
      assertion: null,
    })
  })

  it.each(['/public/x', '/admin/x/y', '/orgs/acme/reports'])('answers on %s', async (path) => {
    expect(await echo(path)).toMatchObject({ status: 200, seen: { path } })
  })

  it('has nothing elsewhere', async () => {
    expect((await echo('/elsewhere')).status).toBe(404)
  })

  it('shows both values of a header that was sent twice', async () => {
    const headers: [string, string][] = [
      ['x-twice', 'one'],
      ['x-twice', 'two'],
    ]
    expect((await echo('/api/echo', { headers })).seen).toMatchObject({
      headers: { 'x-twice': 'one, two' },
    })
  })

  it('shows the claims of the assertion', async () => {
    const headers = { 'x-usher-assertion': `e30.${encodeBase64url('{"sub":"user_1"}')}.sig` }
    expect((await echo('/api/echo', { headers })).seen).toMatchObject({
      assertion: { sub: 'user_1' },
    })
  })

  it.each(['', 'x', 'a.b.c', 'e30..x', `e30.${encodeBase64url('{')}.x`])(
    'shows no claims of the assertion %j',
    async (assertion) => {
      const { seen } = await echo('/api/echo', { headers: { 'x-usher-assertion': assertion } })
      expect(seen).toMatchObject({ assertion: null })
    },
  )

  it('shows the beginning of a body that is large', async () => {
    const { seen } = await echo('/api/echo', { method: 'POST', body: 'x'.repeat(70_000) })
    expect(seen).toMatchObject({ body: `${'x'.repeat(65_536)}…` })
  })
})
