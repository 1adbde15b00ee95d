import { makeTicket } from '../acts/tickets.ts'
import { backend } from './api.ts'

/** How long Clerk's testing tokens hold. */
const expiresInSeconds = 60 * 60

/** Tokens by which tests get past the protection against bots, of which there is none here. */
export const testingTokensOperations = [
  backend({
    id: 'CreateTestingToken',
    method: 'POST',
    path: '/testing_tokens',
    async handle({ world }) {
      const draft = { kind: 'testing_token', userId: null, expiresInSeconds } as const
      const { ticket, token } = await makeTicket(world, draft)
      // Clerk writes seconds here, and milliseconds nearly everywhere else.
      const expires_at = Math.floor(ticket.expiresAt / 1000)
      return { object: 'testing_token', token, expires_at }
    },
  }),
]
