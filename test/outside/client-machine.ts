import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { projectPath } from '../support/platform.ts'

/** What somebody answers the script. */
export interface Said {
  readonly status: number
  readonly body: unknown
}

/** A page that includes the script, without a browser: cookies, timers and answers are the test's. */
export interface ClientMachine {
  /** Methods and paths that were asked, in order. */
  readonly asked: string[]
  /** Where the page was sent. */
  readonly assigned: string[]
  readonly usher: {
    readonly ready: Promise<object>
    refresh(): Promise<object>
    signOut(): Promise<void>
  }
  cookie(): string
  setCookie(value: string): void
  /** What is begun comes to its end, and then each timer that is due within some seconds. */
  pass(seconds: number): Promise<void>
  /** An element of the script's, shown with these attributes: what stands in it. */
  show(tag: string, attributes: Readonly<Record<string, string>>): FakeElement
}

export const origin = 'https://gate.example'
export const beganAtMs = Date.UTC(2026, 10, 21, 12)

/** A token that nobody has signed, as a planted cookie is. */
export function planted(claims: object): string {
  return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`
}

/** As much of an element as buttons need. */
export class FakeElement {
  readonly childNodes: FakeElement[] = []
  attributes: Readonly<Record<string, string>> = {}
  hidden = false
  isConnected = true
  href = ''
  onclick: () => unknown = () => undefined
  append(...children: FakeElement[]): void {
    this.childNodes.push(...children)
  }
  hasChildNodes(): boolean {
    return this.childNodes.length > 0
  }
  querySelector(): null {
    return null
  }
  addEventListener(): void {}
  getAttribute(name: string): string | null {
    return this.attributes[name] ?? null
  }
}

const script = readFileSync(`${projectPath}src/portal/assets/client.js`, 'utf8')

const usherSettings = {
  ...{ prefix: '/_usher', api: '/__clerk', suffix: '', signInUrl: '/_usher/sign-in' },
  ...{ hasPages: true, home: '/home' },
}

/** Runs the script on a page with this session cookie. */
export function openMachine(cookie: string, answer: (asked: string) => Said): ClientMachine {
  const asked: string[] = []
  const assigned: string[] = []
  const clock = turningClock()
  const kinds = new Map<string, new () => FakeElement & { connectedCallback(): void }>()
  let jar = cookie
  const document = {
    get cookie() {
      return jar && `__session=${jar}`
    },
    set cookie(line: string) {
      jar = line.slice(line.indexOf('=') + 1, line.indexOf(';'))
    },
    createElement: () => new FakeElement(),
    addEventListener() {},
  }
  const page = createContext({
    ...clock.timers,
    ...{ usherSettings, document, URL, atob, queueMicrotask, navigator: {} },
    ...{ HTMLElement: FakeElement, addEventListener() {}, Date: { now: clock.now } },
    location: { protocol: 'https:', origin, href: `${origin}/app?a=b`, assign: record(assigned) },
    BroadcastChannel: class {
      postMessage() {}
    },
    CSSStyleSheet: class {
      replaceSync() {}
    },
    customElements: { define: kinds.set.bind(kinds) },
    async fetch(url: string | URL, { method = 'GET' } = {}) {
      const { pathname, searchParams } = new URL(url, origin)
      const what = `${searchParams.get('_method') ?? method} ${pathname}`
      asked.push(what)
      const { status, body } = answer(what)
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
    },
  })
  runInContext('globalThis.window = globalThis', page)
  runInContext(script, page)
  return {
    ...{ asked, assigned, usher: page.usher, pass: clock.pass },
    cookie: () => jar,
    setCookie(value) {
      jar = value
    },
    show(tag, attributes) {
      const kind = kinds.get(tag)
      if (kind === undefined) throw new Error(`No ${tag}`)
      const element = Object.assign(new kind(), { attributes })
      element.connectedCallback()
      return element
    },
  }
}

function record(list: string[]): (one: string) => void {
  return (one) => void list.push(one)
}

/** A clock that stands still unless it is turned, and timers by it. */
function turningClock() {
  const timers = new Map<number, { readonly act: () => void; readonly atMs: number }>()
  let [nowMs, serial] = [beganAtMs, 0]
  return {
    now: () => nowMs,
    timers: {
      setTimeout(act: () => void, inMs: number) {
        // As browsers do: what they cannot count to is now.
        const waitMs = Number.isFinite(inMs) && inMs < 2 ** 31 ? inMs : 0
        timers.set(++serial, { act, atMs: nowMs + waitMs })
        return serial
      },
      clearTimeout: (id: number) => timers.delete(id),
    },
    async pass(seconds: number) {
      const endMs = nowMs + seconds * 1000
      for (let turns = 0; ; turns += 1) {
        if (turns > 20 * seconds) throw new Error('The page does nothing but wake')
        await new Promise(setImmediate)
        const [next] = [...timers].sort(([, a], [, b]) => a.atMs - b.atMs)
        if (next === undefined || next[1].atMs > endMs) break
        timers.delete(next[0])
        nowMs = Math.max(nowMs, next[1].atMs)
        next[1].act()
      }
      await new Promise(setImmediate)
      nowMs = endMs
    },
  }
}
