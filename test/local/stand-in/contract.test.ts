import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Delivery } from '../../../src/local/clerk/kernel/records.ts'
import { type Exchange, judge, judgeEvent } from '../../support/contract.ts'
import { exceptions } from '../../support/contract-exceptions.ts'
import { descriptionsAreHere, openDescription, parsedYaml } from '../../support/descriptions.ts'
import { readSources, targetOf } from '../../support/house.ts'
import { beginFile, endFile, willBeJudged } from '../../support/judged-recordings.ts'
import { expectHonest, honestyOf, nameOf, recordedFetch } from '../../support/recording.ts'
import { createTestStandIn } from '../../support/stand-in.ts'

const law = it.skipIf(!descriptionsAreHere)

const plain: Exchange = {
  api: 'frontend',
  method: 'GET',
  pathname: '/v1/client',
  query: {},
  body: undefined,
  bodyType: '',
  status: 200,
  answer: { response: null, client: null },
}
const form = 'application/x-www-form-urlencoded'
const error = (code: string) => ({
  errors: [{ message: 'No', long_message: 'No', code }],
  clerk_trace_id: 'x',
})
const verification = {
  object: 'verification_otp',
  status: 'verified',
  strategy: 'email_code',
  attempts: 1,
  expire_at: 1,
}
const address = {
  id: 'idn_1',
  object: 'email_address',
  email_address: 'a@example.com',
  reserved: false,
  verification,
  linked_to: [],
  matches_sso_connection: false,
  created_at: 1,
  updated_at: 1,
}
const client = {
  ...{ object: 'client', id: 'client_1', sessions: [], sign_in: null, sign_up: null },
  ...{ last_active_session_id: null, cookie_expires_at: null, captcha_bypass: false },
  last_authentication_strategy: null,
  ...{ created_at: 1, updated_at: 1 },
}
const addressOf = (changes: object): Partial<Exchange> => ({
  pathname: '/v1/me/email_addresses/idn_1',
  answer: { response: { ...address, ...changes }, client },
})
const userQuery = (query: Exchange['query']): Partial<Exchange> => ({
  ...{ api: 'backend', pathname: '/users', answer: [], query },
})
const signIn = (body: Exchange['body'], status = 200): Partial<Exchange> => ({
  ...{ method: 'POST', pathname: '/v1/client/sign_ins', bodyType: form, body, status },
  answer: status === 200 ? {} : error('form_identifier_not_found'),
})

const touch = (body: Exchange['body']): Partial<Exchange> => ({
  ...signIn(body),
  pathname: '/v1/client/sessions/sess_1/touch',
})

