import { describe, expect, it } from 'vitest'
import type { ConditionConfig } from '../../src/config/define.ts'
import type { Claims, Identified } from '../../src/model/principal.ts'
import { everyCredential, mintAccessToken } from '../support/credentials.ts'
import { attempt, compileAccess, keyOfAcme, keyOfAda, outcomeOf, whoIs } from '../support/policy.ts'
import { createWorld } from '../support/world.ts'

const acme = { v: 2, o: { id: 'org_acme', slg: 'acme', rol: 'admin' } }
const rich = { ...acme, fea: 'ou:reports', pla: 'ou:pro', fva: [0, 0] }
const session = whoIs(rich)
const template = whoIs({ ...rich, tier: 'gold' }, 'jwt_template')
const accessToken = whoIs({ ...rich, scope: 'read write' }, 'oauth_token')
const machine = whoIs({ ...rich, sub: 'mch_1', scopes: 'mch_us' }, 'm2m_token')
const impersonated = whoIs({ ...rich, act: { sub: 'user_support' } })

describe('a claim', () => {
  const claims = {
    tier: 'gold',
    level: 3,
    beta: true,
    zero: 0,
    empty: '',
    nothing: null,
    aud: 'https://a.test',
    teams: ['red', 'blue', 7],
    metadata: { tier: 'gold', list: [{ name: 'first' }], 'a/b': 1, 'm~n': 2, '~1': 3, '': 4 },
    'https://a.test/tier': 'gold',
    ...Object.fromEntries([['__proto__', { tier: 'polluted' }]]),
  }
  const passing: [string, object][] = [
    ['tier', { equals: 'gold' }],
    ['level', { equals: 3 }],
    ['beta', { equals: true }],
    ['zero', { equals: 0 }],
    ['empty', { equals: '' }],
    ['https://a.test/tier', { equals: 'gold' }],
    ['/metadata/tier', { equals: 'gold' }],
    ['/tier', { equals: 'gold' }],
    ['/metadata/list/0/name', { equals: 'first' }],
    ['/metadata/a~1b', { equals: 1 }],
    ['/metadata/m~0n', { equals: 2 }],
    ['/metadata/~01', { equals: 3 }],
    ['/metadata/', { equals: 4 }],
    ['tier', { in: ['silver', 'gold'] }],
    ['level', { in: ['3', 3] }],
    ['teams', { has: 'blue' }],
    ['teams', { has: 7 }],
    ['aud', { has: 'https://a.test' }],
    ['tier', { startsWith: 'go' }],
    ['tier', { startsWith: 'gold' }],
  ]
  it.each(passing)('"%s" passes %j', (name, test) => {
    expect(outcomeOf({ claims: { [name]: test } }, { principal: whoIs(claims) })).toBe('pass')
  })

  const known: [string, object][] = [
    ['tier', { equals: 'silver' }],
    ['tier', { equals: 'Gold' }],
    ['missing', { equals: 'gold' }],
    ['missing', { in: ['gold'] }],
    ['missing', { has: 'gold' }],
    ['missing', { startsWith: 'g' }],
    ['/metadata/missing/tier', { equals: 'gold' }],
    ['/metadata/tier/length', { equals: 4 }],
    ['/metadata/list/00/name', { equals: 'first' }],
    ['/metadata/list/-/name', { equals: 'first' }],
    ['/teams/length', { equals: 3 }],
    ['metadata/tier', { equals: 'gold' }],
    ['metadata.tier', { equals: 'gold' }],
    ['level', { in: [1, 2] }],
    ['teams', { has: 'green' }],
    ['teams', { has: '7' }],
    ['tier', { has: 'gol' }],
    ['tier', { startsWith: 'old' }],
    ['aud', { startsWith: 'http://' }],
  ]
  it.each(known)('"%s" fails %j, so its contrary holds', (name, test) => {
    const asked = { claims: { [name]: test } }
    expect(outcomeOf(asked, { principal: whoIs(claims) })).toBe('claim-mismatch')
    expect(outcomeOf({ not: asked }, { principal: whoIs(claims) })).toBe('pass')
  })

  const undecided: [string, object][] = [
    ['level', { equals: '3' }],
    ['zero', { equals: false }],
    ['zero', { equals: '' }],
    ['beta', { equals: 'true' }],
    ['beta', { equals: 1 }],
    ['nothing', { equals: '' }],
    ['nothing', { in: ['', 0, false] }],
    ['teams', { equals: 'red' }],
    ['teams', { equals: 'red,blue,7' }],
    ['level', { in: ['3', true] }],
    ['level', { has: 3 }],
    ['metadata', { has: 'tier' }],
    ['level', { startsWith: '3' }],
    ['teams', { startsWith: 'red' }],
    ['metadata', { startsWith: '[object' }],
  ]
  it.each(undecided)(
    '"%s" is of another type than %j: neither it nor its contrary',
    (name, test) => {
      const asked = { claims: { [name]: test } }
      expect(outcomeOf(asked, { principal: whoIs(claims) })).toBe('claim-mismatch')
      expect(outcomeOf({ not: asked }, { principal: whoIs(claims) })).toBe('claim-mismatch')
    },
  )

  it('that every object inherits is nobody’s: it is missing, and no policy may ask for it', () => {
    const principal = whoIs({ ...claims, nested: {} })
    for (const claim of ['toString', '/nested/constructor', '/nested/__proto__']) {
      const of = { kind: 'claim', claim, test: { kind: 'has', value: 'Object' } } as const
      const outcomes = [of, { kind: 'not', of } as const].map((condition) =>
        attempt({ kind: 'signed-in', condition, needsFacts: false }, { principal }),
      )
      expect(outcomes).toEqual([{ code: 'claim-mismatch' }, undefined])
      expect(compileAccess({ claims: { [claim]: { has: 'Object' } } })).toBeUndefined()
    }
  })

  it('may be in any credential', () => {
    const asked = { claims: { tier: { equals: 'gold' } } }
    for (const principal of [template, keyOfAda, keyOfAcme]) {
      expect(outcomeOf(asked, { principal })).toBe('pass')
    }
    expect(outcomeOf(asked, { principal: session })).toBe('claim-mismatch')
  })
})

