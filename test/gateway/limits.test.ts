import { describe, expect, it } from 'vitest'
import type { LimitConfig } from '../../src/config/limits.ts'
import { settle } from '../support/fake-clock.ts'
import { createWorld } from '../support/world.ts'
import { limited } from './limit-scene.ts'

const exact = { limiter: 'exact', by: 'user', requests: 3, window: '1m' } as const
const edge = { limiter: 'edge', by: 'user', binding: 'BURST', requests: 20, window: '10s' } as const

async function statuses(answers: readonly (Response | Promise<Response>)[]) {
  return (await Promise.all(answers)).map(({ status }) => status)
}

function rateLimits({ headers }: Response) {
  return ['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => headers.get(name))
}

function times<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index))
}

describe('an exact limit', () => {
  it('says what remains, and refuses with 429 once nothing does', async () => {
    const { ask, world } = await limited([exact])
    const policy = '"user-60s";q=3;w=60'
    for (const remaining of [2, 1, 0]) {
      const answer = await ask()
      expect(answer.status).toBe(200)
      const said = expect.stringMatching(`^"user-60s";r=${remaining};t=(?:60|61)$`)
      expect(rateLimits(answer)).toEqual([policy, said, null])
    }
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ code: 'too-many-requests', status: 429 })
    const [, said, retryAfter] = rateLimits(refused)
    expect(said).toBe(`"user-60s";r=0;t=${retryAfter}`)
    expect(Number(retryAfter)).toBeGreaterThan(50)
    expect(rateLimits(refused)[0]).toBe(policy)
    expect(world.sent).toHaveLength(3)
  })

  it('lets exactly a hundred of five hundred pass that come at once', async () => {
    const { ask, world } = await limited([{ ...exact, requests: 100 }])
    // Whoever comes first fetches the keys of the issuer.
    await ask(undefined, await world.token({ sub: 'user_grace' }))
    world.sent.length = 0
    const all = await statuses(times(500, () => ask()))
    expect(all.filter((status) => status === 200)).toHaveLength(100)
    expect(all.filter((status) => status === 429)).toHaveLength(400)
    expect(world.sent).toHaveLength(100)
  })

  it('is one for all isolates', async () => {
    const { world, ask, target } = await limited([exact])
    const other = world.coldIsolate()
    const token = await world.token()
    expect(await statuses([await ask(), await other.get(target, token), await ask()])).toEqual([
      200, 200, 200,
    ])
    expect(await statuses([await other.get(target, token)])).toEqual([429])
  })

  it('is not asked again by an isolate that knows it to be used up', async () => {
    const { world, ask, objects } = await limited([{ ...exact, requests: 1 }])
    expect(await statuses([await ask()])).toEqual([200])
    await world.clock.advance(20_000)
    const refused = await ask()
    expect([refused.status, objects.asked]).toEqual([429, 1])
    const waitSeconds = Number(refused.headers.get('retry-after'))
    expect(waitSeconds).toBeGreaterThanOrEqual(40)
    expect(waitSeconds).toBeLessThanOrEqual(41)
    await world.clock.advance(waitSeconds * 1000)
    // Its clock is its own: for it the window is not over, whatever time the isolate thinks it is.
    expect([(await ask(undefined, await world.token())).status, objects.asked]).toEqual([429, 2])
  })

  it('is of one caller', async () => {
    const { world, ask } = await limited([{ ...exact, requests: 1 }])
    const grace = await world.token({ sub: 'user_grace' })
    expect(await statuses([await ask(), await ask(undefined, grace), await ask()])).toEqual([
      200, 200, 429,
    ])
  })

  it('is asked again where the platform moved it meanwhile, and only once', async () => {
    const { ask, objects } = await limited([exact])
    const moved = async () => {
      throw Object.assign(new Error('Durable Object was moved.'), { retryable: true })
    }
    objects.take = () => {
      objects.take = undefined
      return moved()
    }
    expect([(await ask()).status, objects.asked]).toEqual([200, 2])
    objects.take = moved
    expect([(await ask()).status, objects.asked]).toEqual([503, 4])
  })

  it('that has more than it can count is one that nothing passes', async () => {
    const { ask, objects } = await limited([{ ...exact, unreachable: 'allow' }])
    objects.take = async () => {
      throw Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true })
    }
    const refused = await ask()
    expect([refused.status, rateLimits(refused)[2]]).toEqual([429, '1'])
    expect(await statuses([await ask()])).toEqual([429])
    expect(objects.asked).toBe(1)
  })
})

