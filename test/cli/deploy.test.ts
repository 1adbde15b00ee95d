import { describe, expect, it } from 'vitest'
import { accountSteps } from '../../src/cli/account-steps.ts'
import { defineGateway } from '../../src/config/define.ts'
import { parseSigningKeys } from '../../src/model/signing-key.ts'
import { attempt, definition, emptyAccount, fakeGateway, given, shipped } from './deployment.ts'
import { failure } from './fake-wrangler.ts'

/** A config with an error that no variable mends. */
const misspelt = defineGateway((env) => ({ ...definition.factory(env), prefix: 'no path' }))

describe('a first deployment', () => {
  it('takes every step in its order', async () => {
    const { isSound, marks, wrangler, urls } = await attempt()
    expect(marks.filter((mark) => !mark.startsWith('warn'))).toEqual([
      ...['ok place', 'ok variables', 'ok config', 'ok bundle', 'ok secrets', 'ok keys'],
      ...['ok database', 'ok queues', 'ok migrations', 'ok secrets put'],
      ...['ok deploy', 'ok ready', 'ok refusal'],
    ])
    expect(isSound).toBe(true)
    expect(wrangler.words()).toEqual([
      ...['deploy --dry-run', 'secret list'],
      ...['kv namespace list', 'kv namespace create usher-kv', 'kv namespace list'],
      ...['d1 list --json', 'd1 create usher', 'd1 list --json'],
      ...['queues info usher', 'queues create usher'],
      ...['queues info usher-dead', 'queues create usher-dead'],
      ...['d1 migrations apply DB --remote', 'secret bulk', 'deploy'],
    ])
    expect(urls).toEqual([
      ...['https://api.example.com/_usher/readyz', 'https://api.example.com/_usher/readyz'],
      'https://api.example.com/',
    ])
  })

  it('writes the place, the variables and the ids to wrangler.toml, and no secret', async () => {
    const { toml } = await attempt()
    expect(toml).toContain('pattern = "api.example.com"\ncustom_domain = true')
    expect(toml).toContain('HOSTS = "api.example.com"')
    expect(toml).toContain('ORIGIN_URL = "https://api.internal.example.com"')
    expect(toml).toContain('binding = "KV" # keys\nid = "kv-id"')
    expect(toml).toContain('database_id = "d1-id"')
    expect(toml).not.toMatch(/hush|CLERK_SECRET_KEY|USHER_SIGNING_KEY/)
  })

  it('gives secrets to wrangler alone, by its input, with a signing key that is new', async () => {
    const { wrangler, printed } = await attempt()
    const bulk = wrangler.runs.find(({ words }) => words === 'secret bulk')
    const secrets = JSON.parse(bulk?.input ?? '{}')
    expect(Object.keys(secrets)).toEqual([
      ...['CLERK_SECRET_KEY', 'CLERK_WEBHOOK_SIGNING_SECRET', 'USHER_SIGNING_KEY'],
    ])
    expect(parseSigningKeys(secrets.USHER_SIGNING_KEY)).toMatchObject({ ok: true })
    expect(`${printed}${wrangler.words().join()}`).not.toMatch(/hush|"d"/)
  })

  it('on workers.dev deploys once more, with the host named that only wrangler knows', async () => {
    const { toml, wrangler, urls } = await attempt({ options: { workersDev: true } })
    expect(toml).toContain('workers_dev = true')
    expect(toml).toContain('HOSTS = "usher.acme.workers.dev"')
    expect(wrangler.words().filter((words) => words === 'deploy')).toHaveLength(2)
    expect(urls.at(-1)).toBe('https://usher.acme.workers.dev/')
  })
})

