import type { Context } from 'hono'
import type { Identified, Principal } from '../model/principal.ts'
import type { Refusal } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import type { Call } from './capabilities.ts'

/** What a room of the API gets from the front desk with each request, and keeps beside it. */
export interface Room {
  Bindings: { call: Call }
  Variables: { principal: Principal }
}

/** The answer to a call that goes no further, by the one table of refusals. */
export function refused(c: Context<Room>, refusal: Refusal): Response {
  return refuseCall(c.env.call, refusal)
}

/** The same where no context of Hono is at hand. */
export function refuseCall({ request, requestId, moment }: Call, refusal: Refusal): Response {
  moment.note({ reason: refusal.code })
  return refusalResponse(refusal, { method: request.method, headers: request.headers, requestId })
}

/** When a credential ends, in seconds since the epoch; `null` for one that does not end by itself. */
export function lastSecondOf({ expiresAtSeconds }: Identified): number | null {
  return Number.isFinite(expiresAtSeconds) ? expiresAtSeconds : null
}
