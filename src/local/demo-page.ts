import type { Hono } from 'hono'
import type { Room } from '../api/room.ts'
import script from './assets/demo.js' with { type: 'text' }
import { standInPath } from './stand-in-path.ts'

/** The front desk with one page more: `/demo` below the prefix shows what pages of origins get. */
export function withDemoPage(app: Hono<Room>, prefix: string): Hono<Room> {
  return app.get('/demo', () => {
    const nonce = crypto.randomUUID()
    return new Response(page(prefix, nonce), {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'`,
      },
    })
  })
}

function page(prefix: string, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Usher, locally</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
<script src="${prefix}/client.js" defer></script>
<script type="module" nonce="${nonce}">${script}</script>
</head>
<body>
<header><b>Usher, locally</b><nav><a href="${standInPath}/">Outbox</a><a href="/app/hello">A page of the demo origin</a></nav><usher-user-button></usher-user-button></header>
<main>
<section>
<h1>Who are you?</h1>
<usher-signed-out hidden><p>Nobody yet. Passwords are in the shell that runs <code>npm start</code>.</p><p><usher-sign-in-button class="button"></usher-sign-in-button></p></usher-signed-out>
<usher-signed-in hidden><p>You are signed in. <usher-sign-out-button></usher-sign-out-button></p></usher-signed-in>
<usher-protect role="admin" hidden><p class="mark">For those with Usher's role <code>admin</code>.</p></usher-protect>
<usher-protect org-role="org:admin" hidden><p class="mark">For administrators of the active organization.</p></usher-protect>
<usher-protect permission="org:reports:read" hidden><p class="mark">For those with <code>org:reports:read</code>.</p></usher-protect>
<p id="age" class="quiet"></p>
</section>
<section>
<h2>Changes</h2>
<ol id="log"></ol>
</section>
<section class="wide">
<p><button data-act="me">usher.me()</button> <button data-act="refresh">usher.refresh()</button> <button data-act="echo">GET /api/echo</button> <button data-act="admin">GET /admin/x</button></p>
<h2 id="title">me</h2>
<pre id="told" tabindex="0"></pre>
</section>
</main>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#dcdcd6, #34373c); --card: light-dark(#fff, #1d1f22); --quiet: light-dark(#5c5f66, #a8adb5); font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; background: light-dark(#f5f5f2, #131416); color: light-dark(#1d1e20, #eceef1) }
header, nav { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center }
header { padding: .75rem 1.5rem; border-bottom: 1px solid var(--line) }
header b { flex: 1 }
@media (max-width: 40rem) { nav { order: 1; width: 100% } }
a { color: inherit }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; max-width: 70rem; margin: 0 auto; padding: 1.5rem }
section { min-width: 0; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card) }
.wide { grid-column: 1 / -1 }
h1, h2 { margin: 0 0 .75rem; font-size: 1.125rem }
p { margin: 0 0 .75rem }
.mark { padding-left: .75rem; border-left: 3px solid light-dark(#1b7f4b, #6fd3a0) }
.quiet, li { color: var(--quiet) }
ol { margin: 0; padding-left: 1.25rem; max-height: 12rem; overflow: auto }
pre { margin: 0; max-height: 30rem; overflow: auto; font-size: .8125rem; white-space: pre-wrap; overflow-wrap: anywhere }
button, .button a { padding: .375rem .875rem; border: 1px solid var(--line); border-radius: .375rem; background: light-dark(#f3f3f0, #26282c); color: inherit; font: inherit; text-decoration: none; cursor: pointer }
:focus-visible { outline: 2px solid; outline-offset: 2px }
`
