import { describe, expect, it } from 'vitest'
import { examine, type Patient } from '../../src/cli/examination.ts'
import { formatLine } from '../../src/cli/line.ts'
import { compile, variables, withRoutes } from '../config/sample.ts'
import { createFakeClock, noonMs } from '../support/fake-clock.ts'
import { failure, fakeWrangler, pendingTable } from './fake-wrangler.ts'
import { placedWorker } from './worker-config.ts'

const site = { ...withRoutes('/**'), origins: { api: { url: 'https://origin.example.com' } } }
const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
const quiet = { hosts: ['api.example.com'], canonicalOrigin: 'https://api.example.com' }

describe('an examination', () => {
  /** The world at noon: `api` is the origin, `gateway` is Usher, everything else is silent. */
  function patient(over: Partial<Patient> = {}) {
    const asked: { url: string; authorization: string | null }[] = []
    const healthy: Readonly<Record<string, () => Response>> = {
      'https://gateway.example.com/_usher/livez': () => new Response(),
      'https://gateway.example.com/_usher/readyz': () => new Response(),
      'https://gateway.example.com/': () =>
        Response.json({ code: 'token-missing' }, { status: 401 }),
    }
    const full: Patient = {
      nodeVersion: 'v24.21.0',
      worker: placedWorker,
      compiled: compile({ ...site, ...quiet }, { env }),
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
      ...['ok node', 'ok config', 'ok binding', 'ok binding', 'ok hosts', 'ok issuer'],
      ...['bad keys', 'ok back door', 'skip clock'],
    ])
  })

  it('with an address sees whether it lives, is ready and refuses, and what time it is there', async () => {
    const marks = await marksOf(patient({ url: 'https://gateway.example.com' }).full)
    expect(marks.slice(-4)).toEqual(['ok livez', 'ok readyz', 'ok refusal', 'ok clock'])
  })

  it('with an account sees what is missing there', async () => {
    const { run, words } = fakeWrangler({
      'secret list': '[{"name":"USHER_SIGNING_KEY"}]',
      'd1 migrations list DB --remote': pendingTable,
      'd1 migrations list DB --local': '✅ No migrations to apply!',
    })
    const marks = await marksOf(patient({ run, hasAccount: true, localDatabase: ['--local'] }).full)
    expect(marks).toContain('warn secrets')
    expect(marks.filter((mark) => mark.endsWith('migrations'))).toEqual([
      'ok migrations',
      'bad migrations',
    ])
    expect(words().filter((line) => !/^(?:secret|d1 migrations) list/.test(line))).toEqual([])
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
    const wrong = compile(site, { env: {} })
    const risky = compile(site)
    const bad = await marksOf(patient({ compiled: wrong }).full)
    expect(bad.filter((mark) => mark === 'bad config').length).toBeGreaterThan(1)
    expect(await marksOf(patient({ compiled: risky }).full)).toContain('warn config')
  })

  it('shows the secret key to the Backend API alone, and never prints it', async () => {
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_hush' }
    const { full, asked } = patient({ compiled: compile(site, { env }) })
    const lines = await examine(full)
    const shown = asked.filter(({ authorization }) => authorization !== null)
    expect(shown.map(({ url }) => new URL(url).host)).toEqual(['api.clerk.com'])
    expect(lines.map(formatLine).join('\n')).not.toContain('hush')
  })
})
