import { describe, expect, it } from 'vitest'
import { gatewayOf, local, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

const sound = { claim: '/metadata/role', issuer: 'https://clerk.clerk.dev', roles: ['editor'] }
const withUsers = (users: unknown) => ({ ...withRoutes('/**'), users })
const withClaim = (changes: object) => withUsers({ rolesFromClaim: { ...sound, ...changes } })

describe('a claim that brings roles', () => {
  it('is believed as it is written, and none is where nothing is written', () => {
    expect(gatewayOf(withUsers({ rolesFromClaim: sound })).rules.roleClaim).toEqual(sound)
    expect(gatewayOf(withRoutes('/**')).rules.roleClaim).toBeUndefined()
  })

  it.each([
    ['role'],
    ['https://example.com/roles'],
    ['metadata.role'],
    ['/metadata/role'],
    ['/public_metadata/usher/roles'],
    ['/a~1b/c~0d'],
  ])('may be called %s', (claim) => {
    expect(placesOf(withClaim({ claim }))).toEqual([])
  })

  it.each([
    ['unsafe_metadata'],
    ['unsafeMetadata'],
    ['UNSAFE'],
    ['my_unsafe_role'],
    ['/unsafe_metadata/role'],
    ['/metadata/unsafe/role'],
    ['/metadata/Unsafe~1role'],
  ])('is nothing that users write: %s', (claim) => {
    expect(problemsOf(withClaim({ claim }))).toEqual([
      {
        place: 'users.rolesFromClaim.claim',
        message: expect.stringContaining('public_metadata'),
      },
    ])
  })

  it.each([
    ['sub'],
    ['iss'],
    ['org_role'],
    ['org_permissions'],
    ['/o/rol'],
    ['o'],
    ['/act/sub'],
    ['fea'],
    [''],
    ['/metadata/~2'],
    ['constructor'],
    ['/metadata/__proto__'],
  ])('is no claim of Clerk’s own, nor one that says nothing: %j', (claim) => {
    expect(placesOf(withClaim({ claim }))).toEqual(['users.rolesFromClaim.claim'])
  })

  it.each([
    [['admin']],
    [['editor', 'Admin']],
    [['ADMIN']],
    [['org:admin']],
    [['ORG:editor']],
    [['two words']],
    [['']],
    [[7]],
    [[]],
    ['editor'],
    [Array.from({ length: 51 }, (_, index) => `role${index}`)],
  ])('makes no administrator, and brings none of Clerk’s roles: %j', (roles) => {
    const [place = '', ...others] = placesOf(withClaim({ roles }))
    expect(place).toMatch(/^users\.rolesFromClaim\.roles/)
    expect(others).toEqual([])
  })

  it.each([['clerk.example.com'], ['http://clerk.example.com'], ['https://127.0.0.1'], [''], [7]])(
    'is believed of an issuer with an address alone, not of %j',
    (issuer) => {
      expect(placesOf(withClaim({ issuer }))).toEqual(['users.rolesFromClaim.issuer'])
    },
  )

  it('is believed of a stand-in where addresses are plain', () => {
    const issuer = 'http://localhost:8787'
    expect(gatewayOf(withClaim({ issuer }), { relaxations: local }).rules.roleClaim).toMatchObject({
      issuer,
    })
  })

  it.each([
    [{ claim: undefined }, 'users.rolesFromClaim.claim'],
    [{ issuer: undefined }, 'users.rolesFromClaim.issuer'],
    [{ roles: undefined }, 'users.rolesFromClaim.roles'],
    [{ role: 'editor' }, 'users.rolesFromClaim.role'],
  ])('says all three, and nothing else: %j', (changes, place) => {
    expect(placesOf(withClaim(changes))).toContain(place)
  })

  it('is warned of where no token of the gateway comes from its issuer', () => {
    const place = 'users.rolesFromClaim.issuer'
    const places = (config: object) =>
      gatewayOf(config)
        .warnings.map((one) => one.place)
        .filter((one) => one.startsWith('users.'))
    expect(places(withClaim({ issuer: 'https://clerk.elsewhere.test' }))).toEqual([place])
    expect(places(withClaim({ issuer: 'https://clerk.clerk.dev/' }))).toEqual([place])
    expect(places(withClaim({}))).toEqual([])
  })
})

describe('the member that is told of roles', () => {
  it('is one plain name', () => {
    expect(gatewayOf(withUsers({ mirrorRole: 'roles' })).rules.mirroredRole).toBe('roles')
    expect(gatewayOf(withRoutes('/**')).rules.mirroredRole).toBeUndefined()
  })

  it.each([['a.b'], ['a b'], ['/roles'], ['7up'], ['__proto__'], ['constructor'], [''], [7], [[]]])(
    'is not %j',
    (mirrorRole) => {
      expect(placesOf(withUsers({ mirrorRole }))).toEqual(['users.mirrorRole'])
    },
  )

  it('is warned of where nobody may tell Clerk', () => {
    const places = (env: Record<string, string>) =>
      gatewayOf(withUsers({ mirrorRole: 'roles' }), { env })
        .warnings.map((one) => one.place)
        .filter((one) => one.startsWith('users.'))
    expect(places(variables)).toEqual(['users.mirrorRole'])
    expect(places({ ...variables, CLERK_SECRET_KEY: 'sk_test_x' })).toEqual([])
  })

  it.each([
    ['/metadata/roles', 'roles', true],
    ['roles', 'roles', true],
    ['/metadata/roles/0', 'roles', false],
    ['/metadata/plan_roles', 'roles', false],
  ])('%s beside the member %s is warned of as a loop: %s', (claim, mirrorRole, isLoop) => {
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    const users = { rolesFromClaim: { ...sound, claim }, mirrorRole }
    const places = gatewayOf(withUsers(users), { env }).warnings.map(({ place }) => place)
    expect(places.includes('users.rolesFromClaim.claim')).toBe(isLoop)
  })
})
