import { describe, expect, it } from 'vitest'
import { turnedMaxMs } from '../../../src/local/clerk/acts/clock.ts'
import { everythingOf, visitOutbox } from '../../support/outbox-visit.ts'
import { createTestStandIn } from '../../support/stand-in.ts'
import { signInBy } from '../../support/tour/visitors.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

function jsonRequest(members: object): Request {
  return new Request('http://localhost/switches', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(members),
  })
}

describe('a clock that is turned back', () => {
  it.each([{ mend: true }, { turnClockMs: -dayMs }])(
    'leaves no browser that signed in by it signed in ahead of time: %j',
    async (back) => {
      const kit = await createTestStandIn()
      await kit.fetch(jsonRequest({ turnClockMs: dayMs }))
      const browser = await signInBy(kit, 'ada')
      await kit.fetch(jsonRequest(back))
      const { clock } = kit.standIn.world
      expect(clock.turnedMs).toBe(0)
      await browser.get('/v1/client')
      expect(Number(browser.cookies.get('__client_uat'))).toBe(Math.floor(clock.now() / 1000))
    },
  )

  it('does not take back when a browser signed in before it was turned', async () => {
    const kit = await createTestStandIn()
    const browser = await signInBy(kit, 'ada')
    const before = browser.cookies.get('__client_uat')
    await kit.fetch(jsonRequest({ turnClockMs: dayMs }))
    await kit.fetch(jsonRequest({ mend: true }))
    await browser.get('/v1/client')
    expect([Number(before) > 0, browser.cookies.get('__client_uat')]).toEqual([true, before])
  })

  it('makes no webhook wait for longer', async () => {
    const send = async () => new Response(null, { status: 404 })
    const { standIn, world, post } = await visitOutbox({ send })
    await post('/switches', { turnClockMs: dayMs })
    await standIn.deliverDue()
    const waiting = () => world.state.deliveries.all().flatMap((one) => one.nextAttemptAt ?? [])
    const waits = () => waiting().map((at) => at - world.clock.now())
    const before = waits()
    expect([before.length > 1, before.includes(5000)]).toEqual([true, true])
    await post('/switches', { mend: true })
    expect(waits()).toEqual(before)
  })
})

describe('the clock', () => {
  it.each([1, -1])('is turned by ten years in all and no farther: %i', async (sign) => {
    const { world, post } = await visitOutbox()
    const year = 365 * dayMs * sign
    for (let turned = 0; turned < turnedMaxMs; turned += 365 * dayMs) {
      expect((await post('/switches', { turnClockMs: year })).status).toBe(200)
    }
    const before = everythingOf(world)
    for (const turnClockMs of [sign, year]) {
      const members = { turnClockMs, down: true, keys: 'rotate' }
      expect((await post('/switches', members)).status).toBe(422)
    }
    expect(everythingOf(world)).toBe(before)
    expect((await post('/switches', { mend: true, turnClockMs: year })).status).toBe(200)
    expect(world.clock.turnedMs).toBe(year)
  })
})
