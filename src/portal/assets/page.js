/*
 * The script of Usher's own pages: loads Clerk and mounts the component that a page is for.
 * Clerk's own two scripts stand before this one in the page; where they could not be loaded, it says so.
 */

/** @typedef {import('@clerk/shared/types').ClerkOptions} ClerkOptions */
/** @typedef {import('@clerk/shared/types').EnvironmentResource} Environment */
/** @typedef {import('@clerk/shared/types').BrowserClerk & { __internal_environment?: Environment | null }} Clerk */

/**
 * What the server says of the page.
 * @typedef {object} Settings
 * @property {string} page
 * @property {string} [proxyUrl]
 * @property {string} signInUrl
 * @property {string} signUpUrl
 * @property {string} waitlistUrl
 * @property {string} profileUrl
 * @property {string} organizationUrl
 * @property {string} back the path to go to when done
 * @property {string} home
 * @property {boolean} isAskedFor whether a page from here has led to this one
 * @property {Record<string, unknown>} [appearance]
 * @property {ClerkOptions['localization']} [localization]
 * @property {boolean} googleOneTap
 */

/** @type {{ Clerk?: Clerk, __internal_ClerkUICtor?: NonNullable<ClerkOptions['ui']>['ClerkUI'] }} */
const scripts = /** @type {any} */ (window)
const main = /** @type {HTMLElement} */ (document.getElementById('page'))
/** @type {Settings} */
const settings = JSON.parse(document.getElementById('settings')?.textContent ?? '{}')
const clerk = scripts.Clerk
const componentPatienceMs = 20_000

/** Colours that follow the browser's, as page.css defines them. */
const variables = {
  colorBackground: 'var(--usher-card)',
  colorForeground: 'var(--usher-ink)',
  colorMutedForeground: 'var(--usher-quiet)',
  colorMuted: 'var(--usher-shade)',
  colorNeutral: 'var(--usher-ink)',
  colorPrimary: 'var(--usher-accent)',
  colorPrimaryForeground: 'var(--usher-on-accent)',
  colorInput: 'var(--usher-field)',
  colorInputForeground: 'var(--usher-ink)',
  colorDanger: 'var(--usher-danger)',
  colorSuccess: 'var(--usher-success)',
  fontFamily: 'inherit',
}

/** @type {Record<string, (clerk: Clerk) => unknown>} */
const pages = {
  'sign-in': signIn,
  'sign-up': signUp,
  'sign-out': signOut,
  profile: (clerk) => clerk.mountUserProfile(place(), { routing: 'hash' }),
  organization,
  waitlist: (clerk) => clerk.mountWaitlist(place(), { signInUrl: settings.signInUrl }),
}

try {
  if (clerk === undefined) throw new Error("Clerk's script is not there")
  keepOneWayBack()
  await clerk.load(options())
  await pages[settings.page]?.(clerk)
} catch (error) {
  console.warn(error)
  sayUnavailable()
}

/**
 * Clerk takes the way back from the address, under five names, before it takes what it is told; from behind the
 * `#` too. The only one that stays is the one that the server has looked at.
 */
function keepOneWayBack() {
  const url = new URL(location.href)
  const isAsked = url.searchParams.has('redirect_url')
  const [step, ...rest] = url.hash.split('?')
  const query = new URLSearchParams(rest.join('?'))
  for (const params of [url.searchParams, query]) {
    for (const name of [...params.keys()])
      if (/redirect_url$|^after_/.test(name)) params.delete(name)
  }
  if (isAsked) url.searchParams.set('redirect_url', settings.back)
  url.hash = query.size > 0 ? `${step}?${query}` : (step ?? '')
  if (url.href !== location.href) history.replaceState(history.state, '', url)
}

/** @returns {ClerkOptions} */
function options() {
  const { appearance = {}, proxyUrl, localization } = settings
  const own = /** @type {object | undefined} */ (appearance.variables)
  const ClerkUI = scripts.__internal_ClerkUICtor
  return {
    ...(ClerkUI && { ui: { ClerkUI } }),
    ...(proxyUrl && { proxyUrl }),
    ...(localization && { localization }),
    appearance: { ...appearance, variables: { ...variables, ...own } },
    signInUrl: settings.signInUrl,
    signUpUrl: settings.signUpUrl,
    waitlistUrl: settings.waitlistUrl,
    afterSignOutUrl: settings.home,
    allowedRedirectOrigins: [location.origin],
    telemetry: false,
  }
}

/** @param {Clerk} clerk */
async function signIn(clerk) {
  if (isDone(clerk)) return leave(clerk)
  clerk.mountSignIn(place(), {
    routing: 'hash',
    signUpUrl: settings.signUpUrl,
    forceRedirectUrl: absolute(settings.back),
    signUpForceRedirectUrl: absolute(settings.back),
  })
  offerGoogle(clerk)
}

