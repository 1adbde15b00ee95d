import { describe, expect, it } from 'vitest'
import { readPrincipal } from '../../src/clerk/principal.ts'

const times = { exp: 100, iat: 40, nbf: undefined }
const base = { sub: 'user_1', sid: 'sess_1' }

function read(claims: Record<string, unknown>) {
  return readPrincipal({
    type: 'session_token',
    token: 'token',
    claims: { ...base, ...claims },
    times,
  })
}

function organizationOf(claims: Record<string, unknown>) {
  const principal = read(claims)
  return principal.ok ? principal.value.organization : principal.error.code
}

const version1 = {
  org_id: 'org_1',
  org_slug: 'acme',
  org_role: 'org:admin',
  org_permissions: ['org:reports:read', 'org:billing:manage'],
}
const version2 = {
  v: 2,
  fea: 'o:reports,u:export,uo:billing',
  o: { id: 'org_1', slg: 'acme', rol: 'admin', per: 'read,manage', fpm: '1,2' },
}

describe('the principal of a session token', () => {
  it('is the same for both versions of the claims', () => {
    const expected = {
      id: 'org_1',
      slug: 'acme',
      role: 'org:admin',
      permissions: ['org:reports:read', 'org:billing:manage'],
    }
    expect(organizationOf(version1)).toEqual(expected)
    expect(organizationOf(version2)).toEqual(expected)
  })

  it.each([{}, { v: 2 }, { v: 2, o: null }, { org_id: null }])(
    'has no organisation for %j',
    (claims) => expect(organizationOf(claims)).toBeUndefined(),
  )

  it('reads more bits than a number holds', () => {
    const per = Array.from({ length: 70 }, (_, index) => `p${index}`).join(',')
    const o = { id: 'org_1', per, fpm: String(1n << 69n) }
    expect(organizationOf({ v: 2, fea: 'o:f', o })).toMatchObject({ permissions: ['org:f:p69'] })
  })

  it.each([
    ['no fpm', { fpm: undefined }],
    ['an fpm that is no number', { fpm: 'x,y' }],
    ['a negative fpm', { fpm: '-1,-1' }],
    ['a hexadecimal fpm', { fpm: '0x3' }],
    ['no words', { per: undefined }],
  ])('gives no permission for %s', (_, change) => {
    const o = { ...version2.o, ...change }
    expect(organizationOf({ ...version2, o })).toMatchObject({ permissions: [] })
  })

  it.each([
    ['an organisation that is text', { v: 2, o: 'org_1' }],
    ['a version that is not known', { v: 3 }],
    ['a version that is text', { v: '2', o: { id: 'org_1' } }],
    ['the words of version 2 in version 1', { o: { id: 'org_1' } }],
    ['an id that no header could carry', { v: 2, o: { id: 'org\n1' } }],
    ['an organisation without id', { v: 2, o: { rol: 'admin' } }],
    ['a role that is a list', { v: 2, o: { id: 'org_1', rol: ['admin'] } }],
    ['features without a scope', { v: 2, fea: 'reports', o: { id: 'org_1' } }],
    ['features that are a list', { v: 2, fea: ['o:reports'], o: { id: 'org_1' } }],
    ['version 1 permissions that are text', { ...version1, org_permissions: 'org:a:b' }],
    ['version 1 id that is a number', { org_id: 1 }],
  ])('is refused, not read as "no organisation", for %s', (_, claims) => {
    expect(organizationOf(claims)).toBe('token-invalid-claims')
  })

  it('knows who is really acting', () => {
    expect(read({ act: { sub: 'user_2' } })).toMatchObject({
      ok: true,
      value: { actor: 'user_2', userId: 'user_1' },
    })
  })
})
