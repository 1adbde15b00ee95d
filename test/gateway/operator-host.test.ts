import { beforeAll, describe, expect, it } from 'vitest'
import { checkOf, createChecksWorld } from '../checks/forward-auth-scene.ts'
import { createWorld, type World } from '../support/world.ts'

// The operators' own host: Usher's surfaces answer there, and no origin does.

const operator = { host: 'ops.usher.test' }
const routes = [
  { path: '/**', origin: 'api', access: 'public' },
  { path: '/wild/**', host: '*.usher.test', origin: 'api', access: 'public' },
  { path: '/mcp/**', origin: 'api', accepts: ['oauth_token'] },
] as const

let world: World
let listed: World
beforeAll(async () => {
  const config = { operator, routes }
  const variables = { CLERK_SECRET_KEY: 'sk_test_x' }
  world = await createWorld({ config, variables })
  listed = await createWorld({ config: { ...config, hosts: ['api.usher.test'] }, variables })
})

const ask = async (path: string, host: string, one = world) => {
  const { status } = await one.walk(new Request(`https://${host}${path}`))
  return status
}

describe("the operators' host", () => {
  it.each([
    '/',
    '/anything',
    '/wild/x',
    '/mcp/x',
    '/.well-known/oauth-protected-resource/mcp/x',
    '/_USHER/livez',
    '/_usher',
    '/__clerk/v1/client',
    '//x',
    '/a/../b',
  ])('%s reaches no origin', async (path) => {
    for (const one of [world, listed]) {
      for (const host of [
        'ops.usher.test',
        'OPS.usher.test',
        'ops.usher.test:443',
        'ops.usher.test.',
      ]) {
        expect([404, 400]).toContain(await ask(path, host, one))
      }
      expect(one.sent).toEqual([])
    }
  })

  it.each(['/_usher/livez', '/_usher/me', '/_usher/jwks.json'])('%s answers', async (path) => {
    expect(await ask(path, 'ops.usher.test')).toBe(200)
    expect(await ask(path, 'ops.usher.test', listed)).toBe(200)
  })

  it('is served beside the hosts that are named, and nothing else is', async () => {
    expect(await ask('/_usher/livez', 'other.usher.test', listed)).toBe(421)
    expect(await ask('/_usher/livez', 'ops.usher.test:8443', listed)).toBe(421)
    expect(await ask('/x', 'api.usher.test', listed)).toBe(200)
    expect(listed.sent.splice(0)).toHaveLength(1)
  })

  it('is not let through by a check about it', async () => {
    const asked = await createChecksWorld({ config: { operator: { host: 'ops.api.usher.test' } } })
    const about = async (host: string) => {
      const told = await asked.walk(checkOf('nginx', { host, uri: '/public/x' }))
      return told.status
    }
    expect(await about('api.usher.test')).toBe(200)
    expect(await about('sub.api.usher.test')).toBe(200)
    expect(await about('ops.api.usher.test')).toBe(403)
  })
})
