import { describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import type { Relaxations } from '../../src/config/relaxations.ts'
import demo from '../../src/local/demo.config.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import { localVariables } from '../../src/local/variables.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'

const relaxations: Relaxations = { plainAddresses: true, standInKeys: true, openDiagnosis: true }
const bindings = { DEMO: {}, LOBBY: {} }

/** The paths of the routes, or what is wrong. */
async function pathsWith(own: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const keyring = {
    label: '1234abcd',
    issuerKey: await makeIssuerKey(),
    signingKeys: await makeSigningKeys(),
  }
  const variables = { ...localVariables(keyring, own, 8787), ...own }
  const compiled = compileGateway(demo, { ...variables, ...bindings }, relaxations)
  if (!compiled.ok) return compiled.error.map(({ place, message }) => `${place}: ${message}`)
  return compiled.value.rules.routes.map(({ name }) => name)
}

const always = ['/public/**', '/api/**', '/api/ws', '/admin/**', '/orgs/:orgId/**', '/mcp/**']
const clerk = { CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('own.clerk.accounts.dev$')}` }

describe('the routes of the demo', () => {
  it('are all there with the local Clerk', async () => {
    expect(await pathsWith({})).toEqual([...always, '/graphql', 'POST /ingest'])
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
