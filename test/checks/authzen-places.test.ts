import { beforeAll, describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { createWorld, gatewayUrl } from '../support/world.ts'
import {
  ask,
  authzen,
  certificate,
  get,
  openScene,
  page,
  type Scene,
  sceneConfig,
  secrets,
  user,
} from './decisions-scene.ts'

// Where the Authorization API 1.0 of AuthZEN (https://openid.net/specs/authorization-api-1_0.html) is, and for whom.

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})

const { one, several, metadata } = authzen

describe('the metadata', () => {
  const read = async (path: string, headers = {}, of = scene) => {
    const response = await of.world.walk(new Request(`${gatewayUrl}${path}`, { headers }))
    return { status: response.status, text: await response.text() }
  }
  const point = {
    policy_decision_point: gatewayUrl,
    access_evaluation_endpoint: `${gatewayUrl}${one}`,
    access_evaluations_endpoint: `${gatewayUrl}${several}`,
  }

  it('says where to ask, at the host that is asked', async () => {
    for (const path of [metadata, `/_usher${metadata}`]) {
      const { status, text } = await read(path)
      expect([status, JSON.parse(text)]).toEqual([200, point])
    }
  })

  it('is answered with nothing good to a proxy, whose path may have climbed to it', async () => {
    expect((await read(metadata, { 'x-usher-caller': secrets.proxy })).status).toBe(403)
    expect((await read(metadata, { 'x-usher-caller': 'x' })).status).toBe(403)
    expect((await read(metadata, { 'x-usher-caller': secrets.everywhere })).status).toBe(200)
  })

  it('names places that answer', async () => {
    const body = { subject: user('user_ada'), action: get, resource: page('/role/x') }
    for (const address of [point.access_evaluation_endpoint, point.access_evaluations_endpoint]) {
      const { status } = await ask(scene, new URL(address).pathname, { body })
      expect(status).toBe(200)
    }
  })
})

describe('whoever asks', () => {
  const body = { subject: user('user_ada'), action: get, resource: page('/public/x') }
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const caller = (secret: string) => ({ 'x-usher-caller': secret })
  const { everywhere, billing, proxy } = secrets
  const known: readonly Readonly<Record<string, string>>[] = [
    caller(everywhere),
    bearer(everywhere),
    { authorization: `bearer  ${everywhere}` },
    { ...caller(everywhere), ...bearer(everywhere) },
    { ...caller(everywhere), authorization: 'Basic eDp5' },
  ]
  it.each(known)('is known by %j', async (headers) => {
    for (const path of [one, several, `/_usher${one}`, `/_usher${several}`]) {
      const { status, body: answer } = await ask(scene, path, { body, headers })
      expect([status, answer]).toEqual([200, { decision: true }])
    }
  })

  const unknown: readonly Readonly<Record<string, string>>[] = [
    {},
    caller('x'),
    bearer('x'),
    bearer(''),
    bearer(`${everywhere}, Bearer ${everywhere}`),
    { authorization: everywhere },
    { authorization: `Basic ${everywhere}` },
    { authorization: `Basic eDp5, Bearer ${everywhere}` },
    { ...caller(everywhere), ...bearer(billing) },
    { ...caller(everywhere), ...bearer('x') },
    { ...caller('x'), ...bearer(everywhere) },
    { ...caller(proxy), ...bearer(everywhere) },
  ]
  it.each(unknown)('is told how to show a secret, and nothing else, after %j', async (headers) => {
    for (const path of [one, several, `/_usher${one}`, `/_usher${several}`]) {
      const named = { ...headers, 'x-request-id': 'mine' }
      const { status, body: answer, ...told } = await ask(scene, path, { body, headers: named })
      expect([status, answer.code]).toEqual([401, 'caller-unauthenticated'])
      expect(told.headers.get('www-authenticate')).toBe('Bearer realm="usher"')
      expect(told.headers.get('x-request-id')).toBe('mine')
    }
  })

  it.each([caller(proxy), bearer(proxy)])('may still not ask this by %j', async (headers) => {
    for (const path of [one, several]) {
      const { status, body: answer } = await ask(scene, path, { body, headers })
      expect([status, answer.code]).toEqual([403, 'caller-not-granted'])
    }
  })

  it('is known by a certificate where no secret is shown', async () => {
    const tlsClientAuth = {
      certVerified: 'SUCCESS',
      certRevoked: '0',
      certFingerprintSHA256: certificate,
    }
    const asks = async (headers: Readonly<Record<string, string>>) =>
      (await ask(scene, one, { body, headers, cf: { tlsClientAuth } })).status
    expect([await asks({}), await asks(bearer('x'))]).toEqual([200, 401])
  })

  it('shows no secret to decisions in that way', async () => {
    const asked = { requests: [{ method: 'GET', url: page('/public/x').id }] }
    const path = '/_usher/decisions'
    const { status, body: answer } = await ask(scene, path, {
      body: asked,
      headers: bearer(everywhere),
    })
    expect([status, answer.code]).toEqual([403, 'caller-unknown'])
  })
})

