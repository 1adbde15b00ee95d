import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** One of Clerk's two APIs. */
export type Api = 'frontend' | 'backend'

/** An object of a description, before anything of it was looked at. */
export type Node = Readonly<Record<string, unknown>>

/** One operation, as Clerk's description has it. */
export interface Described {
  readonly id: string
  readonly method: string
  /** Below `/v1` in the Backend API, as the description writes it. */
  readonly path: string
  /** Where it is in the description, as a JSON pointer. */
  readonly pointer: string
  readonly operation: Node
}

/** Clerk's published description of one API, as JSON Schema understands it. */
export interface Description {
  readonly root: Node
  readonly operations: readonly Described[]
}

/** Where Clerk's descriptions are: beside the project, or where `CLERK_DESCRIPTIONS` says. */
export const descriptionsPath =
  process.env.CLERK_DESCRIPTIONS ?? join(import.meta.dirname, '../../../shared/data')

const files: Readonly<Record<Api | 'webhooks', string>> = {
  frontend: 'clerk-fapi-2026-05-12.yml',
  backend: 'clerk-bapi-2026-05-12.yml',
  webhooks: 'clerk-webhooks-2025-04-15.yml',
}

/** Whether Clerk's descriptions are on this machine; what needs them is skipped where they are not. */
export const descriptionsAreHere = Object.values(files).every((file) =>
  existsSync(join(descriptionsPath, file)),
)

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']
const opened = new Map<string, Description>()

/** Reads Clerk's description of an API, once. Throws where it is absent. */
export function openDescription(api: Api | 'webhooks'): Description {
  const known = opened.get(api)
  if (known !== undefined) return known
  const root = asNode(understood(parsedYaml(descriptionsPath, files[api])))
  const description = { root, operations: operationsOf(root) }
  opened.set(api, description)
  return description
}

const cachePath = join(import.meta.dirname, '../../node_modules/.cache/usher-descriptions')

/**
 * What a YAML file says. YAML takes a second where JSON takes a moment, so the JSON of it is kept beside the packages,
 * under a name that is another one as soon as the file is.
 */
export function parsedYaml(folder: string, file: string, cache = cachePath): unknown {
  const path = join(folder, file)
  const { mtimeMs, size } = statSync(path)
  const kept = join(cache, `${file}-${mtimeMs}-${size}.json`)
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'))
  const value: unknown = parse(readFileSync(path, 'utf8'), {
    uniqueKeys: false,
    prettyErrors: false,
  })
  mkdirSync(cache, { recursive: true })
  // Others may read it at this moment: it is there as a whole or not at all.
  const draft = `${kept}.${process.pid}.${performance.now()}`
  writeFileSync(draft, JSON.stringify(value))
  renameSync(draft, kept)
  return value
}

/** An object, or an empty one in place of anything else. */
export function asNode(value: unknown): Node {
  return isNode(value) ? value : {}
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}

/** Follows a `$ref` within the description, where there is one. */
export function resolve({ root }: Description, node: unknown): { node: Node; pointer?: string } {
  const { $ref } = asNode(node)
  if (typeof $ref !== 'string') return { node: asNode(node) }
  const pointer = $ref.replace(/^#/, '')
  const target = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, part) => asNode(at)[unescapePointer(part)], root)
  return { node: asNode(target), pointer }
}

/** One step of a JSON pointer (RFC 6901). */
export function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function operationsOf(root: Node): readonly Described[] {
  return Object.entries(asNode(root.paths)).flatMap(([path, item]) =>
    Object.entries(asNode(item)).flatMap(([method, value]) => {
      if (!methods.includes(method)) return []
      const operation = asNode(value)
      const pointer = `/paths/${escapePointer(path)}/${method}`
      const id = String(operation.operationId)
      return [{ id, method: method.toUpperCase(), path, pointer, operation }]
    }),
  )
}

/** OpenAPI 3.0 says of a bound that it is exclusive; JSON Schema has another word for such a bound. */
function withExclusiveBounds(node: Node): Node {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, ...rest } = node
  return {
    ...rest,
    ...(minimum !== undefined && {
      [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum,
    }),
    ...(maximum !== undefined && {
      [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum,
    }),
  }
}

/**
 * OpenAPI 3.0 says `nullable` where JSON Schema says that `null` is one of several: beside `enum`, `allOf` and `$ref`
 * the word would not be enough by itself, though that is how the description means it.
 */
function understood(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(understood)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, discriminator: _unused, ...rest } = withExclusiveBounds(asNode(value))
  const entries = Object.entries(rest).map(([name, member]) => [name, understood(member)] as const)
  const node = Object.fromEntries(
    nullable === undefined || typeof nullable === 'boolean'
      ? entries
      : [...entries, ['nullable', understood(nullable)]],
  )
  return nullable === true ? { anyOf: [node, { type: 'null' }] } : node
}
