import { type Endpoint, endpointsOf } from '../model/origin.ts'
import type { Route } from '../model/route.ts'
import type { DirectRoads, Road } from './road.ts'

/** The names of the bindings that routes need to reach their origins. */
export interface BindingNames {
  readonly services: ReadonlySet<string>
  readonly certificates: ReadonlySet<string>
}

/** The bindings of every endpoint that some route leads to. */
export function bindingNames(routes: readonly Pick<Route, 'origin'>[]): BindingNames {
  const endpoints = routes.flatMap(({ origin }) => endpointsOf(origin))
  return {
    services: new Set(endpoints.flatMap((one) => (one.kind === 'service' ? [one.binding] : []))),
    certificates: new Set(endpoints.flatMap((one) => certificateOf(one) ?? [])),
  }
}

function certificateOf(endpoint: Endpoint): string | undefined {
  return endpoint.kind === 'url' ? endpoint.certificate : undefined
}

/** The roads to the endpoints of some routes. A binding that is not there, or sends nothing, is no road. */
export function openRoads(
  routes: readonly Pick<Route, 'origin'>[],
  bindings: Readonly<Record<string, unknown>>,
  network: Road,
): DirectRoads {
  const names = bindingNames(routes)
  const roadsBy = (wanted: ReadonlySet<string>): ReadonlyMap<string, Road> =>
    new Map(
      [...wanted].flatMap((name) => {
        const binding = bindings[name]
        return isFetching(binding) ? [[name, (input, init) => binding.fetch(input, init)]] : []
      }),
    )
  return { network, services: roadsBy(names.services), certificates: roadsBy(names.certificates) }
}

function isFetching(binding: unknown): binding is { fetch: Road } {
  return typeof (binding as Partial<{ fetch: Road }> | undefined)?.fetch === 'function'
}
