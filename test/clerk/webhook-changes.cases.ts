// What Clerk tells of one thing of every kind, and what that comes to.

/** When all of it was told. */
export const toldAtMs = 1_800_000_000_000
const version = { updatedAt: 1_700_000_000_000, toldAt: toldAtMs }
const times = { created_at: 1_600_000_000_000, updated_at: 1_700_000_000_000 }
const created = { createdAt: 1_600_000_000_000 }
const metadata = {
  public_metadata: { role: 'admin' },
  private_metadata: { secret: 'hunter2' },
  unsafe_metadata: { role: 'admin' },
}

/** A user, as Clerk shows one. */
export const user = {
  ...{ id: 'user_1', first_name: 'Ada', last_name: '', username: null },
  ...{ image_url: 'https://img.test/1', primary_email_address_id: 'idn_2' },
  email_addresses: [
    { id: 'idn_1', email_address: 'other@x.test', verification: { status: 'verified' } },
    { id: 'idn_2', email_address: 'Ada@X.test', verification: { status: 'verified' } },
  ],
  ...{ banned: false, locked: false, ...metadata, ...times },
}
const profile = {
  ...{ email: 'ada@x.test', emailVerified: true, firstName: 'Ada', lastName: null },
  ...{ username: null, imageUrl: 'https://img.test/1', status: 'active' },
}
const organization = {
  id: 'org_1',
  name: 'Acme',
  slug: 'acme',
  image_url: '',
  ...metadata,
  ...times,
}
const record = { name: 'Acme', slug: 'acme', imageUrl: null }
const membership = {
  ...{ id: 'orgmem_1', role: 'org:admin', permissions: ['org:a', 'org:b', 'org:a'], organization },
  public_user_data: {
    ...{ user_id: 'user_1', first_name: 'Ada', last_name: 'L', username: 'ada', image_url: 'i' },
    identifier: 'ada@x.test',
  },
  ...{ ...metadata, ...times },
}
/** A session of the user. */
export const session = {
  ...{ id: 'sess_1', user_id: 'user_1', client_id: 'client_1', status: 'active', actor: null },
  ...{ expire_at: 5, latest_activity: { ip_address: '192.0.2.1' }, user, ...times },
}
const invitation = {
  ...{ id: 'orginv_1', organization_id: 'org_1', email_address: 'eve@x.test', role: 'org:member' },
  ...{ status: 'pending', url: 'https://x.test/?ticket=t', ...metadata, ...times },
}
const payer = { user_id: '', organization_id: 'org_1', email: 'pay@x.test' }
const plan = { id: 'cplan_1', slug: 'pro', name: 'Pro' }
const item = { id: 'csub_item_1', status: 'upcoming', plan_id: 'cplan_1', plan, ...times }
const subscription = { id: 'csub_1', status: 'past_due', payer, items: [item], ...times }

const userChange = { kind: 'user', id: 'user_1', profile, version, ...created }
const membershipChange = {
  ...{ kind: 'membership', id: 'orgmem_1', isDeleted: false, version, ...created },
  ...{ organizationId: 'org_1', organization: record, userId: 'user_1', role: 'org:admin' },
  person: { firstName: 'Ada', lastName: 'L', username: 'ada', imageUrl: 'i' },
  permissions: ['org:a', 'org:b'],
}
const kept = (object: string, id: string, rest: object) => ({
  ...{ kind: 'object', object, id, version, owner: '' },
  ...rest,
})
const gone = { version: { updatedAt: toldAtMs, toldAt: toldAtMs } }
const sessionData = { client_id: 'client_1', expire_at: 5, created_at: times.created_at }
const sessionChange = (status: string) =>
  kept('session', 'sess_1', { owner: 'user_1', status, data: sessionData })
const invitationData = {
  ...{ email_address: 'eve@x.test', role: 'org:member', created_at: times.created_at },
}
const invitationChange = (status: string) =>
  kept('organization_invitation', 'orginv_1', { owner: 'org_1', status, data: invitationData })
const itemChange = kept('subscription_item', 'csub_item_1', {
  ...{ owner: 'org_1', status: 'upcoming' },
  data: {
    ...{ subscription_id: 'csub_1', plan_id: 'cplan_1', created_at: times.created_at },
    ...{ plan_slug: 'pro', plan_name: 'Pro' },
  },
})
const named = { id: 'role_1', key: 'org:editor', name: 'Editor', description: 'Edits', ...times }
const namedData = {
  ...{ key: 'org:editor', name: 'Editor', description: 'Edits', created_at: times.created_at },
}
const deleted = (object: string, id: string) =>
  kept(object, id, { status: 'deleted', data: {}, ...gone })

