import { beforeEach, describe, expect, it } from 'vitest'
import { apiKey } from '../support/credentials.ts'
import { always, type Bench, held, openBench } from './opaque-verifier.ts'

let bench: Bench
beforeEach(() => {
  bench = openBench()
})

let made = 0
const junk = () => `ak_junk${made++}`
const from = (clientAddress: string) => ({ clientAddress })

async function words(count: number, clientAddress: string): Promise<readonly string[]> {
  const told: string[] = []
  for (let turn = 0; turn < count; turn++) told.push(await bench.word(junk(), from(clientAddress)))
  return told
}

const spent = (count: number) => [
  ...new Array(20).fill('token-unknown'),
  ...new Array(count - 20).fill('too-many-unknown-credentials'),
]

describe('the credentials that nobody knows', () => {
  it('of one address have Clerk asked twenty times in a minute', async () => {
    expect(await words(1000, '192.0.2.1')).toEqual(spent(1000))
    expect(bench.asked).toHaveLength(20)
  })

  it('of another address are counted apart', async () => {
    await words(25, '192.0.2.1')
    expect(await words(25, '192.0.2.2')).toEqual(spent(25))
    expect(bench.asked).toHaveLength(40)
  })

  it.each([
    ['one /64', (index: number) => `2001:db8::${index}`, 20],
    ['a /64 each', (index: number) => `2001:db8:0:${index}::1`, 100],
    [
      'one IPv4 address in two dresses',
      (index: number) => ['192.0.2.9', '::ffff:c000:209'][index % 2],
      20,
    ],
    ['no address', () => '', 20],
    ['what is no address', (index: number) => `junk${index}`, 20],
  ])('of %s: so many questions', async (_, address, asked) => {
    for (let index = 0; index < 100; index++) await bench.word(junk(), from(address(index) ?? ''))
    expect(bench.asked).toHaveLength(asked)
  })

  it('may be shown again one by one, each a minute after another was', async () => {
    for (let turn = 0; turn < 20; turn++) {
      await bench.word(junk())
      await bench.clock.advance(1000)
    }
    expect(await bench.verify(junk())).toEqual({
      ok: false,
      error: { code: 'too-many-unknown-credentials', retryAfterSeconds: 40 },
    })
    await bench.clock.advance(39_999)
    expect(await bench.verify(junk())).toMatchObject({ error: { retryAfterSeconds: 1 } })
    await bench.clock.advance(1)
    expect(await bench.word(junk())).toBe('token-unknown')
    expect(await bench.verify(junk())).toMatchObject({
      error: { code: 'too-many-unknown-credentials', retryAfterSeconds: 1 },
    })
  })

  it('are not counted while they are remembered', async () => {
    for (let turn = 0; turn < 100; turn++) expect(await bench.word('ak_no')).toBe('token-unknown')
    expect(await words(19, '192.0.2.1')).toEqual(new Array(19).fill('token-unknown'))
  })

  it('and that were refused are not remembered as unknown', async () => {
    await words(20, '192.0.2.1')
    expect(await bench.word('ak_ada')).toBe('too-many-unknown-credentials')
    expect(await bench.word('ak_ada', from('192.0.2.2'))).toBe('user')
    expect(await bench.word('ak_ada')).toBe('user')
  })

  it('are counted when Clerk cannot say either', async () => {
    bench.answer = always(500, {})
    await words(30, '192.0.2.1')
    expect(bench.asked).toHaveLength(20)
  })

  it('cost a shape that is no credential’s nothing', async () => {
    for (let turn = 0; turn < 50; turn++) await bench.word(`ak_no blank ${turn}`)
    expect(await words(20, '192.0.2.1')).toEqual(spent(20))
  })
})

describe('a credential that was seen valid', () => {
  it('is verified again whatever its address has spent', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    await bench.clock.advance(60_000)
    await words(25, '192.0.2.1')
    for (let turn = 0; turn < 30; turn++) {
      expect(await bench.word('ak_ada', { mustBeFresh: true })).toBe('user')
    }
    expect(bench.asked).toHaveLength(1 + 20 + 30)
  })

  it('is none that was only ever seen refused', async () => {
    bench.answer = always(200, apiKey({ revoked: true }))
    expect(await bench.word('ak_old')).toBe('token-revoked')
    await bench.clock.advance(60_000)
    await words(20, '192.0.2.1')
    expect(await bench.word('ak_old')).toBe('too-many-unknown-credentials')
  })

  it('is none of those that were revoked when they were first seen', async () => {
    bench.answer = always(200, apiKey({ revoked: true }))
    expect(await words(30, '192.0.2.1')).toEqual([
      ...new Array(20).fill('token-revoked'),
      ...new Array(10).fill('too-many-unknown-credentials'),
    ])
  })
})

describe('those who wait for the answer that another gets', () => {
  it('spend nothing', async () => {
    const { answer, waiting } = held()
    const good = bench.answer
    bench.answer = answer
    const crowd = Array.from({ length: 100 }, () => bench.word('ak_crowd'))
    await bench.clock.pass(100)
    expect(waiting).toHaveLength(3)
    for (const give of waiting) give(Response.json(apiKey({})))
    await bench.clock.pass(25)
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['user']))
    bench.answer = good
    expect(await words(20, '192.0.2.1')).toEqual([
      ...new Array(17).fill('token-unknown'),
      ...new Array(3).fill('too-many-unknown-credentials'),
    ])
  })

  it('do not pay for what the address of another has spent', async () => {
    await words(20, '192.0.2.1')
    const { answer, waiting } = held()
    bench.answer = answer
    const spender = bench.word('ak_new')
    const others = Array.from({ length: 5 }, () => bench.word('ak_new', from('192.0.2.2')))
    expect(await spender).toBe('too-many-unknown-credentials')
    await bench.clock.pass(100)
    for (const give of waiting) give(Response.json(apiKey({})))
    await bench.clock.pass(25)
    expect(await Promise.all(others)).toEqual(new Array(5).fill('user'))
  })
})
