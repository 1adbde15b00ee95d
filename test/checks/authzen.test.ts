import { beforeAll, describe, expect, it } from 'vitest'
import type { Evaluations } from '../../src/checks/authzen.ts'
import {
  ask,
  authzen,
  get,
  hosts,
  openScene,
  page,
  type Scene,
  secrets,
  type Told,
  user,
} from './decisions-scene.ts'

// The Authorization API 1.0 of AuthZEN (https://openid.net/specs/authorization-api-1_0.html).

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})

const { one, several } = authzen

function denied(code: string, status: number) {
  return {
    decision: false,
    context: { code, status, reason: expect.stringMatching(/^[A-Z].*\.$/) },
  }
}

function evaluate(body: unknown, headers = {}): Promise<Told> {
  return ask(scene, one, { body, headers: { 'x-usher-caller': secrets.everywhere, ...headers } })
}

describe('an evaluation', () => {
  const rows: readonly (readonly [string, object, object])[] = [
    [
      'is a decision and no more where the subject may',
      { subject: user('user_ada'), action: get, resource: page('/role/x') },
      { decision: true },
    ],
    [
      'says why where the subject may not',
      { subject: user('user_bob'), action: get, resource: page('/role/x') },
      denied('role-missing', 403),
    ],
    [
      'goes by the method',
      { subject: user('user_ada'), action: { name: 'DELETE' }, resource: page('/secret-plans') },
      denied('method-not-allowed', 405),
    ],
    [
      'is about nobody, too',
      { subject: { type: 'anonymous', id: '' }, action: get, resource: page('/in/x') },
      denied('token-missing', 401),
    ],
    [
      'ignores what nobody knows',
      {
        subject: { ...user('user_ada'), properties: { department: 'Sales' }, name: 'Ada' },
        action: { ...get, properties: { method: 'POST' } },
        resource: { ...page('/role/x'), properties: {} },
        context: { time: '1985-10-26T01:22-07:00' },
        obligations: [],
      },
      { decision: true },
    ],
    [
      'is no evaluation about another host than there is',
      { subject: user('user_ada'), action: get, resource: page('/', 'nowhere.test') },
      denied('host-unknown', 421),
    ],
    // What the specification itself asks for as an example, of which Usher knows nothing.
    [
      'refuses what is no request',
      {
        subject: { type: 'user', id: 'alice@example.com' },
        resource: { type: 'todo', id: '1' },
        action: { name: 'can_read' },
        context: { time: '1985-10-26T01:22-07:00' },
      },
      denied('context-invalid', 400),
    ],
    [
      'refuses a kind of subject that it does not know',
      { subject: { type: 'group', id: 'user_ada' }, action: get, resource: page('/public/x') },
      denied('context-invalid', 400),
    ],
    [
      'refuses a machine for which nothing vouches',
      { subject: { type: 'machine', id: 'mch_1' }, action: get, resource: page('/public/x') },
      denied('context-invalid', 400),
    ],
    [
      'refuses a kind of resource that it does not know',
      { subject: user('user_ada'), action: get, resource: { ...page('/public/x'), type: 'route' } },
      denied('context-invalid', 400),
    ],
  ]
  it.each(rows)('%s', async (_, body, expected) => {
    const { status, body: answer, headers } = await evaluate(body)
    expect([status, answer]).toEqual([200, expected])
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('goes by a token where there is one, which must be that of the subject', async () => {
    const token = await scene.world.token()
    const about = (subject: object, path = '/in/x') => ({
      subject,
      action: get,
      resource: page(path),
    })
    const shown = (type: string, id: string, value: unknown = token) => ({
      type,
      id,
      properties: { token: value },
    })
    const asked: readonly (readonly [object, object])[] = [
      [about(shown('user', 'user_ada')), { decision: true }],
      [about(shown('user', 'user_ada'), '/own'), { decision: true }],
      [about(shown('user', 'user_bob')), denied('context-invalid', 400)],
      [about(shown('machine', 'user_ada')), denied('context-invalid', 400)],
      [about(shown('user', 'user_ada', 'ak_ada'), '/keys'), { decision: true }],
      [about(shown('user', 'user_ada', 'ak_acme'), '/keys'), denied('context-invalid', 400)],
      [about(shown('machine', 'org_acme', 'ak_acme'), '/keys'), denied('scope-missing', 403)],
      [about(shown('user', 'user_ada', 'junk')), denied('token-invalid', 401)],
      [about(shown('user', 'user_ada', '')), denied('context-invalid', 400)],
      [about(shown('user', 'user_ada', null)), denied('context-invalid', 400)],
      [about(shown('user', 'user_ada', { jwt: token })), denied('context-invalid', 400)],
      [about(shown('anonymous', '', token)), denied('context-invalid', 400)],
    ]
    for (const [body, expected] of asked) expect((await evaluate(body)).body).toEqual(expected)
  })

  const whole = { subject: user('user_ada'), action: get, resource: page('/public/x') }
  const bad: readonly (readonly [string, unknown])[] = [
    ['nothing', {}],
    ['a list', [whole]],
    ['no subject', { ...whole, subject: undefined }],
    ['no action', { ...whole, action: undefined }],
    ['no resource', { ...whole, resource: undefined }],
    ['a subject by name', { ...whole, subject: 'user_ada' }],
    ['a subject without a type', { ...whole, subject: { id: 'user_ada' } }],
    ['a subject without an id', { ...whole, subject: { type: 'user' } }],
    ['an id that is a number', { ...whole, subject: { type: 'user', id: 1 } }],
    ['an action without a name', { ...whole, action: {} }],
    ['a resource without an id', { ...whole, resource: { type: 'url' } }],
    ['properties that are a text', { ...whole, subject: { ...user('user_ada'), properties: 'x' } }],
    ['a context that is a list', { ...whole, context: [] }],
  ]
  it.each(bad)('is refused when it has %s', async (_, body) => {
    const { status, body: answer } = await evaluate(body)
    expect([status, answer.code]).toEqual([400, 'body-invalid'])
    const both = await ask(scene, several, { body })
    expect([both.status, both.body.code]).toEqual([400, 'body-invalid'])
  })

  it('names the request that it answers as that was named, for those who are known', async () => {
    const named = { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' }
    expect((await evaluate(whole, named)).headers.get('x-request-id')).toBe(named['x-request-id'])
    expect((await evaluate({}, named)).headers.get('x-request-id')).toBe(named['x-request-id'])
    expect((await evaluate(whole)).headers.has('x-request-id')).toBe(false)
  })

  it('is the same below the prefix, and learns as little of hosts that are not granted', async () => {
    const { body } = await ask(scene, `/_usher${one}`, { body: whole })
    expect(body).toEqual({ decision: true })
    const headers = { 'x-usher-caller': secrets.billing }
    const texts = [hosts.api, 'made-up.example'].map(async (host) => {
      const asked = { ...whole, resource: page('/public/x', host) }
      return (await ask(scene, one, { body: asked, headers })).text
    })
    const [served, madeUp] = await Promise.all(texts)
    expect(served).toBe(madeUp)
    expect(served).toContain('host-unknown')
  })
})

describe('several evaluations', () => {
  const may = { resource: page('/role/x') }
  const mayNot = { subject: user('user_bob'), resource: page('/role/x') }
  const defaults = { subject: user('user_ada'), action: get }
  async function decisionsOf(body: object): Promise<unknown> {
    const asked = { body: { ...defaults, ...body } }
    const { body: answer } = await ask<Partial<Evaluations>>(scene, several, asked)
    return answer.evaluations?.map(({ decision }) => decision)
  }

  it('are answered in their order, what they leave out by what stands beside them', async () => {
    const body = { ...defaults, evaluations: [may, mayNot, { ...may, action: { name: 'PUT' } }] }
    const { status, body: answer } = await ask(scene, several, { body })
    expect(status).toBe(200)
    expect(answer).toEqual({
      evaluations: [{ decision: true }, denied('role-missing', 403), { decision: true }],
    })
  })

  const semantics: readonly (readonly [string, readonly object[], readonly boolean[]])[] = [
    ['execute_all', [may, mayNot, may], [true, false, true]],
    ['deny_on_first_deny', [may, mayNot, may], [true, false]],
    ['permit_on_first_permit', [mayNot, may, mayNot], [false, true]],
    ['deny_on_first_deny', [may, may], [true, true]],
    ['permit_on_first_permit', [mayNot, mayNot], [false, false]],
    ['deny_on_first_deny', [{ ...may, action: { name: 'can_read' } }, may], [false]],
  ]
  it.each(semantics)('by %s of %j are %j', async (semantic, evaluations, expected) => {
    const options = { evaluations_semantic: semantic, another_option: 'value' }
    expect(await decisionsOf({ evaluations, options })).toEqual(expected)
  })

  it('are one where there is no list, or nothing in it', async () => {
    for (const evaluations of [undefined, []]) {
      const { body } = await ask(scene, several, { body: { ...defaults, ...may, evaluations } })
      expect(body).toEqual({ decision: true })
    }
  })

  const unreadable: readonly unknown[] = [
    {},
    'x',
    null,
    [may],
    { resource: 'https://api.usher.test/role/x' },
    { ...may, subject: { type: 'user' } },
    { ...may, context: 'x' },
  ]
  it.each(unreadable)('are answered beside one that cannot be read: %j', async (unread) => {
    const body = { ...defaults, evaluations: [may, unread, mayNot] }
    const { status, body: answer } = await ask<Partial<Evaluations>>(scene, several, { body })
    expect([status, answer.evaluations]).toEqual([
      200,
      [{ decision: true }, denied('body-invalid', 400), denied('role-missing', 403)],
    ])
    const options = { evaluations_semantic: 'deny_on_first_deny' }
    expect(await decisionsOf({ evaluations: [unread, may], options })).toEqual([false])
  })

  it('are as many as there are where none stands beside them and one says nothing', async () => {
    const first = { resource: page('/role/x'), subject: user('user_ada'), action: get }
    const { status, body } = await ask(scene, several, { body: { evaluations: [first, {}] } })
    expect([status, body]).toEqual([
      200,
      { evaluations: [{ decision: true }, denied('body-invalid', 400)] },
    ])
  })

  const bad: readonly (readonly [string, object])[] = [
    ['no list', { evaluations: may }],
    ['more than a hundred', { evaluations: Array(101).fill(may) }],
    ['another semantic', { evaluations: [may], options: { evaluations_semantic: 'any' } }],
    [
      'what every object has for one',
      { evaluations: [may], options: { evaluations_semantic: 'toString' } },
    ],
    ['no semantic but null', { evaluations: [may], options: { evaluations_semantic: null } }],
    ['options by name', { evaluations: [may], options: 'execute_all' }],
  ]
  it.each(bad)('are refused as a whole when there is %s', async (_, body) => {
    const { status } = await ask(scene, several, { body: { ...defaults, ...body } })
    expect(status).toBe(400)
  })

  it('decide no further than they are to', async () => {
    scene.read.length = 0
    const options = { evaluations_semantic: 'deny_on_first_deny' }
    await decisionsOf({ evaluations: [mayNot, { ...may, subject: user('user_cat') }], options })
    expect(scene.read).toEqual(['user_bob'])
  })
})
