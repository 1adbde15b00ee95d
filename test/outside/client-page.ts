import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { projectPath } from '../support/platform.ts'

/** A session at the fake Clerk: ended when it is taken out of {@link ClientPage.sessions}. */
export interface FakeSession {
  readonly id: string
  readonly userId: string
  organizationId?: string
  readonly roles?: readonly string[]
  readonly organizationRole?: string
}

/** A site with one page that includes the script, a gateway that knows who is calling, and a Clerk. */
export interface ClientPage {
  readonly url: string
  /** What is asked, in order: `POST /tokens`, `GET /client`, `GET /me`, `DELETE /sessions`. */
  readonly asked: string[]
  readonly sessions: FakeSession[]
  /** The clock of Clerk; the test turns it, and the browser's with it. */
  nowMs: number
  lifeSeconds: number
  /** Set by a test: what Clerk answers in place of a token. */
  trouble: { readonly status: number; readonly retryAfter?: string } | undefined
  /** Whether the gateway refuses every token. */
  refuses: boolean
  token(session: FakeSession): string
  close(): void
}

/** What the cookies of the fake instance end in. */
export const suffix = 'abcd1234'

const client = readFileSync(`${projectPath}src/portal/assets/client.js`, 'utf8')

const settings = {
  prefix: '/_usher',
  api: '/__clerk',
  suffix,
  signInUrl: '/_usher/sign-in',
  hasPages: true,
  home: '/home',
}

const html = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<script src="/_usher/client.js" defer></script>
<script defer src="/changes.js"></script>
<usher-signed-in hidden>in</usher-signed-in>
<usher-signed-out hidden>out</usher-signed-out>
<usher-protect id="admins" role="admin" hidden>admins</usher-protect>
<usher-protect id="leads" org-role="admin" hidden>leads</usher-protect>
<usher-protect id="both" role="admin" org-role="org:admin" hidden>both</usher-protect>
<usher-protect id="readers" permission="org:reports:read" hidden>readers</usher-protect>
<usher-sign-in-button></usher-sign-in-button>
<usher-sign-out-button></usher-sign-out-button>
<usher-user-button></usher-user-button>`

const changes = `window.changes = []
usher.onAuthChange((me) => window.changes.push(me.authenticated ? me.user_id + ' ' + me.session_id + ' ' + (me.organization?.id ?? '') : 'out'))`

/** Opens the site on a free port of this machine. */
export async function openClientPage(nowMs: number): Promise<ClientPage> {
  const server = createServer((request, response) => {
    const { status = 200, type = 'application/json', headers = {}, body } = answer(page, request)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
    response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const page: ClientPage = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    ...{ asked: [], sessions: [], nowMs, lifeSeconds: 60, trouble: undefined, refuses: false },
    token: (session) => tokenOf(session, page),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return page
}

interface Reply {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body: unknown
}

function answer(page: ClientPage, request: IncomingMessage): Reply {
  const url = new URL(request.url ?? '', page.url)
  const path = url.pathname
  if (path === '/_usher/client.js') {
    const body = `globalThis.usherSettings = ${JSON.stringify(settings)}\n${client}`
    return { type: 'text/javascript; charset=utf-8', body }
  }
  if (path === '/changes.js') return { type: 'text/javascript', body: changes }
  if (path === '/_usher/me') return me(page, request)
  if (path.startsWith('/__clerk/')) return clerk(page, request, url)
  return { type: 'text/html; charset=utf-8', body: html }
}

function me(page: ClientPage, request: IncomingMessage): Reply {
  page.asked.push('GET /me')
  const cookie = new RegExp(`__session_${suffix}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1]
  if (cookie === undefined) return { body: { authenticated: false } }
  const claims = JSON.parse(Buffer.from(cookie.split('.')[1] ?? '', 'base64url').toString())
  const session = page.sessions.find(({ id }) => id === claims.sid)
  if (page.refuses || session === undefined || claims.exp * 1000 <= page.nowMs) {
    return { status: 401, body: { code: 'token-expired' } }
  }
  const role = session.organizationRole ?? 'org:member'
  const permissions = role === 'org:admin' ? ['org:reports:read'] : []
  const body = {
    authenticated: true,
    user_id: session.userId,
    session_id: session.id,
    roles: session.roles ?? ['user'],
    permissions: [],
    user: { first_name: 'Ada', last_name: 'L', username: null, email: 'ada@example.com' },
    organization: claims.o ? { id: claims.o.id, slug: null, role, permissions } : null,
  }
  return { body }
}

function clerk(page: ClientPage, request: IncomingMessage, url: URL): Reply {
  const [, id, act] = /\/sessions(?:\/(\w+)\/(\w+))?$/.exec(url.pathname) ?? []
  const method = url.searchParams.get('_method') ?? request.method
  const what = act ?? (url.pathname.endsWith('/sessions') ? 'sessions' : 'client')
  page.asked.push(`${method} /${what}`)
  if (page.trouble !== undefined) {
    const { status, retryAfter } = page.trouble
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    return { status, headers, body: { errors: [] } }
  }
  if (method === 'DELETE') {
    page.sessions.length = 0
    const cookies = ['__client_uat=0; path=/', `__client_uat_${suffix}=0; path=/`]
    return { headers: { 'set-cookie': cookies }, body: { response: null, client: null } }
  }
  if (act === 'tokens') {
    const session = page.sessions.find((one) => one.id === id)
    if (session === undefined) {
      return { status: 404, body: { errors: [{ code: 'resource_not_found' }] } }
    }
    return { body: { object: 'token', jwt: tokenOf(session, page) } }
  }
  const [last] = page.sessions
  const known = page.sessions.map((one) => ({ id: one.id, status: 'active' }))
  const found = { id: 'client_1', last_active_session_id: last?.id ?? null, sessions: known }
  return { body: { response: last === undefined ? null : found } }
}

let serial = 0

function tokenOf(session: FakeSession, { nowMs, lifeSeconds }: ClientPage): string {
  const iat = Math.floor(nowMs / 1000)
  const { id: sid, userId: sub, organizationId } = session
  const o = organizationId === undefined ? {} : { o: { id: organizationId, rol: 'admin' } }
  const claims = { sub, sid, iat, exp: iat + lifeSeconds, ...o, jti: `${++serial}`, name: 'Žofie' }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`
}
