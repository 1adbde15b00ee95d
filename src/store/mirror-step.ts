import type { EventDraft } from '../model/event.ts'
import type { Version } from '../model/mirror.ts'
import type { Deed } from './audit.ts'
import type {
  MembershipRow,
  MirrorState,
  ObjectRow,
  OrganizationRow,
  UserRow,
} from './mirror-state.ts'
import type { endedSessions } from './schema.ts'

export type EndedRow = typeof endedSessions.$inferSelect

/** What is about to be noted in the audit. `created` and `updated` tell of one row of many where a page is applied. */
export type MirrorDeed = Pick<Deed, 'action' | 'subject' | 'before' | 'after'>

/** What a change comes to: rows as they are to be, and what others are told of it. */
export interface Step {
  /** Whether anything of it is other than before; a version alone is nothing. */
  readonly isApplied: boolean
  readonly users?: readonly UserRow[]
  readonly organizations?: readonly OrganizationRow[]
  readonly memberships?: readonly MembershipRow[]
  readonly objects?: readonly ObjectRow[]
  readonly ended?: readonly EndedRow[]
  readonly events?: readonly EventDraft[]
  readonly deeds?: readonly MirrorDeed[]
  /** The user or the organisation with whom everything goes that is theirs. */
  readonly departed?: { readonly kind: 'user' | 'organization'; readonly id: string }
  /** The users of whom facts have changed. */
  readonly userIds?: readonly string[]
}

/** What is kept is as new already, or is gone. */
export const nothing: Step = { isApplied: false }

/** Of two versions the latest of both times: nothing goes back behind it. */
export function latest(one: Version | undefined, other: Version): Version {
  return {
    updatedAt: Math.max(one?.updatedAt ?? 0, other.updatedAt),
    toldAt: Math.max(one?.toldAt ?? 0, other.toldAt),
  }
}

/** Whether the user or organisation of this id is deleted. */
export function isGone({ users, organizations }: MirrorState, id: string): boolean {
  return users.get(id)?.status === 'deleted' || organizations.get(id)?.status === 'deleted'
}
