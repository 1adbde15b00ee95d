import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { hasChromium } from '../../support/chromium.ts'
import { expectHonest, readLimitMs } from '../../support/stand-in.ts'
import { openScene, type Scene, signIn } from './scene.ts'

/** A step; without Debian's Chromium it is skipped. */
export const law = it.skipIf(!hasChromium)

/** Who signs in by password. */
export interface Person {
  readonly email: string
  readonly password: string
}

/** What the steps of one walk through a browser have in common. */
export interface Walk {
  /** The scene, which is there once the walk has begun. */
  readonly scene: Scene
  readonly at: (path: string) => string
  readonly visit: (path: string) => Promise<unknown>
  readonly arriveAt: (path: string) => Promise<void>
  readonly find: (selector: string) => Locator
  readonly press: (name: string | RegExp) => Promise<void>
  /** Does something that leads to another page, and waits for that. */
  readonly leaveBy: (act: () => Promise<void>) => Promise<void>
  readonly signOut: () => Promise<void>
  readonly comeAs: (person: Person) => Promise<void>
}

/**
 * Begins a walk: steps follow one another in it. Each fails on any stray request and on any error on a console, and
 * the walk as a whole where Clerk's script heard, or said, what is not as Clerk describes it.
 */
export function beginWalk(): Walk {
  let opened: Scene | undefined
  const scene = (): Scene => {
    if (opened === undefined) throw new Error('The walk has not begun')
    return opened
  }
  beforeAll(async () => {
    if (hasChromium) opened = await openScene()
  }, 60_000)
  afterAll(async () => {
    await opened?.close()
    if (opened !== undefined) expectHonest(opened.heard)
  }, readLimitMs)
  afterEach(() => {
    if (opened === undefined) return
    expect(opened.surfer.strays).toEqual([])
    expect(opened.surfer.errors.splice(0)).toEqual([])
  })

  const at = (path: string) => `${scene().url}${path}`
  const visit = (path: string) => scene().page.goto(at(path))
  const find = (selector: string) => scene().page.locator(selector)
  const arriveAt = (path: string) => scene().page.waitForURL((url) => url.pathname === path)
  const leaveBy = async (act: () => Promise<void>) => {
    const left = scene().page.waitForEvent('load')
    await act()
    await left
  }
  return {
    get scene() {
      return scene()
    },
    ...{ at, visit, find, arriveAt, leaveBy },
    press: (name) => scene().page.getByRole('button', { name }).first().click(),
    async signOut() {
      await visit('/_usher/demo')
      await leaveBy(() => find('usher-sign-out-button button').click())
      await find('usher-signed-out:not([hidden])').first().waitFor()
    },
    async comeAs({ email, password }) {
      await visit('/app/hello')
      await signIn(scene().page, email, password)
      await arriveAt('/app/hello')
    },
  }
}
