import { type Context, Hono } from 'hono'
import type { OpaqueType } from '../../clerk/token-type.ts'
import {
  type IssuerKey,
  publicIssuerJwk,
  signToken,
  templateClaims,
  tokenHeader,
} from './issuer.ts'
import { opaqueRecord } from './opaque-record.ts'
import { openOpaque } from './opaque-token.ts'
import { userRecord } from './user-record.ts'
import { localUsers } from './users.ts'

/** What opens the local Backend API. Nothing does where there is no key. */
export interface Opening {
  readonly secretKey?: string | undefined
  /** Opens the verification of machines' tokens, for those that are for this machine. */
  readonly machine?: { readonly id: string; readonly secretKey: string } | undefined
}

/** How long a token of a template lasts by default at Clerk. */
const templateLifetimeSeconds = 60

/** What Usher asks of Clerk's Backend API. */
export function backendApi(key: IssuerKey, opening: Opening): Hono {
  const api = new Hono()
  api.use('*', askForKey(opening))
  api.get('/jwks', (c) => c.json({ keys: [publicIssuerJwk(key)] }))
  api.get('/users/:id', (c) => {
    const user = [...localUsers.values()].find(({ id }) => id === c.req.param('id'))
    return user ? c.json(userRecord(user)) : notFound()
  })
  api.post('/sessions/:id/tokens/:template', async (c) => {
    const user = [...localUsers.values()].find(({ sessionId }) => sessionId === c.req.param('id'))
    if (user === undefined) return notFound('Session not found')
    const claims = templateClaims({
      issuer: `https://${new URL(c.req.url).hostname}`,
      user,
      template: c.req.param('template'),
      nowSeconds: nowSeconds(),
      lifetimeSeconds: templateLifetimeSeconds,
    })
    return c.json({
      object: 'token',
      jwt: await signToken(key, tokenHeader('jwt_template', key), claims),
    })
  })
  return api.route('/', verifyEndpoints(key, opening))
}

/** The endpoints that verify opaque credentials; Clerk's own SDK calls them without `/v1`. */
export function verifyEndpoints(key: IssuerKey, opening: Opening): Hono {
  const api = new Hono()
  for (const { path, type, member, title } of endpoints) {
    api.post(path, askForKey(opening), async (c) => {
      const token = await readMember(c, member)
      if (token === undefined) return complaint(400, 'bad_request', `${member} is missing`)
      const credential = await openOpaque(type, token, key)
      if (credential === undefined || !isFor(credential.scopes, c, opening)) {
        return notFound(`${title} not found`)
      }
      return c.json(await opaqueRecord({ type, token, credential }, nowSeconds()))
    })
  }
  return api
}

interface Endpoint {
  readonly path: string
  readonly type: OpaqueType
  /** The member of the body that holds the credential. */
  readonly member: string
  readonly title: string
}

const machinePath = '/m2m_tokens/verify'

const endpoints: readonly Endpoint[] = [
  { path: '/api_keys/verify', type: 'api_key', member: 'secret', title: 'API key' },
  { path: machinePath, type: 'm2m_token', member: 'token', title: 'Machine token' },
  {
    path: '/oauth_applications/access_tokens/verify',
    type: 'oauth_token',
    member: 'access_token',
    title: 'OAuth token',
  },
]

function askForKey({ secretKey, machine }: Opening) {
  return async function askForTheKey(c: Context, next: () => Promise<void>) {
    const shown = c.req.header('authorization')
    const isMachine = isShownBy(machine?.secretKey, shown) && c.req.path.endsWith(machinePath)
    if (isShownBy(secretKey, shown) || isMachine) return next()
    return complaint(401, 'clerk_key_invalid', 'The Clerk Secret Key is invalid')
  }
}

function isShownBy(key: string | undefined, authorization: string | undefined): boolean {
  return key !== undefined && key !== '' && authorization === `Bearer ${key}`
}

/** A machine is told of the tokens that are for it, and of no others. */
function isFor(scopes: readonly string[], c: Context, { machine }: Opening): boolean {
  const asksAsMachine = isShownBy(machine?.secretKey, c.req.header('authorization'))
  return !asksAsMachine || (machine !== undefined && scopes.includes(machine.id))
}

async function readMember({ req }: Context, member: string): Promise<string | undefined> {
  try {
    const body: unknown = await req.json()
    const value = Object.entries(body ?? {}).find(([name]) => name === member)?.[1]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function notFound(message = 'not found'): Response {
  return complaint(404, 'resource_not_found', message)
}

/** An error as the Backend API words it. */
function complaint(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ message, long_message: message, code }] }, { status })
}
