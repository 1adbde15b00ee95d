import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/config/environment.ts'
import { strict } from '../../src/config/relaxations.ts'
import { variableTable } from '../../src/config/variables.ts'
import { local, publishableKey, variables } from './sample.ts'

const pem = '-----BEGIN PUBLIC KEY-----\nTUlJQklqQU5CZ2txaGtpRzl3MEI=\n-----END PUBLIC KEY-----'

function settingsOf(env: Record<string, unknown>, relaxations = strict) {
  const settings = readEnvironment(env, relaxations)
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  return settings.value
}

function placesOf(env: Record<string, unknown>, relaxations = strict) {
  const settings = readEnvironment(env, relaxations)
  return settings.ok ? [] : settings.error.map(({ place }) => place)
}

function keyFor(decoded: string) {
  return `pk_test_${btoa(decoded)}`
}

describe('the environment', () => {
  it('says with a publishable key alone whom to trust and where the keys are', () => {
    expect(settingsOf({ CLERK_PUBLISHABLE_KEY: publishableKey })).toEqual({
      clerk: {
        publishableKey,
        frontendHost: 'clerk.clerk.dev',
        secretKey: undefined,
        apiUrl: 'https://api.clerk.com',
        issuers: ['https://clerk.clerk.dev'],
        jwtKey: undefined,
        keySources: [
          { url: 'https://clerk.clerk.dev/.well-known/jwks.json', secretKey: undefined },
        ],
        authorizedParties: [],
        audiences: [],
      },
      signingKeys: [],
      accessKeys: [],
      adminEmails: [],
    })
  })

  it.each([
    [{ NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishableKey }, 'https://clerk.clerk.dev'],
    [{ CLERK_FRONTEND_API: 'clerk.example.com' }, 'https://clerk.example.com'],
    [{ CLERK_FRONTEND_API: 'https://clerk.example.com' }, 'https://clerk.example.com'],
    [{ CLERK_JWT_ISSUER: 'https://clerk.example.com' }, 'https://clerk.example.com'],
  ])('may name the instance by %j', (env, address) => {
    expect(settingsOf(env).clerk).toMatchObject({
      issuers: [address],
      keySources: [{ url: `${address}/.well-known/jwks.json` }],
    })
  })

  it('takes the issuer that is named, and the proxy as one more', () => {
    const env = {
      CLERK_PUBLISHABLE_KEY: publishableKey,
      CLERK_JWT_ISSUER: 'https://issuer.example.com',
      CLERK_PROXY_URL: 'https://app.example.com/__clerk',
    }
    expect(settingsOf(env).clerk).toMatchObject({
      issuers: ['https://issuer.example.com', 'https://app.example.com/__clerk'],
      keySources: [{ url: 'https://clerk.clerk.dev/.well-known/jwks.json' }],
    })
  })

  it('tells browsers of the proxy without its last slash, and of no other address', () => {
    const env = {
      CLERK_PUBLISHABLE_KEY: publishableKey,
      CLERK_PROXY_URL: 'https://app.example.com/__clerk/',
      CLERK_FAPI_URL: 'https://f.example.com/base/',
    }
    expect(settingsOf(env).clerk).toMatchObject({
      proxyUrl: 'https://app.example.com/__clerk',
      frontendApiUrl: 'https://f.example.com/base',
    })
  })

  it('asks the Backend API for keys last, and only with a secret key', () => {
    const env = {
      ...variables,
      CLERK_SECRET_KEY: 'sk_test_x',
      CLERK_FAPI_URL: 'https://f.example.com/',
    }
    expect(settingsOf(env).clerk.keySources).toEqual([
      { url: 'https://f.example.com/.well-known/jwks.json', secretKey: undefined },
      { url: 'https://api.clerk.com/v1/jwks', secretKey: 'sk_test_x' },
    ])
    expect(
      settingsOf({ ...env, CLERK_API_URL: 'https://b.example.com' }).clerk.keySources[1]?.url,
    ).toBe('https://b.example.com/v1/jwks')
  })

  it.each([pem, pem.replaceAll('\n', '\\n'), pem.replaceAll('\n', '\r\n'), `${pem}\n`])(
    'fetches no key when it holds one in PEM, however its lines are broken',
    (jwtKey) => {
      const env = { CLERK_JWT_KEY: jwtKey, CLERK_JWT_ISSUER: 'https://clerk.example.com' }
      expect(settingsOf(env).clerk).toMatchObject({ jwtKey: pem, keySources: [] })
    },
  )

  it('reads lists with commas and spaces', () => {
    const env = {
      ...variables,
      AUTHORIZED_PARTIES: 'https://a.example.com, https://b.example.com:8443,http://localhost:3000',
      CLERK_JWT_AUDIENCE: 'one , two',
    }
    expect(settingsOf(env).clerk).toMatchObject({
      authorizedParties: [
        'https://a.example.com',
        'https://b.example.com:8443',
        'http://localhost:3000',
      ],
      audiences: ['one', 'two'],
    })
  })

  it('trims what it reads, and takes what is empty or no text for absent', () => {
    const env = {
      CLERK_PUBLISHABLE_KEY: ` ${publishableKey}\n`,
      CLERK_JWT_AUDIENCE: '  ',
      CLERK_API_URL: {},
      KEYS: { get() {} },
    }
    expect(settingsOf(env)).toMatchObject({ clerk: { publishableKey, audiences: [] } })
  })

  it('gives the signing keys', () => {
    expect(settingsOf(variables).signingKeys).toMatchObject([{ kid: 'one', state: 'current' }])
  })

  it('without an instance has one problem', () => {
    expect(placesOf({})).toEqual(['CLERK_PUBLISHABLE_KEY'])
    expect(placesOf({ CLERK_JWT_KEY: pem })).toEqual(['CLERK_JWT_KEY'])
    expect(placesOf({ CLERK_PUBLISHABLE_KEY: 'pk_test_x' })).toEqual(['CLERK_PUBLISHABLE_KEY'])
  })

  it.each([
    'x',
    'pk_test_',
    'pk_prod_Y2xlcmsuY2xlcmsuZGV2JA',
    'sk_test_Y2xlcmsuY2xlcmsuZGV2JA',
    'pk_test_Y2xlcmsuY2xlcmsuZGV2JA_x',
    'pk_test__Y2xlcmsuY2xlcmsuZGV2JA',
    'pk_test_!!!!',
    'pk_test_A',
    keyFor('clerk.example.com'),
    keyFor('clerk.example.com$$'),
    keyFor('clerk.example.com$x'),
    keyFor('nodot$'),
    keyFor('a.b/c$'),
    keyFor('user@a.example.com$'),
    keyFor('a.example.com\n$'),
    keyFor('.example.com$'),
    keyFor('a..b$'),
    keyFor('a.b:99999$'),
    keyFor('999.999.999.999$'),
    keyFor('$'),
  ])('never trusts the publishable key %j', (key) => {
    expect(placesOf({ CLERK_PUBLISHABLE_KEY: key }, local)).toEqual(['CLERK_PUBLISHABLE_KEY'])
  })

  it.each(['clerk.localhost$', 'clerk.localhost:8787$', '127.0.0.1$', '0x7f.1$'])(
    'trusts a key for %s only where stand-ins are',
    (host) => {
      expect(placesOf({ CLERK_PUBLISHABLE_KEY: keyFor(host) }, local)).toEqual([])
      const plain = { ...local, standInKeys: false }
      expect(placesOf({ CLERK_PUBLISHABLE_KEY: keyFor(host) }, plain)).toEqual([
        'CLERK_PUBLISHABLE_KEY',
      ])
    },
  )

  it.each([
    ['NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY', keyFor('other.example.com$')],
    ['CLERK_FRONTEND_API', 'other.example.com'],
    ['CLERK_FRONTEND_API', 'https://clerk.clerk.dev/path'],
    ['CLERK_FRONTEND_API', 'http://clerk.clerk.dev'],
    ['CLERK_JWT_ISSUER', 'clerk.example.com'],
    ['CLERK_JWT_ISSUER', 'http://clerk.example.com'],
    ['CLERK_JWT_ISSUER', 'https://10.0.0.1'],
    ['CLERK_JWT_KEY', 'x'],
    ['CLERK_JWT_KEY', pem.replaceAll('PUBLIC', 'PRIVATE')],
    ['CLERK_JWT_KEY', pem.replace('-----BEGIN PUBLIC KEY-----', '')],
    ['CLERK_JWT_KEY', pem.replace('BEGIN PUBLIC', 'BEGIN RSA PUBLIC')],
    ['CLERK_SECRET_KEY', 'pk_test_x'],
    ['CLERK_SECRET_KEY', 'sk_'],
    ['CLERK_SECRET_KEY', 'sk_test_a b'],
    ['CLERK_SECRET_KEY', 'sk_live_other'],
    ['CLERK_FAPI_URL', 'http://clerk.example.com'],
    ['CLERK_FAPI_URL', 'https://127.0.0.1'],
    ['CLERK_API_URL', 'https://api.clerk.com?x'],
    ['CLERK_API_URL', 'https://u:p@api.clerk.com'],
    ['CLERK_PROXY_URL', '/__clerk'],
    ['AUTHORIZED_PARTIES', '*'],
    ['AUTHORIZED_PARTIES', 'https://*.example.com'],
    ['AUTHORIZED_PARTIES', 'https://a.example.com/'],
    ['AUTHORIZED_PARTIES', 'https://a.example.com/x'],
    ['AUTHORIZED_PARTIES', 'https://a.example.com,'],
    ['AUTHORIZED_PARTIES', 'https://a.example.com:443'],
    ['AUTHORIZED_PARTIES', 'https://A.example.com'],
    ['AUTHORIZED_PARTIES', 'http://a.example.com'],
    ['AUTHORIZED_PARTIES', 'http://localhost.example.com'],
    ['AUTHORIZED_PARTIES', 'null'],
    ['CLERK_JWT_AUDIENCE', ','],
    ['USHER_SIGNING_KEY', '{}'],
    ['USHER_SIGNING_KEY', 'x'],
  ])('has a problem at %s with %j', (name, value) => {
    expect(placesOf({ ...variables, [name]: value })).toEqual([name])
  })

  it('reports everything at once and never echoes a value', () => {
    const env = Object.fromEntries(Object.keys(variableTable).map((name) => [name, 'hunter2\\']))
    const settings = readEnvironment(env, strict)
    const problems = settings.ok ? [] : settings.error
    const free = ['ORIGIN_URL', 'CLERK_JWT_AUDIENCE', 'APP_NAME']
    expect(problems.map(({ place }) => place)).toEqual(
      Object.keys(variableTable).filter((name) => !free.includes(name)),
    )
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})
