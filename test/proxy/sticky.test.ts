import { describe, expect, it } from 'vitest'
import type { User } from '../../src/model/principal.ts'
import { chance } from './members.ts'
import { answering, at, dead, openSet, type SetScene, sendPatiently } from './set-scene.ts'

function user(userId: string): User {
  return {
    kind: 'user',
    userId,
    ...{ tokenType: 'session_token', tokenId: undefined, organization: undefined, scopes: [] },
    ...{ issuedAtSeconds: 0, expiresAtSeconds: 1e9, claims: {}, token: '' },
    ...{ sessionId: 'sess_1', actor: undefined, clientId: undefined },
    ...{ features: undefined, plans: undefined, factorAges: undefined },
  }
}

describe('a caller who is led by a cookie', () => {
  const sticky = { members: at('a', 'b', 'c'), sticky: 'cookie' } as const
  const shape =
    /^(__Host-usher-[0-9a-f]{8})=([0-9a-f]{8}); Path=\/; Secure; HttpOnly; SameSite=Lax$/

  async function visit(scene: SetScene, cookie?: string) {
    const sending = scene.send(cookie === undefined ? {} : { headers: { cookie } })
    await scene.clock.advance(1_000)
    const result = await sending
    if (!result.ok) throw new Error(result.error.code)
    const [, name, value] = shape.exec(result.value.cookie ?? '') ?? []
    const member = scene.noted.at(-1)?.member
    return { member, given: result.value.cookie, pair: `${name}=${value}` }
  }

  it('gets one that names no address, and comes to the same member with it', async () => {
    const scene = openSet(sticky)
    const random = chance(1)
    const first = await visit(scene)
    expect(first.given).toMatch(shape)
    expect(first.given).not.toMatch(/example|api/)
    for (let count = 0; count < 20; count += 1) {
      scene.lots.push(random(), random(), random())
      const again = await visit(scene, `x=1; ${first.pair}; y=2`)
      expect([again.member, again.given]).toEqual([first.member, undefined])
    }
  })

  it('goes to another member while theirs is out, and stays there', async () => {
    const scene = openSet({ ...sticky, health: { failures: 1 } })
    const first = await visit(scene)
    scene.behaviours.set(first.member ?? '', dead)
    const moved = await visit(scene, first.pair)
    expect(moved.member).not.toBe(first.member)
    expect(moved.given).toMatch(shape)
    scene.behaviours.clear()
    await scene.clock.advance(60_000)
    expect((await visit(scene, moved.pair)).member).toBe(moved.member)
  })

  it.each(['00000000', 'x', '', '../../a', 'A'.repeat(5000), '%00', '00000000, 11111111'])(
    'who forges %j is led by weight, and gets a true one',
    async (value) => {
      const scene = openSet(sticky)
      const { pair } = await visit(scene)
      const forged = `${pair.split('=')[0]}=${value}`
      expect((await visit(scene, forged)).given).toMatch(shape)
    },
  )

  it('is led by it behind a second Cookie line too, which the platform joins by a comma', async () => {
    const scene = openSet(sticky)
    const { member, pair } = await visit(scene)
    for (const lots of [
      [0.1, 0.5, 0.9],
      [0.5, 0.9, 0.1],
      [0.9, 0.1, 0.5],
    ]) {
      scene.lots.push(...lots)
      expect((await visit(scene, `a=1, ${pair}`)).member).toBe(member)
    }
  })

  it('gets none from a member that is in trouble', async () => {
    const scene = openSet({ ...sticky, retry: false })
    for (const name of ['a', 'b', 'c']) scene.behaviours.set(name, answering(503))
    expect((await visit(scene)).given).toBe(undefined)
  })
})

describe('a caller who is led by who they are', () => {
  const sticky = { members: at('a', 'b', 'c', 'd'), sticky: 'principal' } as const

  it('comes to one member with every session, and without a cookie', async () => {
    const scene = openSet(sticky)
    for (let count = 0; count < 10; count += 1) {
      const result = await scene.send({}, { ...user('user_ada'), sessionId: `sess_${count}` })
      expect(result.ok && result.value.cookie).toBe(undefined)
    }
    expect(new Set(scene.asked()).size).toBe(1)
  })

  it('is the network that they come from where they are nobody in particular', async () => {
    const scene = openSet(sticky)
    const from = (address: string) => scene.send({ headers: { 'cf-connecting-ip': address } })
    for (let host = 1; host < 10; host += 1) await from(`2001:db8:1:2::${host}`)
    expect(new Set(scene.asked()).size).toBe(1)
    for (let host = 1; host < 60; host += 1) await from(`203.0.113.${host}`)
    expect(new Set(scene.asked()).size).toBe(4)
  })

  it('goes elsewhere while their member is out', async () => {
    const scene = openSet(sticky)
    await scene.send({}, user('user_ada'))
    const [own = ''] = scene.asked()
    scene.behaviours.set(own, dead)
    expect(await sendPatiently(scene, {}, { who: user('user_ada') })).toBe(200)
    const [, next] = scene.asked()
    expect(next).not.toBe(own)
  })
})
