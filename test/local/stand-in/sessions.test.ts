import { createPublicKey } from 'node:crypto'
import { verifyToken } from '@clerk/backend'
import { beforeEach, describe, expect, it } from 'vitest'
import { localOrganizations, localUsers } from '../../../src/local/clerk/users.ts'
import { noonMs } from '../../support/fake-clock.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'
import { signInBy } from '../../support/tour/visitors.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const grace = localUsers.get('grace')
const acme = localOrganizations.get('acme')

let kit: TestStandIn
let browser: ClerkBrowser

beforeEach(async () => {
  kit = await createTestStandIn()
  browser = await signInBy(kit, 'grace')
})

function pathOf(of = browser): string {
  return `/v1/client/sessions/${of.sessionId()}`
}

/** A request of the browser, for a test that says something of its own in it. */
function requestOf(path: string, origin: string | undefined = kit.settings.applicationOrigin) {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = new Headers({ cookie })
  if (origin !== '') headers.set('origin', origin)
  return { url: `http://127.0.0.1/frontend${path}`, headers }
}

/** What a token of the session says, as Clerk's SDK reads it. */
async function claims(members: Record<string, unknown> = {}) {
  const { body } = await browser.post(`${pathOf()}/tokens`, members)
  return read(textAt(body, 'jwt'))
}

function read(jwt: string) {
  const [published] = kit.standIn.world.keys.published()
  if (published === undefined) throw new Error('No key is published')
  const { kty, n = '', e = '' } = published
  const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' })
  const jwtKey = key.export({ type: 'spki', format: 'pem' }).toString()
  const skew = Math.abs(Date.now() - kit.standIn.world.clock.now())
  return verifyToken(jwt, { jwtKey, clockSkewInMs: skew + minuteMs })
}