describe('a second deployment', () => {
  const account = {
    ...emptyAccount,
    'queues info': 'Queue Name: usher',
    'queues info usher-dead': 'Queue Name: usher-dead',
    'd1 migrations apply': '✅ No migrations to apply!',
    'secret list': '[{"name":"USHER_SIGNING_KEY"},{"name":"CLERK_WEBHOOK_SIGNING_SECRET"}]',
  }

  it('asks nothing, warns of nothing, makes nothing and changes no file', async () => {
    const quiet = defineGateway((env) => ({
      ...definition.factory(env),
      canonicalOrigin: 'https://api.example.com',
    }))
    const parties = { AUTHORIZED_PARTIES: 'https://app.example.com' }
    const { toml } = await attempt({ definition: quiet, given: { ...given, ...parties } })
    const second = await attempt({
      ...{ account, toml, definition: quiet, options: {}, given: {} },
      async ask(question) {
        throw new Error(`Nobody is to be asked: ${question}`)
      },
    })
    expect(second).toMatchObject({ isSound: true, toml })
    expect(second.marks.filter((mark) => !mark.startsWith('ok'))).toEqual([])
    expect(second.wrangler.words()).toEqual([
      ...['deploy --dry-run', 'secret list', 'queues info usher', 'queues info usher-dead'],
      ...['d1 migrations apply DB --remote', 'deploy'],
    ])
  })

  it('never replaces a signing key that is there', async () => {
    const { wrangler } = await attempt({ account })
    const bulk = wrangler.runs.find(({ words }) => words === 'secret bulk')
    expect(Object.keys(JSON.parse(bulk?.input ?? '{}'))).toEqual([
      ...['CLERK_SECRET_KEY', 'CLERK_WEBHOOK_SIGNING_SECRET'],
    ])
  })
})

describe('a deployment at a terminal', () => {
  it('asks for the host, for what is missing, and for secrets without showing them', async () => {
    const answers: Readonly<Record<string, string>> = {
      'The host': 'api.example.com',
      ORIGIN_URL: 'https://api.internal.example.com',
      CLERK_PUBLISHABLE_KEY: `pk_live_${btoa('clerk.example.com$')}`,
      CLERK_SECRET_KEY: 'sk_live_hush',
      CLERK_WEBHOOK_SIGNING_SECRET: given.CLERK_WEBHOOK_SIGNING_SECRET,
    }
    const asked: [string | undefined, boolean][] = []
    const { isSound, wrangler, printed } = await attempt({
      options: {},
      given: {},
      definition: defineGateway((env) => ({ ...definition.factory(env), templates: ['backend'] })),
      async ask(question, isHidden = false) {
        const start = Object.keys(answers).find((one) => question.startsWith(one))
        asked.push([start, isHidden])
        return answers[start ?? ''] ?? ''
      },
    })
    expect(isSound).toBe(true)
    expect(asked.slice(0, 3)).toEqual([
      ...[['The host', false] as const, ['ORIGIN_URL', false] as const],
      ['CLERK_PUBLISHABLE_KEY', false],
    ])
    expect(asked.slice(3)).toEqual([
      ...[['CLERK_SECRET_KEY', true] as const, ['CLERK_WEBHOOK_SIGNING_SECRET', true] as const],
    ])
    expect(wrangler.runs.find(({ words }) => words === 'secret bulk')?.input).toContain('hush')
    expect(printed).not.toContain('hush')
  })

  it.each([
    ['a host', {}, { ...given }, []],
    ['a variable', { host: 'api.example.com' }, {}, ['secret list']],
  ])('ends when %s is not given', async (_what, options, values, words) => {
    const { isSound, wrangler } = await attempt({ options, given: values, ask: async () => '' })
    expect([isSound, wrangler.words()]).toEqual([false, words])
  })
})

