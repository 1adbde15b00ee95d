import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unknownMaxima } from '../../src/clerk/opaque.ts'
import { addressOf, decide, openScene, type Scene, sceneConfig } from './decisions-scene.ts'

// Somebody who is known asks what would become of up to a hundred requests, and is told of what is granted to them.

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
beforeEach(() => {
  scene.read.length = 0
})

async function decideOne(request: object, of = scene) {
  const { body } = await decide(of, { requests: [request] })
  return body.decisions[0]
}

describe('what is asked', () => {
  const one = { method: 'GET', url: addressOf('/public/x') }
  const bad: readonly (readonly [string, unknown])[] = [
    ['no JSON', 'requests'],
    ['a list', [one]],
    ['null', null],
    ['nothing', {}],
    ['no request', { requests: [] }],
    ['a request without a list', { requests: one }],
    ['more than a hundred', { requests: Array(101).fill(one) }],
    ['a member that nobody knows', { requests: [one], subject: 'user_ada' }],
    ['an explanation by a word', { requests: [one], explain: 'yes' }],
    ['a text', { requests: [one, 'GET /'] }],
    ['a list for a request', { requests: [[one]] }],
    ['null for a request', { requests: [null] }],
    ['no method', { requests: [{ url: one.url }] }],
    ['a method in lower case', { requests: [{ ...one, method: 'get' }] }],
    ['two methods', { requests: [{ ...one, method: 'GET POST' }] }],
    ['an empty method', { requests: [{ ...one, method: '' }] }],
    ['no address', { requests: [{ method: 'GET' }] }],
    ['an empty address', { requests: [{ ...one, url: '' }] }],
    ['an address that is no text', { requests: [{ ...one, url: 1 }] }],
    ['an empty token', { requests: [{ ...one, token: '' }] }],
    ['a token that is null', { requests: [{ ...one, token: null }] }],
    ['a list of tokens', { requests: [{ ...one, token: ['x'] }] }],
    ['a token and a subject', { requests: [{ ...one, token: 'x', subject: 'user_ada' }] }],
    ['a subject that is no user', { requests: [{ ...one, subject: 'org_acme' }] }],
    ['a subject in another form', { requests: [{ ...one, subject: { id: 'user_ada' } }] }],
    ['a subject with a line break', { requests: [{ ...one, subject: 'user_ada\n' }] }],
    ['an organisation', { requests: [{ ...one, subject: 'user_ada', organization: 'org_1' }] }],
    ['a header', { requests: [{ ...one, headers: { 'x-usher-user-id': 'user_ada' } }] }],
    ['a good one and a bad one', { requests: [one, { ...one, method: 7 }] }],
  ]
  it.each(bad)('is refused as a whole when it is %s', async (_, body) => {
    const { status, body: answer } = await decide(scene, body)
    expect([status, answer.code]).toEqual([400, 'body-invalid'])
    expect(scene.read).toEqual([])
  })

  it('may be 256 KiB long, and no longer', async () => {
    const long = (count: number) => `{"requests":[${' '.repeat(count)}${JSON.stringify(one)}]}`
    const most = 256 * 1024 - long(0).length
    expect((await decide(scene, long(most))).status).toBe(200)
    expect((await decide(scene, long(most + 1))).body.code).toBe('body-too-large')
  })

  it('may be nested as deeply as it likes', async () => {
    const { status } = await decide(scene, '['.repeat(200_000))
    expect(status).toBe(400)
  })

  it('does not ask Clerk about more credentials that nobody knows than one client may show', async () => {
    const fresh = await openScene()
    const requests = [...Array(100).keys()].map((index) => ({
      token: `ak_junk${index}`,
      method: 'POST',
      url: addressOf('/keys'),
    }))
    const { body } = await decide(fresh, { requests, explain: true })
    const codes = new Set(body.decisions.map(({ code }) => code))
    expect(codes).toEqual(new Set(['token-unknown', 'too-many-unknown-credentials']))
    expect(fresh.world.backend.asked).toHaveLength(unknownMaxima[0] ?? 0)
  })
})

