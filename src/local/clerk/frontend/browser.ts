import { Complaint, notFound } from '../kernel/complaint.ts'
import { digestOf, newId, randomText } from '../kernel/identifiers.ts'
import type { Client, Session, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** How long a browser is known. */
const clientLifetimeSeconds = 365 * 24 * 60 * 60

/** Whoever calls the Frontend API: a browser, known by the secret in its cookie `__client`. */
export interface Browser {
  /** As it is now; `undefined` for one that is not known. */
  client(): Client | undefined
  /** The client, made where there is none. */
  ensureClient(): Promise<Client>
  /** Gives the client another secret: after every sign-in, so that one from before is worth nothing. */
  renewSecret(): Promise<void>
  /** Forgets the client: the cookie is cleared. */
  forget(): void
  /** A session of this client, whatever its state; 404 for any other. */
  session(id: string): Session
  /** The session that the page works with, alive, and its user; 401 where there is none. */
  signedIn(): { readonly session: Session; readonly user: User }
  /** The cookies to set with the answer. */
  cookies(): readonly string[]
}

interface Shown {
  readonly world: World
  readonly request: Request
  readonly url: URL
  readonly isSecure: boolean
  readonly cookieSuffix: string
}

/** Recognises the browser of a request. */
export async function recognise(shown: Shown): Promise<Browser> {
  const { world, request, url } = shown
  const { state, clock } = world
  let clientId = await clientIdOf(world, cookieOf(request, '__client'))
  let secret: string | undefined
  let isForgotten = false
  const uatBefore = state.clients.get(clientId)?.uatMs

  const client = () => state.clients.get(clientId)
  const ofThisClient = (id: string): Session => {
    const session = state.sessions.get(id)
    if (session === undefined || session.clientId !== clientId) throw notFound('Session not found')
    return session
  }

  return {
    client,
    async ensureClient() {
      const known = client()
      if (known !== undefined) return known
      const now = clock.now()
      secret = randomText(43)
      clientId = newId('client')
      isForgotten = false
      return state.clients.put({
        id: clientId,
        secretDigest: await digestOf(secret),
        signInId: null,
        signUpId: null,
        lastActiveSessionId: null,
        uatMs: 0,
        createdAt: now,
        updatedAt: now,
      })
    },
    async renewSecret() {
      secret = randomText(43)
      const secretDigest = await digestOf(secret)
      const known = client()
      if (known !== undefined) state.clients.put({ ...known, secretDigest })
    },
    forget() {
      isForgotten = true
      secret = undefined
    },
    session: ofThisClient,
    signedIn() {
      const named = url.searchParams.get('_clerk_session_id')
      const id = named ?? client()?.lastActiveSessionId
      const session = id === null || id === undefined ? undefined : state.sessions.get(id)
      const isOurs = session !== undefined && session.clientId === clientId
      const isLive =
        isOurs && ['active', 'pending'].includes(session.status) && session.expireAt > clock.now()
      const user = isLive ? state.users.get(session.userId) : undefined
      if (isLive && user !== undefined) return { session, user }
      throw new Complaint(401, 'authentication_invalid', {
        message: 'Invalid authentication',
        longMessage: 'Unable to authenticate the request, you need to supply an active session',
      })
    },
    cookies() {
      const cookies: string[] = []
      const { isSecure, cookieSuffix } = shown
      if (isForgotten)
        cookies.push(cookie('__client', '', { isSecure, isHttpOnly: true, maxAge: 0 }))
      else if (secret !== undefined && clientId !== undefined) {
        const value = `${clientId}.${secret}`
        cookies.push(
          cookie('__client', value, { isSecure, isHttpOnly: true, maxAge: clientLifetimeSeconds }),
        )
      }
      const uat = isForgotten ? 0 : client()?.uatMs
      if (uat !== undefined && (uat !== uatBefore || secret !== undefined || isForgotten)) {
        const value = String(Math.floor(uat / 1000))
        for (const name of ['__client_uat', `__client_uat_${cookieSuffix}`]) {
          cookies.push(
            cookie(name, value, { isSecure, isHttpOnly: false, maxAge: clientLifetimeSeconds }),
          )
        }
      }
      return cookies
    },
  }
}

async function clientIdOf(world: World, shown: string | undefined): Promise<string | undefined> {
  const [id = '', secret = ''] = shown?.split('.') ?? []
  const client = world.state.clients.get(id)
  return client?.secretDigest === (await digestOf(secret)) ? id : undefined
}

/** The first cookie of this name. */
export function cookieOf(request: Request, name: string): string | undefined {
  const crumbs = (request.headers.get('cookie') ?? '').split(';').map((crumb) => crumb.trim())
  return crumbs.find((crumb) => crumb.startsWith(`${name}=`))?.slice(name.length + 1)
}

interface CookieTraits {
  readonly isSecure: boolean
  readonly isHttpOnly: boolean
  readonly maxAge: number
}

/** A `Set-Cookie` line. */
export function cookie(name: string, value: string, traits: CookieTraits): string {
  const { isSecure, isHttpOnly, maxAge } = traits
  return [
    `${name}=${value}`,
    'Path=/',
    `Max-Age=${maxAge}`,
    ...(isSecure ? ['Secure'] : []),
    ...(isHttpOnly ? ['HttpOnly'] : []),
    'SameSite=Lax',
  ].join('; ')
}
