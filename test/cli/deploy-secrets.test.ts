import { describe, expect, it } from 'vitest'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { attempt, definition, emptyAccount, given, shipped } from './deployment.ts'

const { CLERK_SECRET_KEY, ...plain } = given
const machineId = { CLERK_MACHINE_ID: 'mch_1' }

/** The gateway that ships, with these words more; a route's own stand in its one route. */
function gatewayWith(words: Partial<GatewayConfig>, route: object = {}) {
  return defineGateway((env) => {
    const config = definition.factory(env)
    return { ...config, routes: config.routes.map((one) => ({ ...one, ...route })), ...words }
  })
}

const accepting = (...accepts: readonly string[]) => gatewayWith({}, { accepts })

/** The same, with a proxy for each of these variables that may ask for checks. */
function withCallers(...names: readonly string[]) {
  return defineGateway((env) => ({
    ...definition.factory(env),
    hosts: ['api.example.com'],
    checks: {
      callers: Object.fromEntries(
        names.map((name) => [name, { secret: env[name], may: ['nginx'] as const }]),
      ),
    },
  }))
}

/** What needs a secret: without it the first four are refused by the check of the config. */
const needy = {
  'a route for API keys': accepting('api_key'),
  'a route that exchanges': gatewayWith({}, { exchange: 'backend' }),
  templates: gatewayWith({ templates: ['backend'] }),
  'verify for API keys': gatewayWith({ verify: { accepts: ['api_key'] } }),
  'a route for opaque OAuth tokens': accepting('oauth_token'),
}
const refusing = Object.entries(needy).slice(0, 4)

const noTerminal = undefined
const nobody = async (question: string): Promise<string> => {
  throw new Error(`Nobody is to be asked: ${question}`)
}

/** A terminal that answers by the first word of the question, and what it was asked. */
function terminal(answers: Readonly<Record<string, string>> = {}) {
  const asked: (readonly [name: string, isHidden: boolean])[] = []
  const ask = async (question: string, isHidden = false) => {
    const [name = ''] = question.split(' ')
    asked.push([name, isHidden])
    return answers[name] ?? ''
  }
  return { asked, ask }
}

/** An account in which everything is there, and these secrets. */
function accountWith(...names: readonly string[]) {
  const always = ['USHER_SIGNING_KEY', 'CLERK_WEBHOOK_SIGNING_SECRET']
  const secrets = [...always, ...names].map((name) => ({ name, type: 'secret_text' }))
  return {
    ...emptyAccount,
    'd1 migrations apply': '✅ No migrations to apply!',
    'secret list': JSON.stringify(secrets),
  }
}

/** The `wrangler.toml` that a first deployment leaves behind. */
const deployedToml = async (values = {}) => (await attempt({ given: { ...given, ...values } })).toml

/** A deployment like any after the first: nothing is given and no place named. */
async function again({
  values = {},
  ...rest
}: Parameters<typeof attempt>[0] & { values?: object }) {
  return attempt({ toml: await deployedToml(values), options: {}, given: {}, ...rest })
}

const bulkOf = ({ wrangler }: Awaited<ReturnType<typeof attempt>>): Record<string, string> =>
  JSON.parse(wrangler.runs.find(({ words }) => words === 'secret bulk')?.input ?? '{}')

