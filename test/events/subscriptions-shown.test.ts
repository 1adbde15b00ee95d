import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { createOperatorScene, type OperatorScene, type Told } from '../api/operations-scene.ts'
import { openScene } from './subscriber-scene.ts'

let scene: OperatorScene
beforeEach(async () => {
  await openScene()
  scene ??= await createOperatorScene()
})

const url = 'https://hooks.example.com/services/T1/B1/deadbeef?key=c0ffee'

function ask(method: string, path: string, body?: object, ifMatch = '*'): Promise<Told> {
  const headers = { 'content-type': 'application/json', 'if-match': ifMatch }
  return scene.call(`/api/${path}`, 'user_ada', {
    ...{ method, headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function subscribe(): Promise<{ id: string; etag: string }> {
  const { body, headers } = await ask('POST', 'subscriptions', { url })
  return { id: String(body.id), etag: headers.get('etag') ?? '' }
}

describe('the address of a subscriber', () => {
  it.each([
    'https://api.usher.test/hook',
    'https://origin.usher.test/hook',
    'https://clerk.usher.test/hook',
    'https://api.clerk.com/v1/users',
    'https://10.0.0.1/',
    'http://hooks.example.com/',
  ])('is never %s, by whichever way it is given', async (address) => {
    const made = await ask('POST', 'subscriptions', { url: address })
    expect([made.status, made.body.code]).toEqual([422, 'address-not-allowed'])
    const { id, etag } = await subscribe()
    const changed = await ask('PATCH', `subscriptions/${id}`, { url: address }, etag)
    expect([changed.status, changed.body.code]).toEqual([422, 'address-not-allowed'])
    expect(made.text + changed.text).not.toContain(new URL(address).hostname)
  })

  it('is shown without its path, where secrets are, to whoever cannot change it', async () => {
    const { id } = await subscribe()
    scene.holdings.set('user_grace', { support: ['usher.subscriptions.read'] })
    for (const path of [`subscriptions/${id}`, 'subscriptions']) {
      const told = await scene.call(`/api/${path}`, 'user_grace')
      expect(told.status).toBe(200)
      expect(told.text).toContain('"https://hooks.example.com/…"')
      expect(told.text).not.toMatch(/c0ffee|deadbeef/)
      expect((await ask('GET', path)).text).toContain(url)
    }
  })

  it('is its origin and a digest in the audit, whatever becomes of it', async () => {
    const { id, etag } = await subscribe()
    const next = 'https://hooks.example.com/services/T1/B1/feedface'
    expect((await ask('PATCH', `subscriptions/${id}`, { url: next }, etag)).status).toBe(200)
    expect((await ask('DELETE', `subscriptions/${id}`)).status).toBe(204)
    const { results } = await env.DB.prepare('SELECT before, after FROM audit ORDER BY id').all()
    expect(JSON.stringify(results)).not.toMatch(/services|deadbeef|c0ffee|feedface/)
    const [one, other] = await Promise.all(
      [url, next].map(async (of) => ({
        origin: 'https://hooks.example.com',
        urlDigest: await digestOf(of),
      })),
    )
    expect(
      results.map(({ before, after }) => [JSON.parse(String(before)), JSON.parse(String(after))]),
    ).toMatchObject([
      [null, one],
      [one, other],
      [other, null],
    ])
  })
})
