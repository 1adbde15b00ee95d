import { decodeToken } from '../clerk/jwt.ts'
import type { ApiCapabilities, Call } from './capabilities.ts'
import { json, readText } from './json.ts'
import { refuseCall } from './room.ts'

/**
 * `token`: the token of a JWT template for the session of whoever asks. It may outlive the session token
 * that buys it, so the session must stand when it is bought.
 */
export async function exchange(
  call: Call,
  { exchange: exchangeSession, rules }: ApiCapabilities,
): Promise<Response> {
  const user = await call.identifySession()
  if (!user.ok) return refuseCall(call, user.error)
  const template = await readText(call.request, 'template')
  if (!template.ok) return refuseCall(call, template.error)
  if (!rules.templates.includes(template.value)) {
    return refuseCall(call, { code: 'template-unknown' })
  }
  const token = await exchangeSession({ user: user.value, template: template.value })
  if (!token.ok) return refuseCall(call, token.error)
  return json({ token: token.value, expires_at: expiryOf(token.value) })
}

/** Clerk has just made it for this caller, so what it says of itself is believed. */
function expiryOf(token: string): number | null {
  const decoded = decodeToken(token)
  const exp = decoded.ok ? decoded.value.payload.exp : undefined
  return typeof exp === 'number' ? exp : null
}
