import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScene, type Scene } from '../support/gateway.ts'
import { rarities } from '../support/tally.ts'
import { checkRawTargets, rawVariety, type Spoil } from './targets.property.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ OPEN: '1' })
})
afterAll(() => scene.close())

it('of ten thousand targets on the wire each arrives as it is canonical and recorded, or not at all', {
  timeout: 60_000,
}, async () => {
  // a minute
  const tally = await checkRawTargets(scene, 10_000)
  expect(rarities(tally, 10_000, rawVariety)).toEqual([])
})

describe('this law is broken by an origin that', () => {
  const wrong: [string, string, Spoil][] = [
    [
      'is asked for what the client wrote',
      'arrived as',
      ({ arrivals, one, ...rest }) => ({
        ...rest,
        one,
        arrivals: arrivals.map((arrival) => ({
          ...arrival,
          startLine: `GET ${one.text} HTTP/1.1`,
        })),
      }),
    ],
    [
      'is asked twice',
      'it arrived 2 times',
      ({ arrivals, ...rest }) => ({ ...rest, arrivals: [...arrivals, ...arrivals] }),
    ],
    [
      'is asked for what was recorded otherwise',
      'was recorded as',
      ({ record, ...rest }) => ({
        ...rest,
        record: record && { ...record, path: `${record.path}/` },
      }),
    ],
  ]
  it.each(wrong)('%s: %s', async (_, fault, spoil) => {
    await expect(checkRawTargets(scene, 2_000, spoil)).rejects.toMatchObject({
      cause: { message: expect.stringContaining(fault) },
    })
  })
})
