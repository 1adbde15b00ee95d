import { describe, expect, it } from 'vitest'
import type { ConditionConfig } from '../../src/config/define.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import { createWorld, everyoneHolds } from '../support/world.ts'

const facts = everyoneHolds(['admin', 'support'], ['reports.read'])
const acme = {
  v: 2,
  fea: 'o:reports',
  o: { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'read,write', fpm: '1' },
}

/** What a caller of acme whom Usher knows as `facts` gets under a condition, at `/orgs/<name>`. */
async function under(
  access: ConditionConfig,
  { name = 'org_acme', claims = acme as object, known = true } = {},
) {
  const world = await createWorld({
    config: { routes: [{ path: '/orgs/:name/**', origin: 'api', access }] },
    facts: async () => (known ? ok(facts) : refuse('facts-unavailable')),
  })
  const response = await world.get(`/orgs/${name}/x`, await world.token(claims))
  if (response.status === 200) return 'pass'
  const { code } = (await response.json()) as { code: string }
  expect(response.status).toBe(code === 'facts-unavailable' ? 503 : 403)
  return code
}

describe('the words of a policy', () => {
  const words: [ConditionConfig, string][] = [
    [{ role: 'admin' }, 'pass'],
    [{ role: 'owner' }, 'role-missing'],
    [{ role: ['admin', 'support'] }, 'pass'],
    [{ role: ['admin', 'owner'] }, 'role-missing'],
    [{ permission: 'reports.read' }, 'pass'],
    [{ permission: 'reports.write' }, 'permission-missing'],
    [{ org: 'org_acme' }, 'pass'],
    [{ org: 'acme' }, 'pass'],
    [{ org: ':name' }, 'pass'],
    [{ org: 'org_other' }, 'organization-mismatch'],
    [{ org: 'acme', role: 'org:admin' }, 'pass'],
    [{ org: 'acme', role: 'org:owner' }, 'role-missing'],
    [{ org: 'acme', permission: 'org:reports:read' }, 'pass'],
    [{ org: 'acme', permission: 'org:reports:write' }, 'permission-missing'],
    [{ all: [{ role: 'admin' }, { org: 'acme' }] }, 'pass'],
    [{ all: [{ role: 'admin' }, { org: 'x' }] }, 'organization-mismatch'],
    [{ any: [{ role: 'owner' }, { org: 'acme' }] }, 'pass'],
    [{ any: [{ role: 'owner' }, { org: 'x' }] }, 'role-missing'],
    [{ not: { role: 'owner' } }, 'pass'],
    [{ not: { role: 'admin' } }, 'condition-excluded'],
    [{ role: 'admin', not: { org: 'acme' } }, 'condition-excluded'],
  ]
  it.each(words)('%j: %s', async (access, expected) => {
    expect(await under(access)).toBe(expected)
  })

  it('a route parameter names the active organisation, by id or slug', async () => {
    expect(await under({ org: ':name' }, { name: 'acme' })).toBe('pass')
    expect(await under({ org: ':name' }, { name: 'org_other' })).toBe('organization-mismatch')
    expect(await under({ org: ':name' }, { claims: {} })).toBe('organization-mismatch')
  })
})

describe('two vocabularies never mix', () => {
  it("an administrator of an organisation is nobody in Usher, and Usher's is nobody there", async () => {
    const nobody = await createWorld({
      config: {
        routes: [
          { path: '/usher/**', origin: 'api', access: { role: 'admin' } },
          { path: '/acme/**', origin: 'api', access: { org: 'acme', role: 'org:admin' } },
        ],
      },
    })
    const grace = await nobody.token({ ...acme, sub: 'user_grace' })
    expect((await nobody.get('/usher/x', grace)).status).toBe(403)
    expect((await nobody.get('/acme/x', grace)).status).toBe(200)
    const ada = await nobody.token()
    expect((await nobody.get('/usher/x', ada)).status).toBe(200)
    expect((await nobody.get('/acme/x', ada)).status).toBe(403)
  })

  it("a claim that looks like Usher's role grants nothing", async () => {
    const claims = {
      role: 'owner',
      roles: ['owner'],
      permissions: ['reports.write'],
      org_role: 'owner',
    }
    expect(await under({ role: 'owner' }, { claims })).toBe('role-missing')
    expect(await under({ permission: 'reports.write' }, { claims })).toBe('permission-missing')
  })
})

describe('facts that cannot be read', () => {
  const cases: [ConditionConfig, string][] = [
    [{ role: 'admin' }, 'facts-unavailable'],
    [{ not: { role: 'banned' } }, 'facts-unavailable'],
    [{ any: [{ role: 'admin' }, { org: 'acme' }] }, 'pass'],
    [{ any: [{ role: 'admin' }, { org: 'x' }] }, 'facts-unavailable'],
    [{ all: [{ role: 'admin' }, { org: 'x' }] }, 'organization-mismatch'],
    [{ all: [{ role: 'admin' }, { org: 'acme' }] }, 'facts-unavailable'],
    [{ org: 'acme' }, 'pass'],
  ]
  it.each(cases)('are neither yes nor no: %j gives %s', async (access, expected) => {
    expect(await under(access, { known: false })).toBe(expected)
  })
})

describe('401 and 403 are never confused', () => {
  it('nobody in particular is 401 wherever a policy stands', async () => {
    const world = await createWorld()
    for (const path of ['/api/x', '/admin/x', '/orgs/org_1/x']) {
      expect((await world.get(path)).status).toBe(401)
    }
    expect((await world.get('/public/x')).status).toBe(200)
  })

  it('routes that do not ask for facts do not read them', async () => {
    let reads = 0
    const world = await createWorld({
      facts: async () => {
        reads += 1
        return ok(everyoneHolds([]))
      },
    })
    await world.get('/api/x', await world.token())
    await world.get('/orgs/org_1/x', await world.token())
    expect(reads).toBe(0)
    await world.get('/admin/x', await world.token())
    expect(reads).toBe(1)
  })
})
