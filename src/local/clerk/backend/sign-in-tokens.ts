import { makeTicket, revokeTicket, ticketNamed } from '../acts/tickets.ts'
import { needed, nullable, number, text } from '../kernel/fields.ts'
import { backend } from './api.ts'
import { notDone } from './not-done.ts'
import { userNamed } from './users.ts'
import { signInTokenView } from './views/ticket.ts'

const usualSeconds = 30 * 24 * 60 * 60

const seconds = nullable(number(1, 315_360_000))

/** Tokens that sign somebody in, without anything else. */
export const signInTokensOperations = [
  backend({
    id: 'CreateSignInToken',
    method: 'POST',
    path: '/sign_in_tokens',
    takes: { user_id: text(), org_id: notDone, expires_in_seconds: seconds },
    async handle({ world, input }) {
      const { id: userId } = userNamed(world, needed(input.user_id, 'user_id'))
      const expiresInSeconds = input.expires_in_seconds ?? usualSeconds
      const draft = { kind: 'sign_in_token', userId, expiresInSeconds } as const
      const { ticket, token } = await makeTicket(world, draft)
      return signInTokenView(world, ticket, token)
    },
  }),
  backend({
    id: 'RevokeSignInToken',
    method: 'POST',
    path: '/sign_in_tokens/{sign_in_token_id}/revoke',
    handle({ world, path }) {
      const ticket = ticketNamed(world, 'sign_in_token', path.sign_in_token_id)
      return signInTokenView(world, revokeTicket(world, ticket))
    },
  }),
]
