import {
  credentialShown,
  hasExpired,
  makeCredential,
  newCredentialId,
  revokeCredential,
  secretOf,
} from '../acts/credentials.ts'
import { machineClaims, signToken, tokenHeader } from '../issuer.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import {
  type Field,
  flag,
  type InputOf,
  json,
  needed,
  nullable,
  number,
  oneOf,
  text,
} from '../kernel/fields.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import type { Machine, OpaqueCredentialRecord } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { type BackendCaller, backend, forMachines } from './api.ts'
import { badRequest, inBadRequests } from './bad-requests.ts'
import { newestFirst, pageOf } from './lists.ts'
import { machineTokenView } from './views/credential.ts'

/** What the instance says of every token; claims of a machine's own do not say it otherwise. */
const reservedClaims = ['aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'scopes', 'sub']

const machineId: Field<string> = (value, name) => {
  const read = text()(value, name)
  if (/^mch_\w{27}$/.test(read)) return read
  throw badRequest(`${name} must be the id of a machine.`)
}

const creationFields = {
  token_format: oneOf(['opaque', 'jwt']),
  seconds_until_expiration: nullable(number(1, 315_360_000)),
  claims: nullable(json),
  min_remaining_ttl_seconds: number(0, 315_360_000),
}

const listFields = {
  subject: machineId,
  revoked: nullable(flag),
  expired: nullable(flag),
  limit: number(1, 100),
  offset: nullable(number(0, Number.MAX_SAFE_INTEGER)),
}

const revocationFields = { revocation_reason: nullable(text(255)) }

/** Tokens by which machines speak to machines. */
export const m2mTokensOperations = [
  backend({
    id: 'createM2MToken',
    method: 'POST',
    path: '/m2m_tokens',
    takes: creationFields,
    async handle({ world, caller, input, nowMs }) {
      const machine = machineOf(world, caller)
      const made = { machine, input, nowMs }
      const answer = await (input.token_format === 'jwt' ? makeJwt : makeOpaque)(world, made)
      return jsonAnswer(answer, 201)
    },
  }),
  backend({
    id: 'getM2MTokens',
    method: 'GET',
    path: '/m2m_tokens',
    takes: listFields,
    handle({ world, caller, input, nowMs }) {
      const subject = needed(input.subject, 'subject')
      if (caller.kind === 'machine' && caller.id !== subject) {
        throw new Complaint(403, 'authorization_invalid', { message: 'Forbidden' })
      }
      const found = world.state.credentials.filter(
        (one) =>
          one.type === 'm2m_token' &&
          one.subject === subject &&
          (input.revoked || !one.isRevoked) &&
          (input.expired || !hasExpired(one, nowMs)),
      )
      const page = pageOf(newestFirst(found), { ...input, offset: input.offset ?? 0 })
      return {
        m2m_tokens: page.map((one) => machineTokenView(one, nowMs)),
        total_count: found.length,
      }
    },
  }),
  backend({
    id: 'revokeM2MToken',
    method: 'POST',
    path: '/m2m_tokens/{m2m_token_id}/revoke',
    takes: revocationFields,
    handle({ world, caller, path, input, nowMs }) {
      const token = world.state.credentials.get(path.m2m_token_id)
      const isTheirs = caller.kind === 'owner' || token?.subject === caller.id
      if (token?.type !== 'm2m_token' || !isTheirs) throw notFound('Machine token not found')
      const revoked = revokeCredential(world, token, input.revocation_reason ?? null)
      return machineTokenView(revoked, nowMs)
    },
  }),
  backend({
    id: 'verifyM2MToken',
    method: 'POST',
    path: '/m2m_tokens/verify',
    takes: { token: text() },
    async handle({ world, caller, input, nowMs }) {
      const token = await credentialShown(world, 'm2m_token', needed(input.token, 'token'))
      // A machine is told of the tokens that are for it, and of no others.
      const isTheirs = caller.kind === 'owner' || token?.scopes.includes(caller.id)
      if (token === undefined || !isTheirs) throw notFound('Machine token not found')
      return machineTokenView(token, nowMs)
    },
  }),
].map((one) => forMachines(inBadRequests(one)))

interface Wish {
  readonly machine: Machine
  readonly input: InputOf<typeof creationFields>
  readonly nowMs: number
}

function machineOf({ state }: World, caller: BackendCaller): Machine {
  const machine = caller.kind === 'machine' ? state.machines.get(caller.id) : undefined
  if (machine !== undefined) return machine
  throw badRequest('Tokens are made with the secret key of a machine.')
}

async function makeOpaque(world: World, { machine, input, nowMs }: Wish): Promise<object> {
  const lifetimeSeconds = input.seconds_until_expiration ?? machine.defaultTokenTtlSeconds
  const { min_remaining_ttl_seconds: minRemaining, claims = null } = input
  if (minRemaining !== undefined && minRemaining >= lifetimeSeconds) {
    throw badRequest('min_remaining_ttl_seconds must be less than the lifetime of the token.')
  }
  const usable = world.state.credentials.find(
    (one) =>
      minRemaining !== undefined &&
      isLike(one, machine, claims) &&
      (one.expiresAt ?? Number.POSITIVE_INFINITY) >= nowMs + Math.max(1, minRemaining * 1000),
  )
  const { id: subject, scopes } = machine
  const expiresAt = nowMs + lifetimeSeconds * 1000
  const draft = { type: 'm2m_token', subject, scopes, claims, expiresAt } as const
  const token = usable ?? (await makeCredential(world, draft))
  return { ...machineTokenView(token, nowMs), token: await secretOf(world, token) }
}

/** Whether a token says the same of a machine as a new one would. */
function isLike(
  token: OpaqueCredentialRecord,
  machine: Machine,
  claims: OpaqueCredentialRecord['claims'],
): boolean {
  return (
    token.type === 'm2m_token' &&
    token.subject === machine.id &&
    !token.isRevoked &&
    JSON.stringify(token.claims) === JSON.stringify(claims) &&
    JSON.stringify(token.scopes) === JSON.stringify(machine.scopes)
  )
}

/** A token that verifies by the keys of the instance; nothing is kept of it, so nobody can take it back. */
async function makeJwt(world: World, { machine, input, nowMs }: Wish): Promise<object> {
  const { claims = null } = input
  const reserved = reservedClaims.find((name) => Object.hasOwn(claims ?? {}, name))
  if (reserved !== undefined) throw badRequest(`${reserved} is a reserved claim.`)
  const nowSeconds = Math.floor(nowMs / 1000)
  const lifetimeSeconds = input.seconds_until_expiration ?? machine.defaultTokenTtlSeconds
  const id = newCredentialId('m2m_token')
  const { id: subject, scopes } = machine
  const issue = { issuer: `https://${world.settings.host}`, nowSeconds, lifetimeSeconds }
  const said = machineClaims({ ...issue, machineId: subject, receivers: scopes })
  const key = world.keys.current()
  const token = await signToken(key, tokenHeader('m2m_token', key), { ...claims, ...said, jti: id })
  const [createdAt, expiresAt] = [nowSeconds * 1000, (nowSeconds + lifetimeSeconds) * 1000]
  return {
    object: 'machine_to_machine_token',
    ...{ id, subject, scopes, claims, token, revoked: false, revocation_reason: null },
    ...{ expired: false, expiration: expiresAt, last_used_at: null },
    ...{ created_at: createdAt, updated_at: createdAt },
  }
}
