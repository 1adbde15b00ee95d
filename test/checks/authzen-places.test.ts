import { beforeAll, describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { gatewayUrl } from '../support/world.ts'
import { ask, hosts, openScene, type Scene, sceneConfig, secrets } from './decisions-scene.ts'

// The Authorization API 1.0 of AuthZEN (https://openid.net/specs/authorization-api-1_0.html).

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})

const one = '/access/v1/evaluation'
const several = '/access/v1/evaluations'
const metadata = '/.well-known/authzen-configuration'

const user = (id: string) => ({ type: 'user', id })
const page = (path: string, host = hosts.api) => ({ type: 'url', id: `https://${host}${path}` })
const get = { name: 'GET' }

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
    expect(problemsOf({ routes }, variables)).toEqual(problem)
    expect(problemsOf({ routes })).toEqual([])
    expect(problemsOf({ routes, checks: onlyProxies })).toEqual([])
  })
})
