import { foldHeaderName, isHopByHop, isReserved, isStripped } from '../model/headers.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { HeaderChanges, HeaderLine, ResponseChanges } from '../model/terms.ts'
import type { Problem } from './problem.ts'
import {
  built,
  listOf,
  object,
  optional,
  parsed,
  placeOf,
  recordOf,
  type Shape,
  sound,
  unsound,
  wholeNumber,
  word,
} from './shape.ts'

/** Headers that are set and removed on the way to the origin. */
export interface RequestHeadersConfig {
  /** Each replaces what the client sent under the name, in any spelling. */
  readonly set?: Readonly<Record<string, string | undefined>>
  /** Names of which no spelling passes. */
  readonly remove?: readonly string[]
}

/** Headers that are set and removed on the way back. */
export interface ResponseHeadersConfig extends RequestHeadersConfig {
  /** `'page'` sets, where the origin does not, what keeps a page from being framed and sniffed. */
  readonly preset?: 'page'
  /** `Strict-Transport-Security` where the origin sends none, in days: 0 to 1095. */
  readonly hstsDays?: number
}

const linesMax = 32
const valueMaxBytes = 1024
const hstsDaysMax = 1095
const secondsPerDay = 86_400

/** What pages are dressed with. A framing policy of the origin's own outweighs `X-Frame-Options`. */
const pageDefaults: readonly HeaderLine[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['Cross-Origin-Opener-Policy', 'same-origin-allow-popups'],
]

const transportName = 'strict-transport-security'

/** What frames a message or opens a socket. */
const framing = /^(?:host|content-(?:length|encoding)|sec-websocket-.+)$/

/** The shape of `requestHeaders`; `null` is no change. */
export const requestHeadersShape: Shape<HeaderChanges | null> = optional(
  built(consistent(object(changeFields(isOwnOfRequest, 'cookie'))), changesOf),
  null,
)

/** The shape of `responseHeaders`; `null` is no change. */
export const responseHeadersShape: Shape<ResponseChanges | null> = optional(
  built(
    consistent(
      object({
        ...changeFields(isOwnOfResponse, 'set-cookie'),
        preset: optional(word(['page']), null),
        hstsDays: optional(wholeNumber(0, hstsDaysMax), null),
      }),
    ),
    ({ preset, hstsDays, ...changes }): ResponseChanges => ({
      ...changesOf(changes),
      defaults: preset === null ? [] : without(pageDefaults, changes.remove),
      transport: hstsDays === null ? undefined : `max-age=${hstsDays * secondsPerDay}`,
    }),
  ),
  null,
)

interface ChangesDraft {
  readonly set: readonly HeaderLine[] | undefined
  readonly remove: readonly string[] | undefined
}

/** A name is set or removed, never both. */
function consistent<D extends ChangesDraft>(shape: Shape<D>): Shape<D> {
  return function readConsistent(value, place) {
    const { value: draft, problems } = shape(value, place)
    const set = draft?.set?.map(([name]) => foldHeaderName(name)) ?? []
    const message = 'Is set as well, which replaces what was there: leave it out of one of the two.'
    const contradictions = (draft?.remove ?? []).flatMap((name, index) =>
      set.includes(foldHeaderName(name))
        ? [{ place: placeOf(placeOf(place, 'remove'), index), message }]
        : [],
    )
    return { value: draft, problems: [...problems, ...contradictions] }
  }
}

/** The lines of which no name is removed. */
function without(lines: readonly HeaderLine[], removed: readonly string[]): readonly HeaderLine[] {
  const names = removed.map(foldHeaderName)
  return lines.filter(([name]) => !names.includes(foldHeaderName(name)))
}

function changeFields(isOwn: (folded: string) => boolean, unsettable: string) {
  const parseName = nameParser(isOwn)
  const parseSetName = (source: string) =>
    foldHeaderName(source) === unsettable
      ? err('Would replace the cookies of everyone: they cannot be set.')
      : parseName(source)
  return {
    set: optional(linesShape(recordOf(parsed(parseValue), parseSetName)), []),
    remove: optional(bounded(listOf(parsed(parseName))), []),
  }
}

/** Lines of which each name is given once, however it is spelled. */
function linesShape(shape: ReturnType<typeof recordOf<string>>): Shape<readonly HeaderLine[]> {
  return function readLines(value, place) {
    const { value: members, problems } = shape(value, place)
    if (members === undefined || problems.length > 0) return { value: undefined, problems }
    const lines = [...members].flatMap(([name, text]): HeaderLine[] =>
      text === undefined ? [] : [[name, text]],
    )
    const [repeated] = lines.filter(
      ([name], index) =>
        lines.findIndex(([other]) => foldHeaderName(other) === foldHeaderName(name)) < index,
    )
    if (repeated !== undefined) return unsound(placeOf(place, repeated[0]), 'Is given twice.')
    return bounded(() => sound(lines))(value, place)
  }
}

