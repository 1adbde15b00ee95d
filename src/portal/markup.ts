import type { JsonObject } from '../model/pages.ts'
import type { Frontend } from './frontend.ts'

/** What the HTML of a page is made of. */
export interface Markup {
  readonly title: string
  /** What is behind the gateway, by its own name. */
  readonly name: string
  readonly language: string
  readonly prefix: string
  readonly home: string
  readonly nonce: string
  readonly publishableKey: string
  readonly frontend: Frontend
  /** Whether Clerk's components are on it, or its script alone. */
  readonly hasComponents: boolean
  /** Pages that lead to each other, by name and path. */
  readonly links: readonly (readonly [text: string, path: string])[]
  /** What the script of the page is told. */
  readonly settings: JsonObject
}

/** The versions that publishable keys of today go with: the newest of these. */
const clerkScript = '/npm/@clerk/clerk-js@6/dist/clerk.browser.js'
const componentsScript = '/npm/@clerk/ui@1/dist/ui.browser.js'

/** The HTML of a page. Nothing that is protected is in it: the browser asks Clerk for that. */
export function markup(page: Markup): string {
  const { prefix, nonce, frontend, hasComponents } = page
  const scripts = [clerkScript, ...(hasComponents ? [componentsScript] : [])]
  const proxy = frontend.proxyUrl ? ` data-clerk-proxy-url="${escaped(frontend.proxyUrl)}"` : ''
  const tags = scripts.map(
    (path) =>
      `<script defer nonce="${nonce}" crossorigin="anonymous" data-clerk-publishable-key="${escaped(page.publishableKey)}"${proxy} src="${escaped(frontend.base + path)}"></script>`,
  )
  const links = page.links.map(([text, path]) => `<a href="${escaped(path)}">${escaped(text)}</a>`)
  return `<!doctype html>
<html lang="${escaped(page.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escaped(page.title)} · ${escaped(page.name)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escaped(prefix)}/assets/page.css">
<script type="application/json" id="settings" nonce="${nonce}">${json(page.settings)}</script>
${tags.join('\n')}
<script type="module" nonce="${nonce}" src="${escaped(prefix)}/assets/page.js"></script>
</head>
<body>
<header><a class="name" href="${escaped(page.home)}">${escaped(page.name)}</a>${links.length > 0 ? `<nav>${links.join('')}</nav>` : ''}</header>
<main id="page" aria-label="${escaped(page.title)}"><p class="quiet" role="status">One moment…</p></main>
<noscript><p class="quiet">This page needs JavaScript, which is off in this browser.</p></noscript>
</body>
</html>
`
}

/** A text inside HTML, in an attribute or between tags. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** JSON inside a script element, which ends at the first `</script`, however it is meant. */
export function json(value: JsonObject): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
