import { describe, expect, it } from 'vitest'
import { envelope } from '../support/signed-webhook.ts'
import { type FailingCall, failEverywhere } from './inbox-faults.ts'

const times = (at: number) => ({
  created_at: 1_800_000_000_000,
  updated_at: 1_800_000_000_000 + at,
})
const told = (at: number) => ({ timestamp: 1_800_000_000 + at })

const ada = { object: 'user', id: 'user_1', first_name: 'Ada' }
const organization = {
  object: 'organization',
  id: 'org_1',
  name: 'Acme',
  slug: 'acme',
  ...times(1),
}
const membership = {
  ...{ object: 'organization_membership', id: 'orgmem_1', role: 'org:member', permissions: [] },
  ...{ organization, public_user_data: { user_id: 'user_1', first_name: 'Ada' }, ...times(2) },
}
const session = {
  object: 'session',
  id: 'sess_1',
  user_id: 'user_1',
  status: 'active',
  ...times(3),
}

/** What Clerk tells in the life of somebody. */
const life = {
  'user.created': envelope('user.created', { ...ada, ...times(0) }, told(0)),
  'organization.created': envelope('organization.created', organization, told(1)),
  'organizationMembership.created': envelope('organizationMembership.created', membership, told(2)),
  'session.created': envelope('session.created', session, told(3)),
  'user.updated': envelope('user.updated', { ...ada, banned: true, ...times(4) }, told(4)),
  'session.revoked': envelope(
    'session.revoked',
    { ...session, status: 'revoked', ...times(5) },
    told(5),
  ),
  'organization.deleted': envelope('organization.deleted', { id: 'org_1', deleted: true }, told(6)),
  'user.deleted': envelope('user.deleted', { id: 'user_1', deleted: true }, told(7)),
}

const calls: readonly FailingCall[] = ['before a call', 'after a call, whose answer is lost']

describe('D1 failing in the middle of a life', () => {
  it.each(calls)('%s leaves each webhook to be applied again, once in all', async (when) => {
    const bodies = Object.values(life)
    for (let told = 1; told <= bodies.length; told++) {
      expect(await failEverywhere(bodies.slice(0, told), when)).toBeGreaterThan(2)
    }
  })
})
