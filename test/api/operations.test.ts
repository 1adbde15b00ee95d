import { beforeAll, describe, expect, it } from 'vitest'
import { operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/operations.ts'
import { tryNastyQueries } from './operations.property.ts'
import {
  createOperatorScene,
  everyPermission,
  type OperatorScene,
  seedRecords,
} from './operations-scene.ts'

// Laws of every row of the table of operations, the rows of tomorrow among them.

const table = operations.map((row) => ({ name: `${row.method} ${row.path}`, row }))

let scene: OperatorScene
beforeAll(async () => {
  scene = await createOperatorScene()
})

describe('the table', () => {
  it('has each operation once, by its id and by its route', () => {
    const ids = operations.map(({ id }) => id)
    const routes = table.map(({ name }) => name.replaceAll(/:\w+/g, ':'))
    expect([new Set(ids).size, new Set(routes).size]).toEqual([ids.length, routes.length])
    expect(operations.length).toBeGreaterThan(10)
  })

  it('takes no row that asks for no permission, or for one of another vocabulary', () => {
    const facts = { id: 'x.y', method: 'GET', path: '/api/x', summary: 'X.', example: {} } as const
    const handle = async () => ({ ok: true, value: {} }) as const
    // @ts-expect-error a permission is missing
    operation({ ...facts, shapes: {}, handle })
    // @ts-expect-error it is Clerk's
    operation({ ...facts, permission: 'org:users:read', shapes: {}, handle })
    const row = operation({ ...facts, permission: 'usher.x.read', shapes: {}, handle })
    expect(row.permission).toBe('usher.x.read')
  })

  it.each(table)('$name is named and permitted as its like are', ({ row }) => {
    const isRead = row.method === 'GET' || row.path === '/diagnose'
    expect(row.permission).toMatch(isRead ? /^usher\.[a-z]+\.read$/ : /^usher\.[a-z]+\.write$/)
    expect(row.id).toMatch(/^[a-z]+\.[a-z-]+$/)
    expect(row.path).toMatch(/^\/(?:api\/|diagnose$)/)
    expect(row.summary).toMatch(/^[A-Z].+\.$/)
  })
})

describe('whoever runs an operation', () => {
  it.each(table)('$name: nobody is 401', async ({ row }) => {
    const told = await scene.run(row, undefined)
    expect([told.status, told.body]).toMatchObject([401, { code: 'token-missing' }])
  })

  it.each(table)('$name: linus, a user, is 403', async ({ row }) => {
    const told = await scene.run(row, 'user_linus')
    expect([told.status, told.body]).toMatchObject([403, { code: 'permission-missing' }])
  })

  it.each(table)('$name: an operator with every other permission is 403', async ({ row }) => {
    const others = everyPermission.filter((permission) => permission !== row.permission)
    scene.holdings.set('user_grace', { operator: others, 'org:admin': [row.permission.slice(6)] })
    const told = await scene.run(row, 'user_grace')
    expect([told.status, told.body]).toMatchObject([403, { code: 'permission-missing' }])
  })

  it.each(table)('$name: one with the permission alone gets in', async ({ row }) => {
    scene.holdings.set('user_grace', { operator: [row.permission] })
    const { status, body } = await scene.run(row, 'user_grace')
    expect([401, 405]).not.toContain(status)
    if (row.permission.endsWith('.read')) expect(status).not.toBe(403)
    expect(['route-unknown', 'scope-missing']).not.toContain(body.code)
  })

  it.each(table)('$name: ada gets the answer that the row promises', async ({ row }) => {
    await seedRecords()
    const { status, headers, body, text } = await scene.run(row, 'user_ada')
    const clerk = ['clerk-unavailable', 'clerk-refused', 'record-unknown']
    const isRefused = status >= 400
    if (isRefused) expect(allowedRefusals, text).toContain(body.code)
    else if (row.shapes.output === undefined) expect([status < 300, text]).toEqual([true, ''])
    else expect(row.shapes.output.safeParse(body)).toMatchObject({ success: true })
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(clerk.includes(String(body.code)) || !isRefused || status < 500, text).toBe(true)
  })
})

/** What an example may meet: a record of Clerk's that is not there, or a state that it is not in. */
const allowedRefusals: readonly unknown[] = [
  'record-unknown',
  'clerk-unavailable',
  'clerk-refused',
  'last-administrator',
  'record-in-use',
  'run-under-way',
]

describe('where operators work', () => {
  let own: OperatorScene
  let silent: OperatorScene
  beforeAll(async () => {
    own = await createOperatorScene({ operator: { host: 'ops.usher.test' } })
    silent = await createOperatorScene({})
  })

  it.each(table)('$name answers on their host alone', async ({ row }) => {
    for (const userId of ['user_ada', undefined]) {
      const elsewhere = await own.run(row, userId)
      expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'route-unknown'])
    }
    const there = await own.run(row, undefined, { host: 'ops.usher.test' })
    expect(there.status).toBe(401)
  })

  it.each(table)('$name is nowhere where the config does not say', async ({ row }) => {
    const told = await silent.run(row, 'user_ada')
    expect([told.status, told.body.code]).toEqual([404, 'route-unknown'])
  })
})