describe('a limit of the edge', () => {
  it('says what it is, and when to come again', async () => {
    const { ask, burst } = await limited([edge])
    const policy = '"user-10s";q=20;w=10'
    expect(rateLimits(await ask())).toEqual([policy, null, null])
    burst.answer = async () => ({ success: false })
    const refused = await ask()
    expect([refused.status, ...rateLimits(refused)]).toEqual([429, policy, null, '10'])
  })
})

describe('several limits', () => {
  const both = [edge, exact] as const

  it('must all let a request pass, and are all listed', async () => {
    const { ask } = await limited(both)
    const [policy, said] = rateLimits(await ask())
    expect(policy).toBe('"user-10s";q=20;w=10, "user-60s";q=3;w=60')
    expect(said).toMatch(/^"user-60s";r=2;t=6[01]$/)
    expect(await statuses([await ask(), await ask(), await ask()])).toEqual([200, 200, 429])
  })

  it('are asked in turn: what one refuses, those behind it do not count', async () => {
    const { ask, burst, objects } = await limited(both)
    burst.answer = async () => ({ success: false })
    const refused = await ask()
    expect([refused.status, objects.asked]).toEqual([429, 0])
    expect(rateLimits(refused)[0]).toBe('"user-10s";q=20;w=10, "user-60s";q=3;w=60')
  })
})

describe('a limiter', () => {
  const hang = () => new Promise<never>(() => {})
  const fail = async () => Promise.reject(new Error('gone'))
  const throwAtOnce = () => {
    throw new Error('gone')
  }
  const unreachable: [what: string, answer: () => Promise<never>][] = [
    ['hangs', hang],
    ['fails', fail],
    ['throws', throwAtOnce],
  ]
  const outcomes: [limit: LimitConfig, status: number, code: string | undefined][] = [
    [edge, 200, undefined],
    [{ ...edge, unreachable: 'refuse' }, 503, 'limits-unavailable'],
    [exact, 503, 'limits-unavailable'],
    [{ ...exact, unreachable: 'allow' }, 200, undefined],
  ]
  it.each(
    unreachable.flatMap(([what, answer]) =>
      outcomes.map(([limit, status, code]) => ({ what, answer, limit, status, code })),
    ),
  )('that $what gives $status as $limit says', async ({ answer, limit, status, code }) => {
    const { world, ask, burst, objects } = await limited([limit])
    burst.answer = answer
    objects.take = answer
    const asked = ask()
    await settle()
    await world.clock.advance(answer === hang ? 1000 : 0)
    const answered = await asked
    expect(answered.status).toBe(status)
    expect(world.records.at(-1)?.reason).toBe(code)
    expect(answered.headers.get('ratelimit')).toBeNull()
    expect(answered.headers.get('retry-after')).toBe(code === undefined ? null : '1')
  })

  it('is waited for no longer than a second', async () => {
    const { world, ask, objects } = await limited([exact])
    objects.take = hang
    let isOver = false
    const asked = ask().finally(() => {
      isOver = true
    })
    await settle()
    await world.clock.advance(999)
    expect(isOver).toBe(false)
    await world.clock.advance(1)
    expect((await asked).status).toBe(503)
  })

  it.each([
    ['BURST', edge],
    ['LIMITER', exact],
  ])('that is not bound is 501 with its name: %s', async (binding, limit) => {
    for (const wrong of [undefined, {}, 'text']) {
      const world = await createWorld({
        config: { routes: [{ path: '/**', origin: 'api', limits: [limit] }] },
        bindings: { [binding]: wrong },
      })
      const answer = await world.get('/x', await world.token())
      expect(answer.status).toBe(501)
      expect(await answer.json()).toMatchObject({ code: 'binding-missing', binding })
      expect(world.sent).toEqual([])
    }
  })
})

describe('counted is', () => {
  it('whoever may pass, with any method, and nobody else', async () => {
    const { world, ask, burst } = await limited([edge], {
      access: { role: 'admin' },
    })
    const grace = await world.token({ sub: 'user_grace' })
    expect(
      await statuses([await ask({}, ''), await ask({}, 'x.y.z'), await ask({}, grace)]),
    ).toEqual([401, 401, 403])
    expect(burst.keys).toEqual([])
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) await ask({ method })
    expect(burst.keys).toHaveLength(4)
  })

  it('no preflight that the gateway answers itself', async () => {
    const { ask, burst, world } = await limited([{ ...edge, by: 'address' }], {
      access: 'public',
      cors: { origins: ['https://app.usher.test'] },
    })
    const headers = { origin: 'https://app.usher.test', 'access-control-request-method': 'GET' }
    expect((await ask({ method: 'OPTIONS', headers }, '')).status).toBe(204)
    expect([burst.keys, world.sent]).toEqual([[], []])
    await ask({ method: 'OPTIONS' }, '')
    expect(burst.keys).toHaveLength(1)
  })
})
