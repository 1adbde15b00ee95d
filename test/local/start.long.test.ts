import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'
import { type Started, startLocalMode } from '../support/start.ts'

// The first ten minutes: the command as the README has it, and what a newcomer tries with it.

let gateway: Started
let port: number

beforeAll(async () => {
  gateway = await startLocalMode()
  port = gateway.port
})
afterAll(() => gateway.stop())

async function token(...args: readonly string[]): Promise<string> {
  const words = ['run', '-s', 'token', '--', ...args]
  const { stdout } = await promisify(execFile)('npm', words, { cwd: projectPath, env: gateway.env })
  expect(stdout.trim()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  return stdout.trim()
}

async function get(path: string, args: readonly string[] | undefined, headers = {}) {
  const credential = args && { authorization: `Bearer ${await token(...args)}` }
  const url = `http://localhost:${port}${path}`
  const response = await fetch(url, { headers: { ...credential, ...headers } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('npm start', () => {
  it('says what to try, with the port that it has', () => {
    expect(gateway.printed).toContain(`http://localhost:${port}/api/echo`)
    expect(gateway.printed).toContain('npm run -s token -- --user ada')
  })

  it('answers the check that it prints', async () => {
    const [, line = ''] =
      /curl -i (-H "X-Usher.*\/_usher\/auth\/nginx)$/m.exec(gateway.printed) ?? []
    const [, secret = ''] = /^ {2}SECRET='(.+)'$/m.exec(gateway.printed) ?? []
    const url = line.split(' ').at(-1) ?? ''
    const context = Object.fromEntries(
      [...line.replace('$SECRET', secret).matchAll(/-H "([^:]+): ([^"]+)"/g)].map(
        ([, name, value]) => [name, value],
      ),
    )
    const names = ['X-Usher-Caller', 'X-Original-Method', 'X-Original-URL', 'X-Forwarded-For']
    expect(Object.keys(context)).toEqual(names)
    const authorization = `Bearer ${await token('--user', 'ada')}`
    const allowed = await fetch(url, { headers: { ...context, authorization } })
    expect([allowed.status, allowed.headers.get('x-usher-user-id')]).toEqual([
      200,
      expect.stringMatching(/^user_ada/),
    ])
    expect((await fetch(url, { headers: context })).status).toBe(401)
    expect((await fetch(url, { headers: { authorization } })).status).toBe(403)
  })

  it('has a handler for the clock, where the command calls it once a minute', async () => {
    const response = await fetch(`http://localhost:${port}/cdn-cgi/handler/scheduled`)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
  })

  it('ada reaches both routes, and the origin sees her and nothing forged', async () => {
    const forged = { X_Usher_User_Id: 'eve', 'X.Usher.User.Id': 'eve', 'x-usher-org-id': 'eve' }
    for (const path of ['/api/echo', '/admin/x']) {
      const { status, body } = await get(path, ['--user', 'ada'], forged)
      expect([status, JSON.stringify(body).includes('eve')]).toEqual([200, false])
      expect(body.headers).toMatchObject({ 'x-usher-authenticated': '1' })
      expect(JSON.stringify(body.headers)).toContain('user_ada')
    }
  })

  it('linus and grace are no administrators, and no token is 401', async () => {
    expect((await get('/admin/x', ['--user', 'linus'])).status).toBe(403)
    expect((await get('/admin/x', ['--user', 'grace', '--org', 'acme'])).status).toBe(403)
    expect((await get('/admin/x', undefined)).status).toBe(401)
    expect((await get('/api/echo', undefined)).status).toBe(401)
    expect((await get('/public/hello', undefined)).status).toBe(200)
  })

  it('an organisation is for its members while it is active', async () => {
    expect((await get('/orgs/acme/x', ['--user', 'grace', '--org', 'acme'])).status).toBe(200)
    expect((await get('/orgs/acme/x', ['--user', 'grace'])).status).toBe(403)
    expect((await get('/orgs/acme/x', ['--user', 'ada'])).status).toBe(403)
  })

  const spoiled: [string, readonly string[]][] = [
    ['token-invalid-issuer', ['--claims', '{"iss":"https://evil.test"}']],
    ['token-invalid-authorized-parties', ['--claims', '{"azp":"https://evil.test"}']],
    ['token-invalid-algorithm', ['--header', '{"alg":"none"}']],
    ['token-expired', ['--expires=-60']],
    ['token-iat-in-the-future', ['--claims', '{"iat":4102444800}']],
    ['session-pending', ['--claims', '{"sts":"pending"}']],
    ['token-type-mismatch', ['--header', '{"cat":"cl_B7d4PD222AAA"}']],
    ['token-type-mismatch', ['--header', '{"cat":"cl_B7d4PD333AAA"}']],
  ]
  it.each(spoiled)('a token is refused with %s', async (code, args) => {
    expect(await get('/api/echo', ['--user', 'ada', ...args])).toMatchObject({
      status: 401,
      body: { code },
    })
  })

  it('the test endpoint answers to the letter at its classic path', async () => {
    const { body } = await get('/api/users/clerk-test/', ['--user', 'ada'])
    const address = 'ada@usher-local.example'
    expect(body).toEqual({
      message: 'Clerk authentication successful!',
      user: {
        id: expect.any(Number),
        username: address,
        email: address,
        clerk_id: expect.stringMatching(/^user_ada/),
      },
    })
  })

  it("leads to the stand-in's page also who leaves the slash away", async () => {
    const init = { redirect: 'manual' } as const
    const response = await fetch(`http://localhost:${port}/__stand-in?a=b`, init)
    expect([response.status, response.headers.get('location')]).toEqual([308, '/__stand-in/?a=b'])
  })

  it('a second one on the same port says so in one line, and ends', async () => {
    expect(await refusalOfSecond({ PORT: String(port) })).toBe(
      `Port ${port} is taken. Try another one: PORT=${port + 1} npm start\n`,
    )
  })

  it('a second one on the same state names the first in one line, and ends', async () => {
    const other = port === 65_535 ? port - 1 : port + 1
    const words = await refusalOfSecond({ PORT: String(other) })
    expect(words).toContain(`http://localhost:${port};`)
    expect(words).toContain(`USHER_STATE=.wrangler/second PORT=${other} npm start\n`)
  })

  async function refusalOfSecond(variables: NodeJS.ProcessEnv): Promise<string> {
    const env = { ...gateway.env, ...variables }
    const second = spawn('npm', ['run', '-s', 'start'], { cwd: projectPath, env })
    let words = ''
    second.stderr.on('data', (bytes) => {
      words += bytes
    })
    const [code] = await once(second, 'exit')
    expect(code).not.toBe(0)
    return words
  }
})
