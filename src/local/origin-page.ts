/** A page of the demo origin: it greets by what the gateway says of the caller, and has no code of Clerk's. */
export function originPage(request: Request): Response {
  const userId = request.headers.get('x-usher-user-id') ?? ''
  const organizationId = request.headers.get('x-usher-org-id') ?? ''
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page of the demo origin</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 0 auto; padding: 1.5rem }
header { display: flex; justify-content: space-between; align-items: center }
code { overflow-wrap: anywhere }
</style>
<script src="/_usher/client.js" defer></script>
<header><h1>Hello</h1><usher-user-button></usher-user-button></header>
<p>You are <code id="user">${plain(userId)}</code>, says the gateway.</p>
<p>Your organization is <code id="organization">${plain(organizationId) || 'none'}</code>.</p>
<usher-protect role="admin" hidden><p>You hold Usher's role <code>admin</code>.</p></usher-protect>
<p><a href="/_usher/demo">Back to the demo</a></p>
</html>
`
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}

/** An id is letters, digits and underscores. */
function plain(id: string): string {
  return id.replaceAll(/\W/g, '')
}
