import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasChromium, openChromium, type Surfer } from '../support/chromium.ts'
import type { FakeSession } from './client-page.ts'
import { type ClientScene, openClientScene } from './client-scene.ts'

// The script for pages of origins in a real browser, whose clock the tests turn. A step is a second.

const law = it.skipIf(!hasChromium)

let surfer: Surfer
let scene: ClientScene

beforeAll(async () => {
  if (hasChromium) surfer = await openChromium()
})
afterAll(() => surfer?.close())
beforeEach(async () => {
  if (hasChromium) scene = await openClientScene(surfer)
})
afterEach(() => scene?.close())

const ada: FakeSession = { id: 'sess_ada', userId: 'user_ada' }

describe('a page that stays open', () => {
  law(
    'keeps its cookie fresh for more than three minutes, with as few tokens as that takes',
    async () => {
      await scene.signIn(ada)
      await scene.open()
      const seen = new Set<string>()
      await scene.turn(200, async () => {
        const now = await scene.session()
        expect(now?.exp).toBeGreaterThan(scene.site.nowMs / 1000)
        seen.add(now?.jti ?? '')
      })
      expect(seen.size).toBe(5)
      expect(scene.site.asked).toEqual(['GET /me', ...Array<string>(4).fill('POST /tokens')])
      expect(await scene.changes()).toEqual([])
    },
  )

  law('shares one token among all its tabs', async () => {
    await scene.signIn(ada)
    await scene.open()
    const other = await scene.context.newPage()
    await scene.open(other)
    await scene.turn(100)
    await scene.settle(other)
    expect(scene.count('POST /tokens')).toBe(2)
  })

  law('leaves it to Clerk’s own script, where that is on the page', async () => {
    await scene.signIn(ada)
    await scene.page.addInitScript('window.Clerk = { loaded: true }')
    await scene.open()
    for (const _ of [1, 2]) {
      await scene.turn(47)
      await scene.setCookies(scene.site.token(ada), '1')
      await scene.turn(1)
    }
    expect(scene.site.asked).toEqual(['GET /me'])
    // Where that does not, it still does.
    await scene.turn(60)
    expect(scene.count('POST /tokens')).toBe(1)
  })

  law.each([
    ['ahead', 600],
    ['behind', -600],
  ])('is right on a machine whose clock is %s', async (_, seconds) => {
    scene.site.nowMs -= seconds * 1000
    await scene.signIn(ada)
    await scene.open()
    await scene.turn(120, async () => {
      expect((await scene.session())?.exp).toBeGreaterThan(scene.site.nowMs / 1000)
    })
    expect(scene.count('POST /tokens')).toBeLessThanOrEqual(4)
    expect(await scene.shown()).toEqual(['in'])
  })

  law('waits ever longer while Clerk is in trouble, and is well as soon as Clerk is', async () => {
    await scene.signIn(ada)
    await scene.open()
    scene.site.trouble = { status: 503 }
    const atSeconds: number[] = []
    await scene.turn(200, async () => {
      if (scene.count('POST /tokens') > atSeconds.length) atSeconds.push(scene.site.nowMs / 1000)
    })
    expect(scene.count('POST /tokens')).toBe(atSeconds.length)
    expect(atSeconds.length).toBeGreaterThan(4)
    expect(atSeconds.length).toBeLessThan(10)
    expect(await scene.changes()).toEqual([])
    scene.site.trouble = undefined
    await scene.turn(61)
    expect((await scene.session())?.exp).toBeGreaterThan(scene.site.nowMs / 1000)
    expect(await scene.shown()).toEqual(['in'])
  })

  law('comes back when Clerk says, and no sooner', async () => {
    await scene.signIn(ada)
    await scene.open()
    scene.site.trouble = { status: 429, retryAfter: '90' }
    await scene.turn(46)
    expect(scene.count('POST /tokens')).toBe(1)
    scene.site.trouble = undefined
    await scene.turn(85)
    expect(scene.count('POST /tokens')).toBe(1)
    await scene.turn(10)
    expect(scene.count('POST /tokens')).toBe(2)
  })

  law('is no storm where the gateway refuses its token', async () => {
    scene.site.refuses = true
    await scene.signIn(ada)
    await scene.open()
    await scene.turn(30)
    expect(scene.site.asked).toEqual(['GET /me', 'POST /tokens', 'GET /me'])
    expect(await scene.shown()).toEqual(['out'])
  })

  law('asks nobody anything while nobody is signed in', async () => {
    await scene.open()
    await scene.turn(60)
    expect(scene.site.asked).toEqual([])
    expect(await scene.shown()).toEqual(['out'])
  })
})

