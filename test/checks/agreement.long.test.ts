import { expect, it } from 'vitest'
import { rarities } from '../support/tally.ts'
import { checkAgreement, seldom, variety } from './agreement.property.ts'
import { mintCredentials, openWorlds } from './agreement.scene.ts'

/** Some of them cannot be asked in every way; of those that can there have to be this many. */
const [runs, inEveryWayMin] = [8000, 5000]

it(`proxy, forward-auth, decisions and calls decide ${inEveryWayMin} requests alike`, async () => {
  const worlds = await openWorlds()
  const credentials = await mintCredentials(worlds)
  const tally = await checkAgreement({ worlds, credentials }, runs)
  expect(tally.get('in every way')).toBeGreaterThanOrEqual(inEveryWayMin)
  expect(rarities(tally, runs, variety)).toEqual([])
  expect(seldom.filter((one) => !tally.has(one))).toEqual([])
})
