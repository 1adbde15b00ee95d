import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, grace, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, sendRaw, status } from '../support/raw.ts'

// An origin's side of the identity assertion: a key from the published set and WebCrypto, nothing of ours.

let scene: Scene

beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

interface Published {
  readonly kid: string
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y: string
}

function decode(part: string): Buffer<ArrayBuffer> {
  return Buffer.from(Buffer.from(part, 'base64url'))
}

/** The header and the claims of an assertion whose signature holds under the published key. */
async function verify(assertion: string) {
  const [head = '', payload = '', signature = ''] = assertion.split('.')
  const header = JSON.parse(decode(head).toString()) as { alg: string; kid: string; typ: string }
  const { body } = await scene.gateway.get('/_usher/jwks.json')
  const { keys } = JSON.parse(body) as { keys: Published[] }
  const jwk = keys.find(({ kid }) => kid === header.kid)
  if (jwk === undefined) throw new Error('No published key has that name')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
  const signed = new TextEncoder().encode(`${head}.${payload}`)
  expect(await crypto.subtle.verify(algorithm, key, decode(signature), signed)).toBe(true)
  return { header, claims: JSON.parse(decode(payload).toString()) as Record<string, unknown> }
}

/** Sends a request with the token and gives the assertion that arrives. */
async function assertionOf(method: string, target: string, token: string): Promise<string> {
  scene.clear()
  const body = method === 'GET' ? {} : { body: 'x' }
  const bytes = rawRequest(method, target, { headerLines: [bearer(token)], ...body })
  expect(status(await sendRaw(scene.gateway.port, bytes))).toBe(200)
  return headerValues(scene.arrived(), 'x-usher-assertion').join()
}

describe('an assertion', () => {
  it('holds under the published key and names issuer, origin, user and session', async () => {
    const { header, claims } = await verify(
      await assertionOf('GET', '/api/x', await scene.gateway.token()),
    )
    expect(header).toEqual({ alg: 'ES256', kid: expect.any(String), typ: 'JWT' })
    expect(claims).toMatchObject({ iss: 'usher', aud: 'api', sub: 'user_ada', sid: 'sess_ada' })
    for (const bound of ['mth', 'hst', 'pth']) expect(claims).not.toHaveProperty(bound)
  })

  it('lives for a minute at most, and at most 5 s longer than the token it rests on', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000)
    for (const lifeSeconds of [20, 3600]) {
      const token = await scene.gateway.token({ exp: nowSeconds + lifeSeconds })
      const { claims } = await verify(await assertionOf('GET', '/api/x', token))
      const [iat, exp] = [Number(claims.iat), Number(claims.exp)]
      expect(Math.abs(iat - nowSeconds)).toBeLessThanOrEqual(5)
      expect(exp).toBeGreaterThan(iat)
      expect(exp - iat).toBeLessThanOrEqual(60)
      expect(exp).toBeLessThanOrEqual(nowSeconds + lifeSeconds + 5)
    }
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'of a %s is bound to its method, host and path, and is never used again',
    async (method) => {
      const token = await scene.gateway.token()
      const first = await assertionOf(method, '/api/%61//b/../c?q=1', token)
      const { claims } = await verify(first)
      expect(claims).toMatchObject({ mth: method, hst: 'usher.test', pth: '/api/a/c' })
      expect(await assertionOf(method, '/api/other', token)).not.toBe(first)
    },
  )

  it('of a GET is used again for the same token, and for no other', async () => {
    const token = await scene.gateway.token()
    const first = await assertionOf('GET', '/api/x', token)
    expect(await assertionOf('GET', '/api/y', token)).toBe(first)
    const other = await assertionOf('GET', '/api/x', await scene.gateway.token(grace))
    expect((await verify(other)).claims.sub).toBe('user_grace')
  })

  it('shows the organisation that is active now, not the one before', async () => {
    for (const id of ['org_acme', 'org_other', undefined]) {
      const o = id === undefined ? undefined : { id, slg: 'slug', rol: 'admin' }
      const assertion = await assertionOf('GET', '/api/x', await scene.gateway.token({ o }))
      const { claims } = await verify(assertion)
      expect((claims.org as { id: string } | undefined)?.id).toBe(id)
      expect(headerValues(scene.arrived(), 'x-usher-org-id')).toEqual([id ?? ''])
    }
  })

  it('names the roles of Usher only where the route asked for them', async () => {
    const token = await scene.gateway.token()
    const plain = await verify(await assertionOf('GET', '/api/x', token))
    const admin = await verify(await assertionOf('GET', '/admin/x', token))
    expect(plain.claims).not.toHaveProperty('roles')
    expect(admin.claims.roles).toEqual(['admin'])
  })
})

it('the published set holds no private part', async () => {
  const { body } = await scene.gateway.get('/_usher/jwks.json')
  const { keys } = JSON.parse(body) as { keys: Record<string, unknown>[] }
  expect(keys).toHaveLength(1)
  for (const key of keys) expect(key).not.toHaveProperty('d')
})
