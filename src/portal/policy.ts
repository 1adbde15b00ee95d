import type { Frontend } from './frontend.ts'

/** What one page may load. */
export interface PolicyTerms {
  readonly nonce: string
  /** Scheme and host that the page is shown under. */
  readonly origin: string
  readonly frontend: Pick<Frontend, 'base' | 'source'>
  readonly googleOneTap: boolean
}

/** Where bots are told from people, and where Clerk finds out about abuse. */
const challenges = 'https://challenges.cloudflare.com'
const protect = 'https://*.protect.clerk.com'

/** What Google says that its script needs (developers.google.com/identity/gsi/web/guides/get-google-api-clientid). */
const google = {
  script: 'https://accounts.google.com/gsi/client',
  style: 'https://accounts.google.com/gsi/style',
  frame: 'https://accounts.google.com/gsi/',
}

/**
 * The Content-Security-Policy of a page: what Clerk's components need by Clerk's own list
 * (clerk.com/docs/guides/secure/best-practices/csp-headers), and nothing else. Their scripts load further ones
 * without a nonce, so where they come from is named too: of the page's own origin no more than that path, as
 * whatever else is on it comes from origins.
 */
export function contentPolicy({ nonce, origin, frontend, googleOneTap }: PolicyTerms): string {
  const source = frontend.source === undefined ? [] : [frontend.source]
  const googles = (part: keyof typeof google) => (googleOneTap ? [google[part]] : [])
  const directives = {
    'default-src': ["'none'"],
    'script-src': [
      `'nonce-${nonce}'`,
      frontend.source ?? `${origin}${frontend.base}/npm/@clerk/`,
      challenges,
      protect,
      ...googles('script'),
    ],
    // Hosts of Protect listen on further ports.
    'connect-src': ["'self'", ...source, `${protect}:*`, ...googles('frame')],
    'img-src': ["'self'", 'data:', 'https://img.clerk.com'],
    'style-src': ["'self'", "'unsafe-inline'", ...googles('style')],
    'worker-src': ["'self'", 'blob:'],
    'frame-src': [challenges, protect, ...googles('frame')],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
  }
  return Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ')
}

/** The headers of a page: it is for this one caller, in no frame, and tells nobody its query. */
export function pageHeaders(terms: PolicyTerms): Headers {
  return new Headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentPolicy(terms),
    'cache-control': 'private, no-store',
    // Popups of its own may report back: accounts of others are connected in them.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'strict-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
}

/** A fresh word that scripts of one answer are known by. */
export function newNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
}
