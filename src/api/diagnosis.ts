import type { Expectations } from '../clerk/claims.ts'
import { decodeToken } from '../clerk/jwt.ts'
import { jwtTypeOf, opaqueTypeOf } from '../clerk/token-type.ts'
import type { Identified, TokenType } from '../model/principal.ts'
import { type Refusal, type RefusalCode, refusals } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { ApiCapabilities, Call } from './capabilities.ts'
import type { Seen } from './finding.ts'
import { type DiagnosedCode, findings } from './findings.ts'
import { json, readText } from './json.ts'
import { refuseCall } from './room.ts'

/** What was asked about, and what it was held against. */
interface Evidence {
  readonly token: string
  /** What some route accepts. */
  readonly accepts: readonly TokenType[]
  readonly expectations: Expectations
  readonly nowMs: number
}

/** Why a token is refused, for whoever runs Usher. Never a key, and of the token only what was compared. */
interface Diagnosis {
  /** `null` where it could not be found out. */
  readonly valid: boolean | null
  /** What the token is by its shape. */
  readonly token_type: TokenType | null
  readonly reason: RefusalCode | null
  /** The check that failed. */
  readonly check: string | null
  readonly expected: string | null
  readonly got: string | null
  /** The variable that is likely wrong. */
  readonly setting: string | null
  readonly advice: string
}

/** `diagnose` where it is open to everyone: which check a token fails, and which setting is likely wrong. */
export async function diagnose(call: Call, capabilities: ApiCapabilities): Promise<Response> {
  const token = await readText(call.request, 'token')
  if (!token.ok) return refuseCall(call, token.error)
  return json(await diagnoseToken(token.value, call, capabilities))
}

/** Which check a token fails, and which setting is likely wrong. */
export async function diagnoseToken(
  token: string,
  call: Call,
  { rules, expectations }: Pick<ApiCapabilities, 'rules' | 'expectations'>,
): Promise<Diagnosis> {
  const verdict = await call.verify(token)
  const { accepts } = rules.surfaces
  const { nowMs } = call.moment
  return explain(verdict, { token, accepts, expectations, nowMs })
}

/** Explains what the gateway itself made of a token. */
function explain(verdict: Result<Identified, Refusal>, evidence: Evidence): Diagnosis {
  const seen = look(evidence)
  if (verdict.ok) return { ...sound, ...praise(verdict.value.tokenType, evidence.accepts) }
  const { code } = verdict.error
  const { status, sentence } = refusals[code]
  const found = isDiagnosed(code) ? findings[code](seen) : { check: code, advice: sentence }
  const valid = status === 503 || status === 429 ? null : false
  return { ...sound, valid, token_type: seen.type ?? null, reason: code, ...found }
}

/** In the order in which it is told. */
const sound = {
  valid: true,
  token_type: null,
  reason: null,
  check: null,
  expected: null,
  got: null,
  setting: null,
} as const

function praise(type: TokenType, accepts: readonly TokenType[]) {
  const advice = accepts.includes(type)
    ? 'Every check passes. What a route accepts and asks for is another matter: accepts, access.'
    : `Every check passes, but no route accepts it: say accepts: ['${type}'].`
  return { token_type: type, advice }
}

function isDiagnosed(code: RefusalCode): code is DiagnosedCode {
  return code in findings
}

function look({ token, expectations, nowMs }: Evidence): Seen {
  const opaque = opaqueTypeOf(token)
  const decoded = opaque === undefined ? decodeToken(token) : undefined
  const parts = decoded?.ok ? decoded.value : undefined
  const type = parts && jwtTypeOf(parts)
  return {
    token,
    expectations,
    nowMs,
    type: opaque ?? (type?.ok ? type.value : undefined),
    header: parts?.header,
    payload: parts?.payload,
  }
}
