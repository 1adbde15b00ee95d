import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { flipSignature, makeKey, type TestKey } from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'

// Tokens that may be forged, or may be signed by a key that appeared a moment ago.

const second = 1000
const minute = 60 * second

let world: World
let next: TestKey
beforeAll(async () => {
  next = await makeKey('ins_next')
})
beforeEach(async () => {
  world = await createWorld()
})

const status = async (token: string, at = world) => (await at.get('/api/x', token)).status

describe('a kid that is not known', () => {
  it('a thousand random ones cause one refresh', async () => {
    await status(await world.token())
    await world.behind()
    const before = { asked: world.keyServer.asked, reads: world.store.reads }
    await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const token = await world.token({}, { kid: `ins_${index}` })
        expect([401, 503]).toContain(await status(token))
      }),
    )
    expect(world.keyServer.asked).toBe(before.asked + 1)
    expect(world.store.reads).toBe(before.reads + 1)
    expect(await status(await world.token())).toBe(200)
  })

  it('is 401 once a set that was asked for on its behalf lacks it', async () => {
    await status(await world.token())
    const response = await world.get('/api/x', await world.token({}, {}, next))
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'jwk-kid-mismatch' })
  })

  it('is 401 while the budget is spent, when the set is from after the token', async () => {
    const old = await world.token({}, {}, next)
    await world.clock.advance(6 * second)
    await status(await world.token())
    await status(await world.token({}, { kid: 'ins_other' }))
    expect(await status(old)).toBe(401)
  })

  it('of a key that appeared after the last fetch is 503 for 30 s at worst, never 401', async () => {
    await status(await world.token())
    await status(await world.token({}, { kid: 'ins_junk' }))
    await world.clock.advance(second)
    await world.keyServer.publish(world.key, next)
    const seen: number[] = []
    for (let passed = 0; passed <= 30; passed++) {
      seen.push(await status(await world.token({}, {}, next)))
      await world.clock.advance(second)
    }
    expect(new Set(seen.slice(0, 29))).toEqual(new Set([503]))
    expect(seen.at(-1)).toBe(200)
  })

  it('tells when to come back', async () => {
    await status(await world.token())
    await status(await world.token({}, { kid: 'ins_junk' }))
    await world.clock.advance(10 * second)
    const response = await world.get('/api/x', await world.token({}, {}, next))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '20'])
  })

  it('from the future is 401, so that nobody can ask for patience', async () => {
    await status(await world.token())
    await status(await world.token({}, { kid: 'ins_junk' }))
    const iat = Math.floor(world.clock.now() / 1000) + 3600
    expect(await status(await world.token({ iat }, { kid: 'ins_later' }))).toBe(401)
  })

  it('is found in the store before the source is asked', async () => {
    await status(await world.token())
    await world.behind()
    const other = world.coldIsolate()
    await status(await world.token(), other)
    await world.keyServer.publish(world.key, next)
    await world.clock.advance(minute)
    expect(await status(await world.token({}, {}, next))).toBe(200)
    await world.behind()
    const asked = world.keyServer.asked
    expect(await status(await world.token({}, {}, next), other)).toBe(200)
    expect(world.keyServer.asked).toBe(asked)
  })
})

describe('a key that is rotated under its old name', () => {
  it('verifies at once: the signature that fails makes the set be read again', async () => {
    await status(await world.token())
    const rotated = { ...next, kid: world.key.kid }
    await world.keyServer.publish(rotated)
    await world.clock.advance(second)
    expect(await status(await world.token({}, {}, rotated))).toBe(200)
    expect(await status(await world.token({}, {}, world.key))).not.toBe(200)
  })

  it('forged signatures spend the same budget as unknown names', async () => {
    await status(await world.token())
    await world.behind()
    const asked = world.keyServer.asked
    await status(flipSignature(await world.token({ jti: 'a' })))
    await status(await world.token({}, { kid: 'ins_junk' }))
    await status(flipSignature(await world.token({ jti: 'b' })))
    expect(world.keyServer.asked).toBe(asked + 1)
  })
})
