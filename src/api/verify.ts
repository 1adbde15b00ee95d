import type { Identified } from '../model/principal.ts'
import { refusals } from '../model/refusal.ts'
import type { Call } from './capabilities.ts'
import { json, readText } from './json.ts'
import { lastSecondOf, refuseCall } from './room.ts'

/** `verify`: whether a token is valid and what it says, or the one reason; for callers whom the config names. */
export async function verify(call: Call): Promise<Response> {
  const admitted = await call.admitVerifier()
  if (!admitted.ok) return refuseCall(call, admitted.error)
  const token = await readText(call.request, 'token')
  if (!token.ok) return refuseCall(call, token.error)
  const verified = await call.verify(token.value)
  if (verified.ok) return json({ valid: true, ...credentialOf(verified.value) })
  const { status, sentence } = refusals[verified.error.code]
  // What could not be found out says nothing about the token.
  if (status === 503 || status === 429) return refuseCall(call, verified.error)
  return json({ valid: false, reason: verified.error.code, message: sentence })
}

/** Never the token itself. */
function credentialOf(principal: Identified) {
  return {
    token_type: principal.tokenType,
    subject: principal.kind === 'user' ? principal.userId : principal.subject,
    scopes: principal.scopes,
    expires_at: lastSecondOf(principal),
    claims: principal.claims,
  }
}
