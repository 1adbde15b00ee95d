import { describe, expect, it } from 'vitest'
import { examine, type Patient } from '../../src/cli/examination.ts'
import { formatLine } from '../../src/cli/line.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import { variables, withRoutes } from '../config/sample.ts'
import { createFakeClock, noonMs } from '../support/fake-clock.ts'
import { failure, fakeWrangler, pendingTable } from './fake-wrangler.ts'
import { placedWorker } from './worker-config.ts'

const site = { ...withRoutes('/**'), origins: { api: { url: 'https://origin.example.com' } } }
const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
const quiet = { hosts: ['api.example.com'], canonicalOrigin: 'https://api.example.com' }

/** A gateway as it is written, sound or not. */
function writing(config: unknown, values: Readonly<Record<string, string>> = variables) {
  return { definition: { factory: () => config as GatewayConfig }, values }
}

describe('an examination', () => {
  /** The world at noon: `api` is the origin, `gateway` is Usher, everything else is silent. */
  function patient(over: Partial<Patient> = {}) {
    const asked: { url: string; authorization: string | null }[] = []
    const healthy: Readonly<Record<string, () => Response>> = {
      'https://gateway.example.com/_usher/livez': () => new Response(),
      'https://gateway.example.com/_usher/readyz': () => new Response(),
      'https://gateway.example.com/_usher/jwks.json': () => Response.json({ keys: [] }),
      'https://gateway.example.com/': () =>
        Response.json({ code: 'token-missing' }, { status: 401 }),
    }
    const full: Patient = {
      nodeVersion: 'v24.21.0',
      worker: placedWorker,
      written: writing({ ...site, ...quiet }, env),
      run: fakeWrangler().run,
      network: {
        clock: createFakeClock(),
        async send({ url, headers }) {
          asked.push({ url, authorization: headers.get('authorization') })
          const response = healthy[url]?.()
          if (response === undefined) throw new TypeError('no such host')
          response.headers.set('date', new Date(noonMs).toUTCString())
          return response
        },
      },
      hasAccount: false,
      localDatabase: undefined,
      url: undefined,
      ...over,
    }
    return { full, asked }
  }

  const marksOf = async (full: Patient) =>
    (await examine(full)).map(({ mark, name }) => `${mark} ${name}`)

  it('without an account or an address looks at everything that needs neither', async () => {
    expect(await marksOf(patient().full)).toEqual([
      ...['ok node', 'ok config', 'ok binding', 'ok binding', 'ok binding', 'ok hosts'],
      ...['ok signing keys', 'ok issuer', 'bad keys', 'ok back door', 'skip clock'],
    ])
  })

  it('says what does not work for want of a binding that a gateway can do without', async () => {
    const behind = { ...placedWorker.behind, queue: undefined, hasSync: false }
    const lines = await examine(patient({ worker: { ...placedWorker, behind } }).full)
    const said = lines.filter(({ mark, name }) => mark === 'warn' && name === 'binding')
    expect(said).toMatchObject([
      { text: expect.stringMatching(/^QUEUE: .*in the request/) },
      { text: expect.stringMatching(/^SYNC: .*no backfill/) },
    ])
  })

  it('with an address sees whether it lives, is ready and refuses, and what time it is there', async () => {
    const marks = await marksOf(patient({ url: 'https://gateway.example.com' }).full)
    expect(marks.slice(-4)).toEqual(['ok livez', 'ok readyz', 'ok refusal', 'ok clock'])
  })

  it('judges the rotation of the set that it has, by the clock and by what is published', async () => {
    const linesOf = async (over: Partial<Patient>) =>
      (await examine(patient(over).full)).filter(({ name }) => name === 'signing keys')
    const [key] = JSON.parse(variables.USHER_SIGNING_KEY).keys
    const set = { keys: [{ ...key, since: noonMs / 1000 - 90 * 24 * 3600 }] }
    const written = writing(
      { ...site, ...quiet },
      { ...env, USHER_SIGNING_KEY: JSON.stringify(set) },
    )
    expect(await linesOf({ written })).toMatchObject([
      { mark: 'warn', text: expect.stringContaining('begin a rotation') },
    ])
    const { USHER_SIGNING_KEY: _, ...open } = env
    const blind = writing({ ...site, ...quiet }, open)
    expect(await linesOf({ written: blind })).toMatchObject([{ mark: 'skip' }])
    const url = 'https://gateway.example.com'
    expect(await linesOf({ url })).toMatchObject([{ mark: 'ok' }, { mark: 'warn' }])
    expect(await linesOf({ url: 'http://127.0.0.1:1' })).toHaveLength(1)
  })

  it('with an account sees what is missing there', async () => {
    const { run, words } = fakeWrangler({
      'secret list': '[{"name":"USHER_SIGNING_KEY"},{"name":"CLERK_WEBHOOK_SIGNING_SECRET"}]',
      'd1 migrations list DB --remote': pendingTable,
      'd1 migrations list DB --local': '✅ No migrations to apply!',
    })
    const marks = await marksOf(patient({ run, hasAccount: true, localDatabase: ['--local'] }).full)
    expect(marks).toContain('ok secrets')
    expect(marks.filter((mark) => mark.endsWith('migrations'))).toEqual([
      'ok migrations',
      'bad migrations',
    ])
    expect(words().filter((line) => !/^(?:secret|d1 migrations) list/.test(line))).toEqual([])
  })

  describe('with secrets that are in the account alone', () => {
    const { USHER_SIGNING_KEY: _, ...open } = env
    const accepting = (...accepts: readonly string[]) => ({
      ...withRoutes({ accepts }),
      ...quiet,
      origins: site.origins,
    })
    const holding = (...names: readonly string[]) => {
      const all = ['CLERK_WEBHOOK_SIGNING_SECRET', ...names].map((name) => ({ name }))
      const { run } = fakeWrangler({ 'secret list': JSON.stringify(all) })
      return { run, hasAccount: true }
    }

    it.each([
      ['an API key', ['CLERK_SECRET_KEY'], accepting('api_key'), {}],
      ['a JWT template', ['CLERK_SECRET_KEY'], { ...site, ...quiet, templates: ['backend'] }, {}],
      [
        'a machine',
        ['CLERK_MACHINE_SECRET_KEY'],
        accepting('m2m_token'),
        { CLERK_MACHINE_ID: 'mch_1' },
      ],
    ])('finds nothing bad in a config for %s', async (_what, names, config, values) => {
      const account = holding('USHER_SIGNING_KEY', ...names)
      const marks = await marksOf(
        patient({ written: writing(config, { ...open, ...values }), ...account }).full,
      )
      expect(marks.filter((mark) => /config|secrets/.test(mark))).toEqual([
        'ok config',
        'ok secrets',
      ])
    })

    it.each([
      ['bad', 'CLERK_SECRET_KEY', accepting('api_key'), {}],
      ['warn', 'CLERK_SECRET_KEY', accepting('oauth_token'), {}],
      ['warn', 'CLERK_MACHINE_SECRET_KEY', accepting('m2m_token'), { CLERK_MACHINE_ID: 'mch_1' }],
    ])('says %s of one that is missing: %s', async (mark, name, config, values) => {
      const written = writing(config, { ...open, ...values })
      const lines = await examine(patient({ written, ...holding('USHER_SIGNING_KEY') }).full)
      const said = lines.filter((line) => line.name === 'secrets')
      expect(said).toMatchObject([{ mark, text: expect.stringContaining(`${name} is not set.`) }])
    })

    it('does not take what this machine has for what the account has', async () => {
      const written = writing(accepting('api_key'), { ...open, CLERK_SECRET_KEY: 'sk_test_hush' })
      const marks = await marksOf(patient({ written, ...holding('USHER_SIGNING_KEY') }).full)
      expect(marks).toContain('bad secrets')
    })

    it('says of a config that does not compile only that a signing key is missing', async () => {
      const marks = await marksOf(patient({ written: writing({}, open), ...holding() }).full)
      expect(marks.filter((mark) => mark.endsWith('secrets'))).toEqual(['bad secrets'])
    })

    it('asks no address and shows no key that only stands in for a secret', async () => {
      const config = { ...withRoutes('/**'), templates: ['backend'] }
      const definition = {
        factory: (known: Readonly<Record<string, string | undefined>>) =>
          ({ ...config, origins: { api: { url: known.ORIGIN_URL } } }) as GatewayConfig,
      }
      const names = ['ORIGIN_URL', 'CLERK_SECRET_KEY', 'CLERK_FRONTEND_API', 'USHER_SIGNING_KEY']
      const { full, asked } = patient({ written: { definition, values: {} }, ...holding(...names) })
      const lines = await examine(full)
      expect(lines.filter(({ mark }) => mark === 'bad')).toEqual([])
      expect(lines).toContainEqual(expect.objectContaining({ mark: 'skip', name: 'issuer' }))
      expect(asked).toEqual([])
      expect(lines.map(formatLine).join('\n')).not.toContain('unreadable')
    })

    it('without an account says what it cannot see, and that nothing is bad', async () => {
      const lines = await examine(patient({ written: writing(accepting('api_key'), open) }).full)
      expect(lines.find(({ name }) => name === 'secrets')).toMatchObject({
        mark: 'skip',
        text: expect.stringContaining('CLERK_SECRET_KEY, USHER_SIGNING_KEY'),
      })
      expect(lines.map(({ mark, name }) => `${mark} ${name}`)).toContain('ok config')
    })
  })

  it('says what it could not look at', async () => {
    const { run } = fakeWrangler({
      secret: failure('Authentication error'),
      d1: failure('Authentication error'),
    })
    const marks = await marksOf(patient({ run, hasAccount: true }).full)
    expect(marks).toEqual(expect.arrayContaining(['skip secrets', 'skip migrations']))
  })

  it('tells each problem and each warning of the config', async () => {
    const wrong = writing({ ...site, routes: [{ path: 'nowhere' }] }, {})
    const risky = writing(site)
    const bad = await marksOf(patient({ written: wrong }).full)
    expect(bad.filter((mark) => mark === 'bad config').length).toBeGreaterThan(1)
    expect(await marksOf(patient({ written: risky }).full)).toContain('warn config')
  })

  it('shows the secret key to the Backend API alone, and never prints it', async () => {
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_hush' }
    const { full, asked } = patient({ written: writing(site, env) })
    const lines = await examine(full)
    const shown = asked.filter(({ authorization }) => authorization !== null)
    expect(shown.map(({ url }) => new URL(url).host)).toEqual(['api.clerk.com'])
    expect(lines.map(formatLine).join('\n')).not.toContain('hush')
  })
})
