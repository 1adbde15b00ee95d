import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningShop, startShop } from '../support/rpc.ts'

let shop: RunningShop
let ada: Record<string, string>

beforeAll(async () => {
  shop = await startShop()
  ada = { authorization: `Bearer ${await shop.token()}` }
})
afterAll(() => shop.stop())

/** What the Worker is told about requests that are not there. */
async function decideAbout(asked: unknown): Promise<unknown> {
  const init = { method: 'POST', body: JSON.stringify(asked), host: 'decide.usher.test' }
  return (await shop.fetch('/', init)).body
}

describe('a Worker that asks by service binding', () => {
  it('learns who wants to see its pages', async () => {
    const { body: told } = await shop.fetch('/orders/7', { headers: ada })
    expect(told.route).toBe('/orders/**')
    expect(told.principal).toMatchObject({ kind: 'user', userId: 'user_ada', roles: null })
    const headers = new Headers(told.headers as [string, string][])
    expect(headers.get('x-usher-user-id')).toBe('user_ada')
    expect(headers.get('x-usher-org-id')).toBe('')
    expect(headers.get('x-usher-assertion')).toMatch(/^eyJ/)
  })

  it('keeps the body of the request', async () => {
    const init = { method: 'POST', headers: ada, body: 'two pairs of shoes' }
    const { body } = await shop.fetch('/orders/7', init)
    expect(body.body).toBe('two pairs of shoes')
  })

  it('hands on what Usher would answer', async () => {
    const answer = await shop.fetch('/orders/7')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="usher"',
    ])
    expect(answer.body).toMatchObject({ code: 'token-missing', status: 401 })
  })

  it.each([
    ['NAMELESS', 403, 'caller-unknown'],
    ['STRANGER', 403, 'caller-unknown'],
    ['SHUT', 503, 'gateway-misconfigured'],
  ])('is told nothing by the binding %s', async (binding, status, code) => {
    for (const path of ['/orders/7', '/public/a', '/nowhere']) {
      const answer = await shop.fetch(path, { headers: { ...ada, 'x-binding': binding } })
      expect([answer.status, answer.body.code]).toEqual([status, code])
    }
  })

  it('can ask about requests that are not there, one or several', async () => {
    const one = { method: 'GET', url: 'https://shop.usher.test/admin/a', subject: 'user_ada' }
    const other = { ...one, subject: 'user_grace' }
    const allowed = { allowed: true, status: 200, code: null, route: '/admin/**' }
    const denied = { allowed: false, status: 403, code: 'role-missing', route: '/admin/**' }
    expect(await decideAbout(one)).toMatchObject(allowed)
    expect(await decideAbout([one, other])).toMatchObject([allowed, denied])
  })

  it('is told nothing of a host that is not granted, served or not', async () => {
    const answer = await shop.fetch('/orders/7', { headers: ada, host: 'api.usher.test' })
    expect([answer.status, answer.body.code]).toEqual([403, 'caller-not-granted'])
  })
})
