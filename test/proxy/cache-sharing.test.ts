import { describe, expect, it } from 'vitest'
import { everyoneHolds, gatewayUrl } from '../support/world.ts'
import { openCacheScene } from './cache-scene.ts'

// Whose a kept answer is: what tells one from another is in its key, and nothing else reaches the origin.

const scene = await openCacheScene()
const { world, received, at, ask, askWith } = scene

describe('what is not part of the key', () => {
  const poisons = [
    ...['x-forwarded-host', 'x-forwarded-for', 'x-forwarded-scheme', 'x-forwarded-port'],
    ...[
      'x-forwarded-prefix',
      'forwarded',
      'x-host',
      'x-original-url',
      'x-rewrite-url',
      'true-client-ip',
    ],
    ...[
      'accept-language',
      'accept',
      'accept-encoding',
      'user-agent',
      'referer',
      'origin',
      'cookie',
    ],
    ...[
      'x-http-method-override',
      'x-usher-user-id',
      'x_usher_user_id',
      'x-anything',
      'if-none-match',
    ],
    ...[
      'if-modified-since',
      'cf-connecting-ip',
      'cf-ipcountry',
      'pragma',
      'tracestate',
      'via',
      'dnt',
    ],
  ]

  it.each(poisons)('never reaches the origin, so %s poisons nothing', async (name) => {
    const poisoned = await ask(at('/open'), { headers: { [name]: '"evil"' } })
    expect(poisoned.headers.get('cache-status')).toBe('usher; fwd=miss')
    expect(poisoned.body).not.toContain('evil')
    const victim = await ask(at('/open'))
    expect([victim.isHit, victim.body]).toEqual([true, poisoned.body])
  })

  const known = '0af7651916cd43dd8448eb211c80319c'
  const traces = [
    `00-${known}-b7ad6b7169203331-01`,
    `cc-${known}-b7ad6b7169203331-01-"><script>`,
    'evil',
  ]
  it.each(traces)(
    'is the trace of its client: one begins here instead of %s',
    async (traceparent) => {
      const first = await ask(at('/open'), { headers: { traceparent } })
      const requestId = String(first.headers.get('x-usher-request-id')).replaceAll('-', '')
      const { headers } = JSON.parse(first.body)
      expect(headers.traceparent).toBe(`00-${requestId}-${requestId.slice(0, 16)}-01`)
      expect(world.records.at(-1)?.traceId).toBe(requestId)
      expect((await ask(at('/open'))).body).toBe(first.body)
    },
  )

  it.each(traces)('is the trace of its client where none begins here: %s', async (traceparent) => {
    const silent = await scene.silent()
    const headers = { traceparent, tracestate: 'a=1' }
    const request = new Request(`${gatewayUrl}${at('/open')}`, { headers })
    const { headers: sent } = await (await silent.walk(request)).json<{ headers: object }>()
    expect(Object.keys(sent).filter((name) => name.startsWith('trace'))).toEqual([])
  })

  it('is how many gateways a request has passed: such a one is passed by', async () => {
    const headers = { 'x-usher-assertion': 'x', 'x-usher-hops': '4' }
    const hopped = await ask(at('/open'), { headers })
    expect(hopped.headers.get('cache-status')).toBe('usher; fwd=bypass')
    expect(hopped.body).toContain('"x-usher-hops":"5"')
    expect((await ask(at('/open'))).body).not.toContain('x-usher-hops')
    const again = await ask(at('/open'), { headers })
    expect([again.isHit, world.sent.length]).toEqual([false, 3])
  })

  it('leaves the origin what the gateway itself says', async () => {
    const { body } = await ask(at('/open'))
    expect(Object.keys(JSON.parse(body).headers).sort()).toEqual([
      'traceparent',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-usher-assertion',
      'x-usher-authenticated',
      'x-usher-org-id',
      'x-usher-request-id',
      'x-usher-user-id',
    ])
  })

  it.each([
    ['?page=1&evil=1', '?page=1'],
    ['?evil=1&page=1&page=2', '?page=1&page=2'],
    ['?%70age=1&Page=2&page[]=3', '?%70age=1'],
    ['?a+b=1&a%20b=2&a=3&b=4', '?a+b=1&a%20b=2'],
    ['?page', '?page'],
    ['?evil', ''],
    ['?x;page=1&&', ''],
    ['?page=1;evil=2', '?page=1;evil=2'],
  ])('is taken out of the query: %s is %s', async (asked, sent) => {
    await ask(at('/page') + asked)
    expect(world.sent.map(({ url }) => new URL(url).search)).toEqual([sent])
    const other = await ask(`${at('/page')}${sent}`)
    expect(other.isHit).toBe(true)
  })

  it('is what the platform knows of the client, which a Worker would be told', async () => {
    const cf = { country: 'XX' } as unknown as CfProperties
    const first = await ask(at('/worker'), { cf })
    expect([first.status, first.body]).toEqual([200, 'from the worker'])
    expect(received.map((request) => request.cf)).toEqual([undefined])
    expect((await ask(at('/worker'))).isHit).toBe(true)
  })
})

