import { Complaint } from '../kernel/complaint.ts'
import { digestOf, newId, randomText } from '../kernel/identifiers.ts'
import { isLive } from '../kernel/live-session.ts'
import type { Asked } from '../kernel/operation.ts'
import type { Client, Session, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { cookie, cookieOf } from './cookies.ts'
import { pageOriginOf } from './origin.ts'

/** How long a browser is known. */
const lifetimeSeconds = 365 * 24 * 60 * 60

/** Whoever calls the Frontend API: a browser, known by the secret in its cookie `__client`. */
export interface Browser {
  /** The origin of the page that asks; tokens name it. */
  readonly pageOrigin: string
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
  /** The session of this client that is alive, if there is one. */
  liveSession(): Session | undefined
  /** The session that the page works with, alive, and its user; 401 where there is none. */
  signedIn(): { readonly session: Session; readonly user: User }
  /** The cookies by which a server of the application knows the session: with a token, or without any. */
  sessionCookies(token: string | undefined): readonly string[]
  /** The cookies to set with the answer. */
  cookies(): readonly string[]
}

/** What is to be known of cookies. */
export interface CookieTerms {
  readonly isSecure: boolean
  /** Tells the cookies of this instance from those of another on the same host. */
  readonly suffix: string
}

/** Recognises the browser of a request. */
export async function recognise(asked: Asked, terms: CookieTerms): Promise<Browser> {
  const pageOrigin = pageOriginOf(asked)
  const clientId = await clientIdOf(asked.world, cookieOf(asked.request, '__client'))
  return new RecognisedBrowser({ asked, terms, pageOrigin, clientId })
}

interface Recognised {
  readonly asked: Asked
  readonly terms: CookieTerms
  readonly pageOrigin: string
  readonly clientId: string | undefined
}

class RecognisedBrowser implements Browser {
  readonly pageOrigin: string
  readonly #asked: Asked
  readonly #world: World
  readonly #terms: CookieTerms
  #clientId: string | undefined
  /** The new secret, where it has one. */
  #secret: string | undefined
  #isForgotten = false

  constructor({ asked, terms, pageOrigin, clientId }: Recognised) {
    this.pageOrigin = pageOrigin
    this.#asked = asked
    this.#world = asked.world
    this.#terms = terms
    this.#clientId = clientId
  }

  client(): Client | undefined {
    return this.#world.state.clients.get(this.#clientId)
  }

  async ensureClient(): Promise<Client> {
    const known = this.client()
    if (known !== undefined) return known
    const now = this.#world.clock.now()
    this.#secret = randomText(43)
    this.#clientId = newId('client')
    this.#isForgotten = false
    return this.#world.state.clients.put({
      id: this.#clientId,
      secretDigest: await digestOf(this.#secret),
      signInId: null,
      signUpId: null,
      lastActiveSessionId: null,
      uatMs: 0,
      createdAt: now,
      updatedAt: now,
    })
  }

  async renewSecret(): Promise<void> {
    const known = this.client()
    if (known === undefined) return
    this.#secret = randomText(43)
    this.#world.state.clients.put({ ...known, secretDigest: await digestOf(this.#secret) })
  }

  forget(): void {
    if (this.#clientId !== undefined) this.#world.state.clients.remove(this.#clientId)
    this.#clientId = undefined
    this.#isForgotten = true
  }

  session(id: string): Session {
    const session = this.#world.state.sessions.get(id)
    if (session !== undefined && this.#owns(session)) return session
    throw new Complaint(404, 'resource_not_found', {
      message: 'Session not found',
      longMessage: `No session was found with id ${id}`,
    })
  }

  liveSession(): Session | undefined {
    const { state } = this.#world
    const last = state.sessions.get(this.client()?.lastActiveSessionId)
    if (last !== undefined && this.#isLive(last)) return last
    return state.sessions.find((session) => this.#isLive(session))
  }

  signedIn(): { readonly session: Session; readonly user: User } {
    const { state } = this.#world
    const named = this.#asked.url.searchParams.get('_clerk_session_id')
    const session = named === null ? this.liveSession() : state.sessions.get(named)
    if (session === undefined || !this.#isLive(session)) throw unauthenticated()
    const user = state.users.get(session.userId)
    if (user === undefined) throw unauthenticated()
    return { session, user }
  }

  sessionCookies(token: string | undefined): readonly string[] {
    const { isSecure, suffix } = this.#terms
    const maxAgeSeconds = token === undefined ? 0 : lifetimeSeconds
    return [
      ...this.#uatCookies().map(([, , line]) => line),
      ...['__session', `__session_${suffix}`].map((name) =>
        cookie(name, token ?? '', { isSecure, maxAgeSeconds }),
      ),
    ]
  }

  cookies(): readonly string[] {
    // Said again wherever the browser believes otherwise: its session may have ended elsewhere.
    const stale = this.#uatCookies().filter(([name, value]) => {
      const shown = cookieOf(this.#asked.request, name)
      return shown !== value && (shown !== undefined || this.client() !== undefined)
    })
    return [...this.#clientCookies(), ...stale.map(([, , line]) => line)]
  }

  #clientCookies(): readonly string[] {
    const traits = { isSecure: this.#terms.isSecure, isHttpOnly: true }
    if (this.#isForgotten) return [cookie('__client', '', { ...traits, maxAgeSeconds: 0 })]
    if (this.#clientId === undefined || this.#secret === undefined) return []
    const value = `${this.#clientId}.${this.#secret}`
    return [cookie('__client', value, { ...traits, maxAgeSeconds: lifetimeSeconds })]
  }

  /** When somebody last signed in or out, in seconds; 0 while nobody is signed in. Name, value and line of each. */
  #uatCookies(): readonly (readonly [string, string, string])[] {
    const { isSecure, suffix } = this.#terms
    const uatMs = this.liveSession() === undefined ? 0 : (this.client()?.uatMs ?? 0)
    const value = String(Math.floor(uatMs / 1000))
    const traits = { isSecure, maxAgeSeconds: lifetimeSeconds }
    return ['__client_uat', `__client_uat_${suffix}`].map(
      (name) => [name, value, cookie(name, value, traits)] as const,
    )
  }

  #owns(session: Session): boolean {
    return session.clientId !== null && session.clientId === this.#clientId
  }

  #isLive(session: Session): boolean {
    return this.#owns(session) && isLive(session, this.#world.clock.now())
  }
}

/** Who is signed in, for what nobody may do in the name of another: an account is its user's to give away. */
export function inPerson(caller: Browser): ReturnType<Browser['signedIn']> {
  const signedIn = caller.signedIn()
  if (signedIn.session.actor === null) return signedIn
  throw new Complaint(403, 'authorization_invalid', {
    message: 'Unauthorized request',
    longMessage: 'You are not authorized to perform this request',
  })
}

/** Nobody is signed in who could do this: 401. */
export function unauthenticated(): Complaint {
  return new Complaint(401, 'authentication_invalid', {
    message: 'Invalid authentication',
    longMessage: 'Unable to authenticate the request, you need to supply an active session',
  })
}

async function clientIdOf(world: World, shown: string | undefined): Promise<string | undefined> {
  const [id = '', secret = ''] = shown?.split('.') ?? []
  const client = world.state.clients.get(id)
  return client?.secretDigest === (await digestOf(secret)) ? id : undefined
}