describe('the root of a host', () => {
  const everything: GatewayConfig['routes'] = [{ path: '/**', origin: 'api', access: 'public' }]
  const onlyProxies = {
    callers: { proxy: { secret: secrets.proxy, may: ['nginx' as const] } },
  }

  it("is the origins' own where nobody may ask for decisions", async () => {
    for (const checks of [undefined, onlyProxies]) {
      const { world } = await openScene({ routes: everything, ...(checks && { checks }) })
      for (const path of [one, several, metadata]) {
        const response = await world.walk(new Request(`${gatewayUrl}${path}`))
        expect(await response.text()).toBe('from the origin')
        const below = await world.walk(new Request(`${gatewayUrl}/_usher${path}`))
        expect(below.status).toBe(path === metadata ? 404 : 405)
      }
    }
  })

  it("is the origins' own for a secret of the environment alone, which may ask for no decisions", async () => {
    const world = await createWorld({
      config: { routes: everything },
      variables: { USHER_CALLER_SECRET: secrets.everywhere },
    })
    for (const path of [one, several, metadata]) {
      const response = await world.walk(new Request(`${gatewayUrl}${path}`, { method: 'GET' }))
      expect(await response.text()).toBe('from the origin')
    }
    const below = `${gatewayUrl}/_usher`
    expect((await world.walk(new Request(`${below}${metadata}`))).status).toBe(404)
    const request = { method: 'GET', url: `${gatewayUrl}/public/x` }
    const asked = { subject: user('user_ada'), action: get, resource: page('/public/x') }
    const body = JSON.stringify({ ...asked, requests: [request] })
    const headers = { 'x-usher-caller': secrets.everywhere }
    for (const path of ['/decisions', one, several]) {
      const answer = await world.walk(
        new Request(`${below}${path}`, { method: 'POST', headers, body }),
      )
      expect([answer.status, await answer.json()]).toMatchObject([
        403,
        { code: 'caller-not-granted' },
      ])
    }
  })

  it('has only these paths for AuthZEN where somebody may', async () => {
    const { checks } = sceneConfig
    const { world } = await openScene({ routes: everything, ...(checks && { checks }) })
    const answers = async (path: string) =>
      (await (await world.walk(new Request(`${gatewayUrl}${path}`))).text()) !== 'from the origin'
    for (const path of [one, `${one}/`, several, metadata]) expect(await answers(path)).toBe(true)
    for (const path of [
      '/access/v1',
      '/access/v1/search',
      '/.well-known/x',
      '/Access/v1/evaluation',
    ]) {
      expect(await answers(path)).toBe(false)
    }
  })

  function problemsOf(config: Partial<GatewayConfig>, variables = {}) {
    const origins = { api: { url: 'https://origin.test' } }
    const whole = { origins, routes: everything, ...config }
    const environment = { CLERK_FRONTEND_API: 'clerk.usher.test', ...variables }
    const compiled = compileGateway(
      defineGateway(() => whole),
      environment,
      strict,
    )
    return compiled.ok ? [] : compiled.error
  }

  it.each([one, several, metadata])('is no place for a route at %s', (path) => {
    const routes = [{ path, origin: 'api', access: 'public' as const }]
    const { checks } = sceneConfig
    const message = expect.stringContaining('AuthZEN')
    const problem = [{ place: 'routes[0].path', message }]
    expect(problemsOf({ routes, ...(checks && { checks }) })).toEqual(problem)
    const variables = { USHER_CALLER_SECRET: secrets.everywhere }
    expect(problemsOf({ routes }, variables)).toEqual([])
    expect(problemsOf({ routes })).toEqual([])
    expect(problemsOf({ routes, checks: onlyProxies })).toEqual([])
  })
})