describe('a session', () => {
  it('lives for seven days and not a millisecond longer', async () => {
    kit.turn(7 * dayMs - 1)
    expect((await browser.post(`${pathOf()}/tokens`)).status).toBe(200)
    const path = pathOf()
    kit.turn(1)
    expect((await browser.post(`${path}/tokens`)).status).toBe(401)
    expect((await browser.get('/v1/me')).status).toBe(401)
    const { body } = await browser.get('/v1/client')
    expect(at(body, 'response.sessions')).toEqual([])
    expect(browser.cookies.get('__client_uat')).toBe('0')
  })

  it('is shown with its user, and with how long ago the factors were proved', async () => {
    kit.turn(3 * minuteMs)
    const { response } = await browser.get(pathOf())
    expect(response).toMatchObject({
      object: 'session',
      status: 'active',
      user: { id: grace?.id },
      factor_verification_age: [3, -1],
      last_active_organization_id: null,
    })
  })

  it.each([
    ['end', 'ended'],
    ['remove', 'removed'],
  ])('that came to its end by %s is no session any more', async (action, status) => {
    const path = pathOf()
    const { response, client } = await browser.post(`${path}/${action}`)
    expect([at(response, 'status'), at(client, 'sessions')]).toEqual([status, []])
    expect(browser.cookies.get('__client_uat')).toBe('0')
    expect((await browser.post(`${path}/tokens`)).status).toBe(401)
    expect((await browser.post(`${path}/touch`)).status).toBe(401)
    expect((await browser.post(`${path}/${action}`)).status).toBe(401)
    const events = kit.standIn.world.state.deliveries.all().map(({ type }) => type)
    expect(events.filter((type) => type === `session.${status}`)).toHaveLength(1)
  })

  it.each([
    ['the client', '/v1/client', false],
    ['its sessions', '/v1/client/sessions', true],
  ])('ends with %s', async (_what, path, keepsCookie) => {
    const own = pathOf()
    const { body } = await browser.delete(path)
    expect(body).toMatchObject({ response: { sessions: [] }, client: null })
    expect(browser.cookies.has('__client')).toBe(keepsCookie)
    expect(browser.cookies.get('__client_uat')).toBe('0')
    expect([401, 404]).toContain((await browser.post(`${own}/tokens`)).status)
  })

  it('of another browser is not there, also for the same user', async () => {
    const other = await signInBy(kit, 'grace')
    const path = pathOf(other)
    const answers = [
      await browser.get(path),
      await browser.post(`${path}/tokens`),
      await browser.post(`${path}/touch`),
      await browser.post(`${path}/end`),
      await browser.post(`${path}/remove`),
      await browser.post(`${path}/tokens/demo`),
      await browser.post(`${path}/verify`, { level: 'first_factor' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(404))
    expect((await other.get('/v1/me')).status).toBe(200)
  })

  it('gives nothing to a user who was banned, and ends', async () => {
    const path = pathOf()
    await kit.backend().post(`/users/${grace?.id}/ban`)
    const answers = [await browser.post(`${path}/tokens`), await browser.post(`${path}/touch`)]
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    expect(at((await browser.get('/v1/client')).body, 'response.sessions')).toEqual([])
  })

  it('gives a banned user nothing, even where it did not end', async () => {
    const { users } = kit.standIn.world.state
    for (const user of users.all()) users.put({ ...user, isBanned: true })
    expect((await browser.post(`${pathOf()}/tokens`)).status).toBe(401)
    expect((await browser.post(`${pathOf()}/touch`)).status).toBe(401)
    const query = { redirect_url: `${kit.settings.applicationOrigin}/`, format: 'nonce' }
    await browser.navigate('/v1/client/handshake', query)
    const [kept] = kit.standIn.world.state.handshakes.all()
    expect(kept?.directives.filter((line) => line.includes('Max-Age=0'))).toHaveLength(3)
  })

  it('that ended elsewhere is known by the next answer: the cookie says that nobody is signed in', async () => {
    expect(Number(browser.cookies.get('__client_uat'))).toBe(noonMs / 1000)
    await kit.backend().post(`/sessions/${browser.sessionId()}/revoke`)
    await browser.get('/v1/client')
    expect(browser.cookies.get('__client_uat')).toBe('0')
  })
})

describe('the sessions of a user', () => {
  it('are seen from each of them, and can be revoked from each, but not from another user', async () => {
    const other = await signInBy(kit, 'grace')
    const active = await browser.get('/v1/me/sessions/active')
    expect(active.body).toMatchObject([
      { status: 'active' },
      { id: browser.sessionId(), latest_activity: { browser_name: 'Chrome', is_mobile: false } },
      { id: other.sessionId() },
    ])
    const stranger = await signInBy(kit, 'ada')
    const refused = await stranger.post(`/v1/me/sessions/${other.sessionId()}/revoke`)
    expect(refused.status).toBe(404)
    const revoked = await browser.post(`/v1/me/sessions/${other.sessionId()}/revoke`)
    expect(revoked.response).toMatchObject({ status: 'revoked' })
    expect((await other.get('/v1/me')).status).toBe(401)
    const all = await browser.get('/v1/me/sessions')
    expect(all.body).toMatchObject([{}, { status: 'active' }, { status: 'revoked' }])
  })
})

describe('a token', () => {
  it('says who, where and for how long, as version 2 does', async () => {
    expect(await claims()).toEqual({
      iss: `https://${kit.settings.host}`,
      azp: kit.settings.applicationOrigin,
      sub: grace?.id,
      sid: browser.sessionId(),
      email: grace?.email,
      number: grace?.number,
      fva: [0, -1],
      sts: 'active',
      v: 2,
      iat: noonMs / 1000,
      nbf: noonMs / 1000 - 10,
      exp: noonMs / 1000 + 60,
    })
  })

  it('is never dated before the cookie that says since when somebody is signed in', async () => {
    kit.turn(999)
    await browser.delete('/v1/client/sessions')
    browser = await signInBy(kit, 'grace')
    expect((await claims()).iat).toBeGreaterThanOrEqual(Number(browser.cookies.get('__client_uat')))
  })

  it('says what the user may do in the organisation that is active', async () => {
    await browser.post(`${pathOf()}/touch`, { active_organization_id: acme?.id })
    expect(await claims()).toMatchObject({
      o: { id: acme?.id, slg: 'acme', rol: 'admin', per: 'read,manage', fpm: '3' },
      fea: 'o:reports',
    })
    expect(await claims({ organization_id: '' })).not.toHaveProperty('o')
    await browser.post(`${pathOf()}/touch`, { active_organization_id: '' })
    expect(await claims()).not.toHaveProperty('o')
    expect(await claims({ organization_id: 'acme' })).toMatchObject({ o: { id: acme?.id } })
  })

  it('says nothing of an organisation that the user was taken out of', async () => {
    await browser.post(`${pathOf()}/touch`, { active_organization_id: acme?.id })
    const { state } = kit.standIn.world
    for (const { id } of state.memberships.all()) state.memberships.remove(id)
    expect(await claims()).not.toHaveProperty('o')
  })

  it.each(['tokens', 'touch'])(
    'is not to be had for a stranger’s organisation: %s',
    async (action) => {
      const ada = await signInBy(kit, 'ada')
      const name = action === 'touch' ? 'active_organization_id' : 'organization_id'
      for (const wanted of [acme?.id, 'acme', 'org_that_is_none']) {
        const answer = await ada.post(`${pathOf(ada)}/${action}`, { [name]: wanted })
        expect([answer.status, answer.code]).toEqual([
          404,
          'organization_not_found_or_unauthorized',
        ])
      }
    },
  )

  it('takes what Clerk’s script adds beside its description, and nothing else', async () => {
    const { headers, url } = requestOf(`${pathOf()}/tokens`)
    const added = {
      organization_id: '',
      tab_state: 'visible',
      token: 'a.b.c',
      force_origin: 'true',
    }
    const body = new URLSearchParams(added)
    // Past the recorder: one of the few answers of a test is too much for its share of exceptions.
    const answer = await kit.standIn.fetch(new Request(url, { method: 'POST', headers, body }))
    expect(answer.status).toBe(200)
    const unknown = await browser.post(`${pathOf()}/tokens`, { expires_in_seconds: 3600 })
    expect([unknown.status, unknown.code]).toEqual([422, 'form_param_unknown'])
  })

  it('of a template has its claims and category; of an unknown one there is none', async () => {
    const { body } = await browser.post(`${pathOf()}/tokens/demo`)
    const jwt = textAt(body, 'jwt')
    const header: unknown = JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())
    expect(header).toMatchObject({ cat: 'cl_B7d4PD222AAA' })
    expect(await read(jwt)).toMatchObject({ sub: grace?.id, template: 'demo', email: grace?.email })
    const unknown = await browser.post(`${pathOf()}/tokens/unheard-of`)
    expect([unknown.status, unknown.code]).toEqual([404, 'resource_not_found'])
  })
})

describe('a page of somebody else', () => {
  it.each([
    ['https://evil.example', 'origin_invalid'],
    ['http://localhost:9999', 'origin_invalid'],
    ['null', 'origin_invalid'],
    ['', 'request_header_missing'],
  ])('changes nothing: origin %o', async (origin, code) => {
    const { url, headers } = requestOf(`${pathOf()}/end`, origin)
    const response = await kit.fetch(new Request(url, { method: 'POST', headers }))
    const body: unknown = await response.json()
    expect([response.status, at(body, 'errors.0.code')]).toEqual([400, code])
    expect((await browser.get('/v1/me')).status).toBe(200)
  })
})
