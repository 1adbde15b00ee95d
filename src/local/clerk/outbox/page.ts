import { html, raw } from 'hono/html'
import type { World } from '../kernel/world.ts'
import { script, stylesheet } from './stylesheet.ts'
import { brokenOnPurpose } from './switchboard.ts'

/** A piece of HTML in which every value is escaped. */
export type Markup = ReturnType<typeof html>

/** The pages of the outbox: their addresses, which are relative so that it may stand anywhere, and their names. */
const pages = [
  ['./', 'Messages'],
  ['webhooks', 'Webhooks'],
  ['people', 'People'],
  ['switches', 'Switches'],
] as const

/** The address of one of the pages. */
export type PageAddress = (typeof pages)[number][0]

interface PageParts {
  readonly world: World
  readonly address: PageAddress
  readonly body: Markup | readonly Markup[]
}

/** A whole page, which no other site can frame, script or read. */
export async function pageResponse({ world, address, body }: PageParts): Promise<Response> {
  const nonce = crypto.randomUUID()
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pages.find(([one]) => one === address)?.[1]} · Local stand-in for Clerk</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(stylesheet)}</style>
</head>
<body>
<header>
<h1>Local stand-in for Clerk</h1>
<p class="soft">What would have been sent is here; nothing leaves this machine. This is not Clerk, nor made by Clerk.</p>
${broken(world)}
<nav>${pages.map(([one, name]) => link(one, name, address))}</nav>
</header>
<main>${body}</main>
<footer>For programs: <a href="outbox.json">outbox.json</a>, <a href="deliveries.json">deliveries.json</a>,
<a href="people.json">people.json</a>, <a href="switches.json">switches.json</a></footer>
<script nonce="${nonce}">${raw(script)}</script>
</body>
</html>`
  return new Response(String(text), {
    headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders(nonce) },
  })
}

function pageHeaders(nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    ...guardedHeaders,
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    // With none at all, browsers would not name the origin of the page in its own forms.
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
  }
}

/** What keeps any answer of the outbox from other sites. */
export const guardedHeaders = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

function link(address: PageAddress, name: string, current: PageAddress): Markup {
  return address === current
    ? html`<a href="${address}" aria-current="page">${name}</a>`
    : html`<a href="${address}">${name}</a>`
}

function broken(world: World): Markup {
  const words = brokenOnPurpose(world)
  if (words.length === 0) return html``
  return html`<div class="broken" role="status"><div><strong>Broken on purpose</strong>
<ul>${words.map((one) => html`<li>${one}</li>`)}</ul></div>${button('switches', 'Mend everything', { mend: true })}</div>`
}

/** A button that posts these members. */
export function button(
  action: string,
  name: string,
  members: Readonly<Record<string, string | number | boolean>>,
): Markup {
  const fields = Object.entries(members).map(
    ([member, value]) => html`<input type="hidden" name="${member}" value="${String(value)}">`,
  )
  return html`<form method="post" action="${action}">${fields}<button>${name}</button></form>`
}

/** How long ago, or in how long, in words that do not change every second. */
export function when(at: number, nowMs: number): Markup {
  const words = spanOf(Math.abs(at - nowMs))
  const iso = new Date(at).toISOString()
  const isAhead = at > nowMs
  const near = isAhead ? 'in a moment' : 'just now'
  const far = isAhead ? `in ${words}` : `${words} ago`
  return html`<time datetime="${iso}" title="${iso}">${words === undefined ? near : far}</time>`
}

function spanOf(spanMs: number): string | undefined {
  const seconds = Math.floor(spanMs / 10_000) * 10
  if (seconds === 0) return undefined
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} days`
}
