/** What the table of `has()` is made of: tokens of both versions, and questions about them. */
import type { Claims } from '../../src/model/principal.ts'

const admin = { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'read,manage', fpm: '3,1' }
const rich = {
  v: 2,
  o: admin,
  fea: 'o:reports,u:export,o:billing',
  pla: 'o:team,u:pro',
  fva: [5, 20],
}
const poor = { v: 2, fea: 'u:export', pla: 'u:free', fva: [0, -1] }
const first = {
  org_id: 'org_acme',
  org_slug: 'acme',
  org_role: 'org:admin',
  org_permissions: ['org:reports:read', 'org:reports:manage', 'org:billing:read'],
  fva: [5, 20],
}

/** Claims that a session token may hold, by what is particular about them. */
export const tokens: Readonly<Record<string, Claims>> = {
  'version 2, administrator of an organisation': rich,
  'version 2, no organisation active': poor,
  'version 2, nothing else': { v: 2 },
  'version 2, a member': { ...rich, o: { ...admin, rol: 'member', fpm: '1,0' } },
  'version 2, a role with its prefix': { ...rich, o: { ...admin, rol: 'org:admin' } },
  'version 2, no role': { ...rich, o: { id: 'org_acme' } },
  'version 2, an empty role': { ...rich, o: { ...admin, rol: '' } },
  'version 2, words of version 1 beside it': { ...poor, org_id: 'org_x', org_role: 'org:admin' },
  'version 2, features of an organisation that is not active': { v: 2, fea: 'o:reports' },
  'version 2, features of both': { v: 2, o: admin, fea: 'ou:reports, uo:billing', pla: 'uo:team' },
  'version 2, a scope that nobody knows': { v: 2, o: admin, fea: 'x:reports,O:billing,o :a' },
  'version 2, bits beyond 2^53': { ...rich, o: { ...admin, fpm: '36893488147419103235,x' } },
  'version 2, bits that are none': { ...rich, o: { ...admin, fpm: '-3,0x1' } },
  'version 2, a feature without its scope': { ...poor, fea: 'reports' },
  'version 2, a feature without its scope in an organisation': { ...rich, fea: 'reports' },
  'version 2, features that end in a comma': { ...poor, fea: 'u:reports,' },
  'version 2, features that are a number': { ...poor, fea: 7 },
  'version 2, features that are a list': { ...poor, fea: ['u:reports', 'o:reports'] },
  'version 2, plans without scope': { ...rich, pla: 'team,pro' },
  'version 2, plans that are an object': { ...rich, pla: { o: 'team' } },
  'version 2, names that every object has': { v: 2, fea: 'u:constructor', pla: 'u:__proto__' },
  'version 1, administrator of an organisation': first,
  'version 1 by name': { ...first, v: 1 },
  'version 1, no organisation active': { fva: [1, 1] },
  'version 1, a role without its prefix': { ...first, org_role: 'admin' },
  'version 1, a role with two prefixes': { ...first, org_role: 'org:org:admin' },
  'version 1, a member': { ...first, org_role: 'org:member', org_permissions: [] },
  'version 1, a role without an organisation': { org_role: 'org:admin' },
  'version 1, permissions without their prefix': { ...first, org_permissions: ['reports:read'] },
  'version 1, no role and no permissions': { org_id: 'org_acme' },
  'version 1, with features and plans': { ...first, fea: 'o:reports', pla: 'u:pro' },
  ...Object.fromEntries(
    [
      [-1, -1],
      [-1, 3],
      [3, -1],
      [12, 3],
      [3, 12],
      [10, 10],
      [9.99, 9.99],
      [60, 60],
      [59, 1439],
      [1439, 1440],
      [0, 0],
      [-0, -1],
      [-2, 0],
      [0, -0.5],
      [Number.POSITIVE_INFINITY, 0],
      [0],
      [0, 0, 0],
      [],
      ['0', 0],
      [null, 0],
      [0, undefined],
      null,
      0,
      '0,0',
      { 0: 0, 1: 0, length: 2 },
    ].map((fva, index) => [`factors ${index}: ${String(fva)}`, { ...rich, fva }]),
  ),
}

/** What `has()` is asked, as untyped as a caller could ask it. */
export type Question = Readonly<Record<string, unknown>>

/** Questions that are a condition here too. */
export const questions: readonly Question[] = [
  ...['org:admin', 'admin', 'org:org:admin', 'org:member', 'org:owner'].map((role) => ({ role })),
  ...['org:reports:read', 'reports:read', 'org:reports:manage', 'org:billing:read'].map(
    (permission) => ({ permission }),
  ),
  ...['org:billing:manage', 'org:export:read'].map((permission) => ({ permission })),
  ...['reports', 'org:reports', 'o:reports', 'organization:reports'].map((feature) => ({
    feature,
  })),
  ...['user:reports', 'u:export', 'user:export', 'org:export', 'export'].map((feature) => ({
    feature,
  })),
  ...['billing', 'user:billing', 'constructor', 'a', 'o'].map((feature) => ({ feature })),
  ...['team', 'org:team', 'user:team', 'pro', 'u:pro', 'o:pro', 'free', '__proto__'].map(
    (plan) => ({
      plan,
    }),
  ),
  ...['strict_mfa', 'strict', 'moderate', 'lax'].map((reverification) => ({ reverification })),
  ...['first_factor', 'second_factor', 'multi_factor'].flatMap((level) =>
    [0.5, 10, 1440].map((afterMinutes) => ({ reverification: { level, afterMinutes } })),
  ),
  { role: 'org:admin', permission: 'org:reports:read' },
  { role: 'org:member', permission: 'org:reports:read' },
  { role: 'org:admin', permission: 'org:none:read' },
  { role: 'org:admin', feature: 'org:reports' },
  { role: 'org:owner', feature: 'org:reports' },
  { feature: 'reports', plan: 'pro' },
  { feature: 'reports', plan: 'free' },
  { plan: 'user:pro', reverification: 'lax' },
  { feature: 'none', reverification: 'lax' },
  { permission: 'org:reports:read', reverification: 'strict' },
  {
    role: 'org:admin',
    permission: 'org:reports:manage',
    feature: 'o:billing',
    plan: 'o:team',
    reverification: 'moderate',
  },
]

/** Questions that are no condition: Clerk's answer to each is no, whoever asks. */
export const nonsense: readonly Question[] = [
  {},
  { role: null },
  { role: 7 },
  { role: '' },
  { role: ['org:admin', null] },
  { permission: null },
  { permission: {} },
  { permission: 'org:sys_memberships:manage' },
  { feature: null },
  { feature: 7 },
  { feature: 'team:reports' },
  { feature: 'ORG:reports' },
  { feature: ':reports' },
  { feature: 'toString:reports' },
  { feature: 'reports', plan: 'team:pro' },
  { plan: false },
  { plan: 'x:pro' },
  { reverification: null },
  { reverification: 'stricter' },
  { reverification: 'constructor' },
  { reverification: 5 },
  { reverification: { level: 'third_factor', afterMinutes: 10 } },
  { reverification: { level: 'first_factor', afterMinutes: 0 } },
  { reverification: { level: 'first_factor', afterMinutes: -5 } },
  { reverification: { level: 'first_factor', afterMinutes: '10' } },
  { reverification: { level: 'first_factor', afterMinutes: Number.NaN } },
  { reverification: { level: 'first_factor' } },
  { reverification: { afterMinutes: 10 } },
  { role: 'org:admin', reverification: 'stricter' },
  { role: 'org:admin', feature: null },
]
