import { describe, expect, it } from 'vitest'
import type { OriginConfig } from '../../src/config/origins.ts'
import { createWorld, gatewayUrl } from '../support/world.ts'

// Sets and certificates as the whole gateway has them, with bindings as the platform gives them.

const address = 'https://vault.example.com'

function worldOf(vault: OriginConfig, bindings: Record<string, unknown> = {}) {
  const origins = { vault }
  const routes = [{ path: '/**', origin: 'vault', access: 'public' }] as const
  return createWorld({ config: { origins, routes }, bindings })
}

function binding(answers: (request: Request) => Response) {
  const seen: string[] = []
  const fetch = async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    seen.push(`${request.method} ${request.url} ${request.cache} ${request.redirect}`)
    return answers(request)
  }
  return { seen, fetch }
}

describe('a certificate', () => {
  const well = () => new Response('well')

  it.each<[string, OriginConfig]>([
    ['an origin', { url: address, certificate: 'CERT' }],
    ['a member', { members: [{ url: address, certificate: 'CERT' }] }],
  ])('of %s is the only road to it', async (_, origin) => {
    const certificate = binding(well)
    const world = await worldOf(origin, { CERT: certificate })
    await world.get('/a?b=1')
    await world.walk(new Request(`${gatewayUrl}/c`, { method: 'POST', body: 'x' }))
    expect(certificate.seen).toEqual([
      `GET ${address}/a?b=1 no-store manual`,
      `POST ${address}/c no-store manual`,
    ])
    expect(world.sent).toEqual([])
  })

  it.each([[undefined], ['text'], [{}], [null]])('that is %j instead is 501', async (bound) => {
    const world = await worldOf({ url: address, certificate: 'CERT' }, { CERT: bound })
    const response = await world.get('/a')
    expect([response.status, await response.json()]).toMatchObject([501, { binding: 'CERT' }])
    expect(world.sent).toEqual([])
  })
})

describe('a set in the whole gateway', () => {
  const members = [
    { name: 'gone', service: 'GONE' },
    { name: 'spare', url: address, weight: 0 },
  ]

  it('is sent the same request, says who answered, and gives the caller its cookie', async () => {
    const gone = binding(() => new Response('no', { status: 503 }))
    const world = await worldOf({ members, sticky: 'cookie', retry: {} }, { GONE: gone })
    const asking = world.get('/a?b=1')
    await world.clock.advance(1_000)
    const response = await asking
    expect([response.status, await response.text()]).toEqual([200, 'from the origin'])
    expect(gone.seen).toEqual([`GET ${gatewayUrl}/a?b=1 no-store manual`])
    expect(world.sent.map(({ url }) => url)).toEqual([`${address}/a?b=1`])
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-usher-\w{8}=\w{8}; Path=\//)
    expect(world.records.at(-1)).toMatchObject({ member: 'spare', retries: 1 })
  })

  it('says who was asked, and how often, of a request that failed', async () => {
    const dead = binding(() => {
      throw new Error('connection refused')
    })
    const both = [
      { name: 'gone', service: 'GONE' },
      { name: 'lost', service: 'LOST' },
    ]
    const world = await worldOf(
      { members: both, retry: { attempts: 2 } },
      { GONE: dead, LOST: dead },
    )
    const asking = world.get('/a')
    await world.clock.advance(1_000)
    expect((await asking).status).toBe(502)
    expect(world.records.at(-1)).toMatchObject({ outcome: 'refused', retries: 1 })
    expect(world.records.at(-1)?.member).toMatch(/^(gone|lost)$/)
  })

  it('has one audience, whichever member is asked', async () => {
    const routes = [{ path: '/**', origin: 'vault' }]
    const config = { origins: { vault: { members } }, routes }
    const gone = binding(() => new Response('no', { status: 503 }))
    const world = await createWorld({ config, bindings: { GONE: gone } })
    const asking = world.get('/a', await world.token())
    await world.clock.advance(1_000)
    expect((await asking).status).toBe(200)
    const [, payload = ''] = world.sent[0]?.headers.get('x-usher-assertion')?.split('.') ?? []
    expect(JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).aud).toBe('vault')
  })
})
