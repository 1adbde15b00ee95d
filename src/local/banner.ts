import { localAdministrators, localOrganizations, localUsers } from './clerk/users.ts'
import { standInPath } from './stand-in-path.ts'

/** What the banner depends on. */
export interface Situation {
  readonly port: number
  /** The user's own API, when it is tried instead of the demo origin. */
  readonly originUrl: string | undefined
  /** Whether the local stand-in is in use, or the user's own Clerk keys. */
  readonly hasStandIn: boolean
  readonly keyringPath: string
  /** By which another proxy may ask for checks: it is worth nothing anywhere else. */
  readonly callerSecret: string
}

/** What `npm start` prints when the gateway answers: what runs, and lines to paste into a shell. */
export function banner(situation: Situation): string {
  return [
    `Usher is open: http://localhost:${situation.port}`,
    `Origin: ${situation.originUrl ?? 'the demo origin, which answers what it received'}`,
    ...(situation.originUrl ? ['Routes: src/site/gateway.config.ts'] : []),
    '',
    'Try, in another shell of this folder:',
    '',
    ...tries(situation).flatMap(([meaning, command]) => [`  # ${meaning}`, `  ${command}`]),
    '',
    // Last, where it is still seen: what there is to be clicked.
    ...clerkLines(situation),
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n')
}

function clerkLines({ hasStandIn, keyringPath, port, originUrl }: Situation): readonly string[] {
  if (!hasStandIn) {
    return [
      'Clerk:  the one in src/local/.dev.vars. The local stand-in is out of the game: tokens of',
      '        `npm run token` are refused, take one from your own application.',
    ]
  }
  const at = (path: string) => `http://localhost:${port}${path}`
  return [
    'Clerk:  a local stand-in',
    `Keys:   ${keyringPath} (delete it for new ones)`,
    `Users:  ${[...localUsers.keys()].map(describeUser).join(' · ')}`,
    ...[...localUsers.values()].map(
      ({ id, email, password }) => `        ${id}  ${email}  password: ${password}`,
    ),
    '',
    'In a browser:',
    ...(originUrl === undefined ? [`  Demo:    ${at('/_usher/demo')}`] : []),
    `  Sign in: ${at('/_usher/sign-in')}`,
    `  Outbox:  ${at(`${standInPath}/`)} has the codes and links that it would send`,
  ]
}

function describeUser(name: string): string {
  const traits = localAdministrators.includes(name) ? ["Usher's admin"] : []
  for (const organization of localOrganizations.values()) {
    const membership = organization.members.get(name)
    if (membership !== undefined) traits.push(`${membership.role} of ${organization.slug}`)
  }
  return `${name} (${traits.join(', ') || 'nobody in particular'})`
}

type Try = readonly [meaning: string, command: string]

function tries(situation: Situation): readonly Try[] {
  const { port, originUrl, hasStandIn } = situation
  const at = (path: string) => `http://localhost:${port}${path}`
  const own: readonly Try[] = [
    ['no token: 401', `curl -i ${at('/')}`],
    [
      'signed in: your API, with identity headers',
      `curl -i ${bearer('ada', hasStandIn)} ${at('/')}`,
    ],
    ['who the gateway thinks you are', `curl ${bearer('ada', hasStandIn)} ${at('/_usher/me')}`],
    ...checks(situation, '/'),
  ]
  if (originUrl !== undefined) return own
  if (!hasStandIn) {
    return [
      ['public', `curl ${at('/public/hello')}`],
      ['no token: 401', `curl -i ${at('/api/echo')}`],
      ['signed in', `curl ${bearer('ada', hasStandIn)} ${at('/api/echo')}`],
      ...checks(situation, '/api/echo'),
    ]
  }
  return [...demoTries(at), ...checks(situation, '/api/echo')]
}

function demoTries(at: (path: string) => string): readonly Try[] {
  const ada = bearer('ada', true)
  const grace = bearer('grace --org acme', true)
  return [
    ['public', `curl ${at('/public/hello')}`],
    ['no token: 401', `curl -i ${at('/api/echo')}`],
    ['signed in: the origin sees who it is', `curl ${ada} ${at('/api/echo')}`],
    ['forged headers never arrive', `curl ${ada} -H 'X_Usher_User_Id: eve' ${at('/api/echo')}`],
    ["Usher's admin", `curl ${ada} ${at('/admin/x')}`],
    ['not an admin: 403', `curl -i ${bearer('linus', true)} ${at('/admin/x')}`],
    ['a permission in the active organisation', `curl ${grace} ${at('/orgs/acme/reports')}`],
    ['who the gateway thinks you are', `curl ${grace} ${at('/_usher/me')}`],
    [
      'an API key, made for this',
      `curl -X POST ${bearer('ada --type api_key --scope ingest', true)} ${at('/ingest')}`,
    ],
    ['an MCP server: 401 says where to sign in', `curl -i ${at('/mcp/x')}`],
    ['an OAuth token', `curl ${bearer('ada --type oauth_token', true)} ${at('/mcp/x')}`],
    ["a template's token for the origin", `curl ${ada} ${at('/graphql')}`],
    ['a stream arrives as it is made', `curl -N ${ada} ${at('/api/stream')}`],
    [
      'make linus an admin, within a minute',
      `npm run grant -- ${localUsers.get('linus')?.id} admin`,
    ],
    [
      'the public keys of the stand-in',
      `curl ${at(`${standInPath}/frontend/.well-known/jwks.json`)}`,
    ],
  ]
}

/** What nginx would ask before it sends a request by itself, and what it must have for that. */
function checks(
  { port, originUrl, hasStandIn, callerSecret }: Situation,
  path: string,
): readonly Try[] {
  const at = `http://localhost:${port}`
  const context = {
    'X-Usher-Caller': '$SECRET',
    'X-Original-Method': 'GET',
    'X-Original-URL': `${at}${path}`,
    'X-Forwarded-For': '127.0.0.1',
  }
  const headers = Object.entries(context).map(([name, value]) => `-H "${name}: ${value}"`)
  const question = `${headers.join(' ')} ${at}/_usher/auth/nginx`
  const unless = originUrl === undefined ? '' : ', unless your config names who may ask'
  return [
    ['what another proxy shows when it asks', `SECRET='${callerSecret}'`],
    [
      `a check, as nginx asks for it: 200, and who it is${unless}`,
      `curl -i ${bearer('ada', hasStandIn)} ${question}`,
    ],
    ['the same for nobody: 401', `curl -i ${question}`],
  ]
}

function bearer(user: string, hasStandIn: boolean): string {
  const token = hasStandIn ? `$(npm run -s token -- --user ${user})` : '$TOKEN'
  return `-H "Authorization: Bearer ${token}"`
}
