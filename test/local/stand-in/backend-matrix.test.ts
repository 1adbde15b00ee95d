import { isClerkAPIResponseError } from '@clerk/shared/error'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backendLedger } from '../../../src/local/clerk/ledger.ts'
import { credentials } from './matrix/credentials.ts'
import { instance } from './matrix/instance.ts'
import { type Kit, methodsOf, openKit } from './matrix/kit.ts'
import { machines } from './matrix/machines.ts'
import { notDone, undescribed } from './matrix/not-done.ts'
import { organizations } from './matrix/organizations.ts'
import { people } from './matrix/people.ts'

const works = { ...people, ...credentials, ...machines, ...organizations, ...instance }

let kit: Kit
beforeAll(async () => {
  kit = await openKit()
})
afterAll(() => kit.close())

/** What the client throws for a call that is not answered with a yes. */
async function refusalOf(call: Promise<unknown>): Promise<readonly [number, string, string]> {
  try {
    await call
  } catch (thrown) {
    if (!isClerkAPIResponseError(thrown)) throw thrown
    const [first] = thrown.errors
    return [thrown.status, first?.code ?? '', first?.message ?? '']
  }
  throw new Error('It was answered')
}

describe('Clerk’s own client of the Backend API', () => {
  it('has no method that the tables do not know, and they know none that it has not', () => {
    const known = [works, notDone, undescribed].flatMap((table) => Object.keys(table))
    expect(known.toSorted()).toEqual(methodsOf(kit.sdk).toSorted())
    expect(known.length).toBeGreaterThan(180)
  })

  it.each(Object.keys(works))('works: %s', async (name) => {
    const { exchanges } = kit.clerk.recording
    const before = exchanges.length
    await works[name]?.(kit)
    expect(exchanges.length, 'it asked the stand-in').toBeGreaterThan(before)
  })

  it.each(Object.entries(notDone))('is told that it is not done: %s', async (_, [id, call]) => {
    expect(backendLedger.map((entry) => entry.id)).toContain(id)
    const refusal = await refusalOf(call(kit))
    expect(refusal).toEqual([501, 'not_implemented', `The stand-in does not do ${id}.`])
  })

  it.each(Object.entries(undescribed))('is told that nobody knows it: %s', async (_, call) => {
    expect(await refusalOf(call(kit))).toEqual([404, 'resource_not_found', expect.any(String)])
  })
})
