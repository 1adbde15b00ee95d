import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { flipSignature } from '../support/tokens.ts'
import { agreementOf } from './decisions.property.ts'
import {
  addressOf,
  ask,
  certificate,
  decide,
  hosts,
  openScene,
  type Scene,
  sceneConfig,
  secrets,
} from './decisions-scene.ts'

// Somebody who is known asks what would become of up to a hundred requests, and is told of what is granted to them.

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
beforeEach(() => {
  scene.read.length = 0
})

async function decideOne(request: object, of = scene) {
  const { body } = await decide(of, { requests: [request] })
  return body.decisions[0]
}

describe('a decision', () => {
  it('is what the gateway would make of the request, in the order that was asked', async () => {
    const token = await scene.world.token()
    const { status, body, headers } = await decide(scene, {
      requests: [
        { token, method: 'GET', url: addressOf('/role/x?y=1') },
        { method: 'GET', url: addressOf('/role/x') },
        { token, method: 'GET', url: addressOf('/orgs/org_1/x') },
        { method: 'GET', url: addressOf('/public/x') },
        { token, method: 'DELETE', url: addressOf('/secret-plans') },
        { method: 'GET', url: addressOf('/_usher/livez') },
        { method: 'GET', url: 'https://elsewhere.test/' },
      ],
    })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('private, no-store')
    const ada = { kind: 'user', id: 'user_ada', organization_id: null }
    const nowhere = { allowed: false, route: null, principal: null }
    expect(body.decisions).toEqual([
      { allowed: true, status: 200, code: null, route: '/role/**', principal: ada },
      { ...nowhere, status: 401, code: 'token-missing', route: '/role/**' },
      {
        ...nowhere,
        status: 403,
        code: 'organization-mismatch',
        route: '/orgs/:orgId/**',
        principal: ada,
      },
      { allowed: true, status: 200, code: null, route: '/public/**', principal: null },
      { ...nowhere, status: 405, code: 'method-not-allowed' },
      { ...nowhere, status: 404, code: 'route-unknown' },
      { ...nowhere, status: 421, code: 'host-unknown' },
    ])
  })

  it('agrees with what becomes of the request when it is sent, whoever sends it', async () => {
    const { disagreements, shifted, missing } = await agreementOf(scene, 200)
    expect(disagreements).toEqual([])
    expect(missing).toEqual([])
    // The answers of one's neighbour are not one's own: else nothing was compared.
    expect(shifted).toBeGreaterThan(100)
  })

  const unreadable: readonly (readonly [string, string])[] = [
    ['a blank', 'x y'],
    ['a comma', 'x,y'],
    ['a line break', 'x\r\nx-usher-user-id: user_ada'],
    ['what is no ASCII', 'tökén'],
    ['nothing but blanks', '  '],
  ]
  it.each(unreadable)('refuses a token with %s, and it alone', async (_, token) => {
    const asked = { method: 'GET', url: addressOf('/in/x') }
    const { body } = await decide(scene, {
      requests: [
        { ...asked, token },
        { method: 'GET', url: addressOf('/public/x'), token },
      ],
    })
    expect(body.decisions.map(({ code }) => code)).toEqual(['token-invalid', null])
  })

  const spellings = ['/public/../role/x', '/public/./x', '/public//x', '/x/..', '/public/..;/role']
  it.each(spellings)('is refused about %s, which has a second reading', async (path) => {
    const decision = await decideOne({ method: 'GET', url: addressOf(path) })
    expect([decision?.allowed, decision?.status]).toEqual([false, 400])
  })

  it('never tells a token, not even the one that was asked about', async () => {
    const token = await scene.world.token()
    const requests = [flipSignature(token), token].map((one) => ({
      token: one,
      method: 'GET',
      url: addressOf('/role/x'),
    }))
    const { text } = await decide(scene, { requests, explain: true })
    expect(text).not.toContain(token.slice(0, 20))
    expect(text).not.toContain('app.usher.test')
  })
})

