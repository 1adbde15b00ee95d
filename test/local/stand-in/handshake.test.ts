import { createClerkClient } from '@clerk/backend'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTurningClock } from '../../../src/local/clerk/kernel/turning-clock.ts'
import { localOrganizations, localUsers } from '../../../src/local/clerk/users.ts'
import { type Listening, listen } from '../../support/listen.ts'
import {
  at,
  type ClerkBrowser,
  createTestStandIn,
  type TestStandIn,
} from '../../support/stand-in.ts'
import { signInBy } from '../../support/tour/visitors.ts'

const page = 'http://localhost:8787/private?tab=1'
const grace = localUsers.get('grace')
const acme = localOrganizations.get('acme')

let kit: TestStandIn
let server: Listening
let browser: ClerkBrowser

// Clerk's SDK looks at the machine's clock and asks over the network, so both are real here.
beforeAll(async () => {
  server = await listen((request) => kit.fetch(request))
  return () => server.close()
})

beforeEach(async () => {
  kit = await createTestStandIn({ clock: createTurningClock(() => Date.now()) })
  browser = await signInBy(kit, 'grace')
})

function shake(query: Record<string, unknown> = {}, by = browser) {
  return by.navigate('/v1/client/handshake', { redirect_url: page, format: 'nonce', ...query })
}

/** What Clerk's SDK makes of a document request of the browser, in an application that uses the stand-in. */
async function authenticate(by = browser, address = page) {
  const { publishableKey, secretKey, applicationOrigin } = kit.settings
  const clerk = createClerkClient({ publishableKey, secretKey, apiUrl: `${server.origin}/backend` })
  const cookie = [...by.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { cookie, accept: 'text/html', 'sec-fetch-dest': 'document' }
  const state = await clerk.authenticateRequest(new Request(address, { headers }), {
    publishableKey,
    proxyUrl: `${applicationOrigin}/__clerk`,
    authorizedParties: [applicationOrigin],
    ...{ skipJwksCache: true },
  })
  return { state, user: state.toAuth()?.userId ?? null }
}

/** Follows a handshake as a browser behind the gateway does: to the stand-in, back, and with what the SDK sets. */
async function follow(by = browser) {
  const first = await authenticate(by)
  expect(first.state.status).toBe('handshake')
  const target = new URL(first.state.headers.get('location') ?? '')
  const answer = await by.navigate(
    target.pathname.replace('/__clerk', ''),
    Object.fromEntries(target.searchParams),
  )
  expect(answer.status).toBe(307)
  const back = await authenticate(by, answer.headers.get('location') ?? '')
  for (const line of back.state.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
    by.setCookie(name, /max-age=0/i.test(line) ? undefined : value)
  }
  return back
}

function lose(...names: readonly string[]): void {
  for (const name of browser.cookies.keys()) {
    if (names.some((one) => name.startsWith(one))) browser.setCookie(name)
  }
}

describe('Clerk’s SDK', () => {
  it('learns of the session by a handshake, once, and needs none afterwards', async () => {
    lose('__session')
    const { state, user } = await follow()
    expect([state.status, user]).toEqual(['signed-in', grace?.id])
    expect(browser.cookies.has('__clerk_handshake_nonce')).toBe(false)
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('__session'))).toHaveLength(
      2,
    )
    const after = await authenticate()
    expect([after.state.status, after.user]).toEqual(['signed-in', grace?.id])
  })

  it('learns that a session has ended elsewhere, and comes to rest', async () => {
    await follow()
    await kit.backend().post(`/sessions/${browser.sessionId()}/revoke`)
    lose('__session')
    const { state } = await follow()
    expect(state.status).toBe('signed-out')
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('__session'))).toEqual([])
    expect((await authenticate()).state.status).toBe('signed-out')
  })

  it('is told nothing of a banned user', async () => {
    await kit.backend().post(`/users/${grace?.id}/ban`)
    lose('__session')
    const { state } = await follow()
    expect(state.status).toBe('signed-out')
  })
})

describe('a handshake', () => {
  it('goes back to the page, with a short cookie that scripts cannot see and no token in the address', async () => {
    const response = await shake({ __session: 'an.old.token' })
    expect([response.status, response.headers.get('location')]).toEqual([307, page])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(
        /^__clerk_handshake_nonce=\w{43}; Path=\/; Max-Age=20; HttpOnly; SameSite=Lax$/,
      ),
    )
  })

  it.each([
    'https://evil.example/',
    'http://localhost:8787.evil.example/',
    'http://localhost:8787@evil.example/',
    'http://user:password@localhost:8787/',
    'http://localhost:9999/',
    'https://localhost:8787/',
    '//evil.example/',
    '/private',
    'javascript:alert(1)',
    '',
  ])('goes nowhere but to the application: %o', async (redirect_url) => {
    const response = await shake({ redirect_url })
    expect([400, 422]).toContain(response.status)
    expect(response.headers.has('location')).toBe(false)
    expect(kit.standIn.world.state.handshakes.size).toBe(0)
  })

  it.each([
    [{ format: 'token' }, 400, 'invalid_handshake'],
    [{ format: undefined }, 400, 'invalid_handshake'],
    [
      { satellite_fapi: 'clerk.elsewhere.example' },
      403,
      'operation_not_allowed_on_satellite_domain',
    ],
    [{ surprise: '1' }, 422, 'form_param_unknown'],
  ])('refuses what it does not do: %o', async (query, status, code) => {
    const response = await shake(query)
    const body: unknown = await response.json()
    expect([response.status, at(body, 'errors.0.code')]).toEqual([status, code])
  })

  it('is answered once, and within twenty seconds', async () => {
    const fetchPayload = (nonce: string | undefined) =>
      kit.backend().get('/clients/handshake_payload', { nonce })
    await shake()
    const nonce = browser.cookies.get('__clerk_handshake_nonce')
    const first = await fetchPayload(nonce)
    expect(at(first.body, 'directives')).toHaveLength(5)
    expect((await fetchPayload(nonce)).status).toBe(404)
    await shake()
    const late = browser.cookies.get('__clerk_handshake_nonce')
    kit.turn(20_000)
    expect((await fetchPayload(late)).status).toBe(404)
    expect((await fetchPayload('unheard-of')).status).toBe(404)
  })

  it('makes the organisation active that is asked for, where the user is a member', async () => {
    const active = () =>
      kit.standIn.world.state.sessions.get(browser.sessionId() ?? '')?.lastActiveOrganizationId
    const seen: unknown[] = []
    for (const organization_id of [acme?.id, 'org_that_is_none', '', 'acme']) {
      expect((await shake({ organization_id })).status).toBe(307)
      seen.push(active())
    }
    expect(seen).toEqual([acme?.id, acme?.id, null, acme?.id])
  })

  it('tells a browser that nobody knows that nobody is signed in', async () => {
    const stranger = kit.browser()
    await shake({}, stranger)
    const nonce = stranger.cookies.get('__clerk_handshake_nonce')
    const { body } = await kit.backend().get('/clients/handshake_payload', { nonce })
    expect(at(body, 'directives')).toMatchObject([
      expect.stringMatching(/^__client_uat=0;/),
      expect.stringMatching(/^__client_uat_[\w-]{8}=0;/),
      expect.stringMatching(/^__session=; Path=\/; Max-Age=0;/),
      expect.stringMatching(/^__session_[\w-]{8}=; Path=\/; Max-Age=0;/),
      expect.stringMatching(/^__clerk_handshake_nonce=; Path=\/; Max-Age=0;/),
    ])
  })
})
