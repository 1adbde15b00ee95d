import { existsSync } from 'node:fs'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

/** Whether this machine has Debian's Chromium. */
export const hasChromium = existsSync(executablePath)

/** A browser with one profile, and what went wrong in it. */
export interface Surfer {
  readonly context: BrowserContext
  readonly page: Page
  /** Requests that would have left this machine; each was stopped. */
  readonly strays: readonly string[]
  /** Errors that pages wrote on their consoles, or threw. */
  readonly errors: string[]
  readonly close: () => Promise<void>
}

/** What a profile looks like. */
export interface Look {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

const ownHost = /^(localhost|127\.0\.0\.1|\[::1\]|.+\.localhost)$/

const args = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  // Clerk's script is silent before a browser that says that a program drives it: silence would prove nothing.
  '--disable-blink-features=AutomationControlled',
  // What slips past the routes finds no host.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.localhost',
]

/** Opens Chromium with an empty profile. Whatever is not for this machine is stopped, and noted. */
export async function openChromium(look: Look = {}): Promise<Surfer> {
  const { width = 1280, height = 900, colorScheme = 'light' } = look
  const browser = await chromium.launch({ executablePath, args })
  const context = await browser.newContext({
    ...{ viewport: { width, height }, colorScheme },
    // Routes do not see what a service worker asks for.
    serviceWorkers: 'block',
  })
  const [strays, errors]: [string[], string[]] = [[], []]
  await context.route('**', (route) => {
    const { hostname, protocol } = new URL(route.request().url())
    if (!protocol.startsWith('http') || ownHost.test(hostname)) return route.continue()
    strays.push(route.request().url())
    return route.abort()
  })
  await context.routeWebSocket(
    ({ hostname }) => !ownHost.test(hostname),
    (socket) => {
      strays.push(socket.url())
      void socket.close()
    },
  )
  context.on('page', (page) => {
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`)
    })
  })
  const page = await context.newPage()
  return { context, page, strays, errors, close: () => browser.close() }
}