describe('the route that is chosen', () => {
  it('is explained by what was decided of it', async () => {
    const own = await openScene()
    const token = await own.world.token()
    const looked = vi.spyOn(own.world.gateway.authority.issuer.keys, 'recall')
    const requests = [{ token, method: 'GET', url: addressOf('/role/x') }]
    await decide(own, { requests, explain: true })
    expect(looked).toHaveBeenCalledTimes(1)
  })

  it('is explained without what another is tried for in its place', async () => {
    const tried = {
      path: '/in/x',
      origin: 'api',
      mode: 'shadow',
      access: { role: 'admin' },
    } as const
    const routes = [{ path: '/in/**', origin: 'api' }, tried]
    const requests = [{ subject: 'user_bob', method: 'GET', url: addressOf('/in/x') }]
    const { body } = await decide(await openScene({ ...sceneConfig, routes }), {
      requests,
      explain: true,
    })
    expect(body.decisions[0]?.candidates).toMatchObject([
      { route: '/in/**', chosen: true, status: 200, shadow: null },
      { route: '/in/x', chosen: false, status: 200, shadow: 'role-missing' },
    ])
  })
})

describe('a user for whom no credential vouches', () => {
  const cases: readonly (readonly [string, string, string, string | null])[] = [
    ['user_ada', 'holds what Usher granted', '/role/x', null],
    ['user_bob', 'holds nothing else', '/role/x', 'role-missing'],
    ['user_bob', 'is somebody', '/in/x', null],
    ['user_bob', 'passes where everybody does', '/public/x', null],
    ['user_bob', 'passes where nobody has to be', '/optional/x', null],
    ['user_eve', 'is out when banned', '/in/x', 'user-banned'],
    ['user_zoe', 'is out when deleted', '/in/x', 'user-deleted'],
    ['user_eve', 'is out on an optional route too', '/optional/x', 'user-banned'],
    ['user_mute', 'is undecided while facts cannot be read', '/in/x', 'facts-unavailable'],
    ['user_ada', 'has no organisation active', '/orgs/org_1', 'organization-mismatch'],
    ['user_ada', 'needs no session where a grant will do', '/either', null],
    ['user_bob', 'has no role of Clerk', '/either', 'role-missing'],
    ['user_ada', 'is not let in by what a claim does not say', '/not', 'claim-mismatch'],
    ['user_ada', 'was not verified lately', '/lately', 'reverification-needed'],
    ['user_ada', 'may be somebody else in truth', '/own', 'actor-denied'],
    ['user_ada', 'is no key', '/keys', 'token-type-mismatch'],
  ]
  it.each(cases)('%s %s: %s', async (subject, _, path, code) => {
    const decision = await decideOne({ subject, method: 'GET', url: addressOf(path) })
    expect([decision?.allowed, decision?.code]).toEqual([code === null, code])
  })

  it('is looked up while few others are', async () => {
    const requests = [...Array(100).keys()].map((index) => ({
      subject: `user_${index}`,
      method: 'GET',
      url: addressOf('/in/x'),
    }))
    scene.mostAtOnce = 0
    await decide(scene, { requests })
    expect(scene.read).toHaveLength(100)
    expect(scene.mostAtOnce).toBe(6)
  })

  it('is looked up once for all that is asked together', async () => {
    const requests = [...Array(100).keys()].map((index) => ({
      subject: index % 2 === 0 ? 'user_ada' : 'user_bob',
      method: 'GET',
      url: addressOf(index % 4 < 2 ? '/in/x' : '/fresh'),
    }))
    const { body } = await decide(scene, { requests, explain: true })
    expect(body.decisions).toHaveLength(100)
    // Once from what is remembered, and once more where that is not good enough.
    expect([...scene.read].sort()).toEqual(['user_ada', 'user_ada', 'user_bob', 'user_bob'])
  })
})

