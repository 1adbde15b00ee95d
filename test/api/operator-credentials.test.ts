import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { ok } from '../../src/model/result.ts'
import {
  accessToken,
  answerFrom,
  apiKey,
  machineToken,
  ourMachine,
} from '../support/credentials.ts'
import { createWorld, gatewayUrl } from '../support/world.ts'
import {
  createOperatorScene,
  everyPermission,
  newRole,
  type OperatorScene,
} from './operations-scene.ts'

// By which credentials somebody works as an operator, and by whose hand.

let scene: OperatorScene
beforeAll(async () => {
  scene = await createOperatorScene()
})

describe('a credential', () => {
  const keys = {
    ak_read: apiKey({ subject: 'user_ada', scopes: ['usher.roles.read'] }),
    ak_write: apiKey({ subject: 'user_ada', scopes: ['usher.roles.read', 'usher.roles.write'] }),
    ak_everything: apiKey({ subject: 'user_linus', scopes: [...everyPermission, 'admin', '*'] }),
    ak_bare: apiKey({ subject: 'user_ada', scopes: [] }),
    ak_wild: apiKey({ subject: 'user_ada', scopes: ['*', 'usher.*', 'usher.roles', 'admin'] }),
    ak_acme: apiKey({ subject: 'org_acme', scopes: [...everyPermission] }),
    oat_read: accessToken({ subject: 'user_ada', scopes: ['usher.roles.read'] }),
    oat_bare: accessToken({ subject: 'user_ada', scopes: ['profile'] }),
    mt_other: machineToken({ scopes: [ourMachine, ...everyPermission] }),
  }

  const read = { method: 'GET', path: '/api/roles' }
  const write = { ...newRole, path: '/api/roles/made-by-a-key' }

  it.each([
    ['ak_read', read, 200, undefined],
    ['ak_write', read, 200, undefined],
    ['oat_read', read, 200, undefined],
    ['ak_write', write, 201, undefined],
    ['ak_read', write, 403, 'scope-missing'],
    ['ak_bare', read, 403, 'scope-missing'],
    ['ak_wild', read, 403, 'scope-missing'],
    ['oat_bare', read, 403, 'scope-missing'],
    ['ak_everything', read, 403, 'permission-missing'],
    ['ak_acme', read, 401, 'token-type-mismatch'],
    ['mt_other', read, 401, 'token-type-mismatch'],
    ['ak_unknown', read, 401, 'token-unknown'],
  ])(
    '%s: counts as far as its scopes and its owner go: %j is %i %s',
    async (key, asked, status, code) => {
      const { world } = scene
      world.backend.answer = answerFrom(keys)
      await env.DB.prepare("DELETE FROM roles WHERE name = 'made-by-a-key'").run()
      const { path, ...init } = asked
      const headers = { ...newRole.headers, authorization: `Bearer ${key}` }
      const response = await world.walk(
        new Request(`${gatewayUrl}/_usher${path}`, { ...init, headers }),
      )
      const told: Record<string, unknown> = await response.json()
      expect([response.status, told.code]).toEqual([status, code])
      if (code === 'scope-missing') {
        const challenge = response.headers.get('www-authenticate')
        expect(challenge).toContain(
          `scope="usher.roles.${init.method === 'GET' ? 'read' : 'write'}"`,
        )
      }
    },
  )

  it('of a key never makes an administrator, whoever it is of', async () => {
    const scopes = [...everyPermission]
    scene.world.backend.answer = answerFrom({ ak_all: apiKey({ subject: 'user_ada', scopes }) })
    const body = JSON.stringify({ user_id: 'user_grace', role: 'admin' })
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ak_all' }
    const request = new Request(`${gatewayUrl}/_usher/api/grants`, {
      method: 'POST',
      headers,
      body,
    })
    expect((await scene.world.walk(request)).status).toBe(403)
  })

  it('of a template made for some other service is none here', async () => {
    const claims = { sid: undefined, sts: undefined, fva: undefined, v: undefined }
    const token = await scene.world.token(claims, { cat: 'cl_B7d4PD222AAA' })
    expect((await scene.world.get('/_usher/api/roles', token)).status).toBe(401)
  })

  it('by which somebody acts in the name of another is refused, because the audit names who did it', async () => {
    const claims = { act: { sub: 'user_linus' } }
    const told = await scene.call('/api/roles', 'user_ada', { claims })
    expect([told.status, told.body.code]).toEqual([403, 'actor-denied'])
  })

  it('counts for what is granted everywhere, never in the organisation that is active', async () => {
    const world = await createWorld({
      config: { operator: 'same-host' },
      facts: async () => {
        const grant = { role: 'admin', permissions: everyPermission, organizationId: 'org_acme' }
        return ok({ status: 'active', email: undefined, grants: [grant], endedSessions: [] })
      },
    })
    const token = await world.token({ v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } })
    expect((await world.get('/_usher/api/roles', token)).status).toBe(403)
  })
})

