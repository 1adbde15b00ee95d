import type { Fields, InputOf, Raw } from './fields.ts'
import { readFields } from './fields.ts'
import type { World } from './world.ts'

/** What every operation is told of its request. */
export interface Asked {
  readonly request: Request
  readonly url: URL
  /** The parameters in the path, by their names in the description. */
  readonly path: Readonly<Record<string, string>>
  readonly nowMs: number
  readonly world: World
  /** Where browsers see the application: `http://localhost:8787`. */
  readonly publicOrigin: string
}

/** One operation of one of Clerk's APIs, ready to be mounted. `C` is who is asking. */
export interface Operation<C> {
  /** The operation id of Clerk's description. */
  readonly id: string
  readonly method: string
  /** As the description writes it: `/v1/client/sign_ins/{sign_in_id}`. */
  readonly path: string
  readonly answer: (asked: Asked, caller: C, raw: Raw) => Promise<unknown>
}

/** An operation as it is written down. A `Response` that it gives is the answer as it is. */
export interface Written<C, F extends Fields> {
  readonly id: string
  readonly method: string
  readonly path: string
  /** The members of the body and of the query that it knows; it knows none when not given. */
  readonly takes?: F
  readonly handle: (call: Asked & { readonly caller: C; readonly input: InputOf<F> }) => unknown
}

/** Writes an operation down: its input is read, and what is unknown refused, before `handle` is called. */
export function operation<C, F extends Fields = Record<never, never>>(
  written: Written<C, F>,
): Operation<C> {
  const { id, method, path, takes, handle } = written
  return {
    id,
    method,
    path,
    async answer(asked, caller, raw) {
      const input = readFields(raw, takes ?? ({} as F))
      return handle({ ...asked, caller, input })
    },
  }
}

/** Finds the operation that a method and a path mean, and what stands in its parameters. */
export function findOperation<O extends { readonly method: string; readonly path: string }>(
  operations: readonly O[],
  method: string,
  pathname: string,
): { readonly found: O; readonly path: Readonly<Record<string, string>> } | undefined {
  const parts = pathname.split('/')
  // A name that is written out wins over a parameter: `/users/count` over `/users/{user_id}`.
  let best: { found: O; path: Record<string, string>; literal: number } | undefined
  for (const one of operations) {
    if (one.method !== method) continue
    const path = matchPath(one.path, parts)
    if (path === undefined) continue
    const literal = parts.length - Object.keys(path).length
    if (best === undefined || literal > best.literal) best = { found: one, path, literal }
  }
  return best
}

function matchPath(pattern: string, parts: readonly string[]): Record<string, string> | undefined {
  const names = pattern.split('/')
  if (names.length !== parts.length) return undefined
  const path: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? ''
    const parameter = /^\{(\w+)\}$/.exec(name)?.[1]
    if (parameter === undefined) {
      if (name !== part) return undefined
    } else {
      if (part === '') return undefined
      path[parameter] = decode(part)
    }
  }
  return path
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
