import { vi } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { createWorld, type World } from '../support/world.ts'

// Clerk's Frontend API on the gateway's own domain, before a Frontend API that is played here: the helper of Clerk's
// SDK sends by the network of the platform alone.

/** The host where it is. */
export const here = 'https://app.usher.test'
export const secretKey = 'sk_live_never_shown'
export const proxyVariables = {
  CLERK_PUBLISHABLE_KEY: `pk_live_${btoa('clerk.usher.test$')}`,
  CLERK_SECRET_KEY: secretKey,
  CLERK_PROXY_URL: `${here}/__clerk`,
}

/** What the helper sent. */
interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: string
}

/** A gateway whose Frontend API is in the hands of a test. */
export interface ProxyScene {
  readonly world: World
  readonly sent: Sent[]
  /** Replaced by a test to answer otherwise. */
  answer: () => Response | Promise<Response>
  ask(path: string, init?: RequestInit): Promise<Response>
}

/** Opens a scene; `vi.unstubAllGlobals` ends it. */
export async function openProxyScene(
  variables: Readonly<Record<string, string>> = proxyVariables,
  config: Partial<GatewayConfig> = {},
): Promise<ProxyScene> {
  const world = await createWorld({ variables, config })
  const scene: ProxyScene = {
    world,
    sent: [],
    answer: () => new Response('from Clerk'),
    ask: (path, init = {}) =>
      world.walk(new Request(`${here}${path}`, { redirect: 'manual', ...init })),
  }
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body = init.body ? await new Response(init.body).text() : ''
    const headers = new Headers(init.headers)
    scene.sent.push({ url, method: String(init.method), headers, body })
    return scene.answer()
  })
  return scene
}

/** The code of a refusal. */
export async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code?: unknown }).code
}