describe('what the description says of an exchange', () => {
  law.each<[string, Partial<Exchange>]>([
    ['an answer that may be null', {}],
    ['an answer with every member', addressOf({})],
    ['a member that may be null', addressOf({ verification: null })],
    ['an error that is described', signIn({ identifier: 'x' }, 422)],
    ['numbers and lists in a query', userQuery({ limit: '10', email_address: ['a@example.com'] })],
    ['one item of a list in a query', userQuery({ email_address: 'a@example.com' })],
  ])('lets pass %s', (_name, changes) => {
    expect(judge({ ...plain, ...changes })).toMatchObject({ kind: 'valid', mismatches: [] })
  })

  law.each<[string, Partial<Exchange>, string]>([
    ['a member that is missing', addressOf({ linked_to: undefined }), 'answer/response'],
    ['a member that nobody knows', addressOf({ surprise: 1 }), 'answer/response'],
    ['a text for a number', addressOf({ created_at: '1' }), 'answer/response/created_at'],
    ['null where it may not be', addressOf({ id: null }), 'answer/response/id'],
    [
      'a word that is not on the list',
      addressOf({ verification: { ...verification, status: 'maybe' } }),
      'answer/response/verification/status',
    ],
    ['an answer that is no JSON', { answer: undefined }, 'answer'],
    ['a status that is not described', { status: 418, answer: error('teapot') }, 'answer'],
    ['an error in no envelope', { status: 404, answer: { error: 'no' } }, 'answer'],
    ['an error without a code', { status: 401, answer: { errors: [{ message: 'no' }] } }, 'answer'],
    [
      'a member of a query that Clerk does not know',
      { query: { surprise: '1' } },
      'request/query/surprise',
    ],
    ['a number that is none', userQuery({ limit: 'many' }), 'request/query/limit'],
    ['a number that is too large', userQuery({ limit: '501' }), 'request/query/limit'],
    [
      'a member of a form that Clerk does not know',
      signIn({ surprise: '1' }),
      'request/body/surprise',
    ],
    ['a word in a form that is not on the list', touch({ intent: 'sleep' }), 'request/body/intent'],
  ])('finds %s', (_name, changes, pointer) => {
    const { kind, mismatches } = judge({ ...plain, ...changes })
    const places = mismatches.map((one) => one.pointer)
    expect(
      places.some((place) => place.startsWith(pointer)),
      places.join(),
    ).toBe(true)
    expect(kind).toBe('invalid')
  })

  law('looks at no request that was refused', () => {
    expect(judge({ ...plain, ...signIn({ surprise: '1' }, 422) }).kind).toBe('valid')
  })

  law.each<[string, Partial<Exchange>]>([
    ['what the stand-in does not do', { status: 501, answer: error('not_implemented') }],
    ['what is not there', { status: 404, answer: error('resource_not_found') }],
    ['what could not be read', { status: 422, answer: error('form_param_unknown') }],
    ['what no description has', { pathname: '/v1/surprise' }],
  ])('counts neither for nor against: %s', (_name, changes) => {
    expect(judge({ ...plain, ...changes })).toMatchObject({ kind: 'uncounted', mismatches: [] })
  })

  law('holds webhooks against what Clerk says of their type', () => {
    const event = { object: 'event', type: 'user.deleted', timestamp: 1, instance_id: 'ins_1' }
    const data = { id: 'user_1', object: 'user', deleted: true }
    const kindOf = (body: object) => judgeEvent(JSON.stringify(body)).kind
    expect(kindOf({ ...event, data })).toBe('valid')
    expect(kindOf({ ...event, data: { ...data, deleted: 'yes' } })).toBe('invalid')
    expect(kindOf({ ...event, data, timestamp: undefined })).toBe('invalid')
    expect(kindOf({ ...event, type: 'user.surprised', data })).toBe('uncounted')
  })
})

describe('what was recorded', () => {
  const none = (): readonly Delivery[] => []

  law('fails by one answer that nobody excused, and passes without it', async () => {
    let answer: unknown = { response: null, client: null }
    const { fetch, recording } = recordedFetch(async () => Response.json(answer), none)
    const ask = () => fetch(new Request('http://127.0.0.1/frontend/v1/client'))
    expect(() => expectHonest(recording)).toThrow('Nothing was recorded')
    for (let times = 0; times < 40; times++) await ask()
    expectHonest(recording)
    answer = { response: 7, client: null }
    await ask()
    expect(() => expectHonest(recording)).toThrow('getClient 200 answer/response')
  })

  law('sees the method, the form and the query as the stand-in does', async () => {
    const { fetch, recording } = recordedFetch(async (request) => {
      await request.text()
      return Response.json({}, { status: 422 })
    }, none)
    const url = 'http://127.0.0.1/frontend/v1/me?_method=PATCH&_clerk_js_version=6&x=1'
    const headers = { 'content-type': `${form}; charset=utf-8` }
    await fetch(new Request(url, { method: 'POST', headers, body: 'a=1&a=2&b=%7B%7D' }))
    await fetch(new Request('http://127.0.0.1/backend/v1/users/count'))
    await fetch(new Request('http://127.0.0.1/outbox.json'))
    expect(recording.exchanges).toMatchObject([
      { api: 'frontend', method: 'PATCH', pathname: '/v1/me', query: { x: '1' }, status: 422 },
      { api: 'backend', method: 'GET', pathname: '/users/count' },
    ])
    expect(recording.exchanges).toHaveLength(2)
    expect(recording.exchanges[0]?.body).toEqual({ a: ['1', '2'], b: '{}' })
  })

  law('leaves what passes as it was', async () => {
    const { fetch } = recordedFetch(async (request) => new Response(await request.text()), none)
    const request = new Request('http://127.0.0.1/backend/v1/users', { method: 'POST', body: 'x' })
    expect(await (await fetch(request)).text()).toBe('x')
  })

  law('counts as described what Clerk’s own programs ask otherwise, and nothing else', () => {
    const counted = (name: string, total: unknown) => {
      const answer = { object: 'total_count', total_count: total }
      const users = { ...userQuery({ [name]: '1' }), pathname: '/users/count', answer }
      const { valid, invalid } = honestyOf({
        exchanges: [{ ...plain, ...users }],
        deliveries: none,
      })
      return [valid, invalid]
    }
    expect(counted('starting_after', 1)).toEqual([1, 0])
    expect(counted('starting_after', 'one')).toEqual([0, 1])
    expect(counted('surprise', 1)).toEqual([0, 1])
  })

  law('holds webhooks against their description, too', () => {
    const body = JSON.stringify({ object: 'event', type: 'user.deleted' })
    const deliveries = () => [{ body }] as unknown as readonly Delivery[]
    expect(honestyOf({ exchanges: [], deliveries })).toMatchObject({
      unexcused: [
        expect.stringContaining('user.deleted 0 event'),
        expect.anything(),
        expect.anything(),
      ],
    })
  })
})