describe("on the operators' host", () => {
  const host = 'ops.usher.test'
  const origin = `https://${host}`
  const parties = `https://app.usher.test,${origin},https://${host}:8443`
  let own: OperatorScene
  beforeAll(async () => {
    own = await createOperatorScene({ operator: { host } }, {}, parties)
  })

  it.each([
    [origin, 200],
    ['https://app.usher.test', 401],
    [`http://${host}`, 401],
    [`${origin}:8443`, 401],
    ['https://evil.test', 401],
    [undefined, 401],
  ])('a session counts that was issued to that host alone: %s is %i', async (azp, status) => {
    const code = status === 200 ? undefined : 'token-invalid-authorized-parties'
    const bearer = await own.call('/api/roles', 'user_ada', { host, claims: { azp } })
    expect([bearer.status, bearer.body.code]).toEqual([status, code])
    // The second time it is a token that is remembered.
    const cookie = `__session=${await own.world.token({ azp })}`
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    for (let turn = 0; turn < 2; turn++) {
      const told = await own.call('/api/roles', undefined, { host, headers })
      expect([told.status, told.body.code]).toEqual([status, code])
    }
  })

  it("the application's token is none for a change either, and is not counted by another surface's leave", async () => {
    const token = await own.world.token({ azp: 'https://app.usher.test' })
    const headers = { ...newRole.headers, authorization: `Bearer ${token}` }
    expect((await own.call('/me', undefined, { host, headers })).status).toBe(200)
    const told = await own.call('/api/roles/by-the-app', undefined, { ...newRole, host, headers })
    expect([told.status, told.body.code]).toEqual([401, 'token-invalid-authorized-parties'])
  })

  it('a key counts as it does elsewhere: it was made for this', async () => {
    const key = apiKey({ subject: 'user_ada', scopes: ['usher.roles.read'] })
    own.world.backend.answer = answerFrom({ ak_ops: key })
    const headers = { authorization: 'Bearer ak_ops' }
    expect((await own.call('/api/roles', undefined, { host, headers })).status).toBe(200)
  })
})

describe('a cookie', () => {
  const write = async (
    headers: Record<string, string>,
    to = scene,
    { host = 'api.usher.test', claims = {} } = {},
  ) => {
    const cookie = `__session=${await to.world.token(claims)}`
    const init = { ...newRole, host, headers: { ...newRole.headers, cookie, ...headers } }
    return (await to.call('/api/roles/by-cookie', undefined, init)).status
  }

  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, 201],
    [{ origin: gatewayUrl }, 201],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ origin: 'https://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{}, 403],
  ])('changes nothing by the hand of another site: %j is %i', async (headers, status) => {
    await env.DB.prepare("DELETE FROM roles WHERE name = 'by-cookie'").run()
    expect(await write(headers)).toBe(status)
  })

  it("changes nothing on the operators' host by a page of the origins, where a browser does not say more", async () => {
    await env.DB.prepare("DELETE FROM roles WHERE name = 'by-cookie'").run()
    const host = 'ops.usher.test'
    const config: Partial<GatewayConfig> = { operator: { host }, canonicalOrigin: gatewayUrl }
    const own = await createOperatorScene(config, {}, `https://app.usher.test,https://${host}`)
    const claims = { azp: `https://${host}` }
    expect(await write({ origin: gatewayUrl }, own, { host, claims })).toBe(403)
    expect(await write({ origin: `https://${host}` }, own, { host, claims })).toBe(201)
  })

  it('shows nothing to pages of other origins, whatever the config lets them do elsewhere', async () => {
    const cors = { origins: ['https://shop.test'], credentials: true } as const
    const { world } = await createOperatorScene({ operator: 'same-host', cors })
    const headers = { origin: 'https://shop.test', 'access-control-request-method': 'GET' }
    const ask = async (method: string, path: string) => {
      const request = new Request(`${gatewayUrl}/_usher${path}`, { method, headers })
      const { status, headers: said } = await world.walk(request)
      return [status, said.get('access-control-allow-origin')]
    }
    expect(await ask('OPTIONS', '/me')).toEqual([204, 'https://shop.test'])
    expect(await ask('GET', '/me')).toEqual([200, 'https://shop.test'])
    for (const path of ['/api/roles', '/api/nothing', '/diagnose']) {
      expect((await ask('OPTIONS', path))[1]).toBe(null)
      expect((await ask('GET', path))[1]).toBe(null)
    }
  })
})
