import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Surfer } from '../support/chromium.ts'
import { type ClientPage, type FakeSession, openClientPage, suffix } from './client-page.ts'

const noonMs = Date.UTC(2026, 10, 21, 12)

/** A browser with an empty profile before a site that includes the script, both with one clock. */
export interface ClientScene {
  readonly site: ClientPage
  readonly context: BrowserContext
  readonly page: Page
  /** Signs somebody in as Clerk's own script does: by the cookies. */
  signIn(session: FakeSession): Promise<void>
  setCookies(token: string, updatedAt: string): Promise<void>
  /** Opens the page in a tab, and waits until it knows who is here. */
  open(tab?: Page): Promise<void>
  /** Lets everything happen that has been begun. */
  settle(tab?: Page): Promise<void>
  /** Turns the clocks, and lets happen what is due on the way. */
  turn(seconds: number, each?: () => Promise<void>): Promise<void>
  /** What the token in the cookies says. */
  session(): Promise<{ readonly exp: number; readonly jti: string } | undefined>
  /** What the page was told of, in order. */
  changes(): Promise<string[]>
  /** The texts of the elements that are to be seen. */
  shown(): Promise<string[]>
  /** How often something was asked of the site. */
  count(what: string): number
  close(): Promise<void>
}

/** Counts what a page has asked and not yet read, where tests can see it. */
const countRequests = `(() => {
  const ask = window.fetch
  window.underWay = 0
  window.fetch = async (...question) => {
    window.underWay += 1
    try {
      const answer = await ask(...question)
      const { status, headers } = answer
      return new Response(await answer.text(), { status, headers })
    } finally {
      window.underWay -= 1
    }
  }
})()`

const busy = `navigator.locks.query().then(({ held, pending }) => underWay + held.length + pending.length)`

const visible = `[...document.querySelectorAll('[id], usher-signed-in, usher-signed-out')]
  .filter((one) => !one.hidden).map((one) => one.textContent)`

/** Opens a scene in a browser. */
export async function openClientScene(surfer: Surfer): Promise<ClientScene> {
  const browser = surfer.context.browser()
  if (browser === null) throw new Error('No browser')
  const site = await openClientPage(noonMs)
  const context = await browser.newContext()
  await context.clock.install({ time: noonMs })
  await context.clock.pauseAt(noonMs + 1000)
  site.nowMs = noonMs + 1000
  await context.addInitScript(countRequests)
  const page = await context.newPage()
  const settle = async (tab = page) => {
    for (let quiet = 0; quiet < 4; ) quiet = (await tab.evaluate(busy)) === 0 ? quiet + 1 : 0
  }
  return {
    ...{ site, context, page, settle },
    ...cookiesOf(site, context),
    async open(tab = page) {
      await tab.goto(site.url)
      await tab.waitForFunction('window.changes !== undefined')
      await tab.evaluate('usher.ready')
      await settle(tab)
    },
    async turn(seconds, each) {
      for (let passed = 0; passed < seconds; passed += 1) {
        site.nowMs += 1000
        const before = site.asked.length
        await context.clock.runFor(1000)
        const isQuiet = (await page.evaluate(busy)) === 0 && site.asked.length === before
        if (!isQuiet) await settle()
        await each?.()
      }
    },
    changes: () => page.evaluate('window.changes'),
    shown: () => page.evaluate(visible),
    count: (what) => site.asked.filter((one) => one === what).length,
    async close() {
      await context.close()
      site.close()
    },
  }
}

function cookiesOf(
  site: ClientPage,
  context: BrowserContext,
): Pick<ClientScene, 'signIn' | 'setCookies' | 'session'> {
  const { url } = site
  const setCookies = (token: string, updatedAt: string) =>
    context.addCookies([
      { name: '__session', value: token, url },
      { name: `__session_${suffix}`, value: token, url },
      { name: '__client_uat', value: updatedAt, url },
      { name: `__client_uat_${suffix}`, value: updatedAt, url },
    ])
  return {
    setCookies,
    async signIn(session) {
      site.sessions.unshift(session)
      await setCookies(site.token(session), String(Math.floor(site.nowMs / 1000)))
    },
    async session() {
      const cookies = await context.cookies(url)
      const values = ['__session', `__session_${suffix}`].map(
        (name) => cookies.find((one) => one.name === name)?.value ?? '',
      )
      expect(values[0]).toBe(values[1])
      const [, payload] = values[0]?.split('.') ?? []
      return payload ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined
    },
  }
}
