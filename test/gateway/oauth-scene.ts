import type { GatewayConfig } from '../../src/config/define.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { createWorld, type World } from '../support/world.ts'

/** Where the metadata of protected resources is. */
export const wellKnown = '/.well-known/oauth-protected-resource'
/** A route for OAuth tokens. */
export const oauth = { origin: 'api', accepts: ['oauth_token'] } as const

/** Routes that take OAuth tokens, and some that do not. */
export const routes: GatewayConfig['routes'] = [
  { path: '/mcp/**', ...oauth, access: { scope: 'read' } },
  { path: '/mcp/open/**', origin: 'api', access: 'public' },
  {
    path: '/tools/:tool/mcp/*',
    ...oauth,
    access: { any: [{ scope: 'tool' }, { all: [{ scope: 'all' }] }] },
  },
  {
    path: '/both/**',
    origin: 'api',
    accepts: ['session_token', 'oauth_token'],
    access: { not: { scope: 'evil' } },
  },
  { path: '/post/**', methods: ['POST'], ...oauth },
  { path: '/post/**', methods: ['GET'], origin: 'api' },
  { path: '/files/**', ...oauth, escapes: ['%2F'] },
  { path: '/hosted/**', host: 'mcp.usher.test', ...oauth },
  { path: '/deep', origin: 'api' },
  { path: '/deep/**', ...oauth },
  { path: '/api/**', origin: 'api' },
]

/** A gateway with these routes, and a Clerk that knows some tokens. */
export async function openScene(config: Partial<GatewayConfig> = {}): Promise<World> {
  const world = await createWorld({ config: { routes, ...config }, variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
  return world
}

/** What is told of a resource. */
export interface Metadata {
  readonly resource?: string
  readonly authorization_servers?: readonly string[]
  readonly scopes_supported?: readonly string[]
}

/** The metadata at an address, or the status where there is none. */
export async function metadata(url: string, asked: World): Promise<Metadata | number> {
  const response = await asked.walk(new Request(url))
  return response.status === 200 ? response.json() : response.status
}

/** The address that a refusal names, read as a client reads a challenge. */
export function hintOf(response: Response): string | undefined {
  const challenge = response.headers.get('www-authenticate') ?? ''
  return /(?:^Bearer |, )resource_metadata="([^"\\]*)"(?:,|$)/.exec(challenge)?.[1]
}
