import { describe, expect, it } from 'vitest'
import { gatewayUrl } from '../support/world.ts'
import { openCallScene } from './rpc.scene.ts'

const { bearer, decide } = await openCallScene()
const grace = await bearer('user_grace')

describe('requests that are not there', () => {
  const url = `${gatewayUrl}/admin/a`
  const of = (subject: string) => ({ method: 'GET', url, subject })

  it('are decided about in their order', async () => {
    const token = grace.slice('Bearer '.length)
    const decided = await decide([
      of('user_ada'),
      { method: 'GET', url },
      { method: 'GET', url, token },
    ])
    expect(decided).toMatchObject([
      { allowed: true, status: 200, code: null, route: '/admin/**' },
      { allowed: false, status: 401, code: 'token-missing' },
      { allowed: false, status: 403, code: 'role-missing' },
    ])
    expect(structuredClone(decided)).toEqual(decided)
  })

  it('are explained where that is asked for', async () => {
    expect(await decide(of('user_ada'))).not.toHaveProperty('candidates')
    const candidates = [{ route: '/admin/**', chosen: true }]
    expect(await decide(of('user_ada'), { explain: true })).toMatchObject({ candidates })
  })

  it('are of granted hosts alone', async () => {
    const decided = await decide({ method: 'GET', url: 'https://other.usher.test/public/a' })
    expect(decided).toMatchObject({ allowed: false, code: 'host-unknown', route: null })
  })

  const invalid = { allowed: false, status: 400, code: 'body-invalid', route: null }

  it.each([undefined, null, 1, 'a', {}, { ...of('user_ada'), more: 1 }, of('ada')])(
    'are not %j',
    async (asked) => {
      expect(await decide(asked)).toEqual({ ...invalid, principal: null })
      expect(await decide([of('user_ada'), asked])).toMatchObject([invalid, invalid])
    },
  )

  it.each([{ explain: 1 }, { more: true }, { requests: [], explain: 1 }, 'explain', 1, null, []])(
    'have no options like %j',
    async (options) => expect(await decide(of('user_ada'), options)).toMatchObject(invalid),
  )

  it('are a hundred at most', async () => {
    const many = (count: number) => decide(Array.from({ length: count }, () => of('user_ada')))
    expect(await many(100)).toEqual(Array(100).fill(expect.objectContaining({ allowed: true })))
    expect(await many(101)).toEqual(Array(100).fill(expect.objectContaining(invalid)))
    const told = await decide(Array(2 ** 32 - 1))
    expect(told).toEqual(Array(100).fill(expect.objectContaining(invalid)))
  })
})
