import { credentialShown } from '../acts/credentials.ts'
import { notFound } from '../kernel/complaint.ts'
import { needed, text } from '../kernel/fields.ts'
import { backend } from './api.ts'
import { inBadRequests } from './bad-requests.ts'
import { accessTokenView } from './views/credential.ts'

/** Access tokens of OAuth applications; only `npm run token` makes any. */
export const oauthAccessTokensOperations = [
  backend({
    id: 'verifyOAuthAccessToken',
    method: 'POST',
    path: '/oauth_applications/access_tokens/verify',
    takes: { access_token: text(), secret: text() },
    async handle({ world, input, nowMs }) {
      const shown = needed(input.access_token ?? input.secret, 'access_token')
      const credential = await credentialShown(world, 'oauth_token', shown)
      if (credential === undefined) throw notFound('OAuth token not found')
      return accessTokenView(credential, nowMs)
    },
  }),
].map(inBadRequests)