/** @param {Clerk} clerk */
async function signUp(clerk) {
  if (isDone(clerk)) return leave(clerk)
  clerk.mountSignUp(place(), {
    routing: 'hash',
    signInUrl: settings.signInUrl,
    forceRedirectUrl: absolute(settings.back),
    signInForceRedirectUrl: absolute(settings.back),
  })
  offerGoogle(clerk)
}

/** @param {Clerk} clerk */
async function signOut(clerk) {
  const done = { redirectUrl: absolute(settings.back) }
  if (!clerk.session || settings.isAskedFor) return clerk.signOut(done)
  const button = document.createElement('button')
  button.textContent = 'Sign out'
  button.addEventListener('click', () => void clerk.signOut(done).catch(sayUnavailable))
  const address = clerk.user?.primaryEmailAddress?.emailAddress ?? clerk.user?.username
  say(`You are signed in${address ? ` as ${address}` : ''}.`, button)
}

/** @param {Clerk} clerk */
function organization(clerk) {
  if (clerk.__internal_environment?.organizationSettings.enabled === false) {
    return say('Organizations are not in use here.')
  }
  const switcher = document.createElement('div')
  switcher.className = 'switcher'
  const profile = place()
  main.prepend(switcher)
  const here = settings.organizationUrl
  clerk.mountOrganizationSwitcher(switcher, {
    organizationProfileMode: 'navigation',
    organizationProfileUrl: here,
    afterCreateOrganizationUrl: here,
    afterSelectOrganizationUrl: here,
    afterSelectPersonalUrl: here,
    afterLeaveOrganizationUrl: here,
  })
  if (clerk.organization) return clerk.mountOrganizationProfile(profile, { routing: 'hash' })
  const hasSome = clerk.user?.organizationMemberships.length
  if (hasSome || !clerk.user?.createOrganizationEnabled) {
    const after = { afterSelectOrganizationUrl: here, afterCreateOrganizationUrl: here }
    return clerk.mountOrganizationList(profile, { ...after, afterSelectPersonalUrl: here })
  }
  clerk.mountCreateOrganization(profile, { routing: 'hash', afterCreateOrganizationUrl: here })
}

/**
 * Whether whoever comes has nothing to do here. Steps of signing in that lead back to this page stand behind
 * the `#`, tickets in the query, and an instance of several sessions may be asked for one more.
 * @param {Clerk} clerk
 */
function isDone(clerk) {
  const { search, hash } = location
  const isStep = !['', '#/'].includes(hash) || search.includes('__clerk_ticket=')
  const mayHaveMore = clerk.__internal_environment?.authConfig.singleSessionMode === false
  if (mayHaveMore && !search.includes('redirect_url=')) return false
  return !isStep && clerk.session?.status === 'active'
}

/**
 * Goes where the browser came from, with a fresh cookie. What sends it back here again and again does not
 * accept it, and is not asked for ever.
 * @param {Clerk} clerk
 */
async function leave(clerk) {
  const key = 'usher-returns'
  /** @type {number[]} */
  const earlier = JSON.parse(sessionStorage.getItem(key) ?? '[]')
  const lately = earlier.filter((atMs) => Date.now() - atMs < 30_000)
  if (lately.length >= 3) {
    sessionStorage.removeItem(key)
    const link = document.createElement('a')
    link.href = settings.back
    link.textContent = 'Try again'
    return say('You are signed in, but what you asked for does not accept that.', link)
  }
  sessionStorage.setItem(key, JSON.stringify([...lately, Date.now()]))
  await clerk.session?.getToken()
  location.replace(settings.back)
}

/** @param {Clerk} clerk */
function offerGoogle(clerk) {
  const isOffered = clerk.__internal_environment?.displayConfig.googleOneTapClientId
  if (!settings.googleOneTap || !isOffered || clerk.session) return
  const back = absolute(settings.back)
  clerk.openGoogleOneTap({ signInForceRedirectUrl: back, signUpForceRedirectUrl: back })
}

/** Where a component is mounted. Until it shows, and where it never does, something stands in its place. */
function place() {
  const component = document.createElement('div')
  // Clerk gives it classes of its own.
  component.dataset.component = ''
  main.prepend(component)
  setTimeout(() => component.childElementCount > 0 || sayUnavailable(), componentPatienceMs)
  return component
}

function sayUnavailable() {
  const button = document.createElement('button')
  button.textContent = 'Try again'
  button.addEventListener('click', () => location.reload())
  say('This page cannot be loaded at the moment.', button)
}

/**
 * @param {string} sentence
 * @param {HTMLElement[]} controls
 */
function say(sentence, ...controls) {
  const text = document.createElement('p')
  text.setAttribute('role', 'status')
  text.textContent = sentence
  const card = document.createElement('div')
  card.className = 'card'
  card.append(text, ...controls)
  main.replaceChildren(card)
}

/** @param {string} path */
function absolute(path) {
  return new URL(path, location.origin).href
}

// A module: nothing of it is seen by other scripts.
export {}