function bounded<T>(shape: Shape<readonly T[]>): Shape<readonly T[]> {
  return function readBounded(value, place) {
    const { value: items, problems } = shape(value, place)
    if (items === undefined || items.length <= linesMax) return { value: items, problems }
    return unsound(place, `Must be at most ${linesMax}.`)
  }
}

/** Every other spelling of a name that is set goes, so that no origin takes it for the same. */
function changesOf({ set, remove }: { set: readonly HeaderLine[]; remove: readonly string[] }) {
  const names = [...remove, ...set.map(([name]) => name)].map(foldHeaderName)
  return { set, remove: [...new Set(names)] }
}

function nameParser(isOwn: (folded: string) => boolean) {
  return (source: string): Result<string, string> => {
    if (!/^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/.test(source) || source.length > 64) {
      return err('Must be the name of a header: letters, digits and "-", at most 64.')
    }
    return isOwn(foldHeaderName(source))
      ? err('Cannot be changed here: Usher, the edge or the connection says it.')
      : ok(source)
  }
}

/** The platform says to origins itself which encodings it reads. */
function isOwnOfRequest(folded: string): boolean {
  return isStripped(folded) || framing.test(folded) || folded === 'accept-encoding'
}

function isOwnOfResponse(folded: string): boolean {
  return isReserved(folded) || isHopByHop(folded) || framing.test(folded)
}

function parseValue(source: string): Result<string, string> {
  if (/^[!-~](?:[ -~]*[!-~])?$/.test(source) && source.length <= valueMaxBytes) return ok(source)
  return err(
    `Must be printable ASCII without a blank at either end, at most ${valueMaxBytes} bytes.`,
  )
}

/** What changes of headers are held against. */
interface HeaderDraft {
  readonly origin: string | undefined
  readonly carriers: readonly string[] | 'usual' | undefined
  readonly exchange: string | null | undefined
  readonly passCredential: boolean | undefined
  readonly cors: object | null | undefined
  readonly requestHeaders: HeaderChanges | null | undefined
  readonly responseHeaders: ResponseChanges | null | undefined
  readonly place: string
}

interface HeaderContext {
  readonly origins:
    | ReadonlyMap<string, { readonly secret: { readonly name: string } | undefined } | undefined>
    | undefined
}

/** What is wrong between changes of headers and what else writes them. */
export const headerRules: readonly ((
  draft: HeaderDraft,
  context: HeaderContext,
) => readonly Problem[])[] = [
  function credentialIsUntouched({ requestHeaders, carriers, exchange, passCredential, place }) {
    const named = Array.isArray(carriers) ? carriers : []
    const taken = [
      ...(exchange || passCredential ? ['authorization'] : []),
      ...(passCredential ? ['cookie', ...named] : []),
    ]
    const message = 'The origin is to have the credential that is there: remove one of the two.'
    return changesAny(requestHeaders, taken) ? [{ place: `${place}.requestHeaders`, message }] : []
  },

  function secretIsUntouched({ requestHeaders, origin, place }, { origins }) {
    const name = origins?.get(origin ?? '')?.secret?.name
    if (name === undefined || !changesAny(requestHeaders, [name])) return []
    const message = 'The origin knows Usher by one of these headers: name another.'
    return [{ place: `${place}.requestHeaders`, message }]
  },

  function transportIsSaidOnce({ responseHeaders, place }) {
    const isTwice =
      responseHeaders?.transport !== undefined && changesAny(responseHeaders, [transportName])
    if (!isTwice) return []
    const message = 'Says Strict-Transport-Security, which is set or removed as well: choose one.'
    return [{ place: `${place}.responseHeaders.hstsDays`, message }]
  },

  function corsIsUntouched({ responseHeaders, cors, place }) {
    const names = responseHeaders?.remove ?? []
    if (!cors || !names.some((name) => name.startsWith('access-control-'))) return []
    const message = 'What pages of other origins may do is said by cors: remove it here.'
    return [{ place: `${place}.responseHeaders`, message }]
  },
]

/** What is set is removed first, so its names are among those that are. */
function changesAny(changes: HeaderChanges | null | undefined, names: readonly string[]): boolean {
  return names.some((name) => changes?.remove.includes(foldHeaderName(name)))
}
