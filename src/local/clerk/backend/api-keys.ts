import {
  credentialShown,
  hasExpired,
  makeCredential,
  revokeCredential,
  secretOf,
} from '../acts/credentials.ts'
import { notFound } from '../kernel/complaint.ts'
import {
  type Field,
  flag,
  json,
  list,
  needed,
  nullable,
  number,
  oneOf,
  text,
} from '../kernel/fields.ts'
import type { OpaqueCredentialRecord } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { badRequest, inBadRequests } from './bad-requests.ts'
import { countedPage, newestFirst } from './lists.ts'
import { apiKeyView } from './views/credential.ts'

const path = '/api_keys/{apiKeyID}'

/** Whose a key is: a user's, an organisation's, or a machine's. */
const subject: Field<string> = (value, name) => {
  const read = text()(value, name)
  if (/^(user|org|mch)_\w{27}$/.test(read)) return read
  throw badRequest(`${name} must be the id of a user, an organization or a machine.`)
}

const keyName: Field<string> = (value, name) => {
  const read = text(255)(value, name)
  if (read.length >= 3 && read === read.trim()) return read
  throw badRequest(`${name} must have at least 3 characters, and no space around them.`)
}

const type = oneOf(['api_key'])

const traits = {
  description: nullable(text(255)),
  claims: nullable(json),
  scopes: list(text(255)),
  seconds_until_expiration: nullable(number(1, 315_360_000)),
}

const createdBy = nullable(text())

const revocationReason = nullable(text(255))

/** API keys of users, organisations and machines. */
export const apiKeysOperations = [
  backend({
    id: 'createApiKey',
    method: 'POST',
    path: '/api_keys',
    takes: { type, name: keyName, subject, created_by: createdBy, ...traits },
    async handle({ world, input, nowMs }) {
      const owner = needed(input.subject, 'subject')
      refuseUnknown(world, owner)
      const credential = await makeCredential(world, {
        type: 'api_key',
        subject: owner,
        name: needed(input.name, 'name'),
        description: input.description ?? null,
        scopes: input.scopes ?? [],
        claims: input.claims ?? null,
        createdBy: input.created_by ?? null,
        expiresAt: endOf(input.seconds_until_expiration, nowMs),
      })
      return { ...apiKeyView(credential, nowMs), secret: await secretOf(world, credential) }
    },
  }),
  backend({
    id: 'getApiKeys',
    method: 'GET',
    path: '/api_keys',
    takes: {
      type,
      subject,
      include_invalid: flag,
      limit: number(1, 100),
      offset: number(0, Number.MAX_SAFE_INTEGER),
      query: text(),
    },
    handle({ world, input, nowMs }) {
      const owner = needed(input.subject, 'subject')
      const sought = input.query?.toLowerCase() ?? ''
      const found = world.state.credentials.filter(
        (one) =>
          one.type === 'api_key' &&
          one.subject === owner &&
          (input.include_invalid || !(one.isRevoked || hasExpired(one, nowMs))) &&
          (one.name ?? '').toLowerCase().includes(sought),
      )
      return countedPage(newestFirst(found), input, (one) => apiKeyView(one, nowMs))
    },
  }),
  backend({
    id: 'getApiKey',
    method: 'GET',
    path,
    handle: ({ world, path, nowMs }) => apiKeyView(keyNamed(world, path.apiKeyID), nowMs),
  }),
  backend({
    id: 'updateApiKey',
    method: 'PATCH',
    path,
    takes: { subject, ...traits },
    handle({ world, path, input, nowMs }) {
      const { description, claims, scopes, seconds_until_expiration: seconds } = input
      const key = keyNamed(world, path.apiKeyID)
      if (input.subject !== undefined) refuseUnknown(world, input.subject)
      const changed = world.state.credentials.put({
        ...key,
        ...(description !== undefined && { description }),
        ...(claims !== undefined && { claims }),
        ...(scopes !== undefined && { scopes }),
        ...(input.subject !== undefined && { subject: input.subject }),
        ...(seconds !== undefined && { expiresAt: endOf(seconds, nowMs) }),
        updatedAt: nowMs,
      })
      return apiKeyView(changed, nowMs)
    },
  }),
  backend({
    id: 'deleteApiKey',
    method: 'DELETE',
    path,
    handle({ world, path }) {
      const { id } = keyNamed(world, path.apiKeyID)
      world.state.credentials.remove(id)
      return { object: 'api_key', id, deleted: true }
    },
  }),
  backend({
    id: 'getApiKeySecret',
    method: 'GET',
    path: `${path}/secret`,
    async handle({ world, path }) {
      return { secret: await secretOf(world, keyNamed(world, path.apiKeyID)) }
    },
  }),
  backend({
    id: 'revokeApiKey',
    method: 'POST',
    path: `${path}/revoke`,
    takes: { revocation_reason: revocationReason },
    handle({ world, path, input, nowMs }) {
      const key = keyNamed(world, path.apiKeyID)
      return apiKeyView(revokeCredential(world, key, input.revocation_reason ?? null), nowMs)
    },
  }),
  backend({
    id: 'verifyApiKey',
    method: 'POST',
    path: '/api_keys/verify',
    takes: { secret: text() },
    async handle({ world, input, nowMs }) {
      const key = await credentialShown(world, 'api_key', needed(input.secret, 'secret'))
      if (key === undefined) throw notFound('API key not found')
      return apiKeyView(key, nowMs)
    },
  }),
].map(inBadRequests)

function keyNamed({ state }: World, id: string | undefined): OpaqueCredentialRecord {
  const key = state.credentials.get(id?.replace(/^api_key_/, 'ak_'))
  if (key?.type !== 'api_key') throw notFound('API key not found')
  return key
}

function refuseUnknown({ state }: World, owner: string): void {
  const { users, organizations, machines } = state
  if ([users, organizations, machines].some((table) => table.get(owner) !== undefined)) return
  throw badRequest('subject is unknown.')
}

function endOf(seconds: number | null | undefined, nowMs: number): number | null {
  return seconds ? nowMs + seconds * 1000 : null
}
