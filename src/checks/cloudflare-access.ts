import type { Call } from '../api/capabilities.ts'
import { json, readJson } from '../api/json.ts'
import { refuseCall } from '../api/room.ts'
import { createKeyRing, type KeyStore } from '../clerk/key-ring.ts'
import { askSources, type Send } from '../clerk/key-source.ts'
import { type Authority, holdAgainstFacts, type Scrutiny } from '../gateway/authenticate.ts'
import { authorize } from '../gateway/authorize.ts'
import { type AccessKey, publicAccessJwk } from '../model/access-key.ts'
import type { CloudflareAccess } from '../model/checks.ts'
import type { Clock, Moment } from '../model/clock.ts'
import type { ReadFacts } from '../model/facts.ts'
import type { Profile } from '../model/profile.ts'
import { type Refusal, refusals, refuse } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import { ok, type Result } from '../model/result.ts'
import { createSignAnswer } from './access-answer.ts'
import {
  type AccessQuestion,
  type AccessTeam,
  questionMaxBytes,
  readQuestion,
} from './access-question.ts'
import { personOf } from './person.ts'

/** What Access may ask, and what answers to it need of the world. */
export interface AccessDesk extends CloudflareAccess {
  /** The first signs; all are published. */
  readonly signingKeys: readonly AccessKey[]
  /** Whose verified primary address this is; `undefined` where that is nobody, or not one person. */
  readonly findByAddress: (address: string) => Promise<Result<string | undefined, Refusal>>
  /** Who somebody is at Clerk now; `undefined` who is gone. */
  readonly findPerson: (userId: string) => Promise<Result<Profile | undefined, Refusal>>
  /** Where the keys of an issuer are kept. */
  readonly openKeyStore: (issuer: string) => KeyStore
  readonly network: Send
  readonly clock: Clock
}

/** How long Access may keep the keys. */
const keysKeptSeconds = 300

/**
 * `access/evaluate`: the Evaluate URL of Cloudflare Access' external evaluation
 * (https://developers.cloudflare.com/cloudflare-one/access-controls/policies/external-evaluation/).
 */
export function createEvaluate(
  desk: AccessDesk,
  { readFacts }: Pick<Authority, 'readFacts'>,
): (call: Call) => Promise<Response> {
  const team = openTeam(desk)
  const sign = createSignAnswer(desk.signingKeys)

  return async function evaluate(call) {
    const { request, moment } = call
    const body = await readJson(request, questionMaxBytes)
    if (!body.ok) return refuseCall(call, body.error)
    const { token } = body.value
    if (typeof token !== 'string') return refuseCall(call, { code: 'body-invalid' })
    const question = await readQuestion(token, team, moment)
    if (!question.ok) return turnAway(call, question.error)
    const verdict = await judge(question.value, { ...desk, readFacts }, moment)
    if (!verdict.ok && isOutage(verdict.error)) return refuseCall(call, verdict.error)
    if (!verdict.ok) moment.note({ reason: verdict.error.code })
    const answer = { success: verdict.ok, nonce: question.value.nonce }
    return json({ token: await sign(answer, moment.nowMs) })
  }
}

/** The team is an issuer of its own: its keys never vouch for anything but its questions. */
function openTeam({ issuer, network, clock, openKeyStore }: AccessDesk): AccessTeam {
  const source = { url: `${issuer}/cdn-cgi/access/certs`, secretKey: undefined }
  const ask = askSources([source], network, clock)
  return { issuer, keys: createKeyRing({ ask, store: openKeyStore(issuer), clock }) }
}

/** Whoever does not show a question of Access' learns nothing; the record says why. */
function turnAway({ request, requestId, moment }: Call, refusal: Refusal): Response {
  moment.note({ reason: refusal.code })
  const told: Refusal = isOutage(refusal) ? refusal : { code: 'caller-unknown' }
  return refusalResponse(told, { method: request.method, headers: request.headers, requestId })
}

function isOutage({ code }: Refusal): boolean {
  return refusals[code].status === 503
}

/** What a verdict rests on. */
interface Judge extends Pick<AccessDesk, 'access' | 'findByAddress' | 'findPerson'> {
  readonly readFacts: ReadFacts
}

/**
 * Whether the one owner of the address stands, and was granted what is asked for, by the database as it is now. That
 * the address is theirs was true when they were first seen: before a yes, Clerk says whether it still is.
 */
async function judge(
  question: AccessQuestion,
  { access, findByAddress, findPerson, readFacts }: Judge,
  moment: Moment,
): Promise<Result<unknown, Refusal>> {
  const { address } = question
  if (address === undefined) return refuse('person-unknown')
  const found = await findByAddress(address)
  if (!found.ok) return found
  if (found.value === undefined) return refuse('person-unknown')
  const principal = personOf(found.value, {
    issuedAtSeconds: question.askedAtSeconds,
    expiresAtSeconds: question.expiresAtSeconds,
  })
  moment.note({ principal })
  const scrutiny: Scrutiny = { ...closely, access }
  const standing = { carrier: undefined, moment, scrutiny }
  const caller = await holdAgainstFacts(principal, standing, { readFacts })
  if (!caller.ok) return caller
  const asked = { route: { access }, parameters: new Map<string, string>() }
  const permitted = authorize(asked, caller.value, { segments: [] })
  if (!permitted.ok) return permitted
  const person = await findPerson(found.value)
  return person.ok ? holdAgainstProfile(person.value, address) : person
}

/** Whether somebody is still there, and an address is theirs. Who is locked out of signing in is let in elsewhere, too. */
function holdAgainstProfile(
  profile: Profile | undefined,
  address: string,
): Result<unknown, Refusal> {
  if (profile === undefined) return refuse('user-deleted')
  if (profile.status === 'banned') return refuse('user-banned')
  const isTheirs = profile.emailVerified && profile.email === address
  return isTheirs ? ok(undefined) : refuse('person-unknown')
}

/** What Access lets in stays in for as long as a session of Access lasts, so nothing older counts. */
const closely: Omit<Scrutiny, 'access'> = {
  accepts: [],
  carriers: [],
  cookieAzp: 'strict',
  revocation: 'fresh',
  tellsFacts: false,
}

/** `access/keys`: the Keys URL, where Access takes what answers verify with. */
export function publishKeys({ signingKeys: keys }: Pick<AccessDesk, 'signingKeys'>): Response {
  return new Response(`${JSON.stringify({ keys: keys.map(publicAccessJwk) })}\n`, {
    headers: {
      'content-type': 'application/json',
      'cache-control': `public, max-age=${keysKeptSeconds}`,
      'x-content-type-options': 'nosniff',
    },
  })
}
