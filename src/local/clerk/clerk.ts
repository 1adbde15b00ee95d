import { Hono } from 'hono'
import { marker } from '../marker.ts'
import { backendApi, type Opening, verifyEndpoints } from './backend-api.ts'
import { type IssuerKey, publicIssuerJwk } from './issuer.ts'

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * The HTTP side of the local Clerk: the keys of its issuer, and what Usher asks of the Backend API. It
 * answers on names of this machine only, so that no page elsewhere can reach it by pointing a name of its
 * own here.
 */
export function localClerk(key: IssuerKey, opening: Opening = {}): Hono {
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
  clerk.route('/v1', backendApi(key, opening))
  clerk.route('/', verifyEndpoints(key, opening))
  clerk.notFound(() => problem(404, 'Not Found'))
  return clerk
}

function problem(status: number, title: string): Response {
  return Response.json(
    { type: 'about:blank', status, title },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )
}
