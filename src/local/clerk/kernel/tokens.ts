import { sessionClaims, signToken, templateClaims, tokenHeader } from '../issuer.ts'
import { Complaint } from './complaint.ts'
import { membershipOf, permissionsOf } from './organizations.ts'
import type { JwtTemplate, Session, User } from './records.ts'
import { fillClaims } from './shortcodes.ts'
import type { World } from './world.ts'

const usualLifetimeSeconds = 60

/** What a token of a session is asked with. */
export interface TokenWish {
  /** The origin of the page; `undefined` where a backend asks. */
  readonly authorizedParty?: string | undefined
  /** The organisation instead of the session's active one; `null` is none. */
  readonly organizationId?: string | null | undefined
  readonly lifetimeSeconds?: number | undefined
}

/** A session token, version 2, that lives for a minute where nobody wishes otherwise. */
export async function sessionToken(
  world: World,
  session: Session,
  wish: TokenWish = {},
): Promise<string> {
  const { authorizedParty, lifetimeSeconds = usualLifetimeSeconds } = wish
  const { organizationId = session.lastActiveOrganizationId } = wish
  const { state, settings } = world
  const user = userOf(world, session.userId)
  const nowSeconds = tokenSeconds(world)
  const claims = sessionClaims({
    issuer: `https://${settings.host}`,
    nowSeconds,
    lifetimeSeconds,
    user: {
      id: user.id,
      sessionId: session.id,
      number: user.number,
      email: state.emailAddresses.get(user.primaryEmailAddressId)?.emailAddress ?? '',
    },
    active: activeOrganization(world, user.id, organizationId),
    authorizedParty,
    factorAges: factorAgesOf(session, world.clock.now()),
    isPending: session.status === 'pending',
    actor: session.actor,
  })
  const key = world.keys.current()
  // When it was first issued, by which Clerk's script knows the newer of two tokens.
  const header = { ...tokenHeader('session_token', key), oiat: nowSeconds }
  return signToken(key, header, claims)
}

/** Whom a token of a template is about, and where they are. */
export interface TemplateSubject {
  readonly user: User
  /** `undefined` where a backend asks without one. */
  readonly session?: Session | undefined
  readonly authorizedParty?: string | undefined
}

/** A token of a JWT template. */
export async function templateToken(
  world: World,
  template: JwtTemplate,
  { user, session, authorizedParty }: TemplateSubject,
): Promise<string> {
  const { name } = template
  const registered = templateClaims({
    issuer: `https://${world.settings.host}`,
    nowSeconds: tokenSeconds(world),
    lifetimeSeconds: template.lifetimeSeconds,
    user,
    template: name,
    authorizedParty,
  })
  const { template: _name, ...claims } = registered
  const own = fillClaims(template.claims, shortcodesOf(world, user, session))
  const key = world.keys.current()
  // What identifies the token is Clerk's; a template cannot say it otherwise.
  return signToken(key, tokenHeader('jwt_template', key), { ...own, ...claims })
}

/** What the shortcodes of a template stand for. */
function shortcodesOf(world: World, user: User, session: Session | undefined): object {
  const { state } = world
  const active = session && activeOrganization(world, user.id, session.lastActiveOrganizationId)
  const organization = state.organizations.get(active?.organization.id)
  return {
    user: {
      id: user.id,
      external_id: user.externalId,
      first_name: user.firstName,
      last_name: user.lastName,
      full_name: [user.firstName, user.lastName].filter(Boolean).join(' ') || null,
      username: user.username,
      image_url: '',
      has_image: false,
      primary_email_address: state.emailAddresses.get(user.primaryEmailAddressId)?.emailAddress,
      primary_phone_number: state.phoneNumbers.get(user.primaryPhoneNumberId)?.phoneNumber,
      email_verified:
        state.emailAddresses.get(user.primaryEmailAddressId)?.verification?.status === 'verified',
      phone_number_verified:
        state.phoneNumbers.get(user.primaryPhoneNumberId)?.verification?.status === 'verified',
      two_factor_enabled: user.isTotpVerified,
      public_metadata: user.publicMetadata,
      unsafe_metadata: user.unsafeMetadata,
      created_at: user.createdAt,
      updated_at: user.updatedAt,
      last_sign_in_at: user.lastSignInAt,
    },
    org: active && {
      id: active.organization.id,
      name: organization?.name,
      slug: active.organization.slug,
      role: active.membership.role,
      permissions: active.membership.permissions,
      public_metadata: organization?.publicMetadata,
    },
    session: session && { id: session.id, actor: session.actor },
  }
}

/** The organisation and what the user may do there; none where they are not a member any more. */
function activeOrganization(world: World, userId: string, organizationId: string | null) {
  const { state } = world
  const organization = state.organizations.get(organizationId)
  if (organization === undefined) return undefined
  const found = membershipOf(world, organization.id, userId)
  if (found === undefined) return undefined
  const { role } = found
  // Clerk's own permissions are no part of a token.
  const permissions = permissionsOf(world, role).filter((key) => !key.startsWith('org:sys_'))
  return { organization, membership: { role, permissions } }
}

/** Minutes since the first and the second factor were verified; -1 for never. */
export function factorAgesOf(
  { firstFactorAt, secondFactorAt }: Session,
  nowMs: number,
): readonly [number, number] {
  const age = (at: number | null) =>
    at === null ? -1 : Math.max(0, Math.floor((nowMs - at) / 60_000))
  return [age(firstFactorAt), age(secondFactorAt)]
}

function userOf({ state }: World, userId: string): User {
  const user = state.users.get(userId)
  if (user === undefined || user.isBanned) {
    throw new Complaint(401, 'authentication_invalid', { message: 'Invalid authentication' })
  }
  return user
}

function tokenSeconds({ clock, faults }: World): number {
  return Math.floor(clock.now() / 1000) + faults.tokenSkewSeconds
}
