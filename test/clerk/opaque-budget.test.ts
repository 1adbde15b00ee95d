import { beforeEach, describe, expect, it } from 'vitest'
import { answerFrom, apiKey, opaqueRecords } from '../support/credentials.ts'
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
    ['a /64 each of one /48', (index: number) => `2001:db8:0:${index}::1`, 100],
    ['two /64 of one /48', (index: number) => `2001:db8:0:${index % 2}::${index}`, 40],
    ['a /48 each', (index: number) => `2001:db8:${index}::1`, 150],
    ['an IPv4 address each', (index: number) => `192.0.2.${index}`, 150],
    [
      'one IPv4 address in two dresses',
      (index: number) => ['192.0.2.9', '::ffff:c000:209'][index % 2],
      20,
    ],
    ['no address', () => '', 20],
    ['what is no address', (index: number) => `junk${index}`, 20],
  ])('of %s: so many questions', async (_, address, asked) => {
    for (let index = 0; index < 150; index++) await bench.word(junk(), from(address(index) ?? ''))
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

  it('are counted when Clerk cannot say either, until it is worth asking again', async () => {
    bench.answer = always(500, {})
    const told = await words(30, '192.0.2.1')
    expect(told.slice(0, 20)).toEqual(new Array(20).fill('verification-unavailable'))
    expect(told.slice(20)).toEqual(new Array(10).fill('too-many-unknown-credentials'))
    expect(bench.asked).toHaveLength(20)
    await bench.clock.advance(1999)
    expect(await bench.verify(junk())).toMatchObject({ error: { retryAfterSeconds: 1 } })
    await bench.clock.advance(1)
    bench.answer = answerFrom(opaqueRecords)
    expect(await words(30, '192.0.2.1')).toEqual(spent(30))
  })

  it('cost a shape that is no credential’s nothing', async () => {
    for (let turn = 0; turn < 50; turn++) await bench.word(`ak_no blank ${turn}`)
    expect(await words(20, '192.0.2.1')).toEqual(spent(20))
  })
})

describe('an IPv6 customer', () => {
  const household = (index: number) => `2001:db8:0:${(index % 256).toString(16)}::1`

  it('with a /56 has Clerk asked a hundred times in a minute', async () => {
    for (let turn = 0; turn < 5120; turn++) await bench.word(junk(), from(household(turn)))
    expect(bench.asked).toHaveLength(100)
    expect(await bench.verify(junk(), from(household(0)))).toEqual({
      ok: false,
      error: { code: 'too-many-unknown-credentials', retryAfterSeconds: 60 },
    })
    expect(await bench.word(junk(), from('2001:db8:1::1'))).toBe('token-unknown')
  })

  it('is told to wait until both its networks have room', async () => {
    await words(20, household(0))
    await bench.clock.advance(10_000)
    for (let index = 1; index < 81; index++) await bench.word(junk(), from(household(index)))
    const wait = async (index: number) => {
      const outcome = await bench.verify(junk(), from(household(index)))
      return outcome.ok ? 0 : outcome.error.retryAfterSeconds
    }
    expect([await wait(0), await wait(1)]).toEqual([50, 50])
    await bench.clock.advance(50_000)
    for (let turn = 0; turn < 20; turn++) await bench.word(junk(), from(household(0)))
    // The /64 has spent all it may; the /48 has room again ten seconds from now, the /64 a minute.
    expect([await wait(0), await wait(1)]).toEqual([60, 10])
  })

  it('is charged in neither network where the other has no room', async () => {
    await words(50, household(0))
    const told: string[] = []
    for (let index = 1; index < 101; index++) {
      told.push(await bench.word(junk(), from(household(index))))
    }
    expect(told.filter((word) => word === 'token-unknown')).toHaveLength(80)
  })
})

describe('one credential', () => {
  it('is charged once in a minute, however often Clerk fails', async () => {
    bench.answer = always(500, {})
    for (let turn = 0; turn < 100; turn++) {
      expect(await bench.word('ak_ada')).toBe('verification-unavailable')
      await bench.clock.advance(100)
    }
    bench.answer = answerFrom(opaqueRecords)
    await bench.clock.advance(2000)
    expect(await bench.word('ak_ada')).toBe('user')
  })

  it('is charged once for the three who ask about it', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `ak_good${index}`)
    const { answer, waiting } = held()
    bench.answer = answer
    const all = keys.flatMap((key) => [bench.word(key), bench.word(key), bench.word(key)])
    await bench.clock.pass(25)
    expect(waiting).toHaveLength(60)
    expect(await bench.word('ak_another')).toBe('too-many-unknown-credentials')
    for (const give of waiting) give(Response.json(apiKey({})))
    expect(await Promise.all(all)).toEqual(new Array(60).fill('user'))
  })

  it('is charged again in the next minute', async () => {
    expect(await words(19, '192.0.2.1')).toEqual(new Array(19).fill('token-unknown'))
    await bench.clock.advance(1)
    expect(await bench.word('ak_again')).toBe('token-unknown')
    await bench.clock.advance(60_000)
    expect(await bench.word('ak_again')).toBe('token-unknown')
    expect(await words(20, '192.0.2.1')).toEqual([
      ...new Array(19).fill('token-unknown'),
      'too-many-unknown-credentials',
    ])
  })
})

describe('a credential that was seen valid', () => {
  it('counts as unknown no longer: many may come from one address', async () => {
    bench.answer = always(200, apiKey({}))
    const told = await words(200, '192.0.2.1')
    expect(told).toEqual(new Array(200).fill('user'))
    bench.answer = answerFrom(opaqueRecords)
    expect(await words(21, '192.0.2.1')).toEqual(spent(21))
  })

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
    expect(await words(21, '192.0.2.1')).toEqual(spent(21))
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
