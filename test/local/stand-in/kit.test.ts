import { execFile } from 'node:child_process'
import { request as nodeRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { verifyToken } from '@clerk/backend'
import { verifyWebhook } from '@clerk/backend/webhooks'
import { exportSPKI, importJWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { publicIssuerJwk } from '../../../src/local/clerk/issuer.ts'
import { localOrganizations, localUsers } from '../../../src/local/clerk/users.ts'
import { projectRoot } from '../../../src/local/keyring.ts'
import { openClerkBrowser } from '../../support/clerk-browser.ts'
import { judgeEvent } from '../../support/contract.ts'
import { descriptionsAreHere } from '../../support/descriptions.ts'
import { listen } from '../../support/listen.ts'
import {
  createTestStandIn,
  mintSession,
  type TestStandIn,
  webhook,
} from '../../support/stand-in.ts'

let kit: TestStandIn
let jwtKey: string
beforeAll(async () => {
  kit = await createTestStandIn()
  const key = await importJWK(publicIssuerJwk(kit.key), 'RS256')
  if (key instanceof Uint8Array) throw new TypeError('An RSA key is no secret')
  jwtKey = await exportSPKI(key)
})

describe('mintSession', () => {
  const issuer = () => ({ host: kit.settings.host, key: kit.key })

  it('makes what Clerk itself takes for a session token', async () => {
    const token = await mintSession({ user: 'ada' }, issuer())
    const claims = await verifyToken(token, {
      jwtKey,
      authorizedParties: ['http://localhost:8787'],
    })
    const ada = localUsers.get('ada')
    expect(claims).toMatchObject({ sub: ada?.id, sid: ada?.sessionId, v: 2, sts: 'active' })
    expect(claims.exp - claims.iat).toBe(60)
    expect(claims).not.toHaveProperty('o')
  })

  it('gives a local member the role that they have, and anybody the one that is asked for', async () => {
    const grace = await verifyToken(await mintSession({ user: 'grace', org: 'acme' }, issuer()), {
      jwtKey,
    })
    expect(grace).toMatchObject({ o: { id: localOrganizations.get('acme')?.id, rol: 'admin' } })
    const draft = {
      user: { id: 'user_new' },
      org: { id: 'org_new', slug: 'new' },
      role: 'org:editor',
      permissions: ['org:pages:write'],
    }
    expect(await verifyToken(await mintSession(draft, issuer()), { jwtKey })).toMatchObject({
      sub: 'user_new',
      fea: 'o:pages',
      o: { id: 'org_new', slg: 'new', rol: 'editor', per: 'write', fpm: '1' },
    })
  })

  it.each([
    ['expired', { user: 'ada', expiresSeconds: -60 }],
    ['of another page', { user: 'ada', authorizedParty: 'https://evil.example' }],
    ['of the future', { user: 'ada', nowMs: Date.now() + 3_600_000 }],
  ])('makes tokens that must be refused: %s', async (_name, draft) => {
    const token = await mintSession(draft, issuer())
    const options = { jwtKey, authorizedParties: ['http://localhost:8787'] }
    await expect(verifyToken(token, options)).rejects.toThrow()
  })

  it('knows nobody whom local mode does not know', async () => {
    await expect(mintSession({ user: 'mallory' }, issuer())).rejects.toThrow('mallory')
    await expect(mintSession({ user: 'ada', org: 'evil' }, issuer())).rejects.toThrow('evil')
  })
})

describe('webhook', () => {
  const signingSecret = `whsec_${btoa('the secret of one test')}`
  const data = { id: 'user_1', object: 'user', deleted: true }

  it('is one that Clerk itself takes for its own', async () => {
    const request = await webhook('user.deleted', data, { secret: signingSecret })
    expect(await verifyWebhook(request, { signingSecret })).toMatchObject({
      type: 'user.deleted',
      data,
    })
  })

  it('is none where anything of it was changed', async () => {
    const sealed = () => webhook('user.deleted', data, { secret: signingSecret })
    const [one, two, old] = [await sealed(), await sealed(), Date.now() - 3_600_000]
    const forged = new Request(one.url, {
      ...one,
      method: 'POST',
      headers: one.headers,
      body: '{}',
    })
    const moved = new Request(two, { headers: [...two.headers, ['svix-id', 'msg_other']] })
    const late = await webhook('user.deleted', data, { secret: signingSecret, nowMs: old })
    for (const request of [forged, moved, late]) {
      await expect(verifyWebhook(request, { signingSecret })).rejects.toThrow()
    }
  })

  it.skipIf(!descriptionsAreHere)('is what Clerk describes, where the data are', async () => {
    const request = await webhook('user.deleted', data, { secret: signingSecret })
    expect(judgeEvent(await request.text()).kind).toBe('valid')
    const wrong = await webhook('user.deleted', { id: 1 }, { secret: signingSecret })
    expect(judgeEvent(await wrong.text()).kind).toBe('invalid')
  })
})

describe('a handler that listens', () => {
  it('is asked what was sent, and its answer is what arrives', async () => {
    const asked: { url: string; method: string; body: string; headers: Headers }[] = []
    const server = await listen(async (request) => {
      const { url, method, headers } = request
      asked.push({ url, method, headers, body: await request.text() })
      const answer = new Response('made', { status: 201, headers: { 'x-one': '1' } })
      for (const name of ['a', 'b']) answer.headers.append('set-cookie', `${name}=1; Path=/`)
      return answer
    })
    const headers = { 'x-two': ['1', '2'], host: 'clerk.example.localhost' }
    const response = await sendPlainly(`${server.origin}/a%20b?c=1&c=2`, headers, 'body')
    await server.close()
    expect(response).toMatchObject({
      status: 201,
      body: 'made',
      cookies: ['a=1; Path=/', 'b=1; Path=/'],
    })
    expect(asked).toMatchObject([
      { url: 'http://clerk.example.localhost/a%20b?c=1&c=2', method: 'PUT', body: 'body' },
    ])
    expect(asked[0]?.headers.get('x-two')).toBe('1, 2')
  })

  it('answers 500 where the handler throws', async () => {
    const server = await listen(() => Promise.reject(new Error('broken')))
    expect((await fetch(server.origin)).status).toBe(500)
    await server.close()
  })
})

/** By Node's own client, which sends repeated headers and any `Host`. */
function sendPlainly(url: string, headers: Record<string, string | string[]>, body: string) {
  return new Promise<object>((resolve, reject) => {
    const request = nodeRequest(url, { method: 'PUT', headers }, async (response) => {
      const { statusCode, headers: answered } = response
      resolve({ status: statusCode, cookies: answered['set-cookie'], body: await text(response) })
    })
    request.on('error', reject)
    request.end(body)
  })
}

describe('the browser', () => {
  let nowMs = 0
  const asked: Request[] = []
  const answers: Response[] = []
  const browser = openClerkBrowser({
    fetch: async (request) => {
      asked.push(request)
      return answers.shift() ?? new Response(null, { status: 204 })
    },
    now: () => nowMs,
    origin: 'http://localhost:8787',
    secretKey: 'sk_live_1',
  })

  it('sends what Clerk’s script sends, behind the gateway’s proxy', async () => {
    await browser.patch('/v1/me', {
      first_name: 'Ada',
      note: null,
      tags: ['a', 'b'],
      more: { x: 1 },
    })
    const request = asked.at(-1)
    const url = new URL(request?.url ?? '')
    expect(request?.method).toBe('POST')
    expect(url.searchParams.get('_method')).toBe('PATCH')
    expect(url.pathname).toBe('/frontend/v1/me')
    expect(request?.headers.get('clerk-secret-key')).toBe('sk_live_1')
    expect(request?.headers.get('clerk-proxy-url')).toBe('http://localhost:8787/__clerk')
    expect(request?.headers.get('origin')).toBe('http://localhost:8787')
    expect(await request?.text()).toBe('first_name=Ada&note=&tags=a&tags=b&more=%7B%22x%22%3A1%7D')
  })

  it('keeps cookies for as long as they live', async () => {
    const headers = new Headers()
    headers.append('set-cookie', 'short=1; Path=/; Max-Age=20')
    headers.append('set-cookie', 'long=2; Path=/')
    answers.push(new Response(null, { status: 204, headers }))
    await browser.get('/v1/client')
    expect(browser.cookies).toEqual(
      new Map([
        ['short', '1'],
        ['long', '2'],
      ]),
    )
    nowMs += 20_000
    await browser.get('/v1/client')
    expect(asked.at(-1)?.headers.get('cookie')).toBe('long=2')
    answers.push(new Response(null, { headers: { 'set-cookie': 'long=; Max-Age=0' } }))
    await browser.get('/v1/client')
    expect(browser.cookies.size).toBe(0)
  })

  it('names the session that the last client told it of, but to `/client` itself', async () => {
    answers.push(Response.json({ response: {}, client: { last_active_session_id: 'sess_1' } }))
    await browser.get('/v1/client')
    expect(browser.sessionId()).toBe('sess_1')
    await browser.get('/v1/me')
    expect(new URL(asked.at(-1)?.url ?? '').searchParams.get('_clerk_session_id')).toBe('sess_1')
    await browser.get('/v1/client')
    expect(new URL(asked.at(-1)?.url ?? '').searchParams.has('_clerk_session_id')).toBe(false)
    answers.push(Response.json({ response: null, client: null }))
    await browser.delete('/v1/client/sessions')
    expect(browser.sessionId()).toBeNull()
  })
})

/** A test of somebody who has another runner, or none. */
const foreignTest = `
  const { createTestStandIn, mintSession, textAt } = await import('./test/support/clerk.ts')
  const kit = await createTestStandIn()
  const made = await kit.backend().post('/users', {
    email_address: ['new@example.com'], password: 'a-long-password-1' })
  const browser = kit.browser()
  const { response } = await browser.post('/v1/client/sign_ins', { identifier: 'new@example.com' })
  const token = await mintSession({ user: 'ada' }, { host: kit.settings.host, key: kit.key })
  console.log(textAt(made.body, 'object'), response.status, token.split('.').length)
`

describe('a stand-in in a test’s hand', () => {
  it('needs no runner of tests', async () => {
    const words = ['--no-warnings', '--input-type=module', '--eval', foreignTest]
    const run = promisify(execFile)(process.execPath, words, { cwd: projectRoot })
    expect((await run).stdout).toBe('user needs_first_factor 3\n')
  })

  it('turns its clock, and nothing else does', () => {
    const before = kit.standIn.world.clock.now()
    kit.turn(60_000)
    expect(kit.standIn.world.clock.now()).toBe(before + 60_000)
  })

  it('reads the outbox, and says so where nothing was sent', () => {
    const message = {
      channel: 'email',
      to: 'a@example.com',
      subject: 'Hi',
      link: null,
      userId: null,
    } as const
    kit.standIn.world.send({ ...message, code: '111111' })
    kit.standIn.world.send({ ...message, to: 'b@example.com', code: '222222' })
    kit.standIn.world.send({ ...message, code: '333333' })
    expect(kit.codeFor('a@example.com')).toBe('333333')
    expect(kit.codeFor('b@example.com')).toBe('222222')
    expect(() => kit.codeFor('c@example.com')).toThrow('c@example.com')
  })
})
