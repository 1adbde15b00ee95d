import type { HeaderReader } from './asking.ts'
import { identityHeaders } from './headers.ts'
import { isNavigation } from './navigation.ts'
import { type Refusal, refusals } from './refusal.ts'

/** What shapes the answer to a refused request. */
export interface RefusalContext {
  readonly method: string
  /** The headers of the refused request. */
  readonly headers: HeaderReader
  readonly requestId: string
  /** Where a signed-out navigation is sent; `undefined` answers it in place. */
  readonly signIn?: { readonly url: string; readonly returnTo: string } | undefined
  /** Where a client learns who issues the OAuth tokens that count here (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string | undefined
}

/** Signing in mends these; after any other reason a sign-in page would only send the browser back. */
const mendedBySigningIn: readonly string[] = ['token-missing', 'token-expired', 'session-pending']

/**
 * The answer to a request that goes no further: problem+json (RFC 9457), HTML for a navigation, or a
 * redirect to the sign-in page when one is configured. An API call is never redirected: whoever sends
 * `Authorization` or does not ask for a page gets a status. Nothing in it may be stored.
 */
export function refusalResponse(refusal: Refusal, context: RefusalContext): Response {
  const { status, sentence } = refusals[refusal.code]
  const headers = refusalHeaders(refusal, context)
  const isPage = isNavigation(context.headers) && !context.headers.has('authorization')
  const isSafe = context.method === 'GET' || context.method === 'HEAD'
  if (isPage && isSafe && context.signIn && mendedBySigningIn.includes(refusal.code)) {
    const location = new URL(context.signIn.url)
    location.searchParams.set('redirect_url', context.signIn.returnTo)
    headers.set('location', location.href)
    return new Response(null, { status: 302, headers })
  }
  const body = isPage
    ? page(status, sentence, refusal.code, context.requestId)
    : problem(refusal, context.requestId)
  headers.set('content-type', isPage ? 'text/html; charset=utf-8' : 'application/problem+json')
  if (isPage) headers.set('content-security-policy', pagePolicy)
  return new Response(context.method === 'HEAD' ? null : body, { status, headers })
}

function refusalHeaders(refusal: Refusal, context: RefusalContext): Headers {
  const headers = new Headers({
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    [identityHeaders.requestId]: context.requestId,
  })
  const challenge = challengeOf(refusal, context)
  if (challenge !== undefined) headers.set('www-authenticate', challenge)
  if (refusal.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(refusal.retryAfterSeconds))
  }
  for (const [name, value] of refusal.rateLimits ?? []) headers.set(name, value)
  if (refusal.allow !== undefined) headers.set('allow', refusal.allow.join(', '))
  return headers
}

/**
 * RFC 6750 section 3: no error code when no credential was sent. `insufficient_scope` is said where a
 * scope is what is missing, for clients answer it by asking for more; nothing else that is 403 would change.
 */
function challengeOf(
  { code, scope }: Refusal,
  { resourceMetadata }: RefusalContext,
): string | undefined {
  const { status, sentence } = refusals[code]
  if (status !== 401 && code !== 'scope-missing') return undefined
  const error = code === 'scope-missing' ? 'insufficient_scope' : 'invalid_token'
  const isBare = code === 'token-missing' || code === 'caller-unauthenticated'
  const attributes = Object.entries({
    realm: 'usher',
    error: isBare ? undefined : error,
    error_description: status === 401 && !isBare ? sentence : undefined,
    scope,
    resource_metadata: resourceMetadata,
  }).filter(([, value]) => value !== undefined)
  return `Bearer ${attributes.map(([name, value]) => `${name}="${value}"`).join(', ')}`
}

function problem(refusal: Refusal, requestId: string): string {
  const { code, binding } = refusal
  const { status, sentence } = refusals[code]
  const type = `urn:usher:refusal:${code}`
  return `${JSON.stringify({
    type,
    title: sentence,
    status,
    code,
    binding,
    request_id: requestId,
    clerk_error: clerkErrorOf(refusal),
  })}\n`
}

/** What Clerk's own `reverificationErrorResponse` says, by which its components ask the user again. */
function clerkErrorOf({ reverification }: Refusal) {
  if (reverification === undefined) return undefined
  return { type: 'forbidden', reason: 'reverification-error', metadata: { reverification } }
}

const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

/** Everything in it is ours: a sentence of the table, its code, and an id that we made. */
function page(status: number, sentence: string, code: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} · ${sentence}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; place-content: center; min-height: 100vh; margin: 0; padding: 1rem }
h1 { font-size: 1.25rem; margin: 0 } p { margin: .5rem 0 0; opacity: .7 } code { font-size: .875rem }
</style>
<main><h1>${sentence}</h1><p><code>${status} ${code}</code></p><p><code>${requestId}</code></p></main>
</html>
`
}
