import { describe, expect, it } from 'vitest'
import { missingSecrets, secretNames } from '../../src/cli/secrets.ts'
import { isStandIn, standInFor } from '../../src/cli/stand-ins.ts'
import { parseCallerSecret } from '../../src/config/caller-secret.ts'
import { strict } from '../../src/config/relaxations.ts'
import { type VariableRow, variableTable } from '../../src/config/variables.ts'
import { gatewayOf, placesOf, variables, withRoutes } from '../config/sample.ts'

const rows = Object.entries<VariableRow<unknown>>(variableTable)

describe('what stands in for a variable that cannot be read', () => {
  it.each(rows)('is well-formed: %s', (name, row) => {
    expect(row.parse(standInFor(name), strict)).toMatchObject({ ok: true })
  })

  it.each(['pk_test_', 'pk_live_'])('is at odds with no key %s…', (prefix) => {
    const env = {
      ...variables,
      CLERK_PUBLISHABLE_KEY: `${prefix}${btoa('clerk.example.com$')}`,
      ...Object.fromEntries(secretNames.map((name) => [name, standInFor(name)])),
    }
    expect(placesOf(withRoutes('/**'), { env })).toEqual([])
  })

  it('is good for the secrets of several callers, under names of the author', () => {
    const [one = '', two] = ['A', 'MESH_SECRET'].map(standInFor)
    expect(parseCallerSecret(one)).toMatchObject({ ok: true })
    expect(one).not.toBe(two)
  })

  it('is known again, and no real address is taken for it', () => {
    expect(isStandIn(standInFor('SOME_ORIGIN'))).toBe(true)
    expect(isStandIn('https://api.example.com')).toBe(false)
  })
})

describe('the secrets that a gateway has a use for', () => {
  const machine = { ...variables, CLERK_MACHINE_ID: 'mch_1' }
  const keyed = { ...machine, CLERK_SECRET_KEY: 'sk_test_1' }
  const owned = { ...variables, ADMIN_USER_EMAILS: 'ada@example.com' }
  const asked = { ...variables, USHER_CALLER_SECRET: 's'.repeat(32) }
  const caller = 'USHER_CALLER_SECRET'
  const withCaller = (secret: string) => ({
    ...withRoutes('/**'),
    checks: { callers: { edge: { secret, may: ['nginx'] } } },
  })
  const believing = { ...withRoutes('/**'), users: { trustedEmailClaim: 'email' } }

  const proxied = { CLERK_PROXY_URL: standInFor('CLERK_PROXY_URL') }
  const forBrowsers = {
    ...withRoutes({ sessions: 'browser' }),
    canonicalOrigin: 'https://app.example.com',
  }
  const accessKey = { USHER_ACCESS_KEY: standInFor('USHER_ACCESS_KEY') }
  const cloudflareAccess = { team: 'acme', access: { role: 'admin' } }
  const withAccess = { ...withRoutes('/**'), checks: { cloudflareAccess } }

  it.each([
    [[], withRoutes('/**'), variables],
    [[], withRoutes('/**'), keyed],
    [[], withRoutes('/**'), asked],
    [[], withCaller(asked.USHER_CALLER_SECRET.toUpperCase()), asked],
    [[], withRoutes({ accepts: ['jwt_template'] }), variables],
    [['CLERK_SECRET_KEY'], withRoutes('/', { accepts: ['api_key'] }), keyed],
    [['CLERK_SECRET_KEY'], withRoutes({ accepts: ['oauth_token'] }), variables],
    [['CLERK_SECRET_KEY'], withRoutes({ exchange: 'backend' }), keyed],
    [['CLERK_SECRET_KEY'], { ...withRoutes('/**'), templates: ['backend'] }, keyed],
    [
      ['CLERK_SECRET_KEY'],
      { ...withRoutes('/**'), verify: { accepts: ['oauth_token'] } },
      variables,
    ],
    [['CLERK_SECRET_KEY'], withRoutes('/**'), owned],
    [['CLERK_SECRET_KEY'], { ...withRoutes('/**'), operator: 'same-host' }, variables],
    [['CLERK_SECRET_KEY'], { ...withRoutes('/**'), operator: { host: 'ops.usher.test' } }, keyed],
    [['CLERK_SECRET_KEY'], { ...withRoutes('/**'), users: { mirrorRole: 'role' } }, variables],
    [[], believing, owned],
    [['CLERK_MACHINE_SECRET_KEY'], withRoutes({ accepts: ['m2m_token'] }), machine],
    [['CLERK_SECRET_KEY'], withRoutes({ accepts: ['m2m_token', 'api_key'] }), keyed],
    [[caller], withCaller(asked.USHER_CALLER_SECRET), asked],
    [[caller], { ...withRoutes('/**'), checks: { maxAge: '5s' } }, asked],
    [[caller], withRoutes({ origin: 'elsewhere' }), variables],
    [[caller], withRoutes({ origin: 'elsewhere' }), asked],
    [['CLERK_SECRET_KEY', 'USHER_ACCESS_KEY'], withAccess, { ...keyed, ...accessKey }],
    [['CLERK_SECRET_KEY'], withRoutes('/**'), { ...keyed, ...proxied }],
    [[], { ...withRoutes('/**'), clerkProxy: false }, { ...keyed, ...proxied }],
    [
      ['CLERK_SECRET_KEY'],
      forBrowsers,
      { ...keyed, AUTHORIZED_PARTIES: 'https://app.example.com' },
    ],
  ])('are %j, the signing key and that of webhooks, for %j', (names, config, env) => {
    const gateway = gatewayOf(config, { env })
    const always = ['CLERK_WEBHOOK_SIGNING_SECRET', 'USHER_SIGNING_KEY']
    expect(missingSecrets(gateway, new Set()).toSorted()).toEqual([...names, ...always].toSorted())
    expect(missingSecrets(gateway, new Set(secretNames))).toEqual([])
  })

  it('are one less for machines where the key for everything is set', () => {
    const gateway = gatewayOf(withRoutes({ accepts: ['m2m_token'] }), { env: machine })
    const set = new Set(secretNames.filter((name) => name !== 'CLERK_MACHINE_SECRET_KEY'))
    expect(missingSecrets(gateway, set)).toEqual([])
  })
})