describe('a secret that is in the account', () => {
  it.each(Object.entries(needy))('counts as set for %s', async (_what, definition) => {
    const account = accountWith('CLERK_SECRET_KEY')
    const second = await again({ account, definition, ask: nobody })
    expect(second).toMatchObject({ isSound: true })
    expect(second.marks.filter((mark) => !/^ok|^warn config/.test(mark))).toEqual([])
    expect(second.printed).not.toContain('CLERK_SECRET_KEY')
    expect(bulkOf(second)).toEqual({})
  })

  it.each([['CLERK_SECRET_KEY'], ['CLERK_MACHINE_SECRET_KEY']])(
    '%s alone is enough for machines',
    async (name) => {
      const account = accountWith(name)
      const second = await again({
        ...{ account, values: machineId, definition: accepting('m2m_token'), ask: nobody },
      })
      expect(second).toMatchObject({ isSound: true })
      expect(second.marks).not.toContain('warn secrets')
    },
  )

  it('counts as set when the config reads it itself, or Usher knows it as no secret', async () => {
    const definition = defineGateway((env) => ({
      origins: { api: { url: env.ORIGIN_URL }, billing: { url: env.billingAddress } },
      routes: [
        { path: '/**', origin: 'api' },
        { path: '/billing/**', origin: 'billing' },
      ],
    }))
    const account = accountWith('ORIGIN_URL', 'CLERK_PUBLISHABLE_KEY', 'billingAddress')
    const { isSound, toml, printed } = await attempt({
      account,
      definition,
      given: {},
      ask: nobody,
    })
    expect(isSound).toBe(true)
    expect(`${toml}${printed}`).not.toMatch(/ORIGIN_URL|PUBLISHABLE|billing|unreadable/)
  })

  it('counts as set for callers who ask for checks, whatever their variables are called', async () => {
    const definition = withCallers('EDGE_SECRET', 'MESH_SECRET', 'USHER_CALLER_SECRET')
    const account = accountWith('EDGE_SECRET', 'MESH_SECRET', 'USHER_CALLER_SECRET')
    const second = await again({ account, definition, ask: nobody })
    expect(second).toMatchObject({ isSound: true })
    expect(second.printed).not.toMatch(/(?<!SIGNING)_SECRET|unreadable/)
    expect(bulkOf(second)).toEqual({})
  })

  it('never replaces what stands under [vars] or was given', async () => {
    const toml = await deployedToml({
      CLERK_PUBLISHABLE_KEY: `pk_live_${btoa('clerk.example.com$')}`,
    })
    const account = accountWith('CLERK_SECRET_KEY')
    const values = { CLERK_SECRET_KEY: 'sk_test_hush' }
    const { isSound, printed } = await attempt({ toml, account, options: {}, given: values })
    expect(isSound).toBe(false)
    expect(printed).toContain('one is test, the other live')
    expect(printed).not.toContain('hush')
  })
})

