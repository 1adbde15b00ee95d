import type { Tour } from './tour.ts'

/** Asks for the lists that are bare by the description, and counted where `paginated` is asked for. */
export async function visitPages(tour: Tour): Promise<void> {
  const user_id = tour.kit.standIn.world.state.users.all()[0]?.id ?? ''
  const send = { paginated: true, limit: 2 }
  for (const id of ['GetClientList', 'ListInvitations', 'ListJWTTemplates', 'ListRedirectURLs']) {
    await tour.backend(id, { send })
  }
  await tour.backend('GetSessionList', { send: { ...send, user_id } })
}
