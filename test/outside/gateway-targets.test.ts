import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, grace, openScene, rawRequest, type Scene, targetOf } from '../support/gateway.ts'
import { sendRaw, status } from '../support/raw.ts'
import { namesRead } from '../support/target-readings.ts'

// Targets as they are on the wire, at workerd itself. Whatever the gateway makes of one, the origin is
// asked for the path that the policy saw, or for nothing.

let scene: Scene
let ada: string
let nobody: string

beforeAll(async () => {
  scene = await openScene()
  ada = bearer(await scene.gateway.token())
  nobody = bearer(await scene.gateway.token(grace))
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** The answer, what the origin was asked for if it was, and the path in the record. */
async function ask(target: string, headerLines: readonly string[] = []) {
  scene.origin.requests.length = 0
  await scene.gateway.notes()
  const answered = status(await scene.gateway.get(target, headerLines))
  const { records } = await scene.gateway.notes()
  const reached = scene.origin.requests.map(targetOf)
  return { status: answered, reached, noted: records[0]?.path, route: records[0]?.route }
}

describe('a target that means /admin', () => {
  it.each([
    '/admin/x',
    '//admin/x',
    '/%61dmin/x',
    '/%61%64%6D%69%6e/%78',
    '/./admin//./x',
    '/public/../admin/x',
    '/public/a/../../admin/x',
    '/../../admin/x',
    'http://elsewhere.test/admin/x',
  ])('%s meets the policy of /admin and reaches it as /admin/x', async (target) => {
    const [noToken, notAdmin, admin] = [
      await ask(target),
      await ask(target, [nobody]),
      await ask(target, [ada]),
    ]
    expect([noToken.status, notAdmin.status, admin.status]).toEqual([401, 403, 200])
    expect([...noToken.reached, ...notAdmin.reached]).toEqual([])
    expect(admin).toMatchObject({ reached: ['/admin/x'], noted: '/admin/x', route: '/admin/**' })
  })
})

describe('a target that some reader takes for /admin', () => {
  it.each([
    '/public/..%2fadmin/x',
    '/public/..%2Fadmin/x',
    '/public/%2e%2e/admin/x',
    '/public/%2E%2E/admin/x',
    '/public/.%2e/admin/x',
    '/public/%2e./admin/x',
    '/public/%2e%2e%2fadmin',
    '/public\\..\\admin/x',
    '/admin\\x',
    '/public/a\\b',
    '/public/..\\admin/x',
    '/public/..%5cadmin/x',
    '/public/..;/admin/x',
    '/public/..;v=1/admin/x',
    '/public/..%3b/admin/x',
    '/public/%252e%252e/admin/x',
    '/public/%252e%252e%252fadmin/x',
    '/public/%c0%ae%c0%ae/admin/x',
    '/public/..%c0%afadmin/x',
    '/public/..%00/admin/x',
    '/public/..%0d%0a/admin/x',
    '/public/%u002e%u002e/admin/x',
    '/public/..%ef%bc%8fadmin%ff',
    '/admin;x/y',
    '/admin%3bx/y',
    '/admin%3fx',
    '/admin%23x',
    '/admin%25/x',
    '/encoded/..%2fadmin/x',
    '/encoded/%2e%2e%2fadmin/x',
    '/encoded/a%2f..%2f..%2fadmin',
    '/encoded/..%2F..%2f',
  ])('%s is refused with 400, whoever asks', async (target) => {
    for (const headerLines of [[], [nobody], [ada]]) {
      expect(await ask(target, headerLines)).toMatchObject({ status: 400, reached: [] })
    }
  })

  it.each(['/ADMIN/x', '/Admin', '/admin2', '/adminx/y', '/admin%2fx'])(
    '%s is another path, that no route knows',
    async (target) => {
      expect(await ask(target, [ada])).toMatchObject({ status: 404, reached: [] })
    },
  )

  it.each(['*', 'usher.test', '/a\0b', '/public/\x01', '?/admin', ':80/admin', '@evil/public/x'])(
    'the malformed target %j reaches nothing',
    async (target) => {
      const { status: answered, reached } = await ask(target, [ada])
      expect([400, 404]).toContain(answered)
      expect(reached).toEqual([])
    },
  )
})

describe('the host', () => {
  it.each([
    'h/public',
    'h/public/../admin',
    'h@evil',
    'h?x',
    'h#x',
    'h\\x',
    'h x',
    'h,i',
    'h:0',
    'h:99999',
    'h:80:80',
    'h..i',
    '.',
    '[::1',
    'h%2fpublic',
  ])('%s is refused before any route is looked for', async (host) => {
    const answered = await ask('/admin/x', [ada, `Host: ${host}`])
    expect(answered).toMatchObject({ status: 400, reached: [], route: undefined })
  })

  it('of two lines is refused', async () => {
    const hosts = ['Host: hosted.usher.test', 'Host: evil.test']
    expect(await ask('/public/x', hosts)).toMatchObject({ status: 400, reached: [] })
  })

  it.each(['hosted.usher.test', 'HOSTED.usher.test', 'hosted.usher.test.', 'hosted.usher.test:80'])(
    '%s has the route of hosted.usher.test',
    async (host) => {
      const answered = await ask('/hosted/x', [`Host: ${host}`])
      expect(answered).toMatchObject({ status: 200, reached: ['/hosted/x'] })
    },
  )

  it.each(['usher.test', 'x.hosted.usher.test', 'hosted.usher.test:81', 'hosted.usher.test.evil'])(
    '%s does not',
    async (host) => {
      const answered = await ask('/hosted/x', [`Host: ${host}`])
      expect(answered).toMatchObject({ status: 404, reached: [] })
    },
  )

  it('of an absolute target never counts', async () => {
    const answered = await ask('http://hosted.usher.test/hosted/x')
    expect(answered).toMatchObject({ status: 404, reached: [] })
  })
})

describe('a method', () => {
  it('that no config can name, because it must not be forwarded, is not (TRACE)', async () => {
    const bytes = rawRequest('TRACE', '/public/x')
    expect(status(await sendRaw(scene.gateway.port, bytes))).toBeGreaterThanOrEqual(400)
    expect(scene.origin.requests).toEqual([])
  })
})

const pieces = [
  ...[
    '/',
    '//',
    '/',
    '/',
    '\\',
    '%2f',
    '%5C',
    '%252f',
    ';',
    '%3b',
    ';a=b',
    '?',
    '%3f',
    '%23',
    '%00',
  ],
  ...['.', '..', '%2e', '%2E%2e', '%252e', 'admin', '%61dmin', 'ADMIN', 'public', 'encoded', 'x'],
  ...[
    '_usher',
    '%5fusher',
    '_USHER',
    '__clerk',
    'livez',
    '%',
    '%zz',
    '%c3%a9',
    '\xe9',
    '~',
    '@',
    ' ',
  ],
]

it('three hundred random targets: what arrives is what was seen, and never a place of others', async () => {
  const targets = array(constantFrom(...pieces), { maxLength: 9 }).map(
    (parts) => `/${['public', 'encoded', ''][parts.length % 3]}/${parts.join('')}`,
  )
  let arrivals = 0
  const law = asyncProperty(targets, async (target) => {
    const { status: answered, reached, noted } = await ask(target, [nobody])
    expect(answered).toBeLessThan(500)
    arrivals += reached.length
    for (const path of reached) {
      expect(path.replace(/\?.*/, '')).toBe(noted)
      const firstNames = namesRead(path.replace(/\?.*/, '')).map(([first]) => first?.toLowerCase())
      expect(['public', 'encoded']).toEqual(expect.arrayContaining(firstNames))
    }
  })
  await assert(law, { numRuns: 300 })
  expect(arrivals).toBeGreaterThan(20)
})
