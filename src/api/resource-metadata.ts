import type { ApiCapabilities, Call } from './capabilities.ts'
import { refuseCall } from './room.ts'

/** How long a client may keep it: routes change with a deployment. */
const keptSeconds = 300

/** Clients of OAuth run in pages of any site, and send a header of their own (`MCP-Protocol-Version`). */
const openToPages = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400', // 1 day
}

/**
 * Who issues the tokens that count at a resource (RFC 9728 section 3.2), so that whoever was refused there
 * knows where to sign in.
 */
export function resourceMetadata(call: Call, { expectations }: ApiCapabilities): Response {
  if (call.request.method === 'OPTIONS') {
    return new Response(null, { status: 204, headers: openToPages })
  }
  const described = call.describeResource()
  if (described === undefined) {
    const unknown = refuseCall(call, { code: 'route-unknown' })
    for (const [name, value] of Object.entries(openToPages)) unknown.headers.set(name, value)
    return unknown
  }
  const { resource, scopes } = described
  const metadata = {
    resource,
    authorization_servers: expectations.issuers.slice(0, 1),
    bearer_methods_supported: ['header'],
    // RFC 9728 section 2: what would be empty is left out.
    scopes_supported: scopes.length > 0 ? scopes : undefined,
  }
  return new Response(`${JSON.stringify(metadata)}\n`, {
    headers: {
      ...openToPages,
      'content-type': 'application/json',
      'cache-control': `public, max-age=${keptSeconds}`,
      'x-content-type-options': 'nosniff',
    },
  })
}