describe('whoever asks', () => {
  const requests = [{ method: 'GET', url: addressOf('/public/x') }]
  const strangers: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['shows nothing', {}, 'caller-unknown'],
    ['shows another secret', { 'x-usher-caller': `${secrets.everywhere}x` }, 'caller-unknown'],
    ['shows nothing much', { 'x-usher-caller': '' }, 'caller-unknown'],
    ['is only a proxy', { 'x-usher-caller': secrets.proxy }, 'caller-not-granted'],
    ['shows it elsewhere', { authorization: `Bearer ${secrets.everywhere}` }, 'caller-unknown'],
  ]
  it.each(strangers)('is told nothing when it %s', async (_, headers, code) => {
    const { status, body } = await decide(scene, { requests: [{ nonsense: true }] }, headers)
    expect([status, body.code]).toEqual([403, code])
    expect(Object.keys(body).sort()).toEqual(['code', 'request_id', 'status', 'title', 'type'])
  })

  it('may show a certificate that the edge verified', async () => {
    const shown = { certVerified: 'SUCCESS', certRevoked: '0', certFingerprintSHA256: certificate }
    const asking = { body: { requests }, headers: {} }
    const path = '/_usher/decisions'
    expect((await ask(scene, path, { ...asking, cf: { tlsClientAuth: shown } })).status).toBe(200)
    const revoked = { ...shown, certRevoked: '1' }
    expect((await ask(scene, path, { ...asking, cf: { tlsClientAuth: revoked } })).status).toBe(403)
  })

  it('learns nothing of a host that is not granted: not whether it is served, nor by what', async () => {
    const token = await scene.world.token()
    const about = async (host: string, explain: boolean) => {
      const asked = ['/public/x', '/role/x', '/secret-plans', '/nowhere', '/_usher/me'].flatMap(
        (path) =>
          [{ token }, { subject: 'user_eve' }, {}].map((who) => ({
            ...who,
            method: 'GET',
            url: addressOf(path, host),
          })),
      )
      const headers = { 'x-usher-caller': secrets.billing }
      return (await decide(scene, { requests: asked, explain }, headers)).text
    }
    for (const explain of [false, true]) {
      const served = await about(hosts.api, explain)
      expect(served).toContain('host-unknown')
      expect(await about('unserved.usher.test', explain)).toBe(served)
      expect(await about('made-up.example', explain)).toBe(served)
      expect(await about(hosts.billing, explain)).not.toBe(served)
    }
    expect(scene.read).not.toContain('user_bob')
  })

  it('learns of no spelling that only the routes of other hosts take', async () => {
    const headers = { 'x-usher-caller': secrets.billing }
    const spellings = ['/%2Fx', '/a%3Bb', '/a%2f..', '/%5C', '/../x', '//x', '/%zz', '/x#y', '/x']
    const askedOf = async (escapes: readonly ['%2F', '%3B'] | undefined, host: string) => {
      const routes = [
        { path: '/in/**', host: hosts.billing, origin: 'api' },
        { path: '/**', host: hosts.api, origin: 'api', ...(escapes && { escapes }) },
      ]
      const own = await openScene({ ...sceneConfig, routes })
      const requests = spellings.map((path) => ({ method: 'GET', url: addressOf(path, host) }))
      const { text, body } = await decide(own, { requests, explain: true }, headers)
      return { text, codes: new Set(body.decisions.map(({ code }) => code)) }
    }
    for (const host of ['made-up.example', hosts.api, `${hosts.api.toUpperCase()}.:443`]) {
      const [without, withThem] = [
        await askedOf(undefined, host),
        await askedOf(['%2F', '%3B'], host),
      ]
      expect(withThem.text).toBe(without.text)
      expect(without.codes).toEqual(new Set(['host-unknown']))
    }
    const { codes } = await askedOf(undefined, hosts.billing)
    expect(codes.size).toBeGreaterThan(4)
  })

  it('hears of routes for its own hosts and for any, and of no other', async () => {
    const headers = { 'x-usher-caller': secrets.billing }
    const asked = ['/bill', '/secret-plans', '/in/read', '/public/x'].map((path) => ({
      subject: 'user_ada',
      method: 'GET',
      url: addressOf(path, hosts.billing),
    }))
    const { body, text } = await decide(scene, { requests: asked, explain: true }, headers)
    expect(text).not.toContain(hosts.api)
    expect(text).not.toContain('secret-plans')
    const named = body.decisions.map(({ candidates }) => candidates?.map(({ route }) => route))
    expect(named).toEqual([
      [`${hosts.billing}/bill`],
      [],
      ['/in/**', 'GET /in/read'],
      ['/public/**'],
    ])
  })

  it('is answered without the record of anybody whom it asks about', async () => {
    scene.world.records.length = 0
    await decide(scene, {
      requests: [{ subject: 'user_eve', method: 'GET', url: addressOf('/in/x') }],
    })
    const [record, ...others] = scene.world.records
    expect(others).toEqual([])
    expect(record).toMatchObject({ route: 'usher /decisions', outcome: 'answered', status: 200 })
    expect([record?.userId, record?.reason, record?.factSource]).toEqual(Array(3).fill(undefined))
  })
})

it('nobody is known where no config names anybody', async () => {
  const { checks: _, ...config } = sceneConfig
  const { status, body } = await decide(await openScene(config), { requests: [] })
  expect([status, body.code]).toEqual([403, 'caller-unknown'])
})
