import { defineGateway } from '../config/define.ts'

/** What `npm start` runs when no API of one's own is named: one route of each kind. */
export default defineGateway(() => ({
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
    {
      path: '/orgs/:orgId/**',
      origin: 'demo',
      access: { org: ':orgId', permission: 'org:reports:read' },
    },
  ],
  aliases: { '/api/users/clerk-test/': 'clerk-test' },
}))
