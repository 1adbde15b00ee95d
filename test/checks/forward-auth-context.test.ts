import { beforeEach, describe, expect, it } from 'vitest'
import { families, readContext } from '../../src/checks/context.ts'
import { type Dialect, dialects } from '../../src/model/checks.ts'
import type { World } from '../support/world.ts'
import {
  nobodysAddress,
  nobodysContext,
  nobodysMethod,
  noTarget,
} from './forward-auth-context.cases.ts'
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

describe.each(dialects)('in the dialect %s', (dialect) => {
  it('what does not describe one request is refused', async () => {
    // The path and the method of Envoy's checks are their own, and nginx itself takes no slash in a host.
    const own = (told: Partial<Told>) =>
      (dialect === 'envoy' && 'uri' in told) || (dialect === 'nginx' && told.host?.includes('/'))
    const cases = [
      ...nobodysContext.filter((told) => !own(told)),
      ...nobodysAddress[dialect === 'envoy' ? 'first' : 'last'],
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
  /** Whose address a check describes, with what Cloudflare's edge says of where it comes from. */
  function addressOf(dialect: Dialect, address: string, connecting?: string): string | undefined {
    const edge = connecting === undefined ? {} : { 'cf-connecting-ip': connecting }
    const request = checkOf(dialect, { address }, { 'x-real-ip': '203.0.113.66', ...edge })
    const described = readContext(dialect, { request, prefix: '/_usher' })
    return described.ok ? described.value.clientAddress : undefined
  }

  const [told, ours, proxy] = ['203.0.113.9', '192.0.2.7', '198.51.100.1']

  it.each(dialects.filter((dialect) => dialect !== 'envoy'))(
    'is the last of a list, which the nearest proxy wrote, or the one before what the edge appended, by %s',
    (dialect) => {
      const cases = [
        [ours, undefined, ours],
        [`garbage, ${told},${ours}`, undefined, ours],
        [`${told}, ${ours}`, proxy, ours],
        [`${ours}, ${proxy}`, proxy, ours],
        [`${ours},${proxy}`, proxy, ours],
        [`${told}, ${ours}, ${proxy}`, proxy, ours],
        [`garbage, 2001:db8::7, 2001:db8::1`, '2001:db8::1', '2001:db8::7'],
        [`${proxy}, ${proxy}`, proxy, proxy],
        [proxy, proxy, proxy],
        [`${told}, nobody, ${proxy}`, proxy, undefined],
        [`, ${proxy}`, proxy, undefined],
      ] as const
      for (const [list, connecting, expected] of cases) {
        expect([list, addressOf(dialect, list, connecting)]).toEqual([list, expected])
      }
    },
  )

  it('is the first of a list by envoy, which writes it over the client’s and appends its own', () => {
    const cases = [
      [ours, undefined, ours],
      [`${ours},10.0.0.1`, undefined, ours],
      [`${ours}, 10.0.0.1, ${proxy}`, proxy, ours],
      [`2001:db8::7, garbage`, undefined, '2001:db8::7'],
      [`nobody, ${ours}`, proxy, undefined],
    ] as const
    for (const [list, connecting, expected] of cases) {
      expect([list, addressOf('envoy', list, connecting)]).toEqual([list, expected])
    }
  })
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

  it('an alias leads to a check', async () => {
    world = await createChecksWorld({ config: { aliases: { '/check': 'auth/nginx' } } })
    const { headers } = checkOf('nginx', { uri: '/public/x' })
    const answer = await world.walk(new Request(`${checksUrl}/check`, { headers }))
    expect(answer.status).toBe(200)
  })
})