describe('what each credential can say', () => {
  const holdings = { roles: ['admin'], permissions: ['reports.read'] }
  const columns = { session, template, accessToken, machine, keyOfAda, keyOfAcme }
  const yes = 'pass'
  const rows: [ConditionConfig, ...string[]][] = [
    [{ role: 'admin' }, yes, yes, yes, 'role-missing', yes, 'role-missing'],
    [
      { permission: 'reports.read' },
      yes,
      yes,
      yes,
      'permission-missing',
      yes,
      'permission-missing',
    ],
    [{ role: 'org:admin' }, yes, ...Array(5).fill('role-missing')],
    [{ feature: 'reports' }, yes, ...Array(5).fill('feature-missing')],
    [{ plan: 'pro' }, yes, ...Array(5).fill('plan-missing')],
    [{ reverification: 'lax' }, yes, ...Array(5).fill('reverification-needed')],
    [{ scope: 'read' }, 'scope-missing', 'scope-missing', yes, 'scope-missing', yes, yes],
    [
      { scope: 'mch_us' },
      ...Array(3).fill('scope-missing'),
      yes,
      ...Array(2).fill('scope-missing'),
    ],
    [{ actor: 'deny' }, yes, 'actor-denied', yes, yes, yes, yes],
    [{ org: 'org_acme' }, yes, ...Array(4).fill('organization-mismatch'), yes],
    [{ org: 'acme' }, yes, ...Array(5).fill('organization-mismatch')],
    [{ orgPatterns: ['/:id'] }, yes, ...Array(4).fill('organization-mismatch'), yes],
  ]
  it.each(rows)('of %j', (access, ...expected) => {
    const outcomes = Object.values(columns).map((principal) => {
      const held = principal.kind === 'machine' ? undefined : holdings
      return outcomeOf(access, { principal, path: '/org_acme', holdings: held })
    })
    expect(outcomes).toEqual(expected)
  })

  it('permissions of Clerk count in a session alone, whatever else a token claims', () => {
    const claims = { org_id: 'org_acme', org_permissions: ['org:reports:read'] }
    const asked = { permission: 'org:reports:read' }
    expect(outcomeOf(asked, { principal: whoIs(claims) })).toBe('pass')
    for (const type of ['jwt_template', 'oauth_token'] as const) {
      expect(outcomeOf(asked, { principal: whoIs(claims, type) })).toBe('permission-missing')
    }
  })

  it('a credential that is no session is none, even were it to carry what sessions carry', () => {
    const forged: Identified = { ...session, tokenType: 'api_key' }
    for (const access of [
      { role: 'org:admin' },
      { feature: 'reports' },
      { reverification: 'lax' },
    ]) {
      expect(outcomeOf(access, { principal: session })).toBe('pass')
      expect(outcomeOf(access, { principal: forged })).not.toBe('pass')
    }
  })
})

