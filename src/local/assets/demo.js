/* The script of the demo page: what /_usher/client.js gives a page, made visible. */

const usher = /** @type {any} */ (window).usher
const told = element('told')
const log = element('log')

say('me', await usher.ready)
note('ready')

usher.onAuthChange((/** @type {UsherMe} */ me) => {
  say('me', me)
  note(
    me.authenticated
      ? `now ${me.user_id}, ${me.organization?.slug ?? 'no organization'}`
      : 'signed out',
  )
})

/** @type {Record<string, () => Promise<void>>} */
const acts = {
  me: async () => say('me', await usher.me()),
  refresh: async () => say('me after a new token', await usher.refresh()),
  echo: () => call('/api/echo'),
  admin: () => call('/admin/x'),
}
document.addEventListener('click', ({ target }) => {
  const act = target instanceof HTMLElement ? acts[target.dataset.act ?? ''] : undefined
  act?.().catch((/** @type {Error} */ error) => note(error.message))
})

let left = ''
setInterval(() => {
  const token = document.cookie
    .split('; ')
    .find((one) => one.startsWith('__session'))
    ?.split('.')[1]
  const payload = token
    ? JSON.parse(atob(token.replaceAll('-', '+').replaceAll('_', '/')))
    : undefined
  const seconds = payload ? Math.round(payload.exp - Date.now() / 1000) : 0
  const text = payload ? `The token in the cookie has ${seconds} s left.` : 'There is no token.'
  if (text !== left) element('age').textContent = text
  left = text
}, 1000)

/** @param {string} path */
async function call(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } })
  say(`${answer.status} ${path}`, await answer.json())
}

/**
 * @param {string} title
 * @param {unknown} value
 */
function say(title, value) {
  element('title').textContent = title
  told.textContent = JSON.stringify(value, null, 2)
}

/** @param {string} text */
function note(text) {
  const line = document.createElement('li')
  line.textContent = `${new Date().toLocaleTimeString()} ${text}`
  log.prepend(line)
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

// A module: nothing of it is seen by other scripts.
export {}
