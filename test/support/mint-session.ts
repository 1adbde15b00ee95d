import {
  type IssuerKey,
  sessionClaims,
  signToken,
  tokenHeader,
} from '../../src/local/clerk/issuer.ts'
import { instanceId } from '../../src/local/clerk/kernel/world-opening.ts'
import { identifier, localOrganizations, localUsers } from '../../src/local/clerk/users.ts'
import { webhookRequest } from '../../src/local/clerk/webhooks/signature.ts'
import { clerkHost, keyringPath, openKeyring, webhookSecret } from '../../src/local/keyring.ts'
import { usualParty } from '../../src/local/ports.ts'
import type { Claims } from '../../src/model/principal.ts'

/** Whoever signs tokens: the host in the publishable key, and the private key. */
export interface TokenIssuer {
  readonly host: string
  readonly key: IssuerKey
}

/** What a session token is to say. */
export interface SessionDraft {
  /** A local user by name (`ada`), or somebody whom nobody knows. */
  readonly user: string | { readonly id: string; readonly email?: string; readonly number?: number }
  readonly sessionId?: string
  /** The active organisation: a local one by its slug, or one that nobody knows. */
  readonly org?: string | { readonly id: string; readonly slug: string }
  /** `org:admin`; that of the local member, or `org:member`, when not given. */
  readonly role?: string
  readonly permissions?: readonly string[]
  /** The origin of the page that asked; that of `npm start` when not given. */
  readonly authorizedParty?: string
  readonly nowMs?: number
  /** 60 when not given; negative for a token that has expired. */
  readonly expiresSeconds?: number
  /** Laid over the claims. */
  readonly claims?: Claims
}

/**
 * A session token that the gateway accepts as one of Clerk's: that of `npm start` in this checkout, or whoever knows
 * the public key of the issuer that is given.
 */
export async function mintSession(draft: SessionDraft, issuer?: TokenIssuer): Promise<string> {
  const { key, host } = issuer ?? (await localIssuer())
  const { authorizedParty = usualParty, nowMs = Date.now(), expiresSeconds = 60 } = draft
  const claims = sessionClaims({
    issuer: `https://${host}`,
    nowSeconds: Math.floor(nowMs / 1000),
    lifetimeSeconds: expiresSeconds,
    user: userOf(draft),
    active: activeOf(draft),
    authorizedParty,
  })
  return signToken(key, tokenHeader('session_token', key), { ...claims, ...draft.claims })
}

async function localIssuer(): Promise<TokenIssuer> {
  const keyring = await openKeyring(keyringPath)
  return { host: clerkHost(keyring), key: keyring.issuerKey }
}

function userOf({ user, sessionId }: SessionDraft) {
  if (typeof user !== 'string') {
    const { id, email = `${id}@example.com`, number = 0 } = user
    return { id, email, number, sessionId: sessionId ?? identifier('sess', id.replace(/\W/g, '')) }
  }
  const known = localUsers.get(user)
  if (known === undefined) throw new Error(`There is no local user ${user}`)
  return { ...known, sessionId: sessionId ?? known.sessionId }
}

function activeOf({ user, org, role, permissions }: SessionDraft) {
  if (org === undefined) return undefined
  if (typeof org !== 'string') {
    return {
      organization: org,
      membership: { role: role ?? 'org:member', permissions: permissions ?? [] },
    }
  }
  const organization = localOrganizations.get(org)
  if (organization === undefined) throw new Error(`There is no local organisation ${org}`)
  const member = typeof user === 'string' ? organization.members.get(user) : undefined
  const membership = {
    role: role ?? member?.role ?? 'org:member',
    permissions: permissions ?? member?.permissions ?? [],
  }
  return { organization, membership }
}

/** How a webhook is signed, and where it is for. */
export interface WebhookSealing {
  readonly url?: string
  /** `whsec_…`; that of `npm start` in this checkout when not given. */
  readonly secret?: string
  /** The same for every delivery of one message. */
  readonly id?: string
  readonly nowMs?: number
}

/** One of Clerk's webhooks, signed as Svix signs: `fetch(await webhook('user.deleted', { id, … }))`. */
export async function webhook(
  type: string,
  data: object,
  {
    url = `${usualParty}/_usher/webhooks/clerk`,
    secret,
    id,
    nowMs = Date.now(),
  }: WebhookSealing = {},
): Promise<Request> {
  const body = JSON.stringify({
    data,
    event_attributes: { http_request: { client_ip: '127.0.0.1', user_agent: '' } },
    instance_id: instanceId,
    object: 'event',
    timestamp: nowMs,
    type,
  })
  return webhookRequest(url, {
    body,
    nowMs,
    id: id ?? `msg_${crypto.randomUUID().replaceAll('-', '')}`,
    secret: secret ?? webhookSecret(await openKeyring(keyringPath)),
  })
}
