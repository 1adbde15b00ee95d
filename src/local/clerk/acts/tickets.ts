import { encodeBase64url } from '../../../model/base64url.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { digestOf, newId, randomText } from '../kernel/identifiers.ts'
import type { Ticket, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** What a ticket is made for. */
export interface TicketDraft {
  readonly kind: Ticket['kind']
  readonly userId: string | null
  readonly expiresInSeconds: number
  /** Who will act in the name of the user. */
  readonly actor?: Ticket['actor']
  /** How long the session that it makes may last. */
  readonly sessionMaxDurationSeconds?: number | null | undefined
}

const prefixes: Readonly<Record<Ticket['kind'], string>> = {
  sign_in_token: 'sit',
  actor_token: 'act',
  testing_token: 'tst',
}

/** Makes a ticket. Its token is told once: a digest is all that is kept. */
export async function makeTicket(
  world: World,
  draft: TicketDraft,
): Promise<{ readonly ticket: Ticket; readonly token: string }> {
  const { kind, userId, expiresInSeconds, actor = null } = draft
  const { sessionMaxDurationSeconds = null } = draft
  const now = world.clock.now()
  const id = newId(prefixes[kind])
  const expiresAt = now + expiresInSeconds * 1000
  const token = kind === 'testing_token' ? testingToken(now) : ticketToken({ id, kind, expiresAt })
  const ticket = world.state.tickets.put({
    id,
    kind,
    userId,
    tokenDigest: await digestOf(token),
    status: 'pending',
    actor,
    sessionMaxDurationSeconds,
    expiresAt,
    createdAt: now,
    updatedAt: now,
  })
  return { ticket, token }
}

/** The ticket of a token that is good for signing in, and whose it is. A {@link Complaint} says why one is not. */
export async function usableTicket(
  { state, clock }: World,
  token: string,
  kinds: readonly Ticket['kind'][],
): Promise<{ readonly ticket: Ticket; readonly user: User }> {
  const digest = await digestOf(token)
  const ticket = state.tickets.find(({ tokenDigest }) => tokenDigest === digest)
  if (ticket === undefined) throw refusal('ticket_invalid_code', 'ticket is invalid')
  if (!kinds.includes(ticket.kind)) {
    throw refusal(`${ticket.kind}_not_in_sign_in_code`, 'the ticket is not for this')
  }
  const user = state.users.get(ticket.userId)
  if (user === undefined) {
    throw new Complaint(404, `${ticket.kind}_subject_not_found`, { message: 'user not found' })
  }
  if (ticket.status === 'revoked') throw used(ticket, 'revoked', 'has been revoked')
  if (ticket.status === 'accepted') throw used(ticket, 'already_used', 'has already been used')
  if (ticket.expiresAt <= clock.now()) throw refusal('ticket_expired_code', 'ticket has expired')
  return { ticket, user }
}

/** Uses a ticket up. */
export function redeemTicket({ state, clock }: World, ticket: Ticket): void {
  state.tickets.put({ ...ticket, status: 'accepted', updatedAt: clock.now() })
}

/** Refuses a testing token that is not one, or is too old. It may be shown as often as one likes. */
export async function checkTestingToken({ state, clock }: World, token: string): Promise<void> {
  const digest = await digestOf(token)
  const ticket = state.tickets.find(({ tokenDigest }) => tokenDigest === digest)
  if (ticket?.kind === 'testing_token' && ticket.expiresAt > clock.now()) return
  throw refusal('testing_token_invalid', 'the testing token is unknown or has expired')
}

/** The ticket of this kind and id; 404 for any other. */
export function ticketNamed(
  { state }: World,
  kind: Ticket['kind'],
  id: string | undefined,
): Ticket {
  const ticket = state.tickets.get(id)
  if (ticket?.kind !== kind) throw notFound(`${titles[kind]} not found`)
  return ticket
}

/** Revokes a ticket that nobody has used. */
export function revokeTicket({ state, clock }: World, ticket: Ticket): Ticket {
  const { kind, status } = ticket
  if (status !== 'pending') {
    throw refusal(
      `${kind}_cannot_be_revoked_code`,
      'cannot revoke',
      `${titles[kind]} cannot be revoked because its status is ${status}. Only pending tokens can be revoked.`,
    )
  }
  return state.tickets.put({ ...ticket, status: 'revoked', updatedAt: clock.now() })
}

const titles: Readonly<Record<Ticket['kind'], string>> = {
  sign_in_token: 'Sign in token',
  actor_token: 'Actor token',
  testing_token: 'Testing token',
}

function used({ kind }: Ticket, reason: string, words: string): Complaint {
  const title = titles[kind].toLowerCase()
  return refusal(
    `${kind}_${reason}_code`,
    `${title} ${words}`,
    `This ${title} ${words} and cannot be used anymore.`,
  )
}

function refusal(code: string, message: string, longMessage = message): Complaint {
  return new Complaint(400, code, { message, longMessage })
}

/** It looks like a JWT because Clerk's is one. No key signs it: it must never pass for a session token. */
function ticketToken(ticket: Pick<Ticket, 'id' | 'kind' | 'expiresAt'>): string {
  const { id, kind, expiresAt } = ticket
  const claims = { eid: id, exp: Math.floor(expiresAt / 1000), st: kind }
  const parts = [{ alg: 'none', typ: 'JWT' }, claims].map((part) =>
    encodeBase64url(JSON.stringify(part)),
  )
  return [...parts, encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))].join('.')
}

/** As Clerk writes one: a time, and a random name. */
function testingToken(nowMs: number): string {
  return `${Math.floor(nowMs / 1000)}-c_${randomText(43)}`
}
