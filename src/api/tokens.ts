import { decodeToken } from '../clerk/jwt.ts'
import type { Identified } from '../model/principal.ts'
import { type Refusal, refusals, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { ApiCapabilities, Call } from './capabilities.ts'
import { explain } from './diagnosis.ts'
import { json, readJson } from './json.ts'
import { lastSecondOf, refuseCall } from './room.ts'

/** `verify`: whether a token is valid and what it says, or the one reason; for callers whom the config names. */
export async function verify(call: Call): Promise<Response> {
  const admitted = await call.admitVerifier()
  if (!admitted.ok) return refuseCall(call, admitted.error)
  const token = await readText(call, 'token')
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
  const template = await readText(call, 'template')
  if (!template.ok) return refuseCall(call, template.error)
  if (!rules.templates.includes(template.value)) {
    return refuseCall(call, { code: 'template-unknown' })
  }
  const { moment } = call
  const token = await exchangeSession({ user: user.value, template: template.value, moment })
  if (!token.ok) return refuseCall(call, token.error)
  return json({ token: token.value, expires_at: expiryOf(token.value) })
}

/** Clerk has just made it for this caller, so what it says of itself is believed. */
function expiryOf(token: string): number | null {
  const decoded = decodeToken(token)
  const exp = decoded.ok ? decoded.value.payload.exp : undefined
  return typeof exp === 'number' ? exp : null
}

/** `diagnose`: which check a token fails, and which setting is likely wrong. */
export async function diagnose(
  call: Call,
  { rules, expectations }: ApiCapabilities,
): Promise<Response> {
  const token = await readText(call, 'token')
  if (!token.ok) return refuseCall(call, token.error)
  const verdict = await call.verify(token.value)
  const { accepts } = rules.surfaces
  const { nowMs } = call.moment
  return json(explain(verdict, { token: token.value, accepts, expectations, nowMs }))
}

async function readText({ request }: Call, member: string): Promise<Result<string, Refusal>> {
  const body = await readJson(request)
  if (!body.ok) return body
  const text = body.value[member]
  return typeof text === 'string' ? ok(text) : refuse('body-invalid')
}