describe('a session', () => {
  law('is found again when its cookie is lost', async () => {
    scene.site.sessions.push(ada)
    await scene.setCookies('', '1')
    await scene.open()
    expect(scene.site.asked).toEqual(['GET /client', 'POST /tokens', 'GET /me'])
    expect(await scene.shown()).toEqual(['in'])
  })

  law('is found again when its token ended while no page was open', async () => {
    await scene.signIn(ada)
    scene.site.nowMs += 3600_000
    await scene.context.clock.runFor(3600_000)
    await scene.open()
    expect(scene.site.asked).toEqual(['POST /tokens', 'GET /me'])
    expect(await scene.changes()).toEqual([])
  })

  law(
    'that has ended is signed out, its cookies are gone, and nothing is asked any more',
    async () => {
      await scene.signIn(ada)
      await scene.open()
      scene.site.sessions.length = 0
      await scene.turn(46)
      expect(await scene.changes()).toEqual(['out'])
      expect(await scene.session()).toBeUndefined()
      expect(await scene.shown()).toEqual(['out'])
      const before = scene.site.asked.length
      await scene.setCookies('', '0')
      await scene.turn(60)
      expect(scene.site.asked).toHaveLength(before)
    },
  )

  law('that begins, changes or ends is told once each time', async () => {
    await scene.open()
    const grace: FakeSession = { id: 'sess_grace', userId: 'user_grace' }
    const steps: readonly (() => Promise<void>)[] = [
      () => scene.signIn(ada),
      // A token of the same session says nothing new.
      () => scene.signIn(ada),
      () => scene.signIn({ ...ada, organizationId: 'org_acme' }),
      () => scene.signIn({ ...ada, organizationId: 'org_other' }),
      () => scene.signIn({ ...ada, id: 'sess_again' }),
      () => scene.signIn(grace),
      () => scene.setCookies('', '0'),
    ]
    for (const step of steps) {
      await step()
      await scene.page.evaluate("dispatchEvent(new Event('focus'))")
      await scene.settle()
    }
    expect(await scene.changes()).toEqual([
      'user_ada sess_ada ',
      'user_ada sess_ada org_acme',
      'user_ada sess_ada org_other',
      'user_ada sess_again ',
      'user_grace sess_grace ',
      'out',
    ])
  })

  law('that ends in one tab ends in the others', async () => {
    await scene.signIn(ada)
    await scene.open()
    const other = await scene.context.newPage()
    await scene.open(other)
    await other.click('usher-sign-out-button button')
    await other.waitForURL('**/home')
    await scene.settle()
    expect(scene.count('DELETE /sessions')).toBe(1)
    // The cookie went at once: no page came to show what it was still worth.
    expect(scene.count('POST /tokens')).toBe(0)
    expect(await scene.changes()).toEqual(['out'])
    expect(await scene.session()).toBeUndefined()
    expect(await scene.shown()).toEqual(['out'])
  })
})

describe('what a page may ask', () => {
  law('ready, me, refresh, and an end of being told', async () => {
    await scene.signIn(ada)
    await scene.open()
    const before = (await scene.session())?.jti
    const told = await scene.page.evaluate(`(async () => {
      let calls = 0
      usher.onAuthChange(() => calls++)()
      const answers = [await usher.ready, await usher.me(), await usher.refresh()]
      return { calls, users: answers.map(({ user_id }) => user_id) }
    })()`)
    expect(told).toEqual({ calls: 0, users: ['user_ada', 'user_ada', 'user_ada'] })
    // The page itself was never told: nothing of it is news.
    expect(await scene.changes()).toEqual([])
    expect((await scene.session())?.jti).not.toBe(before)
    expect(scene.count('POST /tokens')).toBe(1)
  })

  law.each<[string, Partial<FakeSession>, string[]]>([
    ['nobody in particular', {}, ['in']],
    ['an administrator of Usher’s', { roles: ['user', 'admin'] }, ['in', 'admins']],
    ['a member', { organizationId: 'org_acme' }, ['in']],
    [
      'a lead',
      { organizationId: 'org_acme', organizationRole: 'org:admin' },
      ['in', 'leads', 'readers'],
    ],
    [
      'both',
      { organizationId: 'org_acme', organizationRole: 'org:admin', roles: ['admin'] },
      ['in', 'admins', 'leads', 'both', 'readers'],
    ],
  ])('elements show what is for %s', async (_, traits, texts) => {
    await scene.signIn({ ...ada, ...traits })
    await scene.open()
    expect(await scene.shown()).toEqual(texts)
  })

  law('the sign-in button leads there and back', async () => {
    await scene.page.goto(`${scene.site.url}/a?b=c`)
    await scene.page.evaluate("history.pushState({}, '', '/d?e=f#g')")
    await scene.page.click('usher-sign-in-button a')
    const { pathname, searchParams } = new URL(scene.page.url())
    expect(pathname).toBe('/_usher/sign-in')
    expect(searchParams.get('redirect_url')).toBe(`${scene.site.url}/d?e=f#g`)
  })

  law('the menu of the user opens and closes by keyboard, and says who it is', async () => {
    await scene.signIn(ada)
    await scene.open()
    const menu = scene.page.locator('usher-user-button div')
    await scene.page.locator('usher-user-button summary').focus()
    expect(await menu.isVisible()).toBe(false)
    await scene.page.keyboard.press('Enter')
    expect(await menu.innerText()).toMatch(
      /Ada L\s*ada@example.com\s*Profile\s*Organization\s*Sign out/,
    )
    await scene.page.keyboard.press('Escape')
    expect(await menu.isVisible()).toBe(false)
    await scene.page.keyboard.press('Enter')
    await scene.page.locator('usher-sign-in-button a').focus()
    expect(await menu.isVisible()).toBe(false)
  })

  law('a second copy of the script changes nothing', async () => {
    await scene.signIn(ada)
    await scene.open()
    const errors: string[] = []
    scene.page.on('pageerror', ({ message }) => errors.push(message))
    await scene.page.addScriptTag({ url: '/_usher/client.js' })
    await scene.turn(46)
    expect(errors).toEqual([])
    expect(scene.count('POST /tokens')).toBe(1)
  })
})
