import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../src/model/base64url.ts'
import { projectPath } from '../support/platform.ts'
import { type Started, startLocalMode } from '../support/start.ts'

// Every kind of credential of the local Clerk through a gateway that a person has started.

let gateway: Started
beforeAll(async () => {
  gateway = await startLocalMode()
})
afterAll(() => gateway.stop())

async function make(line: string): Promise<string> {
  const words = ['run', '-s', 'token', '--', ...line.split(' ')]
  const { stdout } = await promisify(execFile)('npm', words, { cwd: projectPath, env: gateway.env })
  return stdout.trim()
}

type Answer = Record<string, unknown> & { readonly headers?: Record<string, string> }

async function ask(method: string, path: string, token: string) {
  const headers = { authorization: `Bearer ${token}` }
  const url = `http://localhost:${gateway.port}${path}`
  const response = await fetch(url, { method, headers })
  return { status: response.status, body: (await response.json()) as Answer }
}

const [ada, acme, sensor] = ['user_ada', 'org_acme', 'mch_sensor']

const accepted: [string, string, string][] = [
  ['--type api_key --user ada --scope ingest', 'POST /ingest', ada],
  ['--type api_key --org acme --scope read,ingest', 'POST /ingest', acme],
  ['--type api_key --machine sensor --scope ingest', 'POST /ingest', sensor],
  ['--type m2m_token --machine sensor', 'POST /ingest', sensor],
  ['--type m2m_token --machine sensor --opaque', 'POST /ingest', sensor],
  ['--type oauth_token --user ada --scope read', 'GET /mcp/x', ada],
  ['--type oauth_token --user ada --opaque', 'GET /mcp/x', ada],
  ['--user ada', 'GET /mcp/x', ada],
]

const refused: [string, string, number, string][] = [
  ['--type api_key --user ada', 'POST /ingest', 403, 'scope-missing'],
  ['--type api_key --user ada --scope ingest --expires=-5', 'POST /ingest', 401, 'token-expired'],
  ['--type api_key --user ada --scope ingest', 'GET /mcp/x', 401, 'token-type-mismatch'],
  ['--type m2m_token --machine sensor --for mch_x', 'POST /ingest', 401, 'token-other-machine'],
  // Clerk tells a machine of no token that is for another.
  ['--type m2m_token --machine sensor --for mch_x --opaque', 'POST /ingest', 401, 'token-unknown'],
  ['--type m2m_token --machine sensor --expires=-60', 'POST /ingest', 401, 'token-expired'],
  ['--type m2m_token --machine sensor', 'GET /api/echo', 401, 'token-type-mismatch'],
  ['--type oauth_token --user ada --opaque --expires=-5', 'GET /mcp/x', 401, 'token-expired'],
  ['--type oauth_token --user ada --expires=-60', 'GET /mcp/x', 401, 'token-expired'],
  ['--type oauth_token --user ada', 'POST /ingest', 401, 'token-type-mismatch'],
  ['--type jwt_template --user ada', 'GET /mcp/x', 401, 'token-type-mismatch'],
  ['--type jwt_template --user ada', 'GET /graphql', 401, 'token-type-mismatch'],
  ['--user ada', 'POST /ingest', 401, 'token-type-mismatch'],
]

function split(line: string): [string, string] {
  const [method = '', path = ''] = line.split(' ')
  return [method, path]
}

describe('npm run token', () => {
  it.each(accepted)('%s passes %s', async (line, request, owner) => {
    const token = await make(line)
    const { status, body } = await ask(...split(request), token)
    expect([status, JSON.stringify(body).includes(token)]).toEqual([200, false])
    expect(body.headers).toMatchObject({ 'x-usher-authenticated': '1' })
    expect(JSON.stringify(body.assertion)).toContain(owner)
  })

  it.each(refused)('%s is refused at %s: %i %s', async (line, request, status, code) => {
    expect(await ask(...split(request), await make(line))).toMatchObject({ status, body: { code } })
  })

  it.each(['ak_forged', 'mt_forged', 'oat_forged'])('%s is known to nobody', async (token) => {
    const path = token.startsWith('oat_') ? '/mcp/x' : '/ingest'
    const answer = await ask(path === '/ingest' ? 'POST' : 'GET', path, token)
    expect(answer).toMatchObject({ status: 401, body: { code: 'token-unknown' } })
  })
})

describe('a route that exchanges', () => {
  function claimsOf(body: Answer): Record<string, unknown> {
    const [scheme, token = ''] = body.headers?.authorization?.split(' ') ?? []
    expect(scheme).toBe('Bearer')
    return JSON.parse(new TextDecoder().decode(decodeBase64url(token.split('.')[1] ?? '')))
  }

  it("shows the origin a template's token of the same person, and the next request the same", async () => {
    const token = await make('--user ada')
    const first = await ask('GET', '/graphql', token)
    expect([first.status, JSON.stringify(first.body).includes(token)]).toEqual([200, false])
    const claims = claimsOf(first.body)
    expect(claims).toMatchObject({ template: 'demo', sub: expect.stringContaining(ada) })
    const second = await ask('GET', '/graphql', await make('--user ada'))
    expect(claimsOf(second.body).jti).toBe(claims.jti)
  })

  it('answers 503 for a session that Clerk does not know, and shows the origin nothing', async () => {
    const token = await make('--user ada --claims {"sid":"sess_eve"}')
    expect(await ask('GET', '/graphql', token)).toMatchObject({
      status: 503,
      body: { code: 'exchange-unavailable' },
    })
  })
})
