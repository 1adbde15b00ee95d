import { expect, it } from 'vitest'
import { rarities } from '../support/tally.ts'
import { checkAgreement, variety } from './agreement.property.ts'
import { mintCredentials, openWorlds } from './agreement.scene.ts'
import { type Outcome, type Ways, ways } from './agreement.ways.ts'

const runs = 600

const worlds = await openWorlds()
const credentials = await mintCredentials(worlds)

it(`proxy, forward-auth, decisions and calls decide ${runs} requests alike`, async () => {
  const tally = await checkAgreement({ worlds, credentials }, runs)
  expect(rarities(tally, runs, variety)).toEqual([])
})

/** The same, but for what is told of somebody. */
function retold(outcome: Outcome, changes: Readonly<Record<string, unknown>>): Outcome {
  return 'identity' in outcome ? { identity: { ...outcome.identity, ...changes } } : outcome
}

/** The spelling that a parser of URLs would make of a target. */
const mended = (uri: string) => new URL(uri, 'https://api.usher.test').pathname

const wrong: readonly (readonly [name: string, wrong: Partial<Ways>])[] = [
  [
    'a proxy that takes credentials of every kind',
    {
      async proxy(one, world) {
        const outcome = await ways.proxy(one, world)
        const isOther = 'code' in outcome && outcome.code === 'token-type-mismatch'
        return isOther ? { identity: {} } : outcome
      },
    },
  ],
  [
    'a check that is always of GET',
    {
      forwardAuth: (one, world) => ways.forwardAuth({ ...one, method: 'GET' }, world),
    },
  ],
  [
    'a check that is always of one host',
    {
      forwardAuth: (one, world) => ways.forwardAuth({ ...one, host: 'api.usher.test' }, world),
    },
  ],
  [
    'a check that leaves out an identity',
    {
      forwardAuth: async (one, world) =>
        retold(await ways.forwardAuth(one, world), { 'x-usher-org-id': '' }),
    },
  ],
  [
    'a call without cookies and keys',
    {
      authenticate({ headers: { authorization = '' }, ...one }, world) {
        const headers: Record<string, string> = authorization === '' ? {} : { authorization }
        return ways.authenticate({ ...one, headers }, world)
      },
    },
  ],
  [
    'a call that mends what it is asked about',
    {
      authenticate: (one, world) => ways.authenticate({ ...one, uri: mended(one.uri) }, world),
    },
  ],
  [
    'a call that tells of another session',
    {
      authenticate: async (one, world) =>
        retold(await ways.authenticate(one, world), { 'x-usher-session-id': 'sess_1' }),
    },
  ],
  [
    'decisions about nobody',
    {
      decisions: (one, world) => ways.decisions({ ...one, bearer: { token: undefined } }, world),
    },
  ],
  [
    'decisions that take an outage for a verdict',
    {
      decisions: (one) => ways.decisions(one, worlds.well),
    },
  ],
]

it.each(wrong)('%s is found out', async (_, wrongWays) => {
  const trial = checkAgreement({ worlds, credentials, wrong: wrongWays }, 2000)
  await expect(trial).rejects.toThrow(/ says /)
})