describe('what is asked', () => {
  const json = { 'content-type': 'application/json' }
  const taking = table.filter(({ row }) => row.shapes.body !== undefined)
  const rest = table.filter(({ row }) => row.shapes.body === undefined && row.method !== 'GET')

  it.each(taking)('$name takes JSON alone, of at most 64 KiB', async ({ row }) => {
    const body = JSON.stringify(row.example.body)
    const within = (members: string) => body.replace(/}$/, `,${members}}`).replace('{,', '{')
    const bad: readonly (readonly [number, string, string])[] = [
      [400, 'text/plain', body],
      [400, 'application/x-www-form-urlencoded', 'a=b'],
      [400, 'application/json; charset=utf-16', body],
      [400, 'application/json', '{'],
      [400, 'application/json', '[]'],
      [400, 'application/json', 'null'],
      [400, 'application/json', '"text"'],
      [400, 'application/json', within('"unknown_member":1')],
      [400, 'application/json', within('"__proto__":{}')],
      [400, 'application/json', within('"x":"\\u0000"')],
      [400, 'application/json', '['.repeat(60_000)],
      [413, 'application/json', within(`"x":"${'x'.repeat(65 * 1024)}"`)],
    ]
    for (const [status, type, text] of bad) {
      const told = await scene.run(row, 'user_ada', {
        headers: { 'content-type': type },
        body: text,
      })
      const what = [type, text.slice(0, 40)]
      expect([...what, told.status]).toEqual([...what, status])
    }
  })

  it.each(rest)('$name takes no body but an empty one', async ({ row }) => {
    const told = await scene.run(row, 'user_ada', { headers: json, body: '{"force":true}' })
    expect([told.status, told.body.code]).toEqual([400, 'body-invalid'])
  })

  it.each(table)('$name knows its query and no other, each name once', async ({ row }) => {
    for (const query of ['unknown=1', 'limit=5&limit=6', '__proto__=1', 'constructor=1', '=']) {
      const told = await scene.run(row, 'user_ada', { query })
      expect([query, told.status, told.body.code]).toEqual([query, 400, 'query-invalid'])
    }
  })

  it('in any member of any query is a normal page or 400, whatever it is', async () => {
    const { asked, answered } = await tryNastyQueries(scene, { share: 11 })
    expect(asked).toBeGreaterThan(100)
    expect(answered).toBeGreaterThan(10)
  })

  it.each(table)('$name is 405 to other methods', async ({ row }) => {
    const known = operations.filter(({ path }) => path === row.path).map(({ method }) => method)
    const method = ['PUT', 'PATCH', 'DELETE', 'POST'].find((one) => !known.some((it) => it === one))
    const told = await scene.run(row, 'user_ada', { method: method ?? 'OPTIONS' })
    expect([told.status, told.headers.get('allow')]).toEqual([405, known.join(', ')])
  })
})
