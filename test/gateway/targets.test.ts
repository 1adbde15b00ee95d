import { describe, expect, it } from 'vitest'
import { buildRouteTable } from '../../src/gateway/match.ts'
import { walk } from '../../src/gateway/pipeline.ts'
import { rarities } from '../support/tally.ts'
import { readsAsReserved } from '../support/target-readings.ts'
import { createWorld } from '../support/world.ts'
import { checkTargets, type Trial, targetWorld, variety } from './targets.property.ts'

async function newTrial(): Promise<Trial> {
  const world = await createWorld(targetWorld)
  return { gateway: world.gateway, token: await world.token() }
}

it('of a hundred thousand targets none is matched, forwarded or recorded as another', {
  timeout: 120_000,
}, async () => {
  // 2 minutes
  const tally = await checkTargets(await newTrial(), 100_000)
  expect(rarities(tally, 100_000, variety)).toEqual([])
})

describe('this law is broken by a gateway that', () => {
  const wrong: [string, string, (trial: Trial) => Trial][] = [
    [
      'guards another prefix',
      'can be read as a reserved prefix',
      ({ gateway, ...rest }) => ({
        ...rest,
        gateway: { ...gateway, rules: { ...gateway.rules, prefix: '/_elsewhere' } },
      }),
    ],
    [
      'forgets a route',
      'was taken for',
      ({ gateway, ...rest }) => {
        const routes = gateway.rules.routes.filter(({ path }) => path.source !== '/items/:item')
        return { ...rest, gateway: { ...gateway, routes: buildRouteTable(routes) } }
      },
    ],
    [
      'records what it was asked for',
      'recorded as',
      (trial) => ({
        ...trial,
        walk: (request, keeper, gateway) => {
          const path = request.url.replace(/^[^/]*\/\/[^/?#]*|[?#].*/g, '')
          const record: typeof gateway.record = (seen, moment) =>
            gateway.record({ ...seen, path }, moment)
          return walk(request, keeper, { ...gateway, record })
        },
      }),
    ],
    [
      'undoes an escape on the way',
      'it was forwarded as',
      (trial) => ({
        ...trial,
        walk: (request, keeper, gateway) => {
          const network: typeof gateway.roads.network = (input, init) => {
            const { url } = new Request(input)
            return gateway.roads.network(url.replace('%2F', '/'), init)
          }
          return walk(request, keeper, { ...gateway, roads: { ...gateway.roads, network } })
        },
      }),
    ],
  ]
  it.each(wrong)('%s: %s', async (_, fault, spoil) => {
    const broken = checkTargets(spoil(await newTrial()), 20_000)
    await expect(broken).rejects.toMatchObject({
      cause: { message: expect.stringContaining(fault) },
    })
  })
})

describe('somebody reads a reserved prefix in', () => {
  it.each([
    ...['/_usher', '/_usher/', '/_usher/me', '/__clerk', '/_USHER/me', '/%5fusher', '/%255Fusher'],
    ...[
      '//_usher/me',
      '/./_usher',
      '/x/../_usher',
      '/x/%2e%2e/_usher',
      '/%2F_usher',
      '/x%2F..%2F_usher',
    ],
    ...['/_usher;x/me', '/;/_usher', '/;a/_usher', '/_usher%3Bx', '/_usher%3F', '/_usher%23/me'],
    ...['/_usher%2Fme', '/_usher%5Cme', '\\_usher', '/_usher.', '/_usher%20', '/_usher%20.%20/me'],
    ...[
      '/%EF%BC%BFusher',
      '/_u%C5%BFher',
      '/x/%E2%80%A5/_usher',
      '/%EF%BC%8F_usher',
      '/_%E2%93%A4sher',
    ],
    ...['/.../_usher', '/%20/_usher', '/_usher%20'],
  ])('%s', (path) => expect(readsAsReserved(path)).toBe(true))

  it.each([
    ...[
      '/',
      '/x/_usher',
      '/_ushers',
      '/_usher2/me',
      '/usher',
      '/x%2F_usher',
      '/_clerk',
      '/?/_usher',
    ],
    ...['/_usher-', '/_usher%25', '/x;/_usher', '/-/_usher', '/_usher%09', '/%EF%BB%BF_usher'],
  ])('%s: nobody', (path) => expect(readsAsReserved(path)).toBe(false))
})