describe('a file of tests', () => {
  const ask = new Request('http://127.0.0.1/frontend/v1/client')
  // This file opens no stand-in of its own before, so that it may end and begin as often as it likes.
  beforeEach(beginFile)
  afterEach(beginFile)

  law('fails at its end by one lie of any of its stand-ins', async () => {
    const { fetch, recording } = recordedFetch(async () => Response.json({ response: 7 }))
    await createTestStandIn()
    willBeJudged(recording)
    await fetch(ask)
    await expect(endFile()).rejects.toThrow('getClient 200 answer/response')
  })

  law('fails by one webhook that is a lie, unless a test made it up and says why', async () => {
    const tell = async (excuse?: { readonly inventedEvents: string }) => {
      const { standIn } = await createTestStandIn({}, excuse)
      standIn.world.emit('user.deleted', { id: 1 })
    }
    await tell({ inventedEvents: 'it is about the excuse' })
    await endFile()
    beginFile()
    await tell()
    await expect(endFile()).rejects.toThrow('user.deleted 0 event/data')
  })

  it('hears what is asked of the stand-in itself, too', async () => {
    const { standIn, recording } = await createTestStandIn()
    await standIn.fetch(ask)
    expect(recording.exchanges).toHaveLength(1)
  })

  it('opens no stand-in whose words nobody would judge', async () => {
    await endFile()
    await expect(createTestStandIn()).rejects.toThrow('Nobody would judge')
  })

  it('has no other way to a stand-in', () => {
    const proofs = readSources('test')
    const importersOf = (path: string) =>
      proofs
        .filter((file) =>
          file.imports.some((one) => one.kind !== 'type' && targetOf(file, one) === path),
        )
        .map((file) => file.path)
    expect(importersOf('src/local/clerk/stand-in.ts')).toEqual([
      'test/support/clerk.ts',
      // In workerd, where the descriptions cannot be read; the tour asks for the same lists and is judged.
      'test/tasks/sync-scene.ts',
    ])
    expect(importersOf('test/support/clerk.ts')).toEqual(['test/support/stand-in.ts'])
  })
})

describe('Clerk’s YAML', () => {
  it('is parsed once for all, and anew as soon as the file is another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'usher-descriptions-'))
    const write = (text: string) => writeFile(join(folder, 'a.yml'), text)
    const cache = join(folder, 'cache')
    const read = () => parsedYaml(folder, 'a.yml', cache)
    await write('one: [1, two]\n')
    expect([read(), read()]).toEqual([{ one: [1, 'two'] }, { one: [1, 'two'] }])
    const [kept = '', ...others] = await readdir(cache)
    expect(others).toEqual([])
    await writeFile(join(cache, kept), '{"from":"the cache"}')
    expect(read()).toEqual({ from: 'the cache' })
    await write('another: 1.5\n')
    expect(read()).toEqual({ another: 1.5 })
    await rm(folder, { recursive: true })
  })
})

describe('the exceptions', () => {
  it('each have a reason, and occur once', () => {
    const names = exceptions.map(nameOf)
    expect(new Set(names).size).toBe(names.length)
    for (const { reason } of exceptions) expect(reason.length).toBeGreaterThan(20)
  })

  law('are of operations and events that Clerk describes', () => {
    const known = (['frontend', 'backend'] as const).flatMap((api) =>
      openDescription(api).operations.map(({ id }) => id),
    )
    const events = Object.keys(Object(openDescription('webhooks').root['x-webhooks']))
    const strange = exceptions.filter(({ operation }) => ![...known, ...events].includes(operation))
    expect(strange).toEqual([])
  })
})
