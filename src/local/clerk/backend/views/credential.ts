import type { OpaqueCredentialRecord } from '../../kernel/records.ts'
import { localClient } from '../../opaque-token.ts'

/** An API key as the Backend API tells of it. */
export function apiKeyView(credential: OpaqueCredentialRecord, nowMs: number): object {
  const { name, description, claims, createdBy, lastUsedAt } = credential
  return {
    object: 'api_key',
    type: 'api_key',
    ...{ name, description, claims, created_by: createdBy, last_used_at: lastUsedAt },
    ...credentialView(credential, nowMs),
  }
}

/** A machine's token as the Backend API tells of it. */
export function machineTokenView(credential: OpaqueCredentialRecord, nowMs: number): object {
  const { claims, lastUsedAt } = credential
  return {
    object: 'machine_to_machine_token',
    ...{ claims, last_used_at: lastUsedAt },
    ...credentialView(credential, nowMs),
  }
}

/** An OAuth access token as the Backend API tells of it: its times are seconds. */
export function accessTokenView(credential: OpaqueCredentialRecord, nowMs: number): object {
  return {
    object: 'clerk_idp_oauth_access_token',
    client_id: localClient,
    ...credentialView(credential, nowMs, 1000),
  }
}

function credentialView(credential: OpaqueCredentialRecord, nowMs: number, msPerUnit = 1): object {
  const { id, subject, scopes, isRevoked, revocationReason, expiresAt } = credential
  const time = (atMs: number) => Math.floor(atMs / msPerUnit)
  return {
    ...{ id, subject, scopes, revoked: isRevoked, revocation_reason: revocationReason },
    expired: expiresAt !== null && expiresAt <= nowMs,
    expiration: expiresAt === null ? null : time(expiresAt),
    created_at: time(credential.createdAt),
    updated_at: time(credential.updatedAt),
  }
}
