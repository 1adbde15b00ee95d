import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { keyringPath, openKeyring, secretKey } from '../../../src/local/keyring.ts'
import { openChromium, type Surfer } from '../../support/chromium.ts'
import { recordPages } from '../../support/page-recording.ts'
import type { Recording } from '../../support/recording.ts'
import { type Started, startLocalMode } from '../../support/start.ts'

/** What the demo origin received, as it answers it. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly assertion: Readonly<Record<string, unknown>> | null
}

/** What the API behind Usher says of this browser: asked beside its pages, with its cookies. */
interface Api {
  /** What it received of the browser. */
  readonly echo: () => Promise<Received>
  /** The organisation that it sees, `''` for none; `undefined` where nobody passes. */
  readonly organization: () => Promise<string | undefined>
  readonly status: () => Promise<number>
}

/** What would have been sent. */
interface Outbox {
  /** A code for this address that was not used here yet, once there is one. */
  readonly codeFor: (to: string) => Promise<string>
  /** The newest link for it, `''` while there is none. */
  readonly linkFor: (to: string) => Promise<string>
}

/** Local mode with an empty memory, a browser before it, and what both are asked. */
export interface Scene {
  readonly url: string
  readonly surfer: Surfer
  readonly page: Page
  readonly context: BrowserContext
  /** What the pages heard from Clerk's Frontend API; all of it once the scene is closed. */
  readonly heard: Recording
  readonly api: Api
  readonly outbox: Outbox
  /** Calls the Backend API of the stand-in. */
  readonly backend: (method: string, path: string, body?: object) => Promise<Response>
  /** Calls the Frontend API as a page of one's own would, through the gateway. */
  readonly callClerk: (path: string, form: Readonly<Record<string, string>>) => Promise<ClerkAnswer>
  /** The value of a cookie, `undefined` where there is none. */
  readonly cookie: (name: string) => Promise<string | undefined>
  /** Removes the cookies of these names, and gives them. */
  readonly loseCookies: (names: RegExp) => Promise<readonly BrowserCookie[]>
  /** The addresses of the scripts that the page has loaded. */
  readonly loadedScripts: () => Promise<string>
  /** Errors on the console that a step is about; all others fail the run. */
  readonly forgive: (pattern: RegExp) => void
  /** Ends local mode and starts it again on the same port and state. */
  readonly restart: () => Promise<void>
  readonly close: () => Promise<void>
}

type BrowserCookie = Awaited<ReturnType<BrowserContext['cookies']>>[number]

/** What a form of one's own reads of an answer. */
interface ClerkAnswer {
  readonly response: { readonly id: string; readonly status: string }
}

/** Starts all of it. */
export async function openScene(): Promise<Scene> {
  const state = await mkdtemp(join(tmpdir(), 'usher-browser-'))
  let gateway: Started = await startLocalMode({ state })
  const { port } = gateway
  const secret = secretKey(await openKeyring(keyringPath))
  const url = `http://localhost:${port}`
  const standIn = `${url}/__stand-in`
  const surfer = await openChromium()
  const { context, page } = surfer
  const { recording: heard, settled } = recordPages(context)
  return {
    ...{ url, surfer, page, context, heard },
    api: openApi(context, url),
    outbox: openOutbox(standIn),
    backend: (method, path, body) =>
      fetch(`${standIn}/backend/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    callClerk: (path, form) => callFromPage(page, path, form),
    async cookie(name) {
      const cookies = await context.cookies(url)
      return cookies.find((one) => one.name === name)?.value
    },
    async loseCookies(names) {
      const lost = (await context.cookies(url)).filter(({ name }) => names.test(name))
      await context.clearCookies({ name: names })
      return lost
    },
    loadedScripts: () =>
      page.evaluate<string>("Array.from(document.scripts, ({ src }) => src).join(' ')"),
    forgive(pattern) {
      const kept = surfer.errors.filter((error) => !pattern.test(error))
      surfer.errors.splice(0, surfer.errors.length, ...kept)
    },
    async restart() {
      await gateway.stop()
      gateway = await startLocalMode({ state, port })
    },
    async close() {
      await settled()
      await surfer.close()
      await gateway.stop()
      await rm(state, { recursive: true, force: true })
    },
  }
}

function openApi({ request }: BrowserContext, url: string): Api {
  const ask = () => request.get(`${url}/api/echo`)
  return {
    async echo() {
      const answer = await ask()
      expect(answer.status(), await answer.text()).toBe(200)
      return answer.json()
    },
    async organization() {
      const answer = await ask()
      return answer.ok() ? (await answer.json()).headers['x-usher-org-id'] : undefined
    },
    status: async () => (await ask()).status(),
  }
}

interface Sent {
  readonly id: string
  readonly code: string | null
  readonly link: string | null
}

function openOutbox(standIn: string): Outbox {
  const used = new Set<string>()
  async function sentTo(to: string): Promise<readonly Sent[]> {
    const response = await fetch(`${standIn}/outbox.json?to=${encodeURIComponent(to)}`)
    const outbox: { readonly messages: readonly Sent[] } = await response.json()
    return outbox.messages
  }
  return {
    async codeFor(to) {
      const fresh = async () =>
        (await sentTo(to)).find(({ id, code }) => code !== null && !used.has(id))
      await expect.poll(fresh, { timeout: 15_000 }).toBeDefined()
      const message = await fresh()
      if (message !== undefined) used.add(message.id)
      return message?.code ?? ''
    },
    linkFor: async (to) => (await sentTo(to)).find(({ link }) => link !== null)?.link ?? '',
  }
}

function callFromPage(
  page: Page,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<ClerkAnswer> {
  const body = new URLSearchParams(form).toString()
  return page.evaluate(
    async (sent) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const to = `/__clerk/v1${sent.path}`
      const response = await fetch(to, { method: 'POST', headers, body: sent.body })
      return response.json()
    },
    { path, body },
  )
}

/** Types an address into Clerk's sign-in component and goes on. */
export async function identify(page: Page, address: string): Promise<void> {
  await page.locator('input[name=identifier]').fill(address)
  await page.locator('.cl-formButtonPrimary').click()
}

/** Types a password into the component and goes on. */
export async function enterPassword(page: Page, password: string): Promise<void> {
  await page.locator('input[name=password]').fill(password)
  await page.locator('.cl-formButtonPrimary').click()
}

/** Types a code of six digits where the component asks for one. */
export async function enterCode(page: Page, code: string): Promise<void> {
  const field = page.locator('input[autocomplete="one-time-code"]').first()
  await field.waitFor()
  await field.focus()
  await page.keyboard.type(code, { delay: 20 })
}

/** Signs in by password, on a page that shows the component. */
export async function signIn(page: Page, address: string, password: string): Promise<void> {
  await identify(page, address)
  await enterPassword(page, password)
}

/** What the component complains of, once it does. */
export async function errorsShown(page: Page): Promise<string> {
  const shown = page.locator('.cl-formFieldErrorText, .cl-alertText').first()
  await shown.waitFor()
  return (await shown.textContent()) ?? ''
}

/** The claims of a token, unverified. */
export function claimsOf(token: string | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token?.split('.')[1] ?? 'e30', 'base64url').toString())
}
