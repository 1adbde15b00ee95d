import { describe, expect, it } from 'vitest'
import type { CheckCaller } from '../../src/model/checks.ts'
import { gatewayOf, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

// Who may ask what would become of a request.

const [secret, other, third] = ['s', 'o', 't'].map((letter) => letter.repeat(32))
const certificate = 'ab'.repeat(32)
const base = withRoutes('/**')
const env = { ...variables, USHER_CALLER_SECRET: secret }
const usualKinds = ['nginx', 'traefik', 'caddy', 'haproxy']
const nginx = { may: ['nginx'] }

const withCallers = (callers: unknown, words: object = {}) => ({
  ...base,
  ...words,
  checks: { callers },
})
const checksOf = (...args: Parameters<typeof gatewayOf>) => gatewayOf(...args).rules.checks
const told = ({ may, ...caller }: CheckCaller) => ({ ...caller, may: [...may] })

describe('whoever may ask', () => {
  it('is nobody when nothing is said', () => {
    expect(checksOf(base)).toMatchObject({ callers: [], maxAgeMs: 0 })
  })

  it('is one proxy by the secret of the environment, which may ask for checks, but not as Envoy, and never for decisions', () => {
    const { callers, callersFrom } = checksOf(base, { env })
    expect(callersFrom).toBe('environment')
    const proof = { kind: 'secret', secrets: [secret] }
    expect(callers.map(told)).toEqual([
      { name: 'proxy', proof, may: usualKinds, hosts: [{ kind: 'any' }] },
    ])
  })

  it('is asked by that secret when the config says how, but not who', () => {
    const config = { ...base, checks: { maxAge: '5s' } }
    expect(checksOf(config, { env })).toMatchObject({
      maxAgeMs: 5000,
      callers: [{ name: 'proxy' }],
    })
    expect(problemsOf(config)).toEqual([
      { place: 'checks.callers', message: expect.stringContaining('USHER_CALLER_SECRET') },
    ])
  })

  it('is whom the config names, and nobody else by the secret of the environment', () => {
    const config = withCallers({
      edge: { secret: other, may: ['nginx', 'decisions'], hosts: ['a.example.com', '*.b.example'] },
      mesh: { certificate: 'AB:'.repeat(31).concat('AB'), may: ['traefik'] },
      'the-shop': { binding: true, hosts: ['shop.example.com'] },
    })
    const { callers, callersFrom } = checksOf(config, { env })
    expect(callersFrom).toBe('config')
    expect(callers.map(told)).toEqual([
      {
        name: 'edge',
        proof: { kind: 'secret', secrets: [other] },
        may: ['nginx', 'decisions'],
        hosts: [
          { kind: 'exact', host: 'a.example.com' },
          { kind: 'subdomain', suffix: '.b.example' },
        ],
      },
      {
        name: 'mesh',
        proof: { kind: 'certificate', fingerprint: certificate },
        may: ['traefik'],
        hosts: [{ kind: 'any' }],
      },
      {
        name: 'the-shop',
        proof: { kind: 'binding' },
        may: ['rpc'],
        hosts: [{ kind: 'exact', host: 'shop.example.com' }],
      },
    ])
  })

  it('may be an Envoy that shows a secret', () => {
    const config = withCallers({ mesh: { secret, may: ['envoy'] } })
    expect(checksOf(config).callers.map(told)).toMatchObject([{ may: ['envoy'] }])
  })

  it('may be known by two secrets while one takes the place of the other', () => {
    const [caller] = checksOf(withCallers({ edge: { secret: [secret, other], ...nginx } })).callers
    expect(caller?.proof).toEqual({ kind: 'secret', secrets: [secret, other] })
  })

  it('may be known by the secret of the environment where the config reads it', () => {
    const config = (given: Record<string, string | undefined>) =>
      withCallers({ edge: { secret: given.USHER_CALLER_SECRET, ...nginx } })
    expect(checksOf(config, { env }).callers.map(({ name }) => name)).toEqual(['edge'])
    expect(problemsOf(config)).toEqual([
      {
        place: 'checks.callers.edge.secret',
        message: expect.stringContaining('set USHER_CALLER_SECRET'),
      },
    ])
  })

  it('is said to lack the variables that are not set, each by its name', () => {
    const config = (given: Record<string, string | undefined>) =>
      withCallers({
        edge: { secret: given.EDGE_SECRET, ...nginx },
        mesh: { secret: [given.MESH_SECRET, third], ...nginx },
      })
    const problems = problemsOf(config, { env: { ...env, EDGE_SECRET: other } })
    expect(problems.map(({ place }) => place)).toEqual(['checks.callers.mesh.secret[0]'])
    expect(problems[0]?.message).toMatch(/set MESH_SECRET,/)
  })

  const edge = { secret, ...nginx }
  const bad: [string, object][] = [
    ['', {}],
    ['', []],
    ['.edge', { edge: {} }],
    ['.edge', { edge: secret }],
    ['.edge.secret', { edge: { secret: 'x'.repeat(31), ...nginx } }],
    ['.edge.secret', { edge: { secret: 'x'.repeat(257), ...nginx } }],
    ['.edge.secret', { edge: { secret: `${secret} x`, ...nginx } }],
    ['.edge.secret', { edge: { secret: `${secret},${other}`, ...nginx } }],
    ['.edge.secret', { edge: { secret: `${secret}é`, ...nginx } }],
    ['.edge.secret', { edge: { secret: '', ...nginx } }],
    ['.edge.secret', { edge: { secret: [], ...nginx } }],
    ['.edge.secret', { edge: { secret: [secret, other, third], ...nginx } }],
    ['.edge.secret[1]', { edge: { secret: [secret, secret], ...nginx } }],
    ['.edge.secret[1]', { edge: { secret: [secret, undefined], ...nginx } }],
    ['.mesh.secret', { edge, mesh: { secret, may: ['decisions'] } }],
    ['.mesh.secret[1]', { edge, mesh: { secret: [other, secret], ...nginx } }],
    ['.edge.certificate', { edge: { certificate: 'ab', ...nginx } }],
    ['.mesh.certificate', { edge: { certificate, ...nginx }, mesh: { certificate, ...nginx } }],
    [
      '.mesh.certificate',
      {
        edge: { certificate, ...nginx },
        mesh: { certificate: certificate.toUpperCase(), ...nginx },
      },
    ],
    ['.edge.certificate', { edge: { ...edge, certificate } }],
    ['.edge.binding', { edge: { binding: false } }],
    ['.edge.binding', { edge: { binding: 'SHOP' } }],
    ['.edge.may', { edge: { binding: true, may: ['rpc'] } }],
    ['.edge.may', { edge: { secret } }],
    ['.edge.may', { edge: { secret, may: [] } }],
    ['.edge.may', { edge: { secret, may: 'nginx' } }],
    ['.edge.may[0]', { edge: { secret, may: ['rpc'] } }],
    ['.edge.may[0]', { edge: { secret, may: ['apache'] } }],
    ['.edge.may', { edge: { secret, may: ['envoy', 'decisions'] } }],
    ['.edge.may', { edge: { secret, may: ['nginx', 'envoy'] } }],
    ['.edge.may', { edge: { certificate, may: ['envoy'] } }],
    ['.edge.hosts', { edge: { ...edge, hosts: [] } }],
    ['.edge.hosts[0]', { edge: { ...edge, hosts: ['https://a.example.com'] } }],
    ['.edge.hosts', { edge: { ...edge, hosts: undefined } }],
    ['.edge.host', { edge: { ...edge, host: 'a.example.com' } }],
    ['["1"]', { 1: edge }],
    ['["a b"]', { 'a b': edge }],
    [`.${'x'.repeat(65)}`, { ['x'.repeat(65)]: edge }],
  ]
  it.each(bad)('has a problem at callers%s with %j, which quotes no secret', (place, callers) => {
    const problems = problemsOf(withCallers(callers))
    expect(problems.map((one) => one.place)).toEqual([`checks.callers${place}`])
    expect(problems[0]?.message).not.toMatch(/sss|ooo|ttt|xxx|abab/i)
  })

  it.each(['0s', '500ms', '6s', '1m', '5', 5])(
    'does not let an answer be kept for %j',
    (maxAge) => {
      expect(placesOf({ ...base, checks: { maxAge } }, { env })).toEqual(['checks.maxAge'])
    },
  )

  it.each([
    [['a.example.com'], ['a.example.com'], []],
    [['a.example.com'], ['b.example.com', 'a.example.com'], [0]],
    [['a.example.com'], ['*.example.com'], []],
    [['a.example.com'], ['*.example.org', '*.a.example.com'], [0, 1]],
  ])('of the hosts %j asks about %j, and cannot about those at %j', (hosts, granted, unserved) => {
    const callers = { edge: { secret, ...nginx, hosts: granted } }
    const places = unserved.map((index) => `checks.callers.edge.hosts[${index}]`)
    expect(placesOf(withCallers(callers, { hosts }))).toEqual(places)
    const HOSTS = hosts.join(',')
    expect(placesOf(withCallers(callers), { env: { ...variables, HOSTS } })).toEqual(places)
  })
})

describe('lint', () => {
  const hosts = ['a.example.com', 'b.example.com']
  const quiet = { hosts, canonicalOrigin: 'https://a.example.com' }
  const parties = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
  const warned = (config: object, options: object = {}) =>
    gatewayOf({ ...quiet, ...config }, { env: parties, ...options }).warnings.map(
      ({ place }) => place,
    )
  const edge = { secret, ...nginx, hosts: ['a.example.com'] }

  it('warns of callers who may ask about every host of several', () => {
    const { hosts: _, ...free } = edge
    const config = withCallers({ edge, 'a-b': { ...free, secret: other }, shop: { binding: true } })
    const places = ['checks.callers["a-b"]', 'checks.callers.shop']
    expect(warned(config)).toEqual(places)
    expect(warned({ ...config, hosts: ['a.example.com'] })).toEqual([])
  })

  const limits = [
    { limiter: 'exact', by: 'user', requests: 5, window: '60s' },
    { by: 'user', concurrent: 5 },
  ]
  it.each([
    ['a proxy', edge, {}, true],
    ['a proxy that asks about the host of the route', edge, { host: 'a.example.com' }, true],
    ['a proxy that asks about another', edge, { host: 'b.example.com' }, false],
    ['one that asks for decisions', { ...edge, may: ['decisions'] }, {}, false],
    ['a Worker', { binding: true, hosts: ['a.example.com'] }, {}, false],
  ])('warns of requests at once that are not counted for %s', (_, caller, words, warns) => {
    const config = { ...withRoutes({ limits, ...words }), checks: { callers: { edge: caller } } }
    expect(warned(config)).toEqual(warns ? ['routes[0].limits[1].concurrent'] : [])
  })

  const { hosts: _, ...vague } = edge
  const signInUrl = 'https://accounts.example.com/sign-in'
  const led = { canonicalOrigin: quiet.canonicalOrigin, signInUrl }
  it.each([
    ['a proxy that may ask about every host', vague, led, true],
    ['a proxy that may ask about some', edge, led, false],
    ['a Worker that may ask about every host', { binding: true }, led, true],
    ['a Worker that may ask about some', { binding: true, hosts: ['b.example.com'] }, led, false],
    ['one that asks for decisions', { ...vague, may: ['decisions'] }, led, false],
    ['hosts that are named', vague, { ...led, hosts }, false],
    ['routes that name theirs', vague, { ...led, ...withRoutes({ host: hosts[0] }) }, false],
    ['nowhere to sign in', vague, {}, false],
    ['the secret of the environment', undefined, led, true],
    ['the secret of the environment, with hosts', undefined, { ...led, hosts }, false],
  ])('warns that nobody is sent to sign in for %s', (_name, caller, words, warns) => {
    const checks = caller === undefined ? {} : { checks: { callers: { edge: caller } } }
    const asked = { ...parties, ...(caller === undefined && { USHER_CALLER_SECRET: secret }) }
    const { warnings } = gatewayOf({ ...base, ...checks, ...words }, { env: asked })
    const places = warnings.map(({ place }) => place)
    expect(places.includes('signInUrl')).toBe(warns)
  })

  it('of limits says nothing where no config names a proxy', () => {
    const asked = { ...parties, USHER_CALLER_SECRET: secret }
    expect(warned(withRoutes({ limits }), { env: asked })).toEqual([])
  })
})
