import { isPrivateHost, parseHost } from '../config/address.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { TomlEdit } from './toml.ts'
import type { WorkerConfig } from './worker-file.ts'

/** Where the gateway is to answer. */
export type Place =
  | { readonly kind: 'custom-domain'; readonly host: string }
  | {
      readonly kind: 'zone-route'
      readonly host: string
      readonly pattern: string
      readonly zone: string
    }
  | { readonly kind: 'workers-dev' }

/** The options of `npm run deploy` that name a place. */
export interface PlaceOptions {
  readonly host?: string | undefined
  readonly route?: string | undefined
  readonly zone?: string | undefined
  readonly workersDev?: boolean | undefined
}

/** What is said when nobody says where the gateway is to answer. */
export const placeless =
  'Say where it should answer: --host api.example.com, ' +
  "--route 'api.example.com/*' --zone example.com, or --workers-dev."

/** The place that the options name; `undefined` when they name none. */
export function readPlace(options: PlaceOptions): Result<Place | undefined, string> {
  const { host, route, zone, workersDev } = options
  if ([host, route, workersDev || undefined].filter((one) => one !== undefined).length > 1) {
    return err('Give one of --host, --route and --workers-dev.')
  }
  if ((route === undefined) !== (zone === undefined)) return err('--route and --zone go together.')
  if (workersDev) return ok({ kind: 'workers-dev' })
  if (host !== undefined) return readCustomDomain(host)
  if (route !== undefined && zone !== undefined) return readZoneRoute(route, zone)
  return ok(undefined)
}

/** A host as a person types it, to be a custom domain. */
export function readCustomDomain(source: string): Result<Place, string> {
  const host = readPublicHost(source)
  return host.ok ? ok({ kind: 'custom-domain', host: host.value }) : host
}

function readZoneRoute(pattern: string, zone: string): Result<Place, string> {
  const [, written] = /^([^/]+)\/\*$/.exec(pattern) ?? []
  if (written === undefined) {
    return err("--route must be a host and '/*', for Usher's own paths must lead to it too.")
  }
  const host = readPublicHost(written)
  if (!host.ok) return host
  if (host.value !== zone && !host.value.endsWith(`.${zone}`)) {
    return err('The host of --route must lie in --zone.')
  }
  return ok({ kind: 'zone-route', host: host.value, pattern: `${host.value}/*`, zone })
}

function readPublicHost(source: string): Result<string, string> {
  const host = parseHost(source)
  if (host.ok && !host.value.includes(':') && !isPrivateHost(host.value)) return host
  return err('The host must be one public name without a port, such as api.example.com.')
}

/** The hosts on which the Worker answers as `wrangler.toml` says, save those of wildcards. */
export function hostsOf({ routes, variables }: WorkerConfig): readonly string[] {
  const routed = routes.map(({ pattern }) =>
    pattern.replace(/^https?:\/\//, '').replace(/\/.*$/, ''),
  )
  const named = (variables.HOSTS ?? '').split(',').map((host) => host.trim())
  return [...new Set([...named, ...routed])].filter((host) => host !== '' && !host.includes('*'))
}

/** Whether `wrangler.toml` says where the gateway answers. */
export function isPlaced({ routes, answersOnWorkersDev }: WorkerConfig): boolean {
  return routes.length > 0 || answersOnWorkersDev
}

/** Makes `wrangler.toml` say that the gateway answers there too; what it says already stays. */
export function placeEdits(place: Place, config: WorkerConfig): readonly TomlEdit[] {
  switch (place.kind) {
    case 'workers-dev':
      return [{ table: '', key: 'workers_dev', value: true }]
    case 'custom-domain':
      return [
        { table: 'routes', entry: ['pattern', place.host], key: 'custom_domain', value: true },
        ...hostEdits(config, place.host),
      ]
    case 'zone-route':
      return [
        { table: 'routes', entry: ['pattern', place.pattern], key: 'zone_name', value: place.zone },
        ...hostEdits(config, place.host),
      ]
  }
}

/** Names the hosts on which the gateway answers, and one more, as those that it serves. */
export function hostEdits(config: WorkerConfig, host?: string): readonly TomlEdit[] {
  const hosts = [...new Set([...hostsOf(config), ...(host === undefined ? [] : [host])])].join(',')
  if (hosts === '' || hosts === config.variables.HOSTS) return []
  return [{ table: 'vars', key: 'HOSTS', value: hosts }]
}

/** A place in words. */
export function describePlace(place: Place): string {
  switch (place.kind) {
    case 'custom-domain':
      return `${place.host}, as a custom domain`
    case 'zone-route':
      return `${place.pattern}, as a route of the zone ${place.zone}`
    case 'workers-dev':
      return 'an address of workers.dev'
  }
}
