import type { Endpoint } from '../model/origin.ts'
import { ok } from '../model/result.ts'
import { baseOf, parseUpstreamAddress } from './address.ts'
import { bindingName } from './binding-name.ts'
import type { Relaxations } from './relaxations.ts'
import { optional, parsed, type Shape, unsound } from './shape.ts'

/** An address that an API is reached by. */
export interface UrlEndpoint {
  /**
   * An https address, with a base path if you like: `'https://api.internal.example.com/v1'`. It may
   * be read from a variable; `undefined` is reported together with the variables that are missing.
   */
  readonly url: string | undefined
  /**
   * The name of an mTLS certificate binding in `wrangler.toml`, by which the API knows that Usher calls;
   * none is shown when not given.
   */
  readonly certificate?: string
}

/** A Worker of the same account. */
export interface ServiceEndpoint {
  /** The name of the service binding in `wrangler.toml`. */
  readonly service: string
}

/** What an origin is read against. */
export interface OriginContext {
  readonly relaxations: Relaxations
  /** The variables that the config reads and that are not set. */
  readonly missingVariables: ReadonlySet<string>
}

/** The words of an endpoint with an address. */
export function urlFields({ relaxations, missingVariables }: OriginContext) {
  const address = parsed((source) => {
    const url = parseUpstreamAddress(source, relaxations)
    return url.ok ? ok(baseOf(url.value)) : url
  })
  return {
    url: present(address, 'give the address of the API.', missingVariables),
    certificate: optional(bindingName('an mTLS certificate binding', 'API_CERT'), null),
  }
}

/** The words of an endpoint that is a Worker. */
export const serviceFields = { service: bindingName('a service binding', 'BILLING') }

/** The endpoint of {@link urlFields}. */
export function urlEndpoint(read: { url: string; certificate: string | null }): Endpoint {
  return { kind: 'url', base: read.url, certificate: read.certificate ?? undefined }
}

/** The endpoint of {@link serviceFields}. */
export function serviceEndpoint({ service }: ServiceEndpoint): Endpoint {
  return { kind: 'service', binding: service }
}

/** A value that is there, and where it is not, the variables that may be why. */
export function present<T>(
  shape: Shape<T>,
  wanted: string,
  missingVariables: ReadonlySet<string>,
): Shape<T> {
  return function readPresent(value, place) {
    if (value !== undefined && value !== '') return shape(value, place)
    const cause =
      missingVariables.size === 0
        ? wanted
        : `set ${[...missingVariables].join(', ')}, which the config reads, in the environment.`
    return unsound(place, `Is missing: ${cause}`)
  }
}
