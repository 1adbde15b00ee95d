import { asNode, type Node } from './descriptions.ts'

/** What one of Clerk's APIs answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON; `undefined` where there is none. */
  readonly body: unknown
  /** `response` of Clerk's envelope. */
  readonly response: Node
  /** `client` of Clerk's envelope. */
  readonly client: Node
  /** The code of the first error; empty where there is none. */
  readonly code: string
}

/** Members of a form or a query; texts, and what Clerk's script makes texts of. */
export type Members = Readonly<Record<string, unknown>>

/** A browser with Clerk's script in it, behind the gateway's proxy. */
export interface ClerkBrowser {
  /** The cookies that it has, by name. */
  readonly cookies: ReadonlyMap<string, string>
  /** The session that the page works with; `null` when nobody is signed in. */
  readonly sessionId: () => string | null
  get(path: string, query?: Members): Promise<Answer>
  post(path: string, form?: Members): Promise<Answer>
  patch(path: string, form?: Members): Promise<Answer>
  put(path: string, form?: Members): Promise<Answer>
  delete(path: string, form?: Members): Promise<Answer>
  /** Goes to an address as a document; redirects are not followed. */
  navigate(path: string, query?: Members): Promise<Response>
  /** Sets a cookie, or removes it where no value is given. */
  setCookie(name: string, value?: string): void
}

interface BrowserParts {
  readonly fetch: (request: Request) => Promise<Response>
  readonly now: () => number
  /** Where the browser sees the application. */
  readonly origin: string
  readonly secretKey: string
}

/** Opens a browser with no cookies. Paths are those of Clerk's description: `/v1/client/sign_ins`. */
export function openClerkBrowser({ fetch, now, origin, secretKey }: BrowserParts): ClerkBrowser {
  const jar = openJar(now)
  let sessionId: string | null = null

  function headers(): Headers {
    const crumbs = [...jar.cookies()].map(([name, value]) => `${name}=${value}`)
    return new Headers({ ...ofTheProxy(origin, secretKey), cookie: crumbs.join('; ') })
  }

  async function send(request: Request): Promise<Response> {
    const response = await fetch(request)
    for (const line of response.headers.getSetCookie()) jar.keep(line)
    return response
  }

  async function call(method: string, path: string, members: Members = {}): Promise<Answer> {
    const url = scriptAddress(method, path, members)
    const isOfSession = !/^\/v1\/(client|waitlist)/.test(path)
    if (isOfSession && sessionId !== null) url.searchParams.set('_clerk_session_id', sessionId)
    const answer = await answerOf(await send(scriptRequest(url, headers(), [method, members])))
    const { client } = asNode(answer.body)
    if (client !== undefined) {
      const { last_active_session_id: id } = asNode(client)
      sessionId = typeof id === 'string' ? id : null
    }
    return answer
  }

  return {
    get cookies() {
      return jar.cookies()
    },
    sessionId: () => sessionId,
    get: (path, query) => call('GET', path, query),
    post: (path, form) => call('POST', path, form),
    patch: (path, form) => call('PATCH', path, form),
    put: (path, form) => call('PUT', path, form),
    delete: (path, form) => call('DELETE', path, form),
    navigate(path, query = {}) {
      const all = headers()
      all.delete('origin')
      all.set('accept', 'text/html')
      all.set('sec-fetch-dest', 'document')
      return send(new Request(addressOf(path, query), { headers: all }))
    },
    setCookie: jar.set,
  }
}

/** Cookies, for as long as they live. */
function openJar(now: () => number) {
  const jar = new Map<string, { readonly value: string; readonly expiresAt: number }>()
  return {
    cookies(): Map<string, string> {
      const live = [...jar].filter(([, { expiresAt }]) => expiresAt > now())
      return new Map(live.map(([name, { value }]) => [name, value]))
    },
    keep(line: string): void {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      const maxAge = /;\s*max-age=(-?\d+)/i.exec(line)?.[1]
      const expiresAt = maxAge === undefined ? Infinity : now() + Number(maxAge) * 1000
      jar.set(name, { value, expiresAt })
    },
    set(name: string, value?: string): void {
      if (value === undefined) jar.delete(name)
      else jar.set(name, { value, expiresAt: Infinity })
    },
  }
}

/** What the gateway's proxy says of itself, and what every browser sends. */
function ofTheProxy(origin: string, secretKey: string): Record<string, string> {
  return {
    origin,
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36',
    'clerk-proxy-url': `${origin}/__clerk`,
    'clerk-secret-key': secretKey,
    'x-forwarded-for': '127.0.0.1',
  }
}

/** Clerk's script sends everything but GET as POST, with the method in the query. */
function scriptAddress(method: string, path: string, members: Members): URL {
  const url = addressOf(path, method === 'GET' ? members : {})
  url.searchParams.set('__clerk_api_version', '2026-05-12')
  url.searchParams.set('_clerk_js_version', '6.34.1')
  if (method !== 'GET' && method !== 'POST') url.searchParams.set('_method', method)
  return url
}

type Call = readonly [method: string, members: Members]

function scriptRequest(url: URL, headers: Headers, [method, members]: Call): Request {
  if (method === 'GET') return new Request(url, { headers })
  headers.set('content-type', 'application/x-www-form-urlencoded')
  return new Request(url, { method: 'POST', headers, body: formOf(members).toString() })
}

function addressOf(path: string, query: Members): URL {
  const url = new URL(`http://127.0.0.1/frontend${path}`)
  for (const [name, value] of formOf(query)) url.searchParams.append(name, value)
  return url
}

/** As Clerk's script writes forms: lists repeat their name, objects are JSON, and `null` is empty. */
function formOf(members: Members): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue
    if (Array.isArray(value)) for (const item of value) form.append(name, String(item))
    else if (typeof value === 'object' && value !== null) form.append(name, JSON.stringify(value))
    else form.append(name, String(value ?? ''))
  }
  return form
}

/** Reads an answer of one of Clerk's APIs. */
export async function answerOf(response: Response): Promise<Answer> {
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  const text = await response.text()
  const body: unknown = isJson ? JSON.parse(text) : undefined
  const { response: inner, client, errors } = asNode(body)
  return {
    status: response.status,
    headers: response.headers,
    body,
    response: asNode(inner),
    client: asNode(client),
    code: Array.isArray(errors) ? String(asNode(errors[0]).code) : '',
  }
}

/** What stands at a place in parsed JSON: `at(answer.body, 'client.sessions.0.id')`; `undefined` where nothing is. */
export function at(value: unknown, place: string): unknown {
  return place.split('.').reduce<unknown>((node, name) => asNode(node)[name], value)
}

/** The same where a text must be. */
export function textAt(value: unknown, place: string): string {
  const found = at(value, place)
  if (typeof found === 'string') return found
  throw new TypeError(
    `At ${place} is no text but ${JSON.stringify(found)} of ${JSON.stringify(value)}`,
  )
}
