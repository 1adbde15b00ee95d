import { beforeEach, describe, expect, it } from 'vitest'
import { mintAccessToken } from '../support/credentials.ts'
import { testIssuer } from '../support/tokens.ts'
import { gatewayUrl, type World } from '../support/world.ts'
import { hintOf, metadata, openScene, wellKnown } from './oauth-scene.ts'

// Clients of OAuth find out where to sign in: RFC 9728, as the MCP authorization specification uses it.

let world: World
beforeEach(async () => {
  world = await openScene()
})

describe('a client that knows nothing but an address', () => {
  it.each([
    ['/mcp', '/mcp'],
    ['/mcp/', '/mcp'],
    ['/mcp/sse/1?x=1', '/mcp'],
    ['/tools/a%20b/mcp/call', '/tools/a%20b/mcp/call'],
    ['/files/a%2Fb', '/files'],
    ['/deep/x', '/deep'],
  ])('finds from %s that %s is protected, and by whom', async (path, prefix) => {
    const refused = await world.get(path)
    expect(refused.status).toBe(401)
    const address = hintOf(refused)
    expect(address).toBe(`${gatewayUrl}${wellKnown}${prefix}`)
    const told = await metadata(String(address), world)
    expect(told).toMatchObject({
      resource: `${gatewayUrl}${prefix}`,
      authorization_servers: [testIssuer],
      bearer_methods_supported: ['header'],
    })
    // The client holds that the resource is where it wanted to go (MCP: `checkResourceAllowed`).
    const { resource } = Object(told)
    expect(new URL(`${gatewayUrl}${path}`).href.startsWith(resource)).toBe(true)
  })

  it('comes through with a token of that issuer, and not with that of a session', async () => {
    expect((await world.get('/mcp/x', await mintAccessToken(world))).status).toBe(200)
    expect((await world.get('/mcp/x', 'oat_good')).status).toBe(200)
    const refused = await world.get('/mcp/x', await world.token())
    expect([refused.status, hintOf(refused)]).toEqual([401, `${gatewayUrl}${wellKnown}/mcp`])
  })

  it('learns with a 403 which scope is missing', async () => {
    const refused = await world.get('/mcp/x', await mintAccessToken(world, { scope: 'write' }))
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer realm="usher", error="insufficient_scope", scope="read", resource_metadata="${gatewayUrl}${wellKnown}/mcp"`,
    )
  })

  it('gets no error code when it sent nothing', async () => {
    expect((await world.get('/mcp/x')).headers.get('www-authenticate')).toBe(
      `Bearer realm="usher", resource_metadata="${gatewayUrl}${wellKnown}/mcp"`,
    )
  })

  it.each(['/api/x', '/post/x', '/deep'])(
    'gets no hint at %s, where OAuth counts for nothing',
    async (path) => {
      const refused = await world.get(path)
      expect([refused.status, hintOf(refused)]).toEqual([401, undefined])
    },
  )

  it('gets a hint by the method that takes OAuth', async () => {
    const refused = await world.walk(new Request(`${gatewayUrl}/post/x`, { method: 'POST' }))
    expect(hintOf(refused)).toBe(`${gatewayUrl}${wellKnown}/post`)
  })
})

describe('the metadata', () => {
  it.each<[string, readonly string[] | undefined]>([
    ['/mcp', ['read']],
    ['/mcp/any/where', ['read']],
    ['/tools/x/mcp/y', ['tool', 'all']],
    ['/both/x', undefined],
    ['/post', undefined],
    ['/deep', undefined],
  ])('of %s names exactly that path, and the scopes %j', async (path, scopes) => {
    const told = await metadata(`${gatewayUrl}${wellKnown}${path}`, world)
    expect(told).toEqual({
      resource: `${gatewayUrl}${path}`,
      authorization_servers: [testIssuer],
      bearer_methods_supported: ['header'],
      ...(scopes && { scopes_supported: scopes }),
    })
  })

  it.each(['', '/'])('without a path (%j) is of the whole host', async (path) => {
    expect(await metadata(`${gatewayUrl}${wellKnown}${path}`, world)).toMatchObject({
      resource: gatewayUrl,
      scopes_supported: ['read', 'tool', 'all'],
    })
  })

  it.each([
    '/api/x',
    '/nowhere',
    '/mcp/open/x',
    '/hosted/x',
    '/tools/x',
    '/_usher/me',
    '/__clerk/v1',
    wellKnown,
    '/mcp/a%2Fb',
  ])('of %s is not there: 404, and no origin is asked', async (path) => {
    expect(await metadata(`${gatewayUrl}${wellKnown}${path}`, world)).toBe(404)
    expect(world.sent).toEqual([])
  })

  it('belongs to the hosts of its route', async () => {
    const hosted = 'https://mcp.usher.test'
    expect(await metadata(`${hosted}${wellKnown}/hosted/x`, world)).toMatchObject({
      resource: `${hosted}/hosted/x`,
    })
    const refused = await world.walk(new Request(`${hosted}/hosted/x`))
    expect(hintOf(refused)).toBe(`${hosted}${wellKnown}/hosted`)
  })

  it('may be kept for five minutes, and read by pages of any site', async () => {
    const response = await world.get(`${wellKnown}/mcp`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const unknown = await world.get(`${wellKnown}/api`)
    expect(unknown.status).toBe(404)
    expect(unknown.headers.get('cache-control')).toBe('private, no-store')
    expect(unknown.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('answers a preflight that names the header of MCP clients', async () => {
    const response = await world.walk(
      new Request(`${gatewayUrl}${wellKnown}/mcp`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://inspector.test',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'mcp-protocol-version',
        },
      }),
    )
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*',
      'access-control-allow-methods': 'GET, HEAD',
    })
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })

  it('answers HEAD without a body, and no other method', async () => {
    const ask = (method: string) =>
      world.walk(new Request(`${gatewayUrl}${wellKnown}/mcp`, { method }))
    const head = await ask('HEAD')
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await ask('POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, OPTIONS'])
    expect(world.sent).toEqual([])
  })

  it('is of no use to who asks below the prefix', async () => {
    expect((await world.get(`/_usher${wellKnown}`)).status).toBe(404)
    expect((await world.get(`/_usher${wellKnown}/mcp`)).status).toBe(404)
  })
})
