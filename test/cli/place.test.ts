import { describe, expect, it } from 'vitest'
import { hostsOf, type PlaceOptions, placeEdits, readPlace } from '../../src/cli/place.ts'
import { editToml } from '../../src/cli/toml.ts'
import { parseWorkerToml } from '../../src/cli/worker-file.ts'

const bare = 'name = "usher"\nmain = "src/index.ts"\ncompatibility_date = "2026-10-01"\n'

function configOf(text: string) {
  const parsed = parseWorkerToml(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** The file after a gateway was placed by each of these options in turn. */
function placed(...many: readonly PlaceOptions[]): string {
  return many.reduce((text, options) => {
    const place = readPlace(options)
    if (!place.ok || place.value === undefined) throw new Error('no place')
    return editToml(text, placeEdits(place.value, configOf(text)))
  }, bare)
}

describe('the place of a gateway', () => {
  it('is a custom domain by its host, in lower case', () => {
    expect(configOf(placed({ host: 'API.example.com' }))).toMatchObject({
      routes: [{ pattern: 'api.example.com', isCustomDomain: true }],
      variables: { HOSTS: 'api.example.com' },
    })
  })

  it('is a route of a zone by both', () => {
    const text = placed({ route: 'api.example.com/*', zone: 'example.com' })
    expect(text).toContain('zone_name = "example.com"')
    expect(configOf(text)).toMatchObject({
      routes: [{ pattern: 'api.example.com/*', isCustomDomain: false }],
      variables: { HOSTS: 'api.example.com' },
    })
  })

  it('is workers.dev only when that is said', () => {
    expect(configOf(bare).answersOnWorkersDev).toBe(false)
    expect(configOf(placed({ workersDev: true }))).toMatchObject({
      answersOnWorkersDev: true,
      variables: {},
    })
  })

  it('is nowhere when nothing is said', () => {
    expect(readPlace({})).toEqual({ ok: true, value: undefined })
  })

  it('is named twice by no repetition', () => {
    const once = placed({ host: 'api.example.com' })
    expect(placed({ host: 'api.example.com' }, { host: 'Api.Example.com' })).toBe(once)
  })

  it('stays when another is added, and both are served', () => {
    const config = configOf(placed({ host: 'api.example.com' }, { host: 'api.example.org' }))
    expect(config.routes).toHaveLength(2)
    expect(config.variables.HOSTS).toBe('api.example.com,api.example.org')
  })

  it.each<PlaceOptions>([
    { host: '' },
    { host: 'localhost' },
    { host: '10.0.0.1' },
    { host: 'api.internal' },
    { host: '*.example.com' },
    { host: 'api.example.com:8443' },
    { host: 'https://api.example.com' },
    { host: 'api.example.com/v1' },
    { host: 'api.example.com', workersDev: true },
    { host: 'api.example.com', route: 'api.example.com/*', zone: 'example.com' },
    { host: 'api.example.com', zone: 'example.com' },
    { route: 'api.example.com/*' },
    { route: 'api.example.com', zone: 'example.com' },
    { route: 'api.example.com/v1/*', zone: 'example.com' },
    { route: '*.example.com/*', zone: 'example.com' },
    { route: 'api.example.com/*', zone: 'ample.com' },
    { route: 'api.example.com/*', zone: 'example.org' },
  ])('is refused as %j', (options) => {
    expect(readPlace(options)).toMatchObject({ ok: false, error: expect.stringMatching(/\.$/) })
  })
})

describe('the hosts that are served', () => {
  it('are those of HOSTS and of every route, wildcards left out', () => {
    const text = `${bare}routes = ["https://a.example.com/*", "*.example.org/*", "b.example.com/x"]
[vars]
HOSTS = "c.example.com, a.example.com"
`
    expect(hostsOf(configOf(text))).toEqual(['c.example.com', 'a.example.com', 'b.example.com'])
  })
})
