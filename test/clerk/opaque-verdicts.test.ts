import { beforeEach, describe, expect, it } from 'vitest'
import { answerFrom, apiKey, opaqueRecords } from '../support/credentials.ts'
import { settle } from '../support/fake-clock.ts'
import { always, type Bench, held, openBench } from './opaque-verifier.ts'

let bench: Bench
beforeEach(() => {
  bench = openBench()
})

const good = () => Response.json(apiKey({}))
const revoked = () => Response.json(apiKey({ revoked: true }))
const fresh = { mustBeFresh: true }

/** A question to Clerk that is under way, and what answers it. */
async function begin(query = {}) {
  const { answer, waiting } = held()
  bench.answer = answer
  const word = bench.word('ak_ada', query)
  await settle()
  const [give] = waiting
  if (give === undefined) throw new Error('Clerk was not asked')
  return { word, give }
}

describe('of two verdicts on one credential', () => {
  it.each([fresh, {}])(
    'the one that was asked for later counts, though the other comes later (%j)',
    async (query) => {
      const early = await begin(query)
      await bench.clock.advance(1)
      bench.answer = revoked
      expect(await bench.word('ak_ada', fresh)).toBe('token-revoked')
      early.give(good())
      expect(await early.word).toBe('token-revoked')
      expect(await bench.word('ak_ada')).toBe('token-revoked')
      expect(await bench.word('ak_ada', fresh)).toBe('token-revoked')
      expect(bench.asked).toHaveLength(2)
    },
  )

  it('the later one counts for the credential too, for its own minute', async () => {
    const early = await begin()
    await bench.clock.advance(1000)
    bench.answer = good
    expect(await bench.word('ak_ada')).toBe('user')
    early.give(revoked())
    expect(await early.word).toBe('user')
    await bench.clock.advance(59_999)
    expect(await bench.word('ak_ada')).toBe('user')
    expect(bench.asked).toHaveLength(2)
    await bench.clock.advance(1)
    bench.answer = revoked
    expect(await bench.word('ak_ada')).toBe('token-revoked')
  })

  it('the earlier one does not stretch the minute of the later', async () => {
    const early = await begin()
    await bench.clock.advance(1)
    const late = await begin()
    late.give(good())
    expect(await late.word).toBe('user')
    await bench.clock.advance(2000)
    early.give(good())
    expect(await early.word).toBe('user')
    await bench.clock.advance(58_000)
    bench.answer = revoked
    expect(await bench.word('ak_ada')).toBe('token-revoked')
  })

  it.each([
    ['against comes first', revoked, good],
    ['for comes first', good, revoked],
  ])('and of one moment the one against it counts, if the one %s', async (_, first, second) => {
    const one = await begin()
    const other = await begin()
    one.give(first())
    await settle()
    other.give(second())
    await Promise.all([one.word, other.word])
    expect(await bench.word('ak_ada')).toBe('token-revoked')
    expect(bench.asked).toHaveLength(2)
  })

  it('the later one counts no longer than the credential itself', async () => {
    const early = await begin()
    await bench.clock.advance(1)
    bench.answer = always(200, apiKey({ expiration: bench.clock.now() + 1000 }))
    expect(await bench.word('ak_ada')).toBe('user')
    await bench.clock.advance(1000)
    early.give(good())
    expect(await early.word).toBe('token-expired')
  })
})

describe('junk without end', () => {
  it('does not cost a good credential what is remembered of it', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    for (let index = 0; index < 12_000; index++) {
      const clientAddress = `10.0.${index >> 8}.${index & 255}`
      await bench.word(`ak_junk${index}`, { clientAddress })
    }
    expect(bench.asked).toHaveLength(12_001)
    expect(await bench.word('ak_ada')).toBe('user')
    expect(bench.asked).toHaveLength(12_001)
  })
})

describe('a Clerk that is overloaded', () => {
  const overloaded = (seconds: string) => always(429, { errors: [] }, { 'retry-after': seconds })
  const refusal = async (token: string, query = {}) => {
    const outcome = await bench.verify(token, query)
    return outcome.ok ? undefined : outcome.error
  }
  const told = (retryAfterSeconds: number) => ({
    code: 'verification-unavailable',
    retryAfterSeconds,
  })

  it('is asked once by a hundred who show one key, and by a hundred who show others', async () => {
    bench.answer = overloaded('30')
    for (let turn = 0; turn < 100; turn++) expect(await refusal('ak_ada')).toEqual(told(30))
    for (let turn = 0; turn < 100; turn++) expect(await refusal(`ak_${turn}`)).toEqual(told(30))
    expect(bench.asked).toHaveLength(1)
    bench.answer = answerFrom(opaqueRecords)
    await bench.clock.advance(29_999)
    expect(await refusal('mt_good')).toEqual(told(1))
    expect(bench.asked).toHaveLength(1)
    await bench.clock.advance(1)
    for (const token of ['ak_ada', 'mt_good', 'oat_good']) {
      expect(await refusal(token)).toBe(undefined)
    }
    expect(await refusal('ak_no')).toMatchObject({ code: 'token-unknown' })
  })

  it('is asked again after a minute, however long it says', async () => {
    bench.answer = overloaded('86400')
    expect(await refusal('ak_ada')).toEqual(told(60))
    bench.answer = answerFrom(opaqueRecords)
    await bench.clock.advance(60_000)
    expect(await bench.word('ak_ada')).toBe('user')
  })

  it('does not cost anyone what is remembered, for a credential or against it', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    expect(await bench.word('ak_no')).toBe('token-unknown')
    bench.answer = overloaded('9')
    expect(await refusal('ak_acme')).toEqual(told(9))
    expect(await bench.word('ak_ada')).toBe('user')
    expect(await bench.word('ak_no')).toBe('token-unknown')
    expect(await refusal('ak_ada', fresh)).toEqual(told(9))
    expect(bench.asked).toHaveLength(3)
  })

  it('costs nobody a charge: they may ask when it is over', async () => {
    bench.answer = overloaded('9')
    for (let turn = 0; turn < 100; turn++) expect(await refusal(`ak_${turn}`)).toEqual(told(9))
    await bench.clock.advance(9000)
    bench.answer = answerFrom(opaqueRecords)
    for (let turn = 0; turn < 20; turn++) {
      expect(await bench.word(`ak_more${turn}`)).toBe('token-unknown')
    }
  })

  it('is left alone for the longest of the times that it says', async () => {
    const { answer, waiting } = held()
    bench.answer = answer
    const words = ['ak_1', 'ak_2', 'ak_3'].map((token) => bench.word(token))
    await settle()
    const times = ['5', '20', '1']
    for (const [index, give] of waiting.entries()) give(overloaded(times[index] ?? '')())
    await Promise.all(words)
    expect(await refusal('ak_ada')).toEqual(told(20))
    expect(waiting).toHaveLength(3)
  })

  it('is told apart from one that fails: others may be asked about', async () => {
    bench.answer = always(503, {}, { 'retry-after': '30' })
    expect(await refusal('ak_ada')).toEqual(told(30))
    bench.answer = answerFrom(opaqueRecords)
    expect(await bench.word('ak_acme')).toBe('machine')
    await bench.clock.advance(10_000)
    expect(await refusal('ak_ada')).toEqual(told(20))
  })
})
