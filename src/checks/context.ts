import { isHost } from '../gateway/host.ts'
import type { Described, HeaderReader } from '../model/asking.ts'
import type { Dialect } from '../model/checks.ts'
import { isMethod } from '../model/method.ts'
import { networksOf } from '../model/network.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** One request as a proxy describes it: nothing of it is a default, or from another family of headers. */
export interface Description {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** Path and query as the client wrote them. */
  readonly uri: string
  readonly clientAddress: string
  /** A browser has said so, or the proxy has: what asked for it ends at the proxy (`Upgrade`). */
  readonly isSocket: boolean
}

/** The headers that describe a request, and how they are read: all of them are there, or nothing is. */
interface Family {
  readonly names: readonly string[]
  readonly read: (check: Check) => Description | undefined
}

/** A check, and Usher's own prefix, below which one dialect has the path that it asks about. */
interface Check {
  readonly request: Described & { readonly url: string }
  readonly prefix: string
}

/** The one name for the address: over `X-Real-IP` Cloudflare's edge writes who connects to it, the proxy. */
const addressName = 'X-Forwarded-For'

const original: Family = {
  names: ['X-Original-Method', 'X-Original-URL', addressName],
  read({ request: { headers } }) {
    const [, scheme = '', host, uri] = urlShape.exec(headers.get('x-original-url') ?? '') ?? []
    const method = headers.get('x-original-method')
    return described(headers, { method, scheme, host, uri, address: lastAddress(headers) })
  },
}

const clientNames = ['X-Forwarded-Proto', 'X-Forwarded-Host', addressName] as const

const forwarded: Family = {
  names: ['X-Forwarded-Method', 'X-Forwarded-Uri', ...clientNames],
  read({ request: { headers } }) {
    const method = headers.get('x-forwarded-method')
    const uri = headers.get('x-forwarded-uri')
    return described(headers, { method, uri, ...authority(headers), address: lastAddress(headers) })
  },
}

/** The check is the request itself: its own method, and its own target below the prefix. */
const itself: Family = {
  names: clientNames,
  read({ request: { headers, method, url }, prefix }) {
    const uri = uriBelow(`${prefix}/auth/envoy`, url)
    return described(headers, {
      method,
      uri,
      ...authority(headers),
      address: firstAddress(headers),
    })
  },
}

/** Of each dialect, the headers that describe the request that it asks about. */
export const families: Readonly<Record<Dialect, Family>> = {
  nginx: original,
  traefik: forwarded,
  caddy: forwarded,
  haproxy: forwarded,
  envoy: itself,
}

/** Reads what a check is about, by the headers of its dialect alone. */
export function readContext(dialect: Dialect, check: Check): Result<Description, Refusal> {
  const description = families[dialect].read(check)
  return description === undefined ? refuse('context-invalid') : ok(description)
}

/** The members as they were sent, if they were. */
interface Members {
  readonly method: string | null
  readonly scheme: string
  readonly host: string | null | undefined
  readonly uri: string | null | undefined
  readonly address: string | null
}

const urlShape = /^([a-z]+):\/\/([^/?#\\@]+)(\/.*)$/
/** A header that came twice has a blank in it. What is no ASCII would have two encodings. */
const uriShape = /^\/[!-~]*$/

const schemes: Readonly<Partial<Record<string, 'http' | 'https'>>> = {
  http: 'http',
  https: 'https',
  ws: 'http',
  wss: 'https',
}

function described(headers: HeaderReader, members: Members): Description | undefined {
  const { method, host, uri, address } = members
  const scheme = Object.hasOwn(schemes, members.scheme) ? schemes[members.scheme] : undefined
  if (scheme === undefined || !method || !host || !uri || !address) return undefined
  // The host is checked apart: one with a slash would be the beginning of the path.
  if (!isMethod(method) || !isHost(host) || !uriShape.test(uri)) return undefined
  if (!isAddress(address)) return undefined
  const isSocket = members.scheme.startsWith('ws') || headers.has('sec-websocket-key')
  return { method, scheme, host, uri, clientAddress: address, isSocket }
}

function authority(headers: HeaderReader): Pick<Members, 'scheme' | 'host'> {
  return {
    scheme: headers.get('x-forwarded-proto') ?? '',
    host: headers.get('x-forwarded-host'),
  }
}

/**
 * Of a list of addresses the last is what the nearest proxy saw; the others are what it was told. Cloudflare's
 * edge appends who connects to it, which is the proxy, and says the same as `CF-Connecting-IP`
 * (developers.cloudflare.com/fundamentals/reference/http-headers): then it is the one before.
 */
function lastAddress(headers: HeaderReader): string {
  const list = headers.get(addressName) ?? ''
  const comma = list.lastIndexOf(',')
  const last = list.slice(comma + 1).trim()
  if (comma < 0 || last !== headers.get('cf-connecting-ip')) return last
  return list.slice(list.lastIndexOf(',', comma - 1) + 1, comma).trim()
}

/**
 * Envoy puts the client's address over what the client wrote (`headers_to_add`), and appends its own after it
 * (envoyproxy/envoy#21519), as do its listener on the way and the edge: how many follow differs, the first does not.
 */
function firstAddress(headers: HeaderReader): string {
  const list = headers.get(addressName) ?? ''
  const comma = list.indexOf(',')
  return comma < 0 ? list : list.slice(0, comma).trim()
}

const addressV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|$)){4}$/

function isAddress(text: string): boolean {
  return addressV4.test(text) || (text.includes(':') && networksOf(text)[0] !== '')
}

const untilPath = /^https?:\/\/[^/?#\\]*/

/** What stands below a path in the raw URL of a request: its canonical target has lost how it was written. */
function uriBelow(path: string, url: string): string | undefined {
  const target = url.replace(untilPath, '')
  return target.startsWith(`${path}/`) ? target.slice(path.length) : undefined
}