describe('what tells one answer from another', () => {
  it('is a header that is named, and a parameter that is', async () => {
    const paths = ['', '?page=1', '?page=2', '?page=1&page=1', '?a+b=1']
    const languages = [{}, { 'accept-language': 'de' }, { 'accept-language': 'DE' }]
    const each = paths.flatMap((path) => languages.map((headers) => ({ path, headers })))
    for (let time = 0; time < 2; time++) {
      for (const { path, headers } of each) await ask(at('/page') + path, { headers })
    }
    expect(world.sent).toHaveLength(each.length)
  })

  it('is the whole path and the host', async () => {
    const paths = ['', '/', '/a', '/A', '/a/', '/a.css'].map((tail) => at('/open') + tail)
    for (let time = 0; time < 2; time++) for (const path of paths) await ask(path)
    await world.walk(new Request(`https://other.usher.test${at('/open')}`))
    expect(world.sent).toHaveLength(paths.length + 1)
  })

  const ada = { sub: 'user_ada', sid: 'sess_ada' }
  const organization = { id: 'org_1', slg: 'one', rol: 'admin', per: 'read', fpm: '1' }
  const someone: readonly object[] = [
    ada,
    { ...ada, sub: 'user_grace' },
    { ...ada, sid: 'sess_other' },
    { ...ada, act: { sub: 'user_grace' } },
    { ...ada, o: organization, fea: 'o:reports' },
    { ...ada, o: { ...organization, id: 'org_2' }, fea: 'o:reports' },
    { ...ada, o: { ...organization, rol: 'member' }, fea: 'o:reports' },
    { ...ada, o: { ...organization, per: 'write' }, fea: 'o:reports' },
  ]

  it('is everything of the caller, who shares with nobody', async () => {
    for (const claims of someone) expect((await askWith(at('/mine'), claims)).isHit).toBe(false)
    const answers = []
    for (const claims of someone) answers.push(await askWith(at('/mine'), claims))
    expect(answers.map(({ isHit }) => isHit)).toEqual(someone.map(() => true))
    expect(world.sent).toHaveLength(someone.length)
  })

  it('is what Usher granted, the moment that it changes', async () => {
    await askWith(at('/mine'), ada)
    scene.facts = everyoneHolds(['admin'])
    expect((await askWith(at('/mine'), ada)).isHit).toBe(false)
    scene.facts = everyoneHolds([])
    expect((await askWith(at('/mine'), ada)).isHit).toBe(true)
  })

  it('is not the token, of which there is a new one every minute', async () => {
    await askWith(at('/mine'), ada)
    await world.clock.advance(31_000)
    expect((await askWith(at('/mine'), { ...ada, jti: 'another' })).isHit).toBe(true)
  })

  it('is being nobody', async () => {
    expect((await ask(at('/maybe'))).isHit).toBe(false)
    expect((await askWith(at('/maybe'), ada)).isHit).toBe(false)
    expect((await ask(at('/maybe'))).isHit).toBe(true)
  })

  it('is asked for after the caller was let in: who is out is told nothing that is kept', async () => {
    await askWith(at('/mine'), ada)
    scene.facts = { ...everyoneHolds([]), status: 'banned' }
    const authorization = `Bearer ${await world.token(ada)}`
    const banned = await ask(at('/mine'), { headers: { authorization } })
    expect([banned.status, banned.isHit]).toEqual([403, false])
    expect((await ask(at('/mine'))).status).toBe(401)
  })

  it('a private answer may be kept for its one caller', async () => {
    world.origin = () => new Response('', { headers: { 'cache-control': 'private' } })
    await askWith(at('/mine'), ada)
    expect((await askWith(at('/mine'), ada)).isHit).toBe(true)
  })
})

describe('a path that looks like a file', () => {
  const tails = [
    '.css',
    '/x.js',
    '/.css',
    '%2ecss',
    '/',
    '.CSS',
    '/..%2fx.css',
    ';x.css',
    '%2f.css',
    '?.css',
  ]

  // The world answers nothing that was not sent with no-store: Cloudflare keeps by extension.
  it.each(tails)('deceives no cache: %s', async (tail) => {
    world.origin = (request) =>
      new Response(request.headers.get('x-usher-user-id'), {
        headers: { 'cache-control': 'public, max-age=3600', 'content-type': 'text/css' },
      })
    for (const prefix of ['/api', '/mine']) {
      const path = `${at(prefix)}/me${tail}`
      const answers = []
      for (const sub of ['user_ada', 'user_grace'])
        answers.push((await askWith(path, { sub })).body)
      const isRefused = answers[0]?.includes('urn:usher:refusal')
      if (!isRefused) expect(answers).toEqual(['user_ada', 'user_grace'])
      const { status, body } = await ask(path)
      expect([status >= 400, body.includes('user_')]).toEqual([true, false])
    }
    expect(world.sent.every((request) => request.cache === 'no-store')).toBe(true)
  })
})