/** What every type that changes something says of one thing, and what that comes to. */
export const cases: readonly (readonly [string, object, readonly object[]])[] = [
  ['user.created', user, [userChange]],
  ['user.updated', user, [userChange]],
  ['user.deleted', { id: 'user_1' }, [{ kind: 'user-deleted', id: 'user_1', ...gone }]],
  ...['created', 'updated'].map(
    (word) =>
      [
        `organization.${word}`,
        organization,
        [{ kind: 'organization', id: 'org_1', record, version, ...created }],
      ] as const,
  ),
  [
    'organization.deleted',
    { id: 'org_1', slug: 'acme' },
    [{ kind: 'organization-deleted', id: 'org_1', ...gone }],
  ],
  ['organizationMembership.created', membership, [membershipChange]],
  ['organizationMembership.updated', membership, [membershipChange]],
  ['organizationMembership.deleted', membership, [{ ...membershipChange, isDeleted: true }]],
  ['session.created', session, [userChange, sessionChange('active')]],
  ['session.pending', { ...session, status: 'pending' }, [userChange, sessionChange('pending')]],
  // A message that tells of an end means it.
  ['session.ended', session, [userChange, sessionChange('ended')]],
  ['session.removed', session, [userChange, sessionChange('removed')]],
  ['session.revoked', { ...session, status: 'expired' }, [userChange, sessionChange('expired')]],
  ['organizationInvitation.created', invitation, [invitationChange('pending')]],
  ['organizationInvitation.accepted', invitation, [invitationChange('accepted')]],
  ['organizationInvitation.revoked', invitation, [invitationChange('revoked')]],
  ...['created', 'updated'].flatMap((word) => [
    [
      `organizationDomain.${word}`,
      {
        ...{ id: 'orgdmn_1', organization_id: 'org_1', name: 'acme.test', ...times },
        verification: { status: 'verified' },
      },
      [
        kept('organization_domain', 'orgdmn_1', {
          ...{ owner: 'org_1', status: 'verified' },
          data: { name: 'acme.test', created_at: times.created_at },
        }),
      ],
    ] as const,
    [
      `role.${word}`,
      { ...named, permissions: [{ key: 'org:a' }, { key: 7 }, null] },
      [
        kept('role', 'role_1', {
          status: 'active',
          data: { ...namedData, permissions: ['org:a'] },
        }),
      ],
    ] as const,
    [
      `permission.${word}`,
      { ...named, id: 'perm_1', type: 'custom' },
      [
        kept('permission', 'perm_1', {
          ...{ status: 'active', data: { ...namedData, type: 'custom' } },
        }),
      ],
    ] as const,
    [
      `waitlistEntry.${word}`,
      { id: 'wle_1', email_address: 'eve@x.test', status: 'invited', is_locked: false, ...times },
      [
        kept('waitlist_entry', 'wle_1', {
          status: 'invited',
          data: { email_address: 'eve@x.test', is_locked: false, created_at: times.created_at },
        }),
      ],
    ] as const,
  ]),
  ['organizationDomain.deleted', { id: 'orgdmn_1' }, [deleted('organization_domain', 'orgdmn_1')]],
  ['role.deleted', { id: 'role_1', slug: null }, [deleted('role', 'role_1')]],
  ['permission.deleted', { id: 'perm_1' }, [deleted('permission', 'perm_1')]],
  ...['created', 'updated', 'active', 'pastDue'].map(
    (word) =>
      [
        `subscription.${word}`,
        subscription,
        [
          kept('subscription', 'csub_1', {
            ...{ owner: 'org_1', status: 'past_due', data: { created_at: times.created_at } },
          }),
          itemChange,
        ],
      ] as const,
  ),
  ...[
    ...['abandoned', 'active', 'canceled', 'ended', 'freeTrialEnding'],
    ...['incomplete', 'pastDue', 'upcoming', 'updated'],
  ].map(
    (word) =>
      [
        `subscriptionItem.${word}`,
        { ...item, payer, subscription_id: 'csub_1' },
        [itemChange],
      ] as const,
  ),
]
