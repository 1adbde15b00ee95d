/**
 * What receivers are told of each thing that can happen, by names in snake case: ids and words, never a credential,
 * and nothing personal. Who wants to know more asks the API, which forgets people when Clerk does.
 */
export interface EventData {
  'auth.signed_in': SessionData
  /** `reason` is Clerk's own word: `ended`, `removed`, `expired`, `abandoned`, `replaced`. */
  'auth.signed_out': SessionData & { readonly reason: string }
  'auth.session_revoked': SessionData
  'user.created': UserData
  /** `changed` names what of the record is other than before. */
  'user.updated': UserData & { readonly changed?: readonly string[] }
  'user.deleted': { readonly user_id: string }
  'role.granted': GrantData
  'role.revoked': GrantData
  'organization.created': OrganizationData
  'organization.updated': OrganizationData & { readonly changed?: readonly string[] }
  'organization.deleted': OrganizationData
  'organization.member_added': MemberData
  'organization.member_changed': MemberData
  'organization.member_removed': MemberData
  /** Goes to one subscription alone, when somebody asks for it. */
  'usher.test': { readonly subscription_id: string }
}

interface SessionData {
  readonly user_id: string
  readonly session_id: string
}

interface UserData {
  readonly user_id: string
  /** `active`, `banned` or `locked`. */
  readonly status: string
}

/** One of Usher's own roles; without an organisation it holds everywhere. */
interface GrantData {
  readonly user_id: string
  readonly role: string
  readonly organization_id: string | null
}

interface OrganizationData {
  readonly organization_id: string
}

/** `role` is Clerk's, `org:…`. */
interface MemberData extends OrganizationData {
  readonly membership_id: string
  readonly user_id: string
  readonly role: string
}

/** What can happen to people, roles and organisations that others are told of. */
export const eventTypes = [
  'auth.signed_in',
  'auth.signed_out',
  'auth.session_revoked',
  'user.created',
  'user.updated',
  'user.deleted',
  'role.granted',
  'role.revoked',
  'organization.created',
  'organization.updated',
  'organization.deleted',
  'organization.member_added',
  'organization.member_changed',
  'organization.member_removed',
  'usher.test',
] as const satisfies readonly (keyof EventData)[]

/** See {@link eventTypes}. */
export type EventType = (typeof eventTypes)[number]

/** Something that is about to have happened: it is written down with the change, or not at all. */
export type EventDraft<Type extends EventType = EventType> = {
  readonly [Each in Type]: {
    readonly type: Each
    /** Clerk's id of the user or, where it is about none, of the organisation. */
    readonly subject: string
    readonly data: EventData[Each]
  }
}[Type]

/** Something that happened. */
export type UsherEvent<Type extends EventType = EventType> = EventDraft<Type> & {
  /** `evt_…`: the same however often it is delivered. */
  readonly id: string
  /** 1, 2, 3 … for each subject. No order of arrival is promised. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly atMs: number
}
