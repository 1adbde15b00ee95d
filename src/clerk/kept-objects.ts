import { type ClerkObjectKind, type ObjectChange, sessionEnds } from '../model/mirror.ts'
import { idOf, namesOf, type Resource, resourceOf, textOf, timesOf } from './resources.ts'

/** What of a kind of things is kept. */
interface Keeping {
  readonly kind: ClerkObjectKind
  /** The user or the organisation that it belongs to. */
  owner(resource: Resource): string | undefined
  /** Clerk's own word for how it stands. `word` is the last of the type: `revoked` of `session.revoked`. */
  status(resource: Resource, word: string): string
  /** Members that are kept as they are: texts, numbers and truths. Metadata is never among them. */
  readonly members: readonly string[]
  /** What is kept of the members that are more than that. */
  more?(resource: Resource): Readonly<Record<string, unknown>>
}

const ofNobody = () => undefined
const ofOrganization = (resource: Resource) => idOf(resource.organization_id)
const standing = () => 'active'
const saying = (resource: Resource) => textOf(resource.status) ?? 'unknown'

const session: Keeping = {
  kind: 'session',
  owner: (resource) => idOf(resource.user_id),
  status(resource, word) {
    const status = saying(resource)
    // A message that tells of an end means it, however old the state is that it shows.
    return sessionEnds.has(word) && !sessionEnds.has(status) ? word : status
  },
  members: [
    ...['client_id', 'last_active_organization_id', 'last_active_at'],
    ...['expire_at', 'abandon_at', 'created_at'],
  ],
}

const invitation: Keeping = {
  kind: 'organization_invitation',
  owner: ofOrganization,
  status: (resource, word) => (word === 'created' ? (textOf(resource.status) ?? 'pending') : word),
  members: ['email_address', 'role', 'inviter_id', 'user_id', 'expires_at', 'created_at'],
}

const domain: Keeping = {
  kind: 'organization_domain',
  owner: ofOrganization,
  status: ({ verification }) => textOf(resourceOf(verification)?.status) ?? 'unverified',
  members: ['name', 'enrollment_mode', 'created_at'],
}

const role: Keeping = {
  ...{ kind: 'role', owner: ofNobody, status: standing },
  members: ['key', 'name', 'description', 'created_at'],
  more: ({ permissions }) => ({
    permissions: namesOf(
      Array.isArray(permissions) ? permissions.map((one) => resourceOf(one)?.key) : [],
    ),
  }),
}

const permission: Keeping = {
  ...{ kind: 'permission', owner: ofNobody, status: standing },
  members: ['key', 'name', 'description', 'type', 'created_at'],
}

const waitlistEntry: Keeping = {
  ...{ kind: 'waitlist_entry', owner: ofNobody, status: saying },
  members: ['email_address', 'is_locked', 'created_at'],
}

/** Clerk writes an empty id where the payer is of the other kind. */
function payerOf({ payer }: Resource): string | undefined {
  return idOf(resourceOf(payer)?.user_id) ?? idOf(resourceOf(payer)?.organization_id)
}

const subscription: Keeping = {
  ...{ kind: 'subscription', owner: payerOf, status: saying },
  members: ['payer_id', 'active_at', 'canceled_at', 'ended_at', 'past_due_at', 'created_at'],
}

const subscriptionItem: Keeping = {
  ...{ kind: 'subscription_item', owner: payerOf, status: saying },
  members: [
    ...['subscription_id', 'plan_id', 'is_free_trial', 'interval'],
    ...['period_start', 'period_end', 'created_at'],
  ],
  more({ plan, seats }) {
    const { slug, name } = resourceOf(plan) ?? {}
    const { quantity } = resourceOf(seats) ?? {}
    return kept({ plan_slug: slug, plan_name: name, seats: quantity })
  },
}

/** How things are kept, by the first word of the types that tell of them. */
export const keepings = {
  session,
  organizationInvitation: invitation,
  organizationDomain: domain,
  role,
  permission,
  waitlistEntry,
  subscription,
  subscriptionItem,
} as const

/** How something stands by what Clerk says; `undefined` where it has no id. */
export function readObjectChange(
  { kind, owner, status, members, more }: Keeping,
  { resource, word, toldAtMs }: ObjectTold,
): ObjectChange | undefined {
  const id = idOf(resource.id)
  if (id === undefined) return undefined
  const { version } = timesOf(resource, toldAtMs)
  const about = { kind: 'object', object: kind, id } as const
  if (word === 'deleted') {
    const gone = { status: 'deleted', owner: '', data: {} }
    return { ...about, ...gone, version: { updatedAt: toldAtMs, toldAt: toldAtMs } }
  }
  const named = Object.fromEntries(members.map((name) => [name, resource[name]]))
  return {
    ...{ ...about, version },
    owner: owner(resource) ?? '',
    status: status(resource, word),
    data: { ...kept(named), ...more?.(resource) },
  }
}

/** What a message says of something. */
export interface ObjectTold {
  readonly resource: Resource
  /** The last word of the type: `deleted` of `role.deleted`. */
  readonly word: string
  readonly toldAtMs: number
}

function kept(members: Resource): Resource {
  return Object.fromEntries(
    Object.entries(members)
      .map(([name, value]) => [name, plain(value)] as const)
      .filter(([, value]) => value !== null),
  )
}

function plain(value: unknown): string | number | boolean | null {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return textOf(value)
}
