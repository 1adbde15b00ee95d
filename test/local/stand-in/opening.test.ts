import { describe, expect, it } from 'vitest'
import { openedOnce } from '../../../src/local/clerk/kernel/opened-once.ts'
import { forgetful } from '../../../src/local/clerk/kernel/state.ts'
import { keepInMemory } from '../../support/kept-rows.ts'
import { createTestStandIn } from '../../support/stand-in.ts'

const dayMs = 24 * 60 * 60 * 1000

describe('an opening', () => {
  it.each(['', '{"id":', 'null', '7', '"text"', '[]'])(
    'names the row that is damaged: %j',
    async (json) => {
      const keeper = { ...forgetful, load: () => [{ table: 'users', id: 'user_1', json }] }
      await expect(createTestStandIn({ keeper })).rejects.toThrow('row user_1 of users is damaged')
    },
  )

  it('leaves alone what it has no table for, whatever it is', async () => {
    const keeper = { ...forgetful, load: () => [{ table: 'older', id: '1', json: '{' }] }
    await createTestStandIn({ keeper })
  })

  it('that failed is tried again, and one that did not is the only one', async () => {
    let count = 0
    const open = openedOnce(async () => {
      count += 1
      if (count === 1) throw new Error('damaged')
      return count
    })
    await expect(Promise.all([open(), open()])).rejects.toThrow('damaged')
    expect(await Promise.all([open(), open()])).toEqual([2, 2])
    expect(await open()).toBe(2)
  })

  it('forgets sign-ins and sign-ups that were abandoned, and no others', async () => {
    const keeper = keepInMemory()
    const first = await createTestStandIn({ keeper })
    const { signIns, signUps } = first.standIn.world.state
    const begin = async () => {
      const browser = first.browser()
      await browser.post('/v1/client/sign_ins', { identifier: 'ada@usher-local.example' })
      await browser.post('/v1/client/sign_ups', { email_address: 'new@usher-local.example' })
    }
    await begin()
    const old = [...signIns.all(), ...signUps.all()].map(({ id }) => id)
    first.turn(dayMs - 1)
    await begin()
    expect([old.length, signIns.size, signUps.size]).toEqual([2, 2, 2])
    const { clock } = first.standIn.world

    const reopened = async () => {
      const { standIn } = await createTestStandIn({ keeper, clock })
      const { state } = standIn.world
      return [...state.signIns.all(), ...state.signUps.all()].map(({ id }) => id)
    }
    expect((await reopened()).length).toBe(4)
    first.turn(1)
    const left = await reopened()
    expect([left.length, left.filter((id) => old.includes(id))]).toEqual([2, []])
  })
})
