import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { nothingBehind, productionPlatform, projectPath } from './platform.ts'
import { makeSigningKeys } from './signing-keys.ts'
import { makeKey, mintSession, publicPem, testIssuer } from './tokens.ts'
import { bundle } from './workerd.ts'

/** What is sent, to a host of the Worker's or to another. */
export interface Sent {
  readonly host?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** What comes back; its body is JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A Worker that asks Usher, both in one workerd process. */
export interface RunningShop {
  /** Sends a request to the Worker under the host of its own. */
  readonly fetch: (path: string, init?: Sent) => Promise<Answer>
  /** A session token of ada, with some claims changed. */
  readonly token: (changes?: Record<string, unknown>) => Promise<string>
  readonly stop: () => Promise<void>
}

const shopConfig = `${projectPath}test/support/rpc-shop.toml`

/** Starts the Worker of `rpc-shop.toml`, as wrangler reads it, beside an Usher and one that stays shut. */
export async function startShop(): Promise<RunningShop> {
  const key = await makeKey()
  const variables = {
    CLERK_JWT_KEY: await publicPem(key),
    CLERK_JWT_ISSUER: testIssuer,
    AUTHORIZED_PARTIES: 'https://app.usher.test',
    USHER_SIGNING_KEY: await makeSigningKeys(),
  }
  const usher = await modulesOf('test/support/rpc-usher.worker.ts')
  const platform = { ...productionPlatform(), ...nothingBehind, durableObjects: {}, ...usher }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...unstable_getMiniflareWorkerOptions(shopConfig).workerOptions,
          ...(await modulesOf('test/support/rpc-shop.worker.ts')),
          name: 'shop',
        },
        { ...platform, name: 'usher', bindings: variables },
        { ...platform, name: 'usher-shut', bindings: { ...variables, BROKEN: 'yes' } },
      ],
    }),
  )
  await miniflare.ready
  const shop = await miniflare.getWorker('shop')
  return {
    fetch: async (path, { host = 'shop.usher.test', ...init } = {}) => {
      const { method, headers = {}, body } = init
      const sent = { ...(method && { method }), headers, ...(body && { body }) }
      const answer = await shop.fetch(`https://${host}${path}`, sent)
      const { status, headers: answered } = answer
      return { status, headers: new Headers([...answered]), body: JSON.parse(await answer.text()) }
    },
    token: (changes) => mintSession(key, Math.floor(Date.now() / 1000), changes),
    stop: () => miniflare.dispose(),
  }
}

async function modulesOf(entry: string) {
  const contents = await bundle(entry)
  return { modules: [{ type: 'ESModule' as const, path: 'worker.mjs', contents }] }
}
