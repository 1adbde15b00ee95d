import { beforeEach, describe, expect, it } from 'vitest'
import { gatewayUrl, type World } from '../support/world.ts'
import { hintOf, metadata, oauth, openScene, routes, wellKnown } from './oauth-scene.ts'

// Whose the paths of the metadata are, under which name, and that nothing in a path gets out of the hint.

let world: World
beforeEach(async () => {
  world = await openScene()
})

describe('a gateway behind a name of its own', () => {
  const canonicalOrigin = 'https://known.usher.test'

  it('is named by it wherever the route is served there', async () => {
    const named = await openScene({ canonicalOrigin })
    const refused = await named.walk(new Request('http://other.test:8080/mcp/x'))
    expect(hintOf(refused)).toBe(`${canonicalOrigin}${wellKnown}/mcp`)
    expect(await metadata(`${canonicalOrigin}${wellKnown}/mcp`, named)).toMatchObject({
      resource: `${canonicalOrigin}/mcp`,
    })
    expect(await metadata(`http://other.test:8080${wellKnown}/mcp`, named)).toMatchObject({
      resource: `${canonicalOrigin}/mcp`,
    })
  })

  it('is named as it was asked where the route is of another host', async () => {
    const named = await openScene({ canonicalOrigin })
    const refused = await named.walk(new Request('https://mcp.usher.test/hosted/x'))
    expect(hintOf(refused)).toBe(`https://mcp.usher.test${wellKnown}/hosted`)
  })

  it('names nothing but the canonical host where no name is configured', async () => {
    const refused = await world.walk(new Request('https://API.usher.test.:443/mcp/x'))
    expect(hintOf(refused)).toBe(`${gatewayUrl}${wellKnown}/mcp`)
  })

  it('answers no host that is not served', async () => {
    const served = await openScene({ hosts: ['api.usher.test', 'mcp.usher.test'] })
    expect(await metadata(`https://evil.test${wellKnown}/mcp`, served)).toBe(421)
  })
})

describe('a hint', () => {
  // What would end the quoted string, or begin another parameter, and what looks like it.
  const odd = [
    '"',
    '\\"',
    '%22',
    '%5C',
    '%5c%22',
    "',",
    ', error="x"',
    '%0d%0a',
    'ä',
    '%E2%80%9C',
    '=',
    ';',
  ]

  it('cannot be ended by anything in the path', async () => {
    const wide = await openScene({
      routes: [{ path: '/t/:name/**', ...oauth, escapes: ['%2F', '%25', '%3B', ';'] }],
    })
    let told = 0
    for (const text of odd) {
      const refused = await wide.walk(new Request(`${gatewayUrl}/t/x${text}y/z`))
      const challenge = refused.headers.get('www-authenticate') ?? ''
      expect([text, challenge === '' ? 400 : 401]).toEqual([text, refused.status])
      if (refused.status === 400) continue
      told += 1
      const parameters = challenge.replace(/^Bearer /, '').split('", ')
      expect(parameters.map((one) => one.split('="')[0])).toEqual(['realm', 'resource_metadata'])
      expect(challenge.match(/"/g)).toHaveLength(4)
      expect(challenge).toMatch(/^[ !-~]+$/)
      // And what it names is where the metadata of this resource really is.
      const hint = String(hintOf(refused))
      expect(await metadata(hint, wide)).toMatchObject({ resource: hint.replace(wellKnown, '') })
    }
    expect(told).toBeGreaterThanOrEqual(8)
  })
})

describe('where no route takes OAuth tokens', () => {
  it('these paths are those of the origin', async () => {
    const plain = await openScene({ routes: [{ path: '/**', origin: 'api', access: 'public' }] })
    for (const path of [wellKnown, `${wellKnown}/mcp`]) {
      expect((await plain.get(path)).status).toBe(200)
    }
    expect(plain.sent.map(({ url }) => new URL(url).pathname)).toEqual([
      wellKnown,
      `${wellKnown}/mcp`,
    ])
  })

  it('no refusal has a hint', async () => {
    const plain = await openScene({ routes: [{ path: '/**', origin: 'api' }] })
    expect((await plain.get('/mcp')).headers.get('www-authenticate')).toBe('Bearer realm="usher"')
  })
})

describe('where some route does', () => {
  it.each([
    '/.well-known/oauth-protected-resourceX',
    '/.well-known/oauth-protected-resource.json',
    '/.well-known/OAuth-Protected-Resource',
    '/.well-known/oauth-authorization-server',
    '/.well-known/other',
    '/x/.well-known/oauth-protected-resource',
  ])('%s is that of the origin all the same', async (path) => {
    const wide = await openScene({
      routes: [...routes, { path: '/**', origin: 'api', access: 'public' }],
    })
    expect((await wide.get(path)).status).toBe(200)
    expect(wide.sent).toHaveLength(1)
  })

  it.each([
    '/.well-known/./oauth-protected-resource/mcp',
    '//.well-known//oauth-protected-resource//mcp',
    '/.well-known/x/../oauth-protected-resource/mcp',
    '/%2Ewell-known/oauth%2Dprotected-resource/%6dcp',
  ])('%s is the same path, written otherwise', async (path) => {
    const response = await world.walk(new Request(`${gatewayUrl}${path}`))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ resource: `${gatewayUrl}/mcp` })
  })

  it('on another host the path is that of its origin', async () => {
    const wide = await openScene({
      routes: [
        { path: '/mcp/**', host: 'mcp.usher.test', ...oauth },
        { path: '/**', host: 'api.usher.test', origin: 'api', access: 'public' },
      ],
    })
    expect((await wide.get(`${wellKnown}/mcp`)).status).toBe(200)
    expect(wide.sent).toHaveLength(1)
    const there = await wide.walk(new Request(`https://mcp.usher.test${wellKnown}/mcp`))
    expect(await there.json()).toMatchObject({ resource: 'https://mcp.usher.test/mcp' })
    expect(wide.sent).toHaveLength(1)
  })

  it("of what is Usher's own there is none, even where a route takes everything", async () => {
    const wide = await openScene({
      routes: [{ path: '/**', ...oauth }],
      aliases: { '/healthz': 'livez' },
    })
    const at = (path: string) => metadata(`${gatewayUrl}${wellKnown}${path}`, wide)
    for (const path of ['/_usher/me', '/_USHER/x', '/__clerk/v1', '/healthz', wellKnown]) {
      expect([path, await at(path)]).toEqual([path, 404])
    }
    expect(await at('/x/_usher')).toMatchObject({ resource: `${gatewayUrl}/x/_usher` })
    // What every path begins with is nothing: the resource is the host.
    expect(hintOf(await wide.get('/x/y'))).toBe(`${gatewayUrl}${wellKnown}`)
    expect(await at('')).toMatchObject({ resource: gatewayUrl })
  })
})
