import { type Context, Hono } from 'hono'
import { type JsonObject, json, readJson } from '../api/json.ts'
import { type Room, refused } from '../api/room.ts'
import { authzenMetadataPath, callerHeader, someoneMayDecide } from '../model/checks.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import { describeDecisionPoint, evaluate, evaluateAll } from './authzen.ts'
import { identifyCaller } from './callers.ts'
import type { Checking } from './checking.ts'
import { answerDecisions } from './decisions.ts'
import type { Asker } from './judge.ts'

/** A hundred requests with a token each. */
const bodyMaxBytes = 256 * 1024

type Answer = (
  asked: JsonObject,
  asker: Asker,
  checking: Checking,
) => Promise<Result<unknown, Refusal>>

/** Decisions as data: Usher's own form, and AuthZEN's. */
export function createChecks(checking: Checking): Hono<Room> {
  const checks = new Hono<Room>()
  checks.post('/decisions', (c) => answerCaller(c, answerDecisions, checking))
  checks.post('/access/v1/evaluation', (c) => answerAuthzen(c, evaluate, checking))
  checks.post('/access/v1/evaluations', (c) => answerAuthzen(c, evaluateAll, checking))
  checks.get(authzenMetadataPath, (c) => tellMetadata(c, checking))
  checks.onError((error) => {
    throw error
  })
  return checks
}

/** Nothing that somebody sends is read before it is known that they may ask. */
async function answerCaller(
  c: Context<Room>,
  answer: Answer,
  checking: Checking,
): Promise<Response> {
  const { request, requestId, moment } = c.env.call
  const caller = identifyCaller(request, 'decisions', checking.rules.checks)
  if (!caller.ok) return refused(c, caller.error)
  const asked = await readJson(request, bodyMaxBytes)
  if (!asked.ok) return refused(c, asked.error)
  const clientAddress = request.headers.get('cf-connecting-ip') ?? undefined
  const asker = { caller: caller.value, requestId, moment, clientAddress }
  const answered = await answer(asked.value, asker, checking)
  return answered.ok ? json(answered.value) : refused(c, answered.error)
}

/** Section 10.1.3: whoever names their request is told of which one this is the answer. */
async function answerAuthzen(
  c: Context<Room>,
  answer: Answer,
  checking: Checking,
): Promise<Response> {
  const response = await answerCaller(c, answer, checking)
  const named = c.env.call.request.headers.get('x-request-id')
  if (named !== null) response.headers.set('X-Request-ID', named)
  return response
}

/** Everyone may know where decisions are made, but whoever asks for checks is answered by nothing else. */
function tellMetadata(c: Context<Room>, { rules: { checks } }: Checking): Response {
  const { request } = c.env.call
  if (!someoneMayDecide(checks)) return refused(c, { code: 'route-unknown' })
  if (request.headers.has(callerHeader)) {
    const caller = identifyCaller(request, 'decisions', checks)
    if (!caller.ok) return refused(c, caller.error)
  }
  return json(describeDecisionPoint(request.url))
}
