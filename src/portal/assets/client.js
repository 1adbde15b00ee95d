/*
 * For pages of any origin behind Usher: <script src="/_usher/client.js" defer></script>
 *
 * await usher.ready               who is here: what /_usher/me says
 * await usher.me()                the same, asked anew
 * await usher.refresh()           the same, with a new token
 * await usher.signOut()
 * usher.onAuthChange((me) => …)   another user, session or organization; gives what ends it
 *
 * <usher-signed-in>, <usher-signed-out>, <usher-protect role="admin" permission="…" org-role="org:admin">,
 * <usher-sign-in-button redirect-url="/">, <usher-sign-out-button>, <usher-user-button>
 *
 * It keeps the session cookie fresh. Elements only hide.
 */
;(() => {
  if (window.usher) return
  const { prefix, api, suffix, signInUrl, hasPages, home } = window.usherSettings
  const names = suffix ? [`__session_${suffix}`, '__session'] : ['__session']
  const tabs = new BroadcastChannel('usher')

  /** @type {UsherMe} */
  const nobody = { authenticated: false }
  /** @type {UsherMe | undefined} */
  let known
  /** @type {string | undefined} */
  let knownKey
  let isAsking = false
  let failures = 0
  let dueAtMs = 0
  let renewedAtMs = 0
  /** What this clock is ahead of Clerk's. */
  let skewMs = 0
  let timer = 0
  let retry = 0
  /** @type {Promise<void> | undefined} */
  let renewing
  /** @type {Set<(me: UsherMe) => void>} */
  const handlers = new Set()
  /** @type {Set<{ render(): void }>} */
  const parts = new Set()
  /** @type {PromiseWithResolvers<UsherMe>} */
  const { promise: ready, resolve } = Promise.withResolvers()

  // The session cookie

  /** @param {string} name */
  const cookie = (name) =>
    document.cookie
      .split('; ')
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1)

  /** @param {string} id that will be in a path: cookies may be anybody's */
  const isSession = (id) => /^sess_\w+$/.test(id)

  /** @returns {UsherSession | undefined} */
  function readSession() {
    try {
      const token = names.map(cookie).find(Boolean) ?? ''
      const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/')
      const { sub, sid, o, org_id, iat, exp } = JSON.parse(atob(payload ?? ''))
      const key = [sub, sid, o?.id ?? org_id].join()
      if (isSession(sid) && [iat, exp].every(Number.isFinite))
        return { token, sid, key, iatMs: iat * 1000, lifeMs: (exp - iat) * 1000 }
    } catch {}
    return undefined
  }

  /** @param {string} token */
  function writeSession(token) {
    const rest = `path=/; max-age=${token ? 31_536_000 : 0}; samesite=lax`
    const secure = location.protocol === 'https:' ? '; secure' : ''
    // biome-ignore lint/suspicious/noDocumentCookie: as Clerk does
    for (const name of names) document.cookie = `${name}=${token}; ${rest}${secure}`
    tabs.postMessage('')
  }

  // Clerk's Frontend API

  /**
   * Whatever else comes says nothing of anybody.
   * @param {Response} response
   * @param {number[]} refusals
   */
  function sound(response, refusals) {
    if (response.ok || refusals.includes(response.status)) return response
    const pauseMs = Number(response.headers.get('retry-after')) * 1000
    throw Object.assign(new Error(`${response.status} of ${response.url}`), { pauseMs })
  }

  /**
   * @param {string} path
   * @param {string} member what Clerk's answer has, and nobody else's
   * @param {string} method
   * @param {number[]} refusals
   */
  async function clerk(path, member, method, refusals) {
    const url = new URL(`${api}/v1/client${path}`, location.origin)
    const browser = cookie(`__clerk_db_jwt_${suffix}`) ?? cookie('__clerk_db_jwt')
    url.searchParams.set('__clerk_api_version', '2026-05-12')
    url.searchParams.set('_method', method)
    if (browser) url.searchParams.set('__clerk_db_jwt', browser)
    const sent = method === 'GET' ? method : 'POST'
    const response = sound(await fetch(url, { method: sent, credentials: 'include' }), refusals)
    const answer = await response.json()
    if ((response.ok ? member : 'errors') in answer) return answer
    throw new Error(path)
  }

  /** @param {string} id */
  const tokenOf = async (id) =>
    (await clerk(`/sessions/${id}/tokens`, 'jwt', 'POST', [401, 404, 422])).jwt

  /**
   * A new token for the session of the cookie, or of Clerk; unless somebody has got one.
   * @param {string | undefined} stale
   */
  async function renew(stale) {
    const session = readSession()
    if (session && session.token !== stale) return
    let token = session && (await tokenOf(session.sid))
    if (!token) {
      const id = (await clerk('', 'response', 'GET', [])).response?.last_active_session_id
      if (isSession(id) && id !== session?.sid) token = await tokenOf(id)
    }
    renewedAtMs = Date.now()
    writeSession(token || '')
    const fresh = readSession()
    if (fresh) skewMs = Date.now() - fresh.iatMs
  }

  /** @param {string | undefined} stale */
  function renewOnce(stale) {
    renewing ??= (async () => {
      try {
        await (navigator.locks?.request('usher', () => renew(stale)) ?? renew(stale))
        failures = 0
      } catch (error) {
        failures++
        dueAtMs =
          Date.now() + Math.max(/** @type {any} */ (error).pauseMs || 0, backOffMs(failures))
        throw error
      } finally {
        renewing = undefined
        plan()
      }
    })()
    return renewing
  }

  /** @param {number} tries */
  const backOffMs = (tries) => Math.min(2 ** tries, 60) * (500 + Math.random() * 500)

  /** At three quarters of its life; Clerk's own script goes first. */
  function plan() {
    clearTimeout(timer)
    const session = readSession()
    if (!session) return
    const share = window.Clerk?.loaded ? 0.87 : 0.75
    if (!failures) {
      const begunAtMs = Math.min(session.iatMs + skewMs, Date.now())
      dueAtMs = Math.max(begunAtMs + session.lifeMs * share, renewedAtMs + 10_000)
    }
    // A timer of more than 2^31 ms is none.
    timer = setTimeout(wake, Math.min(Math.max(dueAtMs - Date.now(), 1000), 1e9))
  }

  function wake() {
    const session = readSession()
    if (session && Date.now() >= dueAtMs) renewOnce(session.token).then(look, () => {})
    else look()
  }

  // Who is here

  /** @returns {Promise<UsherMe>} */
  async function ask() {
    const session = readSession()
    const isGone = session
      ? Date.now() > session.iatMs + skewMs + session.lifeMs * 0.95
      : (cookie(`__client_uat_${suffix}`) ?? cookie('__client_uat') ?? '0') !== '0'
    if (isGone) await renewOnce(session?.token)
    for (let tries = 0; ; tries++) {
      const now = readSession()
      knownKey = now?.key ?? ''
      if (!now) return nobody
      const answer = sound(await fetch(`${prefix}/me`, { cache: 'no-store' }), [401])
      if (answer.ok) return answer.json()
      if (tries) return nobody
      await renewOnce(now.token)
    }
  }

  /** Whether the cookie is somebody else's by now. */
  function look() {
    plan()
    const key = readSession()?.key ?? ''
    if (isAsking || key === knownKey) return
    knownKey = key
    learn(1)
  }

  /** @param {number} tries */
  async function learn(tries) {
    clearTimeout(retry)
    isAsking = true
    try {
      settle(await ask())
      isAsking = false
      look()
    } catch {
      isAsking = false
      retry = setTimeout(() => learn(tries + 1), backOffMs(tries))
    }
  }

  /** @param {UsherMe} me */
  const identity = (me) => [me.user_id, me.session_id, me.organization?.id].join()

  /** @param {UsherMe} me */
  function settle(me) {
    const isOther = known && identity(known) !== identity(me)
    known = me
    resolve(me)
    for (const part of parts) part.render()
    if (isOther) for (const handler of handlers) queueMicrotask(() => handler(me))
    return me
  }

  const usher = {
    ready,
    me: async () => settle(await ask()),
    /** @param {(me: UsherMe) => void} handler */
    onAuthChange(handler) {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    async refresh() {
      await renewOnce(readSession()?.token)
      return usher.me()
    },
    async signOut() {
      if (window.Clerk?.loaded) await window.Clerk.signOut(() => {})
      else await clerk('/sessions', 'response', 'DELETE', [401, 404])
      writeSession('')
      look()
    },
  }
  window.usher = usher

  // Elements

  /**
   * @param {string} tag
   * @param {object} traits
   * @param {(Node | string)[]} children
   */
  function make(tag, traits, ...children) {
    const element = Object.assign(document.createElement(tag), traits)
    element.append(...children)
    return element
  }

  /** @param {string} to what leads elsewhere, or is a script, leads home */
  function within(to) {
    const href = URL.canParse(to, location.href) ? new URL(to, location.href).href : ''
    return href.startsWith(`${location.origin}/`) ? href : new URL(home, location.href).href
  }

  /** @param {string | null} to */
  async function leave(to) {
    await usher.signOut()
    location.assign(within(to || home))
  }

  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`
    :host { position: relative; display: inline-block; font: inherit }
    :host([hidden]) { display: none }
    * { font: inherit; color: inherit; box-sizing: border-box }
    summary { display: grid; place-items: center; width: 2.25em; height: 2.25em; border-radius: 50%; background: #404654; color: #fff; cursor: pointer }
    div { position: absolute; right: 0; z-index: 9; min-width: 13em; padding: .4em; border: 1px solid #8886; border-radius: .5em; background: Canvas; color: CanvasText }
    div > * { display: block; width: 100%; margin: 0; padding: .4em .6em; border: 0; background: none; text-align: left; text-decoration: none; overflow-wrap: anywhere }
    a:hover, button:hover { background: #8883; cursor: pointer }`)

  /** @param {HTMLElement} host */
  function userButton(host) {
    host.hidden = !known?.authenticated
    if (host.hidden) return
    const { first_name, last_name, username, email } = known?.user ?? {}
    const name = [first_name, last_name].filter(Boolean).join(' ') || username || email || 'Account'
    const links = hasPages ? ['Profile', 'Organization'] : []
    const face = make('summary', { title: name }, name.slice(0, 1).toUpperCase())
    const menu = make(
      'div',
      { tabIndex: -1 },
      make('p', {}, name, make('small', {}, email && email !== name ? email : '')),
      ...links.map((text) => make('a', { href: `${prefix}/${text.toLowerCase()}` }, text)),
      make('button', { onclick: () => leave(null) }, 'Sign out'),
    )
    const box = /** @type {HTMLDetailsElement} */ (make('details', {}, face, menu))
    box.addEventListener('focusout', ({ relatedTarget }) => {
      if (!box.contains(/** @type {Node} */ (relatedTarget))) box.open = false
    })
    box.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return
      box.open = false
      face.focus()
    })
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    root.replaceChildren(box)
  }

  /** @param {HTMLElement} host */
  function signInButton(host) {
    if (host.querySelector('a')) return
    const link = /** @type {HTMLAnchorElement} */ (make('a', {}, ...host.childNodes))
    if (!link.hasChildNodes()) link.append('Sign in')
    host.append(link)
    const aim = () => {
      const url = new URL(signInUrl, location.href)
      const back = within(host.getAttribute('redirect-url') ?? location.href)
      url.searchParams.set('redirect_url', back)
      link.href = url.href
    }
    aim()
    host.addEventListener('click', aim, true)
  }

  /** @param {HTMLElement} host */
  function signOutButton(host) {
    if (host.querySelector('button')) return
    const onclick = () => leave(host.getAttribute('redirect-url'))
    const button = make('button', { type: 'button', onclick }, ...host.childNodes)
    if (!button.hasChildNodes()) button.append('Sign out')
    host.append(button)
  }

  /** @param {HTMLElement} host */
  function protect(host) {
    const { authenticated, roles, permissions, organization } = known ?? nobody
    /** @type {[string, (string | null | undefined)[]][]} */
    const wanted = [
      ['role', [...(roles ?? []), organization?.role]],
      ['permission', [...(permissions ?? []), ...(organization?.permissions ?? [])]],
      ['org-role', [organization?.role, organization?.role?.slice(4)]],
    ]
    host.hidden = !(
      authenticated &&
      wanted.every(
        ([name, held]) => !host.hasAttribute(name) || held.includes(host.getAttribute(name)),
      )
    )
  }

  /** @type {Record<string, (host: HTMLElement) => void>} */
  const elements = {
    'signed-in': (host) => {
      host.hidden = !known?.authenticated
    },
    'signed-out': (host) => {
      host.hidden = known?.authenticated !== false
    },
    protect,
    'sign-in-button': signInButton,
    'sign-out-button': signOutButton,
    'user-button': userButton,
  }
  for (const [name, render] of Object.entries(elements)) {
    customElements.define(
      `usher-${name}`,
      class extends HTMLElement {
        static observedAttributes = ['role', 'permission', 'org-role']
        connectedCallback() {
          parts.add(this)
          this.render()
        }
        disconnectedCallback() {
          parts.delete(this)
        }
        attributeChangedCallback() {
          if (this.isConnected) this.render()
        }
        render() {
          render(this)
        }
      },
    )
  }

  tabs.onmessage = look
  window.cookieStore?.addEventListener('change', look)
  document.addEventListener('visibilitychange', wake)
  for (const event of ['focus', 'pageshow']) addEventListener(event, wake)
  addEventListener('online', () => {
    if (failures) dueAtMs = 0
    wake()
  })
  look()
})()
