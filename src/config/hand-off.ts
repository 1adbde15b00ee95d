import { foldHeaderName, isHopByHop, isReserved, isStripped } from '../model/headers.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  type IdentitySource,
  identitySources,
  type LooseHeader,
  looseHeaders,
  type MappedHeader,
} from '../model/route.ts'
import type { HeaderChanges } from '../model/terms.ts'
import { parseClaimName } from './access-claims.ts'
import type { Problem } from './problem.ts'
import {
  built,
  isRecord,
  object,
  optional,
  parsed,
  placeOf,
  type Reading,
  recordOf,
  type Shape,
  sound,
  wholeNumber,
  word,
} from './shape.ts'

/** The names by which other gateways tell an origin who is asking. */
export type IdentityPreset = 'x-forwarded-user' | 'x-auth-request' | 'remote-user'

/** Where the value of a header comes from, and how it is written. */
export interface MappedHeaderConfig {
  readonly from: LooseHeader | IdentitySource | { readonly claim: string }
  /** `'comma'` joins a list with commas, `'json'` writes any value as JSON; `'comma'` when not given. */
  readonly as?: 'comma' | 'json'
  /** 1 to 8192. A value that is longer as it is written is left empty; 1024 when not given. */
  readonly maxBytes?: number
}

/** Further headers of identity: a preset, or headers by name. */
export type IdentityMapConfig =
  | IdentityPreset
  | Readonly<Record<string, LooseHeader | IdentitySource | MappedHeaderConfig>>

const usualMaxBytes = 1024
const greatestMaxBytes = 8192
/** Origins refuse requests whose headers are many. */
const headersMax = 32

/** Clerk has no such claims by itself: they are there once they are added to the session token. */
const username = { claim: 'preferred_username' }
const displayName = { claim: 'name' }

const presets: Readonly<Record<IdentityPreset, readonly MappedHeader[]>> = {
  'x-forwarded-user': [
    header('X-Forwarded-User', 'userId'),
    header('X-Forwarded-Email', 'email'),
    header('X-Forwarded-Groups', 'roles'),
    header('X-Forwarded-Preferred-Username', username),
  ],
  'x-auth-request': [
    header('X-Auth-Request-User', 'userId'),
    header('X-Auth-Request-Email', 'email'),
    header('X-Auth-Request-Groups', 'roles'),
    header('X-Auth-Request-Preferred-Username', username),
  ],
  'remote-user': [
    header('Remote-User', 'userId'),
    header('Remote-Email', 'email'),
    header('Remote-Groups', 'roles'),
    header('Remote-Name', displayName),
  ],
}

function header(name: string, source: MappedHeader['source']): MappedHeader {
  return { name, source, as: 'comma', maxBytes: usualMaxBytes }
}

type Telling = Omit<MappedHeader, 'name'>

const sourceWord = word([...looseHeaders, ...identitySources])
const claimSource = built(object({ claim: parsed(parseClaimName) }), ({ claim }) => ({ claim }))

const telling = built(
  object({
    from: readSource,
    as: optional(word(['comma', 'json']), 'comma' as const),
    maxBytes: optional(wholeNumber(1, greatestMaxBytes), usualMaxBytes),
  }),
  ({ from, as, maxBytes }): Telling => ({ source: from, as, maxBytes }),
)
const headersByName = recordOf(readTelling, parseName)

/** The shape of `identityMap`. */
export const identityMapShape: Shape<readonly MappedHeader[]> = function readMap(value, place) {
  if (value === undefined) return sound([])
  if (typeof value === 'string') {
    const preset = word(['x-forwarded-user', 'x-auth-request', 'remote-user'])(value, place)
    return { ...preset, value: preset.value && presets[preset.value] }
  }
  const { value: tellings, problems } = headersByName(value, place)
  if (tellings === undefined) return { value: undefined, problems }
  const map = [...tellings].flatMap(([name, one]) => (one === undefined ? [] : [{ name, ...one }]))
  const all = [...problems, ...quantityProblems([...tellings.keys()], place)]
  return { value: all.length === 0 ? map : undefined, problems: all }
}

