import { beforeEach, describe, expect, it } from 'vitest'
import { families } from '../../src/checks/context.ts'
import { type Dialect, dialects } from '../../src/model/checks.ts'
import type { World } from '../support/world.ts'
import {
  askedHost,
  checkOf,
  checksUrl,
  contextOf,
  createChecksWorld,
  reasonOf,
  secretFor,
  type Told,
} from './forward-auth-scene.ts'

// What a check says of the request that it asks about: all of it, once, in the headers of one family; anything
// else is refused before a credential is looked at.

let world: World
let credential: { authorization: string }
beforeEach(async () => {
  world = await createChecksWorld()
  credential = { authorization: `Bearer ${await world.token()}` }
})

/** A valid credential is with all of them, and none of them leads to its key or to anybody's facts. */
async function expectUndecided(check: Request, dialect: Dialect, codes: readonly string[]) {
  const answer = await world.walk(check)
  const what = `${check.method} ${check.url} ${JSON.stringify([...check.headers])}`
  expect([401, 200], what).not.toContain(answer.status)
  if (dialect === 'nginx') expect(answer.status, what).toBe(403)
  else expect([400, 403], what).toContain(answer.status)
  expect(codes, what).toContain(reasonOf(answer))
  expect([world.keyServer.asked, world.store.reads, world.store.queries], what).toEqual([0, 0, 0])
  expect(world.records.at(-1), what).not.toHaveProperty('userId')
}

const every = (one: keyof Told, values: readonly (string | undefined)[]) =>
  values.map((value): Partial<Told> => ({ [one]: value }))

const nobodysContext: readonly Partial<Told>[] = [
  ...every('scheme', [
    undefined,
    '',
    'javascript',
    'data',
    'ftp',
    'HTTPS',
    'https, http',
    'https:',
    'constructor',
    'file',
  ]),
  ...every('host', [
    undefined,
    '',
    `${askedHost}, ${askedHost}`,
    `${askedHost},evil.test`,
    `user@${askedHost}`,
    `user:pw@${askedHost}`,
    `${askedHost}/public`,
    `${askedHost}?x=`,
    `${askedHost}#`,
    `${askedHost}\\`,
    ` `,
    `evil.test ${askedHost}`,
    '[::1',
    ':443',
    `${askedHost}:x`,
  ]),
  ...every('uri', [
    undefined,
    '',
    'api/x',
    '*',
    '?x',
    `https://${askedHost}/api/x`,
    '/api/x, /public/x',
    '/api/ x',
    '/api/\tx',
    '/api/\u0001x',
    '/api/\u007fx',
  ]),
  ...every('address', [
    undefined,
    '',
    'nobody',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4:80',
    '[2001:db8::1]',
    '[2001:db8::1]:80',
    '2001:db8::1%eth0',
    '2001:db8:::1',
    'unix:',
    '192.0.2.7, nobody',
    '192.0.2.7,',
    '::1/64',
  ]),
]

const nobodysMethod = every('method', [
  undefined,
  '',
  'get',
  'GET POST',
  'GET, GET',
  'Get',
  'GET1',
  'G-T',
  'GET\tX',
  'G'.repeat(33),
])

const noTarget: readonly Partial<Told>[] = [
  ...every('host', [
    `${askedHost}:0`,
    `${askedHost}:99999`,
    '1.2.3',
    '0x7f.1',
    '..',
    `${askedHost}..`,
  ]),
  ...every('uri', [
    '//evil/x',
    '/api//x',
    '/api/../admin/x',
    '/api/./x',
    '/api/..',
    '/api/.',
    '/api/..?q',
    '/api/../',
    '/api/%2e%2e/x',
    '/api/.%2E/x',
    '/api/%2e/x',
    '/api/..%2fx',
    '/api/..;/x',
    '/api;a=b/x',
    '/api\\x',
    '/api/%5cx',
    '/api/%00',
    '/api/%0d%0ax',
    '/api/%zz',
    '/api/%c0%ae',
    '/api/%252e',
    '/api/x#/public',
    '/api/%ef%bc%8e%ef%bc%8e/x',
    `/api/${'x'.repeat(9000)}`,
    `/api/x?${'q'.repeat(9000)}`,
  ]),
]

