import { encodeBase64url } from '../../../model/base64url.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { ownerOf } from '../kernel/identifications.ts'
import { digestOf, randomText } from '../kernel/identifiers.ts'
import type { World } from '../kernel/world.ts'

interface Destination {
  readonly emailAddress: string
  readonly publicOrigin: string
  readonly redirectUrl: string | null
}

/**
 * The link of an invitation and the digest of the ticket in it. It leads where the invited person can go
 * on: those with an account sign in, everyone else signs up.
 */
export async function makeLink(
  world: World,
  { emailAddress, publicOrigin, redirectUrl }: Destination,
): Promise<{ readonly url: string; readonly ticketDigest: string }> {
  const status = ownerOf(world, emailAddress) ? 'sign_in' : 'sign_up'
  const page = status === 'sign_in' ? '/_usher/sign-in' : '/_usher/sign-up'
  const url = urlOf(redirectUrl ?? `${publicOrigin}${page}`)
  const ticket = ticketText()
  url.searchParams.set('__clerk_ticket', ticket)
  url.searchParams.set('__clerk_status', status)
  return { url: url.href, ticketDigest: await digestOf(ticket) }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw wrongParameter(
    'form_param_format_invalid',
    'redirect_url',
    'redirect_url must be a valid URL.',
  )
}

/** It looks like a JWT because Clerk's is one. No key signs it: it must never pass for a session token. */
function ticketText(): string {
  const parts = [{ alg: 'none', typ: 'JWT' }, { st: 'invitation' }]
  return [...parts.map((part) => encodeBase64url(JSON.stringify(part))), randomText(43)].join('.')
}