describe('a deployment that goes wrong', () => {
  it('with no place named refuses in one sentence and has done nothing', async () => {
    const { isSound, marks, printed, toml, wrangler } = await attempt({ options: {} })
    expect([isSound, marks, toml, wrangler.words()]).toEqual([false, ['bad place'], shipped, []])
    expect(printed).toMatch(/^Say where it should answer: [^\n]*\.$/)
  })

  it.each([
    ['given a wrong value', { definition, given: { ...given, ORIGIN_URL: 'http://10.0.0.1' } }],
    ['with a word that is none', { definition: misspelt, given }],
    ['that lacks a variable besides', { definition: misspelt, given: {} }],
  ])('with a config %s never reaches wrangler', async (_what, wrong) => {
    const { isSound, marks, wrangler } = await attempt(wrong)
    expect([isSound, marks.at(-1), wrangler.words()]).toEqual([false, 'bad config', []])
  })

  it('with a variable that is neither given nor in the account has made nothing', async () => {
    const { isSound, marks, printed, wrangler } = await attempt({ given: {} })
    expect([isSound, marks.at(-1), wrangler.words()]).toEqual([
      false,
      'bad config',
      ['secret list'],
    ])
    expect(printed).toContain('ORIGIN_URL')
  })

  it('with hosts that leave out its place never reaches wrangler', async () => {
    const narrow = defineGateway((env) => ({
      ...definition.factory(env),
      hosts: ['www.example.com'],
    }))
    const { marks, wrangler } = await attempt({ definition: narrow })
    expect([marks.at(-1), wrangler.words()]).toEqual(['bad config', []])
  })

  it.each([
    ['deploy --dry-run', 'bundle'],
    ['kv namespace list', 'keys'],
    ['kv namespace create', 'keys'],
    ['d1 list', 'database'],
    ['queues info', 'queues'],
    ['queues create', 'queues'],
    ['d1 migrations apply', 'migrations'],
    ['secret list', 'secrets'],
    ['secret bulk', 'secrets put'],
    ['deploy', 'deploy'],
  ])('at wrangler %s stops there, in its words', async (words, step) => {
    const account = { ...emptyAccount, [words]: failure('Out of luck.') }
    const { isSound, marks, printed, wrangler } = await attempt({ account })
    expect([isSound, marks.at(-1)]).toEqual([false, `bad ${step}`])
    expect(printed).toMatch(/Out of luck\.(?:\nWithout queues .*)?$/)
    expect(wrangler.words().at(-1)).toMatch(new RegExp(`^${words}`))
  })

  it('gives up on a gateway that is not ready within its bound', async () => {
    const send = async () => Response.json({ status: 'not ready' }, { status: 503 })
    const { isSound, marks, printed } = await attempt({ send })
    expect([isSound, marks.at(-1)]).toEqual([false, 'bad ready'])
    expect(printed).toContain('npm run doctor -- --url https://api.example.com')
  })

  it('is not done when a request without a token passes', async () => {
    const { send } = fakeGateway(() => new Response('secret page'))
    const { isSound, marks } = await attempt({ send })
    expect([isSound, marks.at(-1)]).toEqual([false, 'bad refusal'])
  })
})

describe('without an account', () => {
  it('a deployment does the part that needs none, and tells the rest', async () => {
    const { marks, toml, wrangler } = await attempt({ hasAccount: false })
    expect(wrangler.words()).toEqual(['deploy --dry-run'])
    expect(marks.filter((mark) => mark.startsWith('plan'))).toHaveLength(accountSteps.length)
    expect(toml).toContain('HOSTS = "api.example.com"')
  })
})

describe('a deployment without queues, Workflow and cron trigger', () => {
  const bare = shipped.slice(0, shipped.indexOf('[[queues'))

  it('is made, makes no queue, and says what does not work then', async () => {
    const { isSound, printed, wrangler } = await attempt({ toml: bare })
    expect([isSound, wrangler.words().some((words) => words.startsWith('queues'))]).toEqual([
      ...[true, false],
    ])
    for (const place of ['QUEUE', 'SYNC', 'triggers.crons']) {
      expect(printed).toMatch(new RegExp(`^${place}: (?:Is not bound|Are missing)`, 'm'))
    }
  })
})

describe('a dry run', () => {
  it('touches no account and no file', async () => {
    const { isSound, toml, wrangler, urls } = await attempt({ isDryRun: true })
    expect([isSound, toml]).toEqual([true, shipped])
    expect([wrangler.words(), urls]).toEqual([['deploy --dry-run'], []])
  })

  it('tells what it would write and do', async () => {
    const { printed } = await attempt({ isDryRun: true })
    expect(printed).toContain('wrangler.toml [vars] HOSTS = "api.example.com"')
    expect(printed).toContain('find or make the KV namespace usher-kv')
    expect(printed).toContain('https://api.example.com/_usher/readyz')
    expect(printed).not.toContain('hush')
  })

  it('goes on after what is wrong, and is not sound', async () => {
    const { isSound, marks } = await attempt({ isDryRun: true, options: {}, given: {} })
    expect(marks.slice(0, 3)).toEqual(['bad place', 'ok variables', 'bad config'])
    expect(marks.at(-1)).toBe('plan refusal')
    expect(isSound).toBe(false)
  })
})
