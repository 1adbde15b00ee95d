import { Hono } from 'hono'
import { marker } from '../marker.ts'
import { type IssuerKey, publicIssuerJwk } from './issuer.ts'
import { userRecord } from './user-record.ts'
import { localUsers } from './users.ts'

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * The HTTP side of the local Clerk: the keys of its issuer, and of the Backend API what Usher asks of it,
 * which the secret key opens. It answers on names of this machine only, so that no page elsewhere can
 * reach it by pointing a name of its own here.
 */
export function localClerk(key: IssuerKey, secretKey?: string): Hono {
  const clerk = new Hono()
  clerk.use(async function nameTheServer(c, next) {
    await next()
    c.header('server', marker)
  })
  clerk.use(async function refuseOtherHosts(c, next) {
    if (loopback.test(new URL(c.req.url).hostname)) return next()
    return problem(421, 'Misdirected Request')
  })
  clerk.get('/.well-known/jwks.json', (c) => c.json({ keys: [publicIssuerJwk(key)] }))
  clerk.use('/v1/*', async function askForTheSecretKey(c, next) {
    const isOpen = secretKey && c.req.header('authorization') === `Bearer ${secretKey}`
    return isOpen ? next() : complaint(401, 'clerk_key_invalid', 'The Clerk Secret Key is invalid')
  })
  clerk.get('/v1/jwks', (c) => c.json({ keys: [publicIssuerJwk(key)] }))
  clerk.get('/v1/users/:id', (c) => {
    const user = [...localUsers.values()].find(({ id }) => id === c.req.param('id'))
    return user ? c.json(userRecord(user)) : complaint(404, 'resource_not_found', 'not found')
  })
  clerk.notFound(() => problem(404, 'Not Found'))
  return clerk
}

/** An error as the Backend API words it. */
function complaint(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ code, message, long_message: message }] }, { status })
}

function problem(status: number, title: string): Response {
  return Response.json(
    { type: 'about:blank', status, title },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )
}