describe('who acts for another', () => {
  it.each([
    ['an impersonated session', impersonated, 'actor-denied', 'pass'],
    ['an own session', session, 'pass', 'condition-excluded'],
    ['a template, which need not say', template, 'actor-denied', 'actor-denied'],
    ['a machine', machine, 'pass', 'condition-excluded'],
  ])('%s', (_, principal, denied, wanted) => {
    expect(outcomeOf({ actor: 'deny' }, { principal })).toBe(denied)
    expect(outcomeOf({ not: { actor: 'deny' } }, { principal })).toBe(wanted)
  })
})

describe('a path that names the organisation', () => {
  const orgPatterns = ['/orgs/:slug/**', '/t/:id/**', '/both/:id', '/both/:slug']
  it.each([
    ['/orgs/acme', 'pass'],
    ['/orgs/acme/a/b', 'pass'],
    ['/orgs/org_acme', 'organization-mismatch'],
    ['/orgs/other/acme', 'organization-mismatch'],
    ['/orgs', 'organization-mismatch'],
    ['/Orgs/acme', 'organization-mismatch'],
    ['/orgs/Acme', 'organization-mismatch'],
    ['/t/org_acme/x', 'pass'],
    ['/t/acme/x', 'organization-mismatch'],
    ['/both/acme', 'pass'],
    ['/both/org_acme', 'pass'],
    ['/both/acme/x', 'organization-mismatch'],
    ['/other/acme', 'organization-mismatch'],
    ['/', 'organization-mismatch'],
  ])('%s: %s', (path, expected) => {
    expect(outcomeOf({ orgPatterns }, { principal: session, path })).toBe(expected)
  })

  it('names none for whom none is active, or one without a slug', () => {
    const nobodys: Claims[] = [{}, { v: 2, o: { id: 'org_acme' } }, { org_id: 'org_acme' }]
    for (const claims of nobodys) {
      for (const path of ['/orgs/undefined', '/orgs/null', '/orgs/acme', '/orgs']) {
        const outcome = outcomeOf({ orgPatterns }, { principal: whoIs(claims), path })
        expect(outcome).toBe('organization-mismatch')
      }
    }
  })

  it('is read as its origin receives it', async () => {
    const routes = [{ path: '/**', origin: 'api', access: { orgPatterns: ['/orgs/:slug/**'] } }]
    const world = await createWorld({ config: { routes } })
    const token = await world.token(acme)
    for (const path of ['/orgs/acme/x', '/orgs/%61cme/x', '/orgs/b/../acme', '//orgs/acme/']) {
      expect([path, (await world.get(path, token)).status]).toEqual([path, 200])
    }
    expect(world.sent).toHaveLength(4)
    for (const path of ['/orgs/b/x', '/orgs/acme/../b', '/orgs/acme%2F..%2Fb', '/x/orgs/acme']) {
      expect([path, (await world.get(path, token)).status >= 400]).toEqual([path, true])
    }
    expect(world.sent).toHaveLength(4)
  })
})

describe('a scope', () => {
  it('that is missing is told together with the others that are needed', () => {
    const refusalUnder = (access: ConditionConfig) => {
      const compiled = compileAccess(access)
      return compiled && attempt(compiled, { principal: accessToken })
    }
    expect(refusalUnder({ scope: ['read', 'write'] })).toBeUndefined()
    expect(refusalUnder({ scope: 'admin' })).toEqual({ code: 'scope-missing', scope: 'admin' })
    expect(refusalUnder({ scope: ['read', 'admin'] })).toEqual({
      code: 'scope-missing',
      scope: 'read admin',
    })
    expect(refusalUnder({ any: [{ scope: 'a' }, { scope: 'b' }] })?.scope).toBe('a')
  })

  it('is asked of a real token, and the answer says how to ask for it (RFC 6750)', async () => {
    const routes = [
      { path: '/**', origin: 'api', accepts: ['oauth_token'], access: { scope: 'read' } } as const,
    ]
    const world = await createWorld({ config: { routes }, variables: everyCredential })
    expect((await world.get('/x', await mintAccessToken(world))).status).toBe(200)
    const response = await world.get('/x', await mintAccessToken(world, { scope: 'reading write' }))
    expect(response.status).toBe(403)
    const challenge = response.headers.get('www-authenticate')
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="read"')
  })
})
