import type { Organization, User } from './records.ts'
import type { World } from './world.ts'

/** What anyone in an organisation may see of an inviter. Nothing is fetched for a picture. */
export function publicInviterData(world: World, user: User): object {
  return {
    user_id: user.id,
    first_name: user.firstName,
    last_name: user.lastName,
    image_url: '',
    has_image: false,
    identifier: identifierOf(world, user),
  }
}

/** What anyone in an organisation may see of a member. */
export function publicUserData(world: World, user: User): object {
  return {
    ...publicInviterData(world, user),
    profile_image_url: '',
    username: user.username,
    banned: user.isBanned,
  }
}

/** What anyone who is invited may see of an organisation. */
export function publicOrganizationData({ id, name, slug }: Organization): object {
  return { id, name, slug, image_url: '', has_image: false }
}

/** What others know a user by. */
function identifierOf({ state }: World, user: User): string {
  const address = state.emailAddresses.get(user.primaryEmailAddressId)?.emailAddress
  const number = state.phoneNumbers.get(user.primaryPhoneNumberId)?.phoneNumber
  return address ?? number ?? user.username ?? user.id
}
