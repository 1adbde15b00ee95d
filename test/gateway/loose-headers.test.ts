import { describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { looseHeaderNames } from '../../src/model/headers.ts'
import { type LooseHeader, looseHeaders } from '../../src/model/route.ts'
import {
  answerFrom,
  apiKey,
  everyCredential,
  mintAccessToken,
  mintMachineToken,
  mintTemplate,
  ourMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { createWorld, everyoneHolds, type World, type WorldOptions } from '../support/world.ts'

// The identity headers that the configuration names: what each says of whom.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  {
    path: '/api/**',
    origin: 'api',
    accepts: ['session_token', 'jwt_template', 'oauth_token', 'm2m_token', 'api_key'],
  },
]

const silent = Object.fromEntries(Object.values(looseHeaderNames).map((name) => [name, '']))

function openWorld(
  identityHeaders: readonly LooseHeader[] = looseHeaders,
  options: WorldOptions = { facts: async () => ({ ok: true, value: everyoneHolds(['editor']) }) },
): Promise<World> {
  return createWorld({
    ...options,
    config: { routes, identityHeaders, ...options.config },
    variables: everyCredential,
  })
}

/** The loose headers that reached the origin. */
function told({ sent }: World): Record<string, string | null | undefined> {
  const names = Object.values(looseHeaderNames)
  return Object.fromEntries(names.map((name) => [name, sent.at(-1)?.headers.get(name)]))
}

const session = {
  act: { sub: 'user_support' },
  o: { id: 'org_acme', slg: 'acme', rol: 'admin' },
}

describe('every loose header says what the credential says', () => {
  const cases: [string, (world: World) => string | Promise<string>, Record<string, string>][] = [
    [
      'a session in an organisation, impersonated',
      (world) => world.token(session),
      {
        'X-Usher-Session-Id': 'sess_ada',
        'X-Usher-Org-Slug': 'acme',
        'X-Usher-Org-Role': 'org:admin',
        'X-Usher-Actor': 'user_support',
        'X-Usher-Token-Type': 'session_token',
        'X-Usher-Subject': 'user_ada',
        'X-Usher-Roles': 'editor',
      },
    ],
    [
      'a bare session',
      (world) => world.token(),
      {
        'X-Usher-Session-Id': 'sess_ada',
        'X-Usher-Token-Type': 'session_token',
        'X-Usher-Subject': 'user_ada',
        'X-Usher-Roles': 'editor',
      },
    ],
    [
      'a template, whose author wrote what he liked',
      (world) => mintTemplate(world, session),
      {
        'X-Usher-Actor': 'user_support',
        'X-Usher-Token-Type': 'jwt_template',
        'X-Usher-Subject': 'user_ada',
        'X-Usher-Roles': 'editor',
      },
    ],
    [
      'an OAuth token',
      (world) => mintAccessToken(world),
      {
        'X-Usher-Token-Type': 'oauth_token',
        'X-Usher-Scopes': 'read write',
        'X-Usher-Subject': 'user_ada',
        'X-Usher-Roles': 'editor',
      },
    ],
    [
      'a machine',
      (world) => mintMachineToken(world),
      {
        'X-Usher-Token-Type': 'm2m_token',
        'X-Usher-Scopes': ourMachine,
        'X-Usher-Subject': sendingMachine,
      },
    ],
    [
      'a key of an organisation',
      () => 'ak_acme',
      {
        'X-Usher-Token-Type': 'api_key',
        'X-Usher-Scopes': 'ingest read',
        'X-Usher-Subject': 'org_acme',
      },
    ],
  ]
  it.each(cases)('of %s, and is empty where it says nothing', async (_, make, expected) => {
    const world = await openWorld()
    world.backend.answer = answerFrom({
      ak_acme: apiKey({ subject: 'org_acme', scopes: ['ingest', 'read'] }),
    })
    expect((await world.get('/api/x', await make(world))).status).toBe(200)
    expect(told(world)).toEqual({ ...silent, ...expected })
  })

  it('all are empty for nobody, whatever the client wrote under any spelling', async () => {
    const world = await openWorld()
    for (const path of ['/public/x', '/optional/x']) {
      for (const spell of [(name: string) => name, (name: string) => name.replaceAll('-', '_')]) {
        const names = Object.values(looseHeaderNames).map(spell)
        const forged = Object.fromEntries(names.map((name) => [name, 'forged']))
        await world.get(path, undefined, { headers: forged })
        expect(told(world)).toEqual(silent)
        expect(JSON.stringify([...(world.sent.at(-1)?.headers ?? [])])).not.toContain('forged')
      }
    }
  })

  it('only those that are named are sent', async () => {
    const world = await openWorld(['tokenType', 'subject'])
    await world.get('/api/x', await world.token(session))
    expect(told(world)).toEqual({
      ...Object.fromEntries(Object.keys(silent).map((name) => [name, null])),
      'X-Usher-Token-Type': 'session_token',
      'X-Usher-Subject': 'user_ada',
    })
  })
})

describe('a value that origins would read differently', () => {
  it.each([
    ['Zoë', 'Zo%C3%AB'],
    ['a\r\nX-Evil: 1', 'a%0D%0AX-Evil: 1'],
    ['\ud800', '%EF%BF%BD'],
    ['😀', '%F0%9F%98%80'],
  ])('%j is sent as %j', async (slg, expected) => {
    const world = await openWorld(['orgSlug'])
    const token = await world.token({ o: { id: 'org_acme', slg } })
    expect((await world.get('/api/x', token)).status).toBe(200)
    expect(told(world)['X-Usher-Org-Slug']).toBe(expected)
  })

  it.each([['write admin'], ['zoë'], ['']])(
    'a scope %j is refused: between blanks it would be another, or two',
    async (scope) => {
      const world = await openWorld(['scopes'])
      world.backend.answer = answerFrom({ ak_odd: apiKey({ scopes: ['read', scope] }) })
      expect((await world.get('/api/x', 'ak_odd')).ok).toBe(false)
      const token = await mintAccessToken(world, { scp: ['read', scope] })
      expect((await world.get('/api/x', token)).ok).toBe(false)
      expect(world.sent).toEqual([])
    },
  )
})

describe('facts are read for the headers that need them', () => {
  const credential = looseHeaders.filter(
    (name) => !['roles', 'permissions', 'email'].includes(name),
  )

  async function factsRead(identityHeaders: readonly LooseHeader[]): Promise<number> {
    let reads = 0
    const facts = async () => {
      reads += 1
      return { ok: true as const, value: everyoneHolds([]) }
    }
    const world = await openWorld(identityHeaders, { facts })
    expect((await world.get('/api/x', await world.token())).status).toBe(200)
    return reads
  }

  it('by none of those that the credential fills', async () => {
    expect(credential).toHaveLength(7)
    expect(await factsRead(credential)).toBe(0)
  })

  it.each(['roles', 'permissions', 'email'] as const)('by %s', async (name) => {
    expect(await factsRead([...credential, name])).toBe(1)
  })
})