describe('a secret that is missing', () => {
  it.each(refusing)('is asked for before %s is refused', async (_what, definition) => {
    const { ask, asked } = terminal({ CLERK_SECRET_KEY })
    const first = await attempt({ definition, given: plain, ask })
    expect(first.isSound).toBe(true)
    expect(asked).toEqual([['CLERK_SECRET_KEY', true]])
    expect(bulkOf(first)).toMatchObject({ CLERK_SECRET_KEY })
    expect(`${first.printed}${first.toml}`).not.toContain('hush')
  })

  it.each(
    refusing.flatMap(([what, definition]) => [
      [what, 'without a terminal', definition, noTerminal] as const,
      [what, 'when nothing is answered', definition, async () => ''] as const,
    ]),
  )('of %s, %s, is the problem, and how it is put in', async (_what, _how, definition, ask) => {
    const { isSound, marks, printed, wrangler } = await attempt({ definition, given: plain, ask })
    expect([isSound, marks.at(-1)]).toEqual([false, 'bad secrets'])
    expect(printed).toMatch(/: set CLERK_SECRET_KEY\.\n.*npx wrangler secret put CLERK_SECRET_KEY/)
    expect(printed).not.toContain('under [vars]')
    expect(wrangler.words()).toEqual(['deploy --dry-run', 'secret list'])
  })

  it('of a caller is asked for when it is what Usher knows, and is the problem when it is not given', async () => {
    const [USHER_CALLER_SECRET, definition] = ['hush'.repeat(8), withCallers('USHER_CALLER_SECRET')]
    const { ask, asked } = terminal({ USHER_CALLER_SECRET })
    const first = await attempt({ definition, ask })
    expect([first.isSound, asked]).toEqual([true, [['USHER_CALLER_SECRET', true]]])
    expect(bulkOf(first)).toMatchObject({ USHER_CALLER_SECRET })
    expect(`${first.printed}${first.toml}`).not.toContain('hush')
    const { marks, printed } = await attempt({ definition })
    expect(marks.at(-1)).toBe('bad secrets')
    expect(printed).toMatch(
      /set USHER_CALLER_SECRET,[\s\S]*npx wrangler secret put USHER_CALLER_SECRET/,
    )
  })

  it('that the config can do without is asked for, and warned of when nothing is answered', async () => {
    const { ask, asked } = terminal()
    const definition = accepting('oauth_token')
    const { isSound, marks } = await attempt({ definition, given: plain, ask })
    expect([isSound, asked]).toEqual([true, [['CLERK_SECRET_KEY', true]]])
    expect(marks.filter((mark) => mark === 'warn secrets')).toHaveLength(1)
  })

  it.each([
    ['a machine key alone', {}, accepting('m2m_token'), ['CLERK_MACHINE_SECRET_KEY']],
    [
      'one key for both',
      { CLERK_SECRET_KEY },
      accepting('m2m_token', 'api_key'),
      ['CLERK_SECRET_KEY'],
    ],
    [
      'the key for administrators',
      {},
      gatewayWith({}),
      ['CLERK_SECRET_KEY'],
      { ADMIN_USER_EMAILS: 'ada@example.com' },
    ],
    [
      'no key for administrators whose address the token says',
      {},
      gatewayWith({ users: { trustedEmailClaim: 'email' } }),
      [],
      { ADMIN_USER_EMAILS: 'ada@example.com' },
    ],
  ])('is %s', async (_what, answers, definition, names, values?: object) => {
    const { ask, asked } = terminal(answers)
    await attempt({ definition, given: { ...plain, ...machineId, ...values }, ask })
    expect(asked.map(([name]) => name)).toEqual(names)
  })

  it('is refused when it is of another instance than the publishable key', async () => {
    const { ask } = terminal({ CLERK_SECRET_KEY: 'sk_test_hush' })
    const CLERK_PUBLISHABLE_KEY = `pk_live_${btoa('clerk.example.com$')}`
    const { marks, printed } = await attempt({
      ...{ definition: accepting('api_key'), given: { ...plain, CLERK_PUBLISHABLE_KEY }, ask },
    })
    expect(marks.at(-1)).toBe('bad secrets')
    expect(printed).toContain('one is test, the other live')
  })

  it('is none that stands under [vars]', async () => {
    const toml = `${shipped}\n[vars]\nCLERK_SECRET_KEY = "sk_live_hush"\n`
    const definition = accepting('api_key')
    const first = await attempt({ definition, toml, given: plain, ask: nobody })
    expect([first.isSound, Object.keys(bulkOf(first))]).toEqual([
      ...[true, ['CLERK_WEBHOOK_SIGNING_SECRET', 'USHER_SIGNING_KEY']],
    ])
  })

  it('can be a variable, which is asked for openly and written', async () => {
    const { ask, asked } = terminal({ CLERK_MACHINE_ID: 'mch_1' })
    const definition = accepting('m2m_token')
    const { isSound, toml } = await attempt({ definition, given, ask })
    expect([isSound, asked]).toEqual([true, [['CLERK_MACHINE_ID', false]]])
    expect(toml).toContain('CLERK_MACHINE_ID = "mch_1"')
  })
})

describe('where the account cannot be seen', () => {
  it.each([
    ['a dry run', { isDryRun: true }],
    ['a machine without an account', { hasAccount: false }],
  ])('%s neither refuses for want of a secret nor asks for one', async (_where, reach) => {
    for (const [, definition] of Object.entries(needy)) {
      const { isSound, printed, wrangler } = await attempt({
        ...{ definition, given: plain, ask: nobody },
        ...reach,
      })
      expect([isSound, wrangler.words()]).toEqual([true, ['deploy --dry-run']])
      expect(printed).toMatch(/wrangler secret list.*CLERK_SECRET_KEY/)
    }
  })

  it('what the config reads itself must be given', async () => {
    const { marks, printed } = await attempt({ isDryRun: true, given: {} })
    expect(marks).toContain('bad config')
    expect(printed).toContain('cannot be seen')
  })
})
