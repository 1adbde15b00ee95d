/**
 * Site: what you edit. It names the APIs behind the gateway, says who may reach what, and never contains
 * code that serves requests. The start of the Worker and the commands read it.
 *
 * `npm run check` tells what is wrong with it, all at once.
 */
import { defineGateway } from '../config/define.ts'

export default defineGateway((env) => ({
  origins: {
    api: { url: env.ORIGIN_URL },
    // { url: 'https://api.example.com/v1', timeout: '10s' }   a base path and a time-out
    // { service: 'BILLING' }                                  a Worker, by service binding
    // 'same-host'                                             the host on whose routes Usher runs
    // 'elsewhere'                                             another proxy leads there, and asks Usher
  },

  // The most specific route wins whatever the order. What no route matches is 404.
  routes: [
    { path: '/**', origin: 'api' }, // whoever is signed in: the default

    // { path: '/public/**', origin: 'api', access: 'public' },
    // { path: '/feed', origin: 'api', access: 'optional' },
    // { path: '/reports/**', methods: ['GET'], origin: 'api' },
    // { path: '/admin/**', origin: 'api', access: { role: 'admin' } },         // Usher's role
    // { path: '/team/**', origin: 'api', access: { org: 'org_2f8…', role: 'org:admin' } }, // Clerk's
    // { path: '/orgs/:orgId/**', origin: 'api',
    //   access: { org: ':orgId', permission: 'org:reports:read' } },
    // { path: '/staff/**', origin: 'api',
    //   access: { any: [{ role: 'admin' }, { role: 'support' }] } },
    // { path: '/live', origin: 'api', websocket: true },
    // { path: '/ingest', methods: ['POST'], origin: 'api', carriers: ['x-api-key'],
    //   accepts: ['api_key'], access: { scope: 'ingest' } },
    // { path: '/events/**', origin: 'api', accepts: ['m2m_token'] },           // other services
    // { path: '/mcp/**', origin: 'api', accepts: ['oauth_token'] },            // MCP clients
    // { path: '/graphql', origin: 'api', exchange: 'hasura' },                 // a JWT template
    // { path: '/legacy/**', origin: 'elsewhere' },                             // nginx only asks
  ],

  // hosts: ['api.example.com'],                      instead of HOSTS: others get 421
  // operator: { host: 'ops.example.com' },           where operators work; no route is there
  // canonicalOrigin: 'https://api.example.com',      how browsers know this gateway
  // signInUrl: 'https://accounts.example.com/sign-in',
  // identity: 'assertion',                           who is asking, signed, and no header beside it
  // aliases: { '/healthz': 'livez' },                Usher's own surfaces at further paths
  // verify: { accepts: ['m2m_token'] },              who may ask what a token is worth
  // checks: { callers: { edge: { secret: env.EDGE_SECRET, may: ['nginx'] } } },  who may ask
  // templates: ['hasura'],                           whose tokens callers may have themselves
}))