function quantityProblems(names: readonly string[], place: string): readonly Problem[] {
  if (names.length === 0) return [{ place, message: 'Names no header: name one or leave it out.' }]
  if (names.length > headersMax)
    return [{ place, message: `Names more than ${headersMax} headers.` }]
  const folded = names.map(foldHeaderName)
  return names
    .filter((_, index) => folded.indexOf(folded[index] ?? '') < index)
    .map((name) => ({ place: placeOf(place, name), message: 'Is given twice.' }))
}

function readTelling(value: unknown, place: string): Reading<Telling> {
  if (isRecord(value)) return telling(value, place)
  const { value: source, problems } = sourceWord(value, place)
  return { value: source && { source, as: 'comma', maxBytes: usualMaxBytes }, problems }
}

function readSource(value: unknown, place: string): Reading<MappedHeader['source']> {
  return isRecord(value) ? claimSource(value, place) : sourceWord(value, place)
}

/** What says something of the message, the connection or the way, and nothing of a caller. */
const otherMeanings =
  /^(?:authorization|cookie|set-cookie|host|date|origin|referer|range|via|pragma|cache-control|traceparent|tracestate|user-agent|(?:content|if|sec|access-control)-.+|accept(?:-.+)?|x-forwarded-(?:for|proto|protocol|host|port|prefix|server|scheme|ssl|uri|method|path))$/

/** A name that has one spelling once it is folded. */
function parseName(name: string): Result<string, string> {
  if (name.length > 64 || !/^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/.test(name)) {
    return err('The name of a header is letters and digits with single "-" between, at most 64.')
  }
  const folded = foldHeaderName(name)
  if (isReserved(folded)) return err("Is Usher's own: identityHeaders has what Usher says there.")
  const isTaken =
    otherMeanings.test(folded) ||
    isHopByHop(folded) ||
    (isStripped(folded) && !/^x-(?:forwarded|clerk)-/.test(folded))
  return isTaken ? err('Means something else already: choose another name.') : ok(name)
}

/** What of a config is held against `identityMap`. */
interface HandOffDraft {
  readonly identity: 'headers' | 'assertion' | undefined
  readonly identityMap: readonly MappedHeader[] | undefined
  readonly origins:
    | ReadonlyMap<string, { readonly secret: { readonly name: string } | undefined } | undefined>
    | undefined
  readonly routes:
    | readonly {
        readonly carriers: readonly string[] | 'usual' | undefined
        readonly requestHeaders: HeaderChanges | null | undefined
      }[]
    | undefined
}

/** What is wrong between the mapped headers and the rest of a config: a name has one owner. */
export function handOffProblems(draft: HandOffDraft): readonly Problem[] {
  const { identity, identityMap = [], origins, routes = [] } = draft
  if (identityMap.length > 0 && identity === 'assertion') {
    const message =
      'Says that origins receive no header beside the assertion: remove it or identityMap.'
    return [{ place: 'identity', message }]
  }
  const changes = routes.map(({ requestHeaders }) => requestHeaders)
  const owners: readonly (readonly [names: readonly string[], message: string])[] = [
    [
      routes.flatMap(({ carriers }) => (carriers === 'usual' ? [] : (carriers ?? []))),
      'A route takes credentials from this header: choose another name.',
    ],
    [
      [...(origins?.values() ?? [])].flatMap((origin) => origin?.secret?.name ?? []),
      'An origin knows Usher by this header: choose another name.',
    ],
    [
      changes.flatMap((one) => [...(one?.set.map(([name]) => name) ?? []), ...(one?.remove ?? [])]),
      'A route sets or removes this header: an identity has one author.',
    ],
  ]
  return identityMap.flatMap(({ name }) =>
    owners
      .filter(([names]) => names.some((one) => foldHeaderName(one) === foldHeaderName(name)))
      .map(([, message]) => ({ place: placeOf('identityMap', name), message })),
  )
}
