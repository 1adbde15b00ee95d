import type { World } from '../kernel/world.ts'
import { identifier } from '../users.ts'

/** Clerk's own permissions: what a member may do with the organisation itself. */
const systemPermissions: Readonly<Record<string, string>> = {
  'org:sys_profile:manage': 'Manage organization',
  'org:sys_profile:delete': 'Delete organization',
  'org:sys_memberships:read': 'Read members',
  'org:sys_memberships:manage': 'Manage members',
  'org:sys_domains:read': 'Read domains',
  'org:sys_domains:manage': 'Manage domains',
  'org:sys_billing:read': 'Read billing',
  'org:sys_billing:manage': 'Manage billing',
  'org:sys_api_keys:read': 'Read API keys',
  'org:sys_api_keys:manage': 'Manage API keys',
}

/** What an application would have defined; the demo routes ask for these. */
const ownPermissions: Readonly<Record<string, string>> = {
  'org:reports:read': 'Read reports',
  'org:reports:manage': 'Manage reports',
}

/** Makes the roles and permissions that an instance begins with. They have always been there: no event. */
export function makeFirstRoles({ state, clock }: World): void {
  const now = clock.now()
  const dated = { createdAt: now, updatedAt: now, description: '' }
  const all = { ...systemPermissions, ...ownPermissions }
  for (const [key, name] of Object.entries(all)) {
    const id = identifier('perm', key.replace('org:', '').replaceAll(/\W/g, '_'))
    const type = key in systemPermissions ? 'system' : 'user'
    state.permissions.put({ ...dated, id, key, name, type })
  }
  const permissions = Object.keys(all)
  state.roles.put({
    ...dated,
    id: identifier('role', 'admin'),
    key: 'org:admin',
    name: 'Admin',
    permissions,
  })
  state.roles.put({
    ...dated,
    id: identifier('role', 'member'),
    key: 'org:member',
    name: 'Member',
    permissions: ['org:sys_memberships:read', 'org:sys_billing:read'],
  })
}
