import { makeTicket, revokeTicket, ticketNamed } from '../acts/tickets.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { json, needed, number, text } from '../kernel/fields.ts'
import { backend } from './api.ts'
import { userNamed } from './users.ts'
import { actorTokenView } from './views/ticket.ts'

const seconds = number(1, 315_360_000)

/** Tokens by which one person acts in the name of another. */
export const actorTokensOperations = [
  backend({
    id: 'CreateActorToken',
    method: 'POST',
    path: '/actor_tokens',
    takes: {
      user_id: text(),
      actor: json,
      expires_in_seconds: seconds,
      session_max_duration_in_seconds: seconds,
    },
    async handle({ world, input }) {
      const { id: userId } = userNamed(world, needed(input.user_id, 'user_id'))
      const actor = needed(input.actor, 'actor')
      if (typeof actor.sub !== 'string' || actor.sub === '') {
        throw wrongParameter('form_param_format_invalid', 'actor', 'actor must have a sub.')
      }
      const { ticket, token } = await makeTicket(world, {
        kind: 'actor_token',
        userId,
        actor,
        expiresInSeconds: input.expires_in_seconds ?? 60 * 60,
        sessionMaxDurationSeconds: input.session_max_duration_in_seconds ?? 30 * 60,
      })
      return actorTokenView(world, ticket, token)
    },
  }),
  backend({
    id: 'RevokeActorToken',
    method: 'POST',
    path: '/actor_tokens/{actor_token_id}/revoke',
    handle({ world, path }) {
      const ticket = ticketNamed(world, 'actor_token', path.actor_token_id)
      return actorTokenView(world, revokeTicket(world, ticket))
    },
  }),
]