describe.each(dialects)('in the dialect %s', (dialect) => {
  it('what does not describe one request is refused', async () => {
    // The path and the method of Envoy's checks are their own, and nginx itself takes no slash in a host.
    const own = (told: Partial<Told>) =>
      (dialect === 'envoy' && 'uri' in told) || (dialect === 'nginx' && told.host?.includes('/'))
    const cases = [
      ...nobodysContext.filter((told) => !own(told)),
      ...(dialect === 'envoy' ? [] : nobodysMethod),
    ]
    // In one address, what is no path is read as more of the host.
    const codes = ['context-invalid', ...(dialect === 'nginx' ? ['caller-not-granted'] : [])]
    for (const told of cases) {
      const check = checkOf(dialect, told, credential)
      await expectUndecided(check, dialect, codes)
    }
    expect(cases.length).toBeGreaterThan(40)
  })

  it('a target of two readings is refused', async () => {
    // A Request of a test has its path mended; those for Envoy are sent byte by byte elsewhere.
    const cases = noTarget.filter(({ uri }) => dialect !== 'envoy' || uri === undefined)
    for (const told of cases) {
      const answer = await world.walk(checkOf(dialect, told, credential))
      expect([400, 403], JSON.stringify(told)).toContain(answer.status)
      expect(world.keyServer.asked).toBe(0)
    }
    expect(cases.length).toBeGreaterThan(5)
  })

  it.each(families[dialect].names)('the header %s is needed, and counts once', async (name) => {
    const context = contextOf(dialect)
    const value = context[name.toLowerCase()] ?? ''
    const without = checkOf(dialect, {}, credential)
    without.headers.delete(name)
    await expectUndecided(without, dialect, ['context-invalid'])
    if (name === 'X-Forwarded-For') return
    const twice = checkOf(dialect, {}, credential)
    twice.headers.append(name, value)
    await expectUndecided(twice, dialect, ['context-invalid'])
  })

  it('headers of other families stand in for nothing, and change nothing', async () => {
    const others = Object.assign(
      {},
      ...dialects.map((other) =>
        contextOf(other, {
          uri: '/public/x',
          host: 'evil.test',
          method: 'PUT',
          address: '203.0.113.9',
        }),
      ),
      {
        forwarded: `for=203.0.113.9;host=evil.test;proto=http`,
        'x-original-uri': '/public/x',
        'x-auth-request-redirect': '/public/x',
        'x-rewrite-url': '/public/x',
        'x-http-method-override': 'PUT',
        'x-forwarded-port': '80',
        'x-forwarded-prefix': '/public',
      },
    ) as Record<string, string>
    const own = families[dialect].names.map((name) => name.toLowerCase())
    const foreign = Object.fromEntries(
      Object.entries(others).filter(([name]) => !own.includes(name)),
    )
    const nothingOwn = new Request(
      `${checksUrl}/_usher/auth/${dialect}${dialect === 'envoy' ? '/public/x' : ''}`,
      {
        headers: { ...foreign, ...credential, 'x-usher-caller': secretFor(dialect) },
      },
    )
    await expectUndecided(nothingOwn, dialect, ['context-invalid'])
    const beside = await world.walk(checkOf(dialect, { uri: '/api/x' }, foreign))
    expect([beside.status, reasonOf(beside)]).toEqual([401, 'token-missing'])
  })

  it('a context that is whole is decided about', async () => {
    const good: Partial<Told>[] = [
      {},
      { host: 'API.usher.test' },
      { host: `${askedHost}:443` },
      { host: 'eu.api.usher.test' },
      { uri: '/api/x?next=https://evil.test/../a//b' },
      { uri: '/api/a,b;c'.replace(';c', '') },
      { uri: '/api/x/' },
      { uri: '/api/...' },
      { uri: '/api/%7Euser/%C3%BC' },
      { address: '2001:db8::1' },
      { address: '::ffff:192.0.2.1' },
      { method: 'PROPFIND' },
    ]
    for (const told of good) {
      const answer = await world.walk(checkOf(dialect, told, credential))
      expect([told, answer.status, reasonOf(answer)]).toEqual([told, 200, null])
    }
    expect(world.keyServer.asked).toBe(1)
  })
})

describe('the address of a client', () => {
  it.each(['traefik', 'caddy', 'haproxy', 'envoy'] as const)(
    'is the last of a list, which the nearest proxy wrote, by %s',
    async (dialect) => {
      const answer = await world.walk(
        checkOf(dialect, { address: 'garbage, 203.0.113.9,192.0.2.7' }, credential),
      )
      expect(answer.status).toBe(200)
    },
  )
})

describe('under other names', () => {
  it('checks are answered below another prefix, and nowhere else', async () => {
    world = await createChecksWorld({ config: { prefix: '/_gate' } })
    const { headers } = checkOf('envoy', { uri: '/public/x' })
    const ask = (path: string) => world.walk(new Request(`${checksUrl}${path}`, { headers }))
    expect((await ask('/_gate/auth/envoy/public/x')).status).toBe(200)
    expect(reasonOf(await ask('/_gate/auth/%65nvoy/public/x'))).toBe('context-invalid')
    expect((await ask('/_usher/auth/envoy/public/x')).status).toBe(403)
  })

  it('an alias leads to a check, but not to one whose path is what it asks about', async () => {
    const aliases = { '/check': 'auth/nginx', '/mesh': 'auth/envoy' } as const
    world = await createChecksWorld({ config: { aliases } })
    const ask = (path: string, dialect: Dialect) =>
      world.walk(
        new Request(`${checksUrl}${path}`, {
          headers: checkOf(dialect, { uri: '/public/x' }).headers,
        }),
      )
    expect((await ask('/check', 'nginx')).status).toBe(200)
    expect(reasonOf(await ask('/mesh', 'envoy'))).toBe('context-invalid')
    expect((await ask('/mesh/public/x', 'envoy')).status).toBe(403)
  })
})
