import { describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { lint } from '../../src/config/lint.ts'
import type { Relaxations } from '../../src/config/relaxations.ts'
import demo from '../../src/local/demo.config.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import { localVariables } from '../../src/local/variables.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'

const relaxations: Relaxations = {
  plainAddresses: true,
  standInKeys: true,
  openDiagnosis: true,
  operatorAnywhere: true,
}
const bindings = { DEMO: {}, LOBBY: {} }

type Own = Readonly<Record<string, string>>

async function compileWith(own: Own) {
  const keyring = {
    label: '1234abcd',
    issuerKey: await makeIssuerKey(),
    signingKeys: await makeSigningKeys(),
  }
  const variables = { ...localVariables(keyring, own, { port: 8787, scriptsUrl: '' }), ...own }
  return compileGateway(demo, { ...variables, ...bindings }, relaxations)
}

async function demoWith(own: Own) {
  const compiled = await compileWith(own)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
  const warnings = lint(compiled.value, relaxations).map(({ place }) => place)
  return { rules: compiled.value.rules, warnings }
}

/** The paths of the routes, or what is wrong. */
async function pathsWith(own: Own): Promise<readonly string[]> {
  const compiled = await compileWith(own)
  if (!compiled.ok) return compiled.error.map(({ place, message }) => `${place}: ${message}`)
  return compiled.value.rules.routes.map(({ name }) => name)
}

const always = [
  ...['/public/**', '/api/**', '/api/ws', '/admin/**', '/now/**', '/orgs/:orgId/**', '/mcp/**'],
]
const clerk = { CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('own.clerk.accounts.dev$')}` }

describe('the routes of the demo', () => {
  it('are all there with the local Clerk', async () => {
    expect(await pathsWith({})).toEqual([...always, '/graphql', 'POST /ingest', '/app/**'])
  })

  it.each([
    ['with no more than the name of one’s own Clerk', {}, []],
    ['with its secret key', { CLERK_SECRET_KEY: 'sk_test_x' }, ['/graphql']],
    ['with a machine but no key', { CLERK_MACHINE_ID: 'mch_x' }, []],
    [
      'with both',
      { CLERK_SECRET_KEY: 'sk_test_x', CLERK_MACHINE_ID: 'mch_x' },
      ['/graphql', 'POST /ingest'],
    ],
  ])('are those that can be served %s', async (_, own, further) => {
    expect(await pathsWith({ ...clerk, ...own })).toEqual([...always, ...further])
  })
})

describe('whoever asks on this machine', () => {
  it('may ask for all that one secret can, and nothing is warned of', async () => {
    const { rules, warnings } = await demoWith({})
    const [caller, ...others] = rules.checks.callers
    expect(others).toEqual([])
    expect([...(caller?.may ?? [])]).toEqual(['nginx', 'traefik', 'caddy', 'haproxy', 'decisions'])
    expect(warnings.filter((place) => place.startsWith('checks'))).toEqual([])
  })
})
