import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openScene, type Scene, targetOf } from '../support/gateway.ts'
import { status } from '../support/raw.ts'

// Usher's own prefix and Clerk's belong to no origin, under no spelling; least of all where a route takes
// everything and lets every escape through.

const scenes = new Map<string, Scene>()
const scene = (name: string) => {
  const found = scenes.get(name)
  if (found === undefined) throw new Error(`There is no scene ${name}`)
  return found
}

beforeAll(async () => {
  scenes.set('closed', await openScene())
  scenes.set('open', await openScene({ OPEN: '1' }))
})
afterAll(() => Promise.all([...scenes.values()].map((one) => one.close())))
beforeEach(() => {
  for (const one of scenes.values()) one.clear()
})

describe.each(['closed', 'open'])('before an origin whose routes are %s', (name) => {
  it.each([
    '/_usher',
    '/_usher/',
    '/_usher/x',
    '/_usher/../_usher/x',
    '//_usher//x',
    '/./_usher/x',
    '/public/../_usher/x',
    '/_USHER/x',
    '/_Usher',
    '/%5fusher/x',
    '/%5Fus%68er/x',
    '/%255fusher/x',
    '/%25255fusher/x',
    '/_usher%2fx',
    '/_usher%2flivez',
    '/_usher%252flivez',
    '/_USHER%2Flivez',
    '/_usher;x/y',
    '/_usher;',
    '/_usher%3bx/y',
    '/_usher%23x',
    '/_usher%3fx',
    '/_usher%00',
    '/_usher\\x',
    '/_usher%5cx',
    '/%2f_usher/livez',
    '/%2F%2F_usher',
    '/.%2f_usher/x',
    '/x%2f..%2f_usher/x',
    '/;/_usher/x',
    '/__clerk',
    '/__clerk/v1/client',
    '/__CLERK/v1',
    '/%5f%5fclerk/v1',
    '/_%5Fclerk',
    '/%255f%255fclerk/v1',
    '/__clerk%2fv1',
    '/__clerk;v=1/v1',
    '/%2f__clerk',
    '/public/../__clerk/v1',
  ])('%s reaches no origin', async (target) => {
    const { gateway, origin } = scene(name)
    const token = bearer(await gateway.token())
    for (const headerLines of [[], [token]]) {
      expect([400, 404]).toContain(status(await gateway.get(target, headerLines)))
    }
    expect(origin.requests).toEqual([])
  })

  it.each(['/%5fusher/livez', '//_usher/livez', '/public/../_usher/liv%65z'])(
    '%s means livez, and is livez',
    async (target) => {
      const { gateway, origin } = scene(name)
      expect((await gateway.get(target)).body).toContain('alive')
      expect(origin.requests).toEqual([])
    },
  )
})

it.each(['/usher', '/_usherx', '/x/_usher', '/__clerks', '/x%2f_usher', '/_', '/__'])(
  '%s is the origin’s where a route takes it',
  async (target) => {
    const open = scene('open')
    expect(status(await open.gateway.get(target))).toBe(200)
    expect(targetOf(open.arrived())).toBe(target.replace('%2f', '%2F'))
  },
)
