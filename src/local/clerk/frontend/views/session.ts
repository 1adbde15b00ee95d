import { statusOf } from '../../kernel/live-session.ts'
import { publicUserData } from '../../kernel/public-data.ts'
import type { Session } from '../../kernel/records.ts'
import { factorAgesOf } from '../../kernel/tokens.ts'
import type { World } from '../../kernel/world.ts'
import { userView } from './user.ts'

/** A session without its user. */
export function sessionBaseView({ clock }: World, session: Session): object {
  return {
    object: 'session',
    id: session.id,
    status: statusOf(session, clock.now()),
    expire_at: session.expireAt,
    abandon_at: session.abandonAt,
    last_active_at: session.lastActiveAt,
    last_active_token: null,
    actor: session.actor,
  }
}

/** A session as the Frontend API shows it. */
export function sessionView(world: World, session: Session): object {
  const user = world.state.users.get(session.userId)
  const { lastActiveOrganizationId, createdAt, updatedAt } = session
  return {
    ...sessionBaseView(world, session),
    last_active_organization_id: lastActiveOrganizationId,
    ...(user !== undefined && { user: userView(world, user) }),
    public_user_data: user === undefined ? null : publicUserData(world, user),
    factor_verification_age: factorAgesOf(session, world.clock.now()),
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

/** A session with what is known of the browser that it is in. */
export function activeSessionView(world: World, session: Session): object {
  const { activity } = session
  return {
    ...sessionBaseView(world, session),
    latest_activity: {
      object: 'session_activity',
      id: session.id.replace(/^sess_/, 'sess_activity_'),
      device_type: activity?.deviceType ?? (session.clientId === null ? 'No browser' : ''),
      is_mobile: activity?.isMobile ?? false,
      browser_name: activity?.browserName ?? '',
      browser_version: activity?.browserVersion ?? '',
      ip_address: activity?.ipAddress ?? '',
      city: '',
      country: '',
    },
  }
}
