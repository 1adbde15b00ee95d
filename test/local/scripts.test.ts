import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import clerkScript from '../../node_modules/@clerk/clerk-js/package.json' with { type: 'json' }
import { projectRoot } from '../../src/local/keyring.ts'
import { serveScripts } from '../../src/local/scripts.ts'

let origin: string
beforeAll(async () => {
  origin = await serveScripts()
})

const { version } = clerkScript
const entry = '/npm/@clerk/clerk-js@6/dist/clerk.browser.js'
const forAYear = 'public, max-age=31536000, immutable'
const forAMinute = 'public, max-age=60'

async function ask(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}${path}`, { headers })
  const size = (await response.arrayBuffer()).byteLength
  return { status: response.status, headers: response.headers, size }
}

describe("Clerk's scripts", () => {
  it.each([
    [entry, forAMinute],
    [entry.replace('@6/', `@${version}/`), forAYear],
    [entry.replace('@6/', '@6.0.0/'), forAMinute],
    ['/npm/@clerk/ui@1/dist/ui.browser.js', forAMinute],
  ])('are kept by browsers for as long as they stay the same: %s', async (path, caching) => {
    const { status, headers, size } = await ask(path)
    expect([status, headers.get('cache-control')]).toEqual([200, caching])
    expect(size).toBeGreaterThan(1000)
  })

  it('whose names say what is in them are kept for a year under any version', async () => {
    const files = await readdir(join(projectRoot, 'node_modules/@clerk/clerk-js/dist'))
    const chunk = files.find((file) => /^\d+_clerk\.browser_[\w.]+\.js$/.test(file))
    const { headers } = await ask(`/npm/@clerk/clerk-js@6/dist/${chunk}`)
    expect(headers.get('cache-control')).toBe(forAYear)
  })

  it('are not sent again to who has them', async () => {
    const etag = (await ask(entry)).headers.get('etag') ?? ''
    const again = await ask(entry, { 'if-none-match': etag })
    expect([again.status, again.size, again.headers.get('etag')]).toEqual([304, 0, etag])
    expect((await ask(entry, { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it.each([
    '/npm/@clerk/clerk-js@6/dist/nothing.js',
    '/npm/@clerk/clerk-js@6/dist/../package.json',
    '/npm/@clerk/clerk-js@6/dist/%2e%2e.js',
    '/npm/@clerk/backend@3/dist/index.js',
    '/',
  ])('are all there is: %s', async (path) => {
    expect((await ask(path)).status).toBe(404)
  })
})
