import { describe, expect, it } from 'vitest'
import { parseCallerSecret } from '../../src/config/caller-secret.ts'
import { banner } from '../../src/local/banner.ts'
import { localGateway } from '../../src/local/clerk/machines.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import {
  callerSecret,
  machineSecretKey,
  secretKey,
  webhookSecret,
} from '../../src/local/keyring.ts'
import { readPort } from '../../src/local/ports.ts'
import { formatVariables, localVariables, namesClerk } from '../../src/local/variables.ts'

const demo = {
  port: 9090,
  originUrl: undefined,
  hasStandIn: true,
  keyringPath: '/keys.json',
  callerSecret: 'the secret of a caller',
}

const keyring = {
  label: '1234abcd',
  issuerKey: { kty: 'RSA', kid: 'kid', n: 'n', e: 'AQAB', d: 'd' },
  signingKeys: '{"keys":[]}',
}

describe('the banner', () => {
  it('names the port in use in every line that is to be pasted', () => {
    const lines = banner(demo)
      .split('\n')
      .filter((line) => line.includes('curl'))
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect(line).toMatch(/localhost:9090\//)
  })

  it('names the users, the organisation and where the keys are', () => {
    const text = banner(demo)
    for (const word of ['ada', 'grace', 'linus', 'acme', '/keys.json']) expect(text).toContain(word)
  })

  it('gives the ids that the commands about people take', () => {
    for (const { id } of localUsers.values()) expect(banner(demo)).toContain(id)
  })

  it('says where to sign in, with what, and where the codes arrive', () => {
    const text = banner(demo)
    expect(text).toContain('http://localhost:9090/_usher/sign-in')
    expect(text).toContain('http://localhost:9090/__stand-in/')
    for (const { email, password } of localUsers.values()) {
      expect(text).toContain(`${email}  password: ${password}`)
    }
  })

  it('says last what is to be opened in a browser, and with which password', () => {
    const text = banner(demo)
    const last = text.slice(text.lastIndexOf('curl '))
    for (const path of ['/_usher/sign-in', '/_usher/demo', '/__stand-in/']) {
      expect(last).toContain(`http://localhost:9090${path}`)
    }
    for (const { password } of localUsers.values()) expect(last).toContain(password)
    expect(last.split('\n').length).toBeLessThan(20)
    expect(banner({ ...demo, originUrl: 'http://localhost:5000' })).not.toContain('/_usher/demo')
  })

  it('tries every kind of credential that the demo takes', () => {
    for (const words of ['--type api_key', '--type oauth_token', '/mcp/', '/graphql']) {
      expect(banner(demo)).toContain(words)
    }
  })

  it.each([
    ['the demo', demo, '/api/echo'],
    ['an API of ones own', { ...demo, originUrl: 'http://localhost:5000' }, '/'],
    ['keys of ones own', { ...demo, hasStandIn: false }, '/api/echo'],
  ])(
    'asks for a check of somebody and of nobody, by the secret that it sets first, with %s',
    (_, situation, path) => {
      const lines = banner(situation).split('\n')
      const checks = lines.filter((line) => line.includes('/_usher/auth/nginx'))
      expect(checks).toHaveLength(2)
      const secret = lines.indexOf("  SECRET='the secret of a caller'")
      expect(lines.slice(secret + 2, secret + 5)).toEqual([
        checks[0],
        expect.any(String),
        checks[1],
      ])
      for (const check of checks) {
        expect(check).toMatch(/^ {2}curl -i .* http:\/\/localhost:9090\/_usher/)
        for (const header of [
          'X-Usher-Caller: $SECRET',
          'X-Original-Method: GET',
          `X-Original-URL: http://localhost:9090${path}`,
          'X-Forwarded-For: 127.0.0.1',
        ]) {
          expect(check).toContain(`-H "${header}"`)
        }
      }
      const bearers = checks.map((check) => check.includes('Authorization: Bearer '))
      expect(bearers).toEqual([true, false])
    },
  )

  it("names the user's own origin, and tries none of the demo's paths there", () => {
    const text = banner({ ...demo, originUrl: 'http://localhost:5000' })
    expect(text).toContain('Origin: http://localhost:5000')
    expect(text).not.toContain('/api/echo')
  })

  it('offers no local token when the real Clerk is in use', () => {
    const text = banner({ ...demo, hasStandIn: false })
    expect(text).toContain('src/local/.dev.vars')
    expect(text).not.toContain('--user')
  })
})

describe('the local variables', () => {
  it('name the local Clerk, its issuer key and the parties of its tokens', () => {
    expect(localVariables(keyring, {}, { port: 9090, scriptsUrl: 'http://127.0.0.1:1' })).toEqual({
      USHER_SIGNING_KEY: '{"keys":[]}',
      USHER_CALLER_SECRET: callerSecret(keyring),
      CLERK_PUBLISHABLE_KEY: 'pk_live_Y2xlcmsuMTIzNGFiY2QubG9jYWxob3N0JA',
      CLERK_SECRET_KEY: secretKey(keyring),
      CLERK_MACHINE_ID: localGateway,
      CLERK_MACHINE_SECRET_KEY: machineSecretKey(keyring),
      CLERK_API_URL: 'http://127.0.0.1:9090/__stand-in/backend',
      CLERK_FAPI_URL: 'http://127.0.0.1:9090/__stand-in/frontend',
      CLERK_PROXY_URL: 'http://localhost:9090/__clerk',
      CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret(keyring),
      AUTHORIZED_PARTIES: 'http://localhost:8787,http://localhost:9090',
      LOCAL_CLERK_KEY: JSON.stringify(keyring.issuerKey),
      LOCAL_CLERK_SETTINGS: expect.stringContaining('"host":"clerk.1234abcd.localhost"'),
      LOCAL_CLERK_SCRIPTS: 'http://127.0.0.1:1',
    })
  })

  it.each([
    'CLERK_PUBLISHABLE_KEY',
    'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
    'CLERK_FRONTEND_API',
    'CLERK_JWT_ISSUER',
    'CLERK_JWT_KEY',
  ])('leave the local Clerk out when %s is set', (name) => {
    const own = { [name]: 'set' }
    expect(namesClerk(own)).toBe(true)
    const names = ['USHER_SIGNING_KEY', 'USHER_CALLER_SECRET']
    expect(Object.keys(localVariables(keyring, own, { port: 8787, scriptsUrl: '' }))).toEqual(names)
  })

  it('let a proxy of this machine ask, by a secret that tells nothing of the key it follows from', () => {
    const secret = callerSecret({ ...keyring, issuerKey: { ...keyring.issuerKey, d: 'private' } })
    expect(parseCallerSecret(secret)).toEqual({ ok: true, value: secret })
    expect(secret).not.toBe(callerSecret(keyring))
    expect(secret).not.toContain('private')
  })

  it('keep the local Clerk in when a variable is there but empty', () => {
    expect(namesClerk({ CLERK_PUBLISHABLE_KEY: '', ORIGIN_URL: 'http://localhost:5000' })).toBe(
      false,
    )
  })

  it('send webhooks to the gateway, or where LOCAL_CLERK_WEBHOOK_URL says', () => {
    const urlFor = (own: Record<string, string>) =>
      JSON.parse(
        localVariables(keyring, own, { port: 9090, scriptsUrl: '' }).LOCAL_CLERK_SETTINGS ?? '',
      ).webhook.url
    expect(urlFor({})).toBe('http://localhost:9090/_usher/webhooks/clerk')
    const own = 'http://localhost:3000/hook'
    expect(urlFor({ LOCAL_CLERK_WEBHOOK_URL: own })).toBe(own)
  })

  it('are written one to a line', () => {
    expect(formatVariables({ A: '{"b":1}', C: 'd' })).toBe(`A='{"b":1}'\nC='d'\n`)
  })
})

describe('PORT', () => {
  it.each([
    [undefined, 8787],
    ['', 8787],
    ['9090', 9090],
  ])('%j is %i', (text, port) => {
    expect(readPort(text)).toBe(port)
  })

  it.each(['0', '65536', '-1', '80a', '1e3', ' 80'])('%j is refused', (text) => {
    expect(() => readPort(text)).toThrow('PORT')
  })
})
