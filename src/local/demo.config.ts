import { type ConfigEnvironment, defineGateway, type RouteConfig } from '../config/define.ts'

/** What `npm start` runs when no API of one's own is named: one route of each kind. */
export default defineGateway((env) => ({
  origins: {
    demo: { service: 'DEMO' },
    // What is public has an origin of its own; here both are the same Worker.
    lobby: { service: 'LOBBY' },
  },
  routes: [
    { path: '/public/**', origin: 'lobby', access: 'public' },
    { path: '/api/**', origin: 'demo' },
    { path: '/api/ws', origin: 'demo', websocket: true },
    { path: '/admin/**', origin: 'demo', access: { role: 'admin' } },
    // Asks the database each time: who was banned a moment ago is out.
    { path: '/now/**', origin: 'demo', fresh: true },
    {
      path: '/orgs/:orgId/**',
      origin: 'demo',
      access: { org: ':orgId', permission: 'org:reports:read' },
    },
    // An MCP server: its clients find out where to sign in, and come back with an OAuth token.
    { path: '/mcp/**', origin: 'demo', accepts: ['oauth_token', 'session_token'] },
    ...machineRoutes(env),
    ...pageRoutes(env),
  ],
  pages: { name: 'Usher demo', home: '/_usher/demo' },
  aliases: { '/api/users/clerk-test/': 'clerk-test' },
  checks: {
    callers: {
      // Who is on this machine may ask for everything that one secret can: an Envoy has one of its own.
      proxy: {
        secret: env.USHER_CALLER_SECRET,
        may: ['nginx', 'traefik', 'caddy', 'haproxy', 'decisions'],
      },
    },
  },
}))

/** Pages for signed-in browsers: nobody is sent away whose cookie is stale or gone while their session lives. */
function pageRoutes(env: ConfigEnvironment): readonly RouteConfig[] {
  const {
    CLERK_SECRET_KEY: secretKey,
    CLERK_PROXY_URL: proxyUrl,
    AUTHORIZED_PARTIES: parties,
  } = env
  if (!secretKey || !proxyUrl || !parties) return []
  return [{ path: '/app/**', origin: 'demo', sessions: 'browser' }]
}

/** What needs more of Clerk than its name: with keys of one's own these come when they are complete. */
function machineRoutes(env: ConfigEnvironment): readonly RouteConfig[] {
  const { CLERK_SECRET_KEY: secretKey, CLERK_MACHINE_ID: machineId } = env
  if (secretKey === undefined) return []
  const exchange: RouteConfig = { path: '/graphql', origin: 'demo', exchange: 'demo' }
  if (machineId === undefined) return [exchange]
  return [
    exchange,
    {
      path: '/ingest',
      methods: ['POST'],
      origin: 'demo',
      accepts: ['api_key', 'm2m_token'],
      // A key must have been made for it; the scopes of a machine's token are the machines it is for.
      access: { any: [{ scope: 'ingest' }, { scope: machineId }] },
    },
  ]
}