describe('a credential that Clerk alone knows', () => {
  const keys = { origin: 'api', accepts: ['api_key'] } as const
  const fresh = { ...keys, fresh: true }
  const config = (...more: readonly object[]) => ({
    ...sceneConfig,
    routes: [
      { path: '/keys/**', ...fresh },
      { path: '/keys/:id/**', ...fresh, access: { scope: 'ingest' } },
      { path: '/keys/a/b', ...fresh, methods: ['GET'] },
      ...more,
    ] as NonNullable<typeof sceneConfig.routes>,
  })
  const requests = ['d', 'a/b', 'a/c'].flatMap((path) =>
    Array.from({ length: 33 }, () => ({
      token: 'ak_ada',
      method: 'GET',
      url: addressOf(`/keys/${path}`),
    })),
  )

  it.each([
    ['fresh alone', [], 1],
    ['fresh and others', [{ path: '/keys/d', ...keys }], 2],
  ])('is asked about once for all that is asked together, on routes %s', async (_, more, most) => {
    const own = await openScene(config(...more))
    const { body } = await decide(own, { requests, explain: true })
    expect(body.decisions.map(({ allowed }) => allowed)).toEqual(Array(99).fill(true))
    const looked = body.decisions.flatMap(({ candidates = [] }) => candidates)
    expect(looked.length).toBeGreaterThan(200)
    expect(looked.every(({ credential }) => credential === 'counts')).toBe(true)
    expect(own.world.backend.asked.length).toBe(most)
    // What is asked later is asked anew.
    await decide(own, { requests })
    expect(own.world.backend.asked.length).toBeGreaterThan(most)
  })
})

