import { handshakeSeconds, keepHandshake } from '../acts/handshakes.ts'
import { activateOrganization, sessionToken } from '../acts/sessions.ts'
import { Complaint } from '../kernel/complaint.ts'
import { flag, needed, nullable, text } from '../kernel/fields.ts'
import type { Session } from '../kernel/records.ts'
import { frontend } from './api.ts'
import { cookie } from './cookies.ts'
import { isApplications } from './origin.ts'
import type { Call } from './sign-in-progress.ts'

const nonceCookie = '__clerk_handshake_nonce'

/** How a server of the application learns of the session when its own cookies do not say. */
export const handshakeOperations = [
  frontend({
    id: 'handshakeClient',
    method: 'GET',
    path: '/v1/client/handshake',
    takes: {
      redirect_url: text(),
      format: text(),
      organization_id: nullable(text()),
      satellite_fapi: text(),
      // Both spellings of every cookie are always set.
      suffixed_cookies: flag,
      __clerk_hs_reason: text(),
      // Whose session it is, the cookie of the browser says; a token in an address says nothing.
      __session: text(8192),
    },
    async handle(call) {
      const { caller, input, publicOrigin } = call
      const { format, organization_id: organization } = input
      if (format !== 'nonce') throw invalid('its format must be nonce')
      if (input.satellite_fapi !== undefined) throw onSatellite()
      const back = destination(call, needed(input.redirect_url, 'redirect_url'))
      const session = caller.liveSession()
      const token = session && (await tokenOf(call, session, { back, organization }))
      const isSecure = publicOrigin.startsWith('https:')
      const nonce = await keepHandshake(call.world, [
        ...caller.sessionCookies(token),
        // One that stayed would be asked about with every request, in vain.
        cookie(nonceCookie, '', { isSecure, isHttpOnly: true, maxAgeSeconds: 0 }),
      ])
      const short = { isSecure, isHttpOnly: true, maxAgeSeconds: handshakeSeconds }
      return new Response(null, {
        status: 307,
        headers: {
          location: back.href,
          'cache-control': 'no-store',
          'set-cookie': cookie(nonceCookie, nonce, short),
        },
      })
    },
  }),
]

/** Where to go back to: the application itself, or whoever wrote the link would be handed the session. */
function destination(call: Call, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isPlain = url?.username === '' && url.password === ''
  if (url !== undefined && isPlain && isApplications(call, url.origin)) return url
  throw invalid('its redirect_url is not of this application')
}

interface Wish {
  readonly back: URL
  readonly organization: string | null | undefined
}

async function tokenOf(
  { world }: Call,
  session: Session,
  { back, organization }: Wish,
): Promise<string | undefined> {
  const user = world.state.users.get(session.userId)
  if (user === undefined || user.isBanned) return undefined
  const active = organization === undefined ? session : activated(world, session, organization)
  return sessionToken(world, active, { authorizedParty: back.origin })
}

/** As Clerk does: where the organisation is none of the user's, the session stays where it was. */
function activated(world: Call['world'], session: Session, wanted: string | null): Session {
  try {
    return activateOrganization(world, session, wanted)
  } catch (thrown) {
    if (thrown instanceof Complaint) return session
    throw thrown
  }
}

function invalid(reason: string): Complaint {
  return new Complaint(400, 'invalid_handshake', {
    message: 'invalid handshake',
    longMessage: `The handshake request is invalid: ${reason}`,
  })
}

function onSatellite(): Complaint {
  return new Complaint(403, 'operation_not_allowed_on_satellite_domain', {
    message: 'operation not allowed',
    longMessage: 'This instance has no satellite domains.',
  })
}
