import { beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import { answerFrom, everyCredential, mintTemplate, opaqueRecords } from '../support/credentials.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'

// A signed-in caller gets tokens of the templates that the config names, and of no other.

const config = {
  templates: ['hasura', 'short'],
  routes: [{ path: '/**', origin: 'api', accepts: ['session_token', 'api_key', 'jwt_template'] }],
} as const

let world: World
beforeEach(async () => {
  world = await createWorld({ config, variables: everyCredential })
  world.backend.answer = (request) => giveToken(world, request)
})

/** Clerk makes a token of a template for a session. */
async function giveToken(from: World, { url }: Request): Promise<Response> {
  const [, session, template] = /\/v1\/sessions\/(\w+)\/tokens\/(\w+)$/.exec(url) ?? []
  const own = { sid: undefined, jti: session, template, exp: from.clock.now() / 1000 + 300 }
  return Response.json({ object: 'token', jwt: await mintTemplate(from, own) })
}

async function buy(
  template: unknown,
  { caller, from = world, headers = {} }: Words = {},
): Promise<Response> {
  const own = new Headers(headers)
  const token = caller ?? (await from.token())
  if (token !== '') own.set('authorization', `Bearer ${token}`)
  const body =
    typeof template === 'string' ? JSON.stringify({ template }) : JSON.stringify(template)
  return from.walk(
    new Request(`${gatewayUrl}/_usher/token`, { method: 'POST', headers: own, body }),
  )
}

interface Words {
  readonly caller?: string
  readonly from?: World
  readonly headers?: HeadersInit
}

describe('POST token', () => {
  it("gives a template's token for the session of the caller, stored by nobody", async () => {
    const response = await buy('hasura')
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toContain('no-store')
    const { token, expires_at }: Record<string, unknown> = await response.json()
    const [, payload = ''] = String(token).split('.')
    expect(JSON.parse(atob(payload))).toMatchObject({ template: 'hasura', jti: 'sess_ada' })
    expect(expires_at).toBe(world.clock.now() / 1000 + 300)
    const [asked] = world.backend.asked
    expect([asked?.method, asked?.url, asked?.headers.get('authorization')]).toEqual([
      'POST',
      'https://api.clerk.com/v1/sessions/sess_ada/tokens/hasura',
      'Bearer sk_test_secret',
    ])
  })

  it('gives none of a template that is not named, and asks nobody', async () => {
    for (const template of ['other', 'hasur', 'HASURA', '__proto__', '../hasura', '']) {
      const response = await buy(template)
      expect([template, response.status]).toEqual([template, 404])
      expect(await response.json()).toMatchObject({ code: 'template-unknown' })
    }
    expect(world.backend.asked).toEqual([])
  })

  it.each([[{}], [{ template: 1 }], [['hasura']], [null]])(
    '%j is a body that it refuses',
    async (body) => {
      expect((await buy(body)).status).toBe(400)
    },
  )

  it('is for sessions alone: nobody, a key and a template are refused', async () => {
    world.backend.answer = answerFrom(opaqueRecords)
    expect((await buy('hasura', { caller: '' })).status).toBe(401)
    for (const caller of ['ak_ada', await mintTemplate(world)]) {
      const response = await buy('hasura', { caller })
      expect([response.status, await response.json()]).toMatchObject([
        401,
        { code: 'token-type-mismatch' },
      ])
    }
    expect(world.backend.asked).toEqual([])
  })

  it.each([
    ['user-banned', 403, { status: 'banned' }],
    ['user-deleted', 401, { status: 'deleted' }],
    ['session-ended', 401, { endedSessions: ['sess_ada'] }],
  ] as const)(
    'is refused with %s however young the session token is',
    async (code, status, facts) => {
      const held: Facts = { ...everyoneHolds(['admin']), ...facts }
      const stern = await createWorld({
        config,
        variables: everyCredential,
        facts: async () => ok(held),
      })
      stern.backend.answer = (request) => giveToken(stern, request)
      const response = await buy('hasura', { from: stern })
      expect([response.status, await response.json()]).toMatchObject([status, { code }])
      expect(stern.backend.asked).toEqual([])
      // The same token is still let through where nothing asks for facts.
      expect((await stern.get('/x', await stern.token())).status).toBe(200)
    },
  )

  it('is 503 where Clerk gives none, and where facts cannot be read', async () => {
    world.backend.answer = () => new Response(null, { status: 500 })
    const response = await buy('hasura')
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { code: 'exchange-unavailable' },
    ])
    const cold = world.coldIsolate()
    cold.store.isDatabaseDown = true
    expect(await (await buy('hasura', { from: cold })).json()).toMatchObject({
      code: 'facts-unavailable',
    })
  })

  it('does not answer a cookie from another site', async () => {
    const cookie = `__session=${await world.token()}`
    const from = (origin: string) => buy('hasura', { caller: '', headers: { cookie, origin } })
    expect((await from('https://evil.test')).status).toBe(403)
    expect((await from(gatewayUrl)).status).toBe(200)
  })
})
