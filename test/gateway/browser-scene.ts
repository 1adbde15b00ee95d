import { vi } from 'vitest'
import { cookieSuffixOf } from '../../src/clerk/issuer.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import { noonMs } from '../support/fake-clock.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

// Routes for browsers before a Clerk that is played here: its Backend API by the world's, its Frontend API by
// nobody, because the gateway only sends browsers there. The SDK reads the machine's clock, which stands at the world's.

export const noonSeconds = noonMs / 1000
export const liveKey = `pk_live_${btoa('clerk.usher.test$')}`
export const testKey = `pk_test_${btoa('clerk.usher.test$')}`
const secretKey = 'sk_live_never_shown'

/** A world whose routes are for browsers. */
export interface BrowserScene {
  readonly world: World
  /** The cookies of somebody who is signed in: a session and when its client last changed. */
  cookies(session: string | undefined, updatedAt?: number): string
  /** What a browser sends when somebody follows a link to a page. */
  page(path: string, more?: Record<string, string>): Promise<Response>
  /** What a script of a page sends. */
  call(path: string, more?: Record<string, string>, init?: RequestInit): Promise<Response>
  /** The addresses that the SDK itself asked for, which are to be none. */
  readonly fetched: string[]
}

/** What a test may choose. */
export interface SceneOptions {
  readonly publishableKey?: string
  readonly config?: Partial<GatewayConfig>
  readonly variables?: Readonly<Record<string, string>>
}

const routes: GatewayConfig['routes'] = [
  { path: '/app/**', origin: 'api', sessions: 'browser' },
  { path: '/open/**', origin: 'api', sessions: 'browser', access: 'optional' },
  { path: '/teams/:slug/**', origin: 'api', sessions: 'browser' },
  { path: '/me/**', origin: 'api', sessions: 'browser' },
  { path: '/keyed/**', origin: 'api', sessions: 'browser', carriers: ['x-key', 'cookie'] },
  { path: '/shown/**', origin: 'api', sessions: 'browser', passCredential: true },
  { path: '/plain/**', origin: 'api' },
]

/** What a browser says with every link that somebody follows. */
export const navigation = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
}

/** Opens a scene. The machine's clock stands still from here on. */
export async function openBrowserScene(options: SceneOptions = {}): Promise<BrowserScene> {
  const { publishableKey = liveKey, config, variables } = options
  vi.useFakeTimers({ toFake: ['Date'], now: noonMs })
  const fetched: string[] = []
  vi.stubGlobal('fetch', async (input: RequestInfo) => {
    fetched.push(typeof input === 'string' ? input : input.url)
    throw new Error('The SDK has no network of its own')
  })
  const world = await createWorld({
    config: { routes, canonicalOrigin: gatewayUrl, ...config },
    variables: {
      CLERK_PUBLISHABLE_KEY: publishableKey,
      CLERK_SECRET_KEY: secretKey.replace('live', publishableKey === liveKey ? 'live' : 'test'),
      AUTHORIZED_PARTIES: 'https://app.usher.test,https://api.usher.test',
      ...variables,
    },
  })
  const suffix = String(await cookieSuffixOf(publishableKey)())
  const walk = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
    world.walk(new Request(`${gatewayUrl}${path}`, { redirect: 'manual', ...init, headers }))
  return {
    world,
    cookies: (session, updatedAt) => cookiesOf({ suffix, session, updatedAt }),
    page: (path, more = {}) => walk(path, { ...navigation, ...more }),
    call: (path, more = {}, init = {}) =>
      walk(
        path,
        { accept: '*/*', 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors', ...more },
        init,
      ),
    fetched,
  }
}

/** Ends what a scene has stopped. */
export function closeBrowserScene(): void {
  vi.useRealTimers()
  vi.unstubAllGlobals()
}

interface Shown {
  readonly suffix: string
  readonly session: string | undefined
  readonly updatedAt: number | undefined
}

/** Both families, as today's script of Clerk's writes them, beside a cookie of the origin's. */
function cookiesOf({ suffix, session, updatedAt }: Shown): string {
  const pairs = [
    ['theme', 'dark'],
    ['__session', session],
    [`__session_${suffix}`, session],
    ['__client_uat', updatedAt],
    [`__client_uat_${suffix}`, updatedAt],
  ]
  return pairs
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join('; ')
}

/** Where an answer sends a browser, taken apart. */
export function sentTo(response: Response): URL {
  const location = response.headers.get('location')
  if (response.status !== 307 || location === null) {
    throw new Error(`${response.status} sends nobody anywhere`)
  }
  return new URL(location)
}

/** Lets Clerk say what a nonce stands for; nothing is known of any other. */
export function answerNonce(world: World, nonce: string, directives: readonly string[]): void {
  world.backend.answer = (request) =>
    request.url.endsWith(`/v1/clients/handshake_payload?nonce=${nonce}`)
      ? Response.json({ directives })
      : Response.json({ errors: [{ code: 'resource_not_found' }] }, { status: 404 })
}