describe('an explanation', () => {
  const failing = { outcome: 'fails', code: 'role-missing' }
  const passing = { outcome: 'passes', code: null }
  const unknown = { outcome: 'undecided', code: null }
  const role = { predicate: 'role: "admin"' }
  const rows: readonly (readonly [string, string, object, readonly object[]])[] = [
    [
      'each condition of its own',
      '/role/x',
      { subject: 'user_bob' },
      [
        { ...role, ...failing },
        { predicate: 'permission: "reports.read"', outcome: 'fails', code: 'permission-missing' },
      ],
    ],
    [
      'alternatives, each with what became of it',
      '/either',
      { subject: 'user_bob' },
      [
        {
          predicate: 'any',
          outcome: 'undecided',
          code: 'role-missing',
          of: [
            { ...role, ...failing },
            { predicate: 'role: "org:admin"', outcome: 'undecided', code: 'role-missing' },
          ],
        },
      ],
    ],
    [
      'a contrary, without what the claim is compared with',
      '/not',
      { subject: 'user_ada' },
      [
        {
          predicate: 'not',
          outcome: 'undecided',
          code: 'claim-mismatch',
          of: [{ predicate: 'claims: "plan"', outcome: 'undecided', code: 'claim-mismatch' }],
        },
      ],
    ],
    [
      'an organisation by its parameter',
      '/orgs/org_1',
      { subject: 'user_ada' },
      [{ predicate: 'org: ":orgId"', outcome: 'fails', code: 'organization-mismatch' }],
    ],
    [
      'how lately somebody was verified',
      '/lately',
      { subject: 'user_ada' },
      [
        {
          predicate: 'reverification: "strict"',
          outcome: 'undecided',
          code: 'reverification-needed',
        },
      ],
    ],
    [
      'what holds',
      '/role/x',
      { subject: 'user_ada' },
      [
        { ...role, ...passing },
        { predicate: 'permission: "reports.read"', ...passing },
      ],
    ],
    [
      'nothing of nobody',
      '/either',
      {},
      [
        {
          predicate: 'any',
          ...unknown,
          of: [
            { ...role, ...unknown },
            { predicate: 'role: "org:admin"', ...unknown },
          ],
        },
      ],
    ],
  ]
  it.each(rows)('says %s', async (_, path, who, predicates) => {
    const requests = [{ ...who, method: 'GET', url: addressOf(path) }]
    const { body } = await decide(scene, { requests, explain: true })
    expect(body.decisions[0]?.candidates?.[0]?.predicates).toEqual(predicates)
  })

  it('names every route that the target could take, and what each makes of the request', async () => {
    const token = await scene.world.token({ sub: 'user_bob' })
    const read = { method: 'POST', url: addressOf('/in/read') }
    const { body } = await decide(scene, {
      requests: [
        { ...read, token },
        { ...read, method: 'GET', token },
        { ...read, token: 'junk' },
      ],
      explain: true,
    })
    const open = { route: '/in/**', takes_method: true, access: 'signed-in', predicates: [] }
    const closed = { route: 'GET /in/read', access: 'signed-in', status: 403, code: 'role-missing' }
    const candidates = body.decisions.map(({ candidates }) => candidates)
    expect(candidates).toMatchObject([
      [
        { ...open, chosen: true, credential: 'counts', status: 200, code: null },
        { ...closed, chosen: false, takes_method: false, credential: 'counts' },
      ],
      [
        { ...open, chosen: false, status: 200 },
        { ...closed, chosen: true, takes_method: true },
      ],
      [
        { ...open, chosen: true, credential: 'refused', status: 401, code: 'token-invalid' },
        { ...closed, credential: 'refused', status: 401, code: 'token-invalid' },
      ],
    ])
  })

  const fates: readonly (readonly [string, string, object])[] = [
    ['ignored', '/public/x', { token: 'junk' }],
    ['missing', '/in/x', {}],
    ['missing', '/optional/x', {}],
    ['refused', '/optional/x', { token: 'junk' }],
    ['refused', '/in/x', { subject: 'user_eve' }],
    ['counts', '/in/x', { subject: 'user_bob' }],
  ]
  it.each(fates)('says that the credential is %s on %s', async (fate, path, who) => {
    const requests = [{ ...who, method: 'GET', url: addressOf(path) }]
    const { body } = await decide(scene, { requests, explain: true })
    expect(body.decisions[0]?.candidates?.[0]?.credential).toBe(fate)
  })

  const trials: readonly (readonly [string, string, object, object])[] = [
    ['a route', '/tried/x', { subject: 'user_ada' }, { shadow: 'passed', credential: 'counts' }],
    ['a route', '/tried/x', { subject: 'user_bob' }, { shadow: 'role-missing' }],
    ['a route', '/tried/x', { subject: 'user_eve' }, { shadow: 'user-banned' }],
    ['a route', '/tried/x', {}, { shadow: 'token-missing', credential: 'missing' }],
    ['a route', '/tried/x', { token: 'junk' }, { shadow: 'token-invalid', credential: 'refused' }],
    ['a condition', '/half', { subject: 'user_ada' }, { shadow: 'passed' }],
    ['a condition', '/half', { subject: 'user_bob' }, { shadow: 'role-missing' }],
    ['nothing', '/in/x', { subject: 'user_bob' }, { shadow: null }],
  ]
  it.each(trials)('says what becomes of %s in shadow at %s for %j', async (_, path, who, told) => {
    const requests = [{ ...who, method: 'GET', url: addressOf(path) }]
    const { body } = await decide(scene, { requests, explain: true })
    const [decision] = body.decisions
    expect([decision?.allowed, decision?.candidates]).toMatchObject([
      true,
      [{ ...told, code: null }],
    ])
    const mode = path === '/tried/x' ? 'shadow' : 'enforced'
    expect(decision?.candidates?.[0]?.mode).toBe(mode)
    expect(scene.world.records.at(-1)).not.toHaveProperty('shadow')
  })

  it("names no route for a path of Usher's own, or a host that is not served", async () => {
    const addresses = [
      addressOf('/_usher/me'),
      addressOf('/_USHER/me'),
      addressOf('/in/x', 'unserved.usher.test'),
    ]
    const requests = addresses.map((address) => ({ method: 'GET', url: address }))
    const config = { ...sceneConfig, routes: [{ path: '/**', origin: 'api' }] }
    const { body } = await decide(await openScene(config), { requests, explain: true })
    for (const { candidates } of body.decisions) expect(candidates).toEqual([])
  })

  it('is not there unless it is asked for', async () => {
    expect(await decideOne({ method: 'GET', url: addressOf('/in/x') })).not.toHaveProperty(
      'candidates',
    )
  })
})
