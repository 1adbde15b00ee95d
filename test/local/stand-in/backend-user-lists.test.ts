import { beforeAll, describe, expect, it } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import {
  type ClerkServer,
  createTestStandIn,
  type TestStandIn,
  textAt,
} from '../../support/stand-in.ts'

const password = 'a sound secret'
const ada = localUsers.get('ada')?.id ?? ''
const minute = 60_000

let clerk: TestStandIn
let server: ClerkServer

async function open(): Promise<void> {
  clerk = await createTestStandIn()
  server = clerk.backend()
}

async function makeUser(members: object = {}): Promise<string> {
  const made = await server.post('/users', { password, ...members })
  expect(made.status, made.code).toBe(200)
  return textAt(made.body, 'id')
}

function listOf(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : []
}

describe('a list of users', () => {
  const ids = new Map<string, string>()
  const nameOf = (id: string) => [...ids].find(([, one]) => one === id)?.[0] ?? ''

  beforeAll(async () => {
    await open()
    for (const [name, user] of localUsers) ids.set(name, user.id)
    const people = {
      mary: { first_name: 'Mary', last_name: 'Jackson', username: 'mary_j', external_id: 'ext-1' },
      emmy: { first_name: 'Emmy', phone_number: ['+15555550111'], external_id: 'ext-2' },
      rosa: { first_name: 'rosa', skip_user_requirement: true, username: 'rosa-p' },
    }
    for (const [name, members] of Object.entries(people)) {
      clerk.turn(minute)
      const address = name === 'rosa' ? {} : { email_address: [`${name}@example.com`] }
      ids.set(name, await makeUser({ ...address, ...members }))
    }
    await server.post(`/users/${ids.get('emmy')}/ban`)
    await server.post('/sessions', { user_id: ids.get('mary') })
  })

  async function found(query: object): Promise<readonly string[]> {
    const { body, status, code } = await server.get('/users', { limit: 100, ...query })
    expect([status, code]).toEqual([200, ''])
    return listOf(body).map((user) => nameOf(textAt(user, 'id')))
  }

  const acme = () => clerk.standIn.world.state.organizations.all()[0]?.id ?? ''
  const notGrace = (name: string) => name !== 'grace'

  const all = ['rosa', 'emmy', 'mary', 'linus', 'grace', 'ada']

  it('gives the newest first', async () => expect(await found({})).toEqual(all))

  it.each<[string, object | (() => object), readonly string[]]>([
    ['an address', { email_address: ['MARY@example.com', 'nobody@example.com'] }, ['mary']],
    ['a phone number', { phone_number: ['+15555550111'] }, ['emmy']],
    ['a username', { username: ['mary_j', 'rosa-p'] }, ['rosa', 'mary']],
    ['an external id', { external_id: ['ext-1', '+ext-2'] }, ['emmy', 'mary']],
    ['none of an external id', { external_id: ['-ext-1'] }, all.filter((one) => one !== 'mary')],
    ['ids', () => ({ user_id: [ada, ids.get('rosa')] }), ['rosa', 'ada']],
    ['no such ids', () => ({ user_id: [`-${ada}`] }), all.slice(0, -1)],
    ['an organisation', () => ({ organization_id: [acme()] }), ['grace']],
    ['no organisation', () => ({ organization_id: [`-${acme()}`] }), all.filter(notGrace)],
    ['a wallet, which nobody has', { web3_wallet: ['0x0'] }, []],
    ['an account elsewhere', { provider: 'oauth_google', provider_user_id: ['1'] }, []],
    ['anything', { query: 'MARY' }, ['mary']],
    ['a full name', { query: 'mary jack' }, ['mary']],
    ['a part of an address', { email_address_query: 'emmy@' }, ['emmy']],
    ['a part of a number', { phone_number_query: '0111' }, ['emmy']],
    ['a part of a username', { username_query: 'sa-p' }, ['rosa']],
    ['a part of a name', { name_query: 'hopper' }, ['grace']],
    ['a ban', { banned: true }, ['emmy']],
    ['no ban', { banned: false }, all.filter((one) => one !== 'emmy')],
    ['a sign-in', { last_sign_in_at_after: 1 }, ['mary']],
    ['an activity', { last_active_at_since: 1 }, ['mary']],
    ['two filters, both of which must hold', { banned: true, query: 'mary' }, []],
  ])('is what %s finds, and so is the count', async (_, given, names) => {
    const query = typeof given === 'function' ? given() : given
    expect(await found(query)).toEqual(names)
    expect((await server.get('/users/count', { ...query })).body).toMatchObject({
      total_count: names.length,
    })
  })

  it('finds by the time of creation, without its bounds', async () => {
    const createdAt = clerk.standIn.world.state.users.get(ids.get('mary'))?.createdAt ?? 0
    expect(await found({ created_at_after: createdAt })).toEqual(['rosa', 'emmy'])
    expect(await found({ created_at_before: createdAt })).toEqual(['linus', 'grace', 'ada'])
    expect(await found({ created_at_after: createdAt - 1, query: 'mary' })).toEqual(['mary'])
  })

  it.each([
    ['first_name', ['ada', 'emmy', 'grace', 'linus', 'mary', 'rosa']],
    ['-first_name', ['rosa', 'mary', 'linus', 'grace', 'emmy', 'ada']],
    ['+created_at', ['ada', 'grace', 'linus', 'mary', 'emmy', 'rosa']],
    ['username', ['ada', 'grace', 'linus', 'emmy', 'mary', 'rosa']],
    ['-last_sign_in_at', ['mary', 'rosa', 'emmy', 'linus', 'grace', 'ada']],
  ])('is ordered by %s', async (order_by, names) => {
    expect(await found({ order_by })).toEqual(names)
  })

  it.each([1, 2, 3, 4, 7])('is walked whole with a cursor, %i at a time', async (limit) => {
    for (const order_by of ['-created_at', 'created_at']) {
      const walked: string[] = []
      let cursor: string | undefined
      while (walked.length <= all.length) {
        const page = await found({ limit, order_by, ...(cursor && { starting_after: cursor }) })
        walked.push(...page)
        if (page.length < limit) break
        cursor = ids.get(page.at(-1) ?? '')
      }
      expect(walked).toEqual(order_by === 'created_at' ? all.toReversed() : all)
    }
  })

  it('is cut by an offset', async () => {
    expect(await found({ limit: 2, offset: 1 })).toEqual(['emmy', 'mary'])
    expect(await found({ offset: 6 })).toEqual([])
  })

  it.each<[string, object]>([
    ['a filter that Clerk does not know', { first_name: 'x' }],
    ['a filter of another list', { status: 'active' }],
    ['too many at once', { limit: 501 }],
    ['none at once', { limit: 0 }],
    ['a negative offset', { offset: -1 }],
    ['an order by what is no column', { order_by: 'password' }],
    ['a cursor in another order', { order_by: 'username', starting_after: ada }],
    ['a cursor beside an offset', { offset: 1, starting_after: ada }],
    ['a cursor that is nobody', { starting_after: 'user_eve' }],
    ['a provider without an account', { provider: 'oauth_google' }],
    ['more than 100 ids', { user_id: Array.from({ length: 101 }, (_, index) => `u${index}`) }],
    ['a time that is none', { created_at_after: 'yesterday' }],
  ])('is refused for %s, and never given unfiltered', async (_, query) => {
    expect((await server.get('/users', { ...query })).status).toBe(422)
  })
})
