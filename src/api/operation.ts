import { z } from 'zod'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Database } from '../store/database.ts'
import type { TaskCapabilities } from '../tasks/capabilities.ts'
import type { ApiCapabilities, Call } from './capabilities.ts'

/** What someone must hold to run an operation: one of Usher's own permissions. */
export type OperatorPermission = `usher.${string}.${'read' | 'write'}`

/** Whether a permission opens changes, and not only what there is to read. */
export function changesRecords(permission: OperatorPermission): boolean {
  return permission.endsWith('.write')
}

/** Whoever runs an operation, and has the permission for it. */
export interface Operator {
  readonly userId: string
  /** Administrators, by a session of theirs: only they make others so. */
  readonly isAdministrator: boolean
  /** The roles that were given to them, everywhere or in one organisation. */
  readonly roles: readonly string[]
  /** Whether they may do what a permission of Usher's own opens: nobody gives or takes what they do not hold. */
  holds(permission: string): boolean
  /** For the audit: where the request came from. */
  readonly asked: { readonly requestId: string; readonly address: string | undefined }
}

/** What an operation is asked, checked by its row. */
export interface Asked<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly operator: Operator
  /** Reads at least what this operator has written before; writes go to the primary. */
  readonly database: Database
  readonly nowMs: number
  /** What `If-Match` says, without quotes; `undefined` where it is not there. See `matchState`. */
  readonly ifMatch: string | undefined
  /** `If-None-Match: *`: only where there is no such record yet. */
  readonly mustBeNew: boolean
  readonly call: Call
  readonly world: TaskCapabilities
  /** What the config says. */
  readonly rules: ApiCapabilities['rules']
  /** What tokens must agree with. */
  readonly expectations: ApiCapabilities['expectations']
  /** The table that the operation is a row of. */
  readonly operations: readonly Operation[]
}

/** What an operation answers. */
export interface Reply<Output> {
  /** 200 when not given; 204 has no body. */
  readonly status?: 200 | 201 | 202 | 204
  readonly body?: Output
  /** Which state of the record this is. */
  readonly etag?: string
}

/** What is known of a call before its input is looked at. */
export type Situation = Omit<Asked<unknown, unknown, unknown>, keyof RawInput>

/** What a call brings, unchecked. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** `undefined` where there is none. */
  readonly body: unknown
}

/** What everyone may know of an operation: routes, checks, the list of permissions and the description come of it. */
export interface OperationFacts {
  /** What the description calls it, such as `users.ban`. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/_usher`, in Hono's spelling: `/api/users/:id`. */
  readonly path: `/${string}`
  readonly permission: OperatorPermission
  /** One sentence for the description. */
  readonly summary: string
  /** The binding without which it answers 501. */
  readonly needs?: 'QUEUE' | 'SYNC'
  /** Something that it can be asked, for the description and for tests. */
  readonly example: {
    readonly params?: Readonly<Record<string, string>>
    readonly query?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
}

/** The shapes of what goes in and comes out. A part that is not named must be empty. */
export interface OperationShapes<Params, Query, Body, Output> {
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  /** Not named: an answer without a body. */
  readonly output?: z.ZodType<Output>
}

/** One row of the table of operations. */
export interface Operation extends OperationFacts {
  readonly shapes: OperationShapes<unknown, unknown, unknown, unknown>
  /** Checks the input and does it. */
  run(raw: RawInput, situation: Situation): Promise<Result<Reply<unknown>, Refusal>>
}

/**
 * A row of the table of operations. What `handle` gets has the shapes that the row names; anything else is refused
 * with `query-invalid` (the path's parameters and the query) or `body-invalid`.
 */
export function operation<Params, Query, Body, Output>(
  row: OperationFacts & {
    readonly shapes: OperationShapes<Params, Query, Body, Output>
    handle(asked: Asked<Params, Query, Body>): Promise<Result<Reply<Output>, Refusal>>
  },
): Operation {
  const { handle, ...facts } = row
  const { params = nothing, query = nothing, body = nothing } = row.shapes
  return {
    ...facts,
    async run(raw, situation) {
      const [inPath, inQuery] = [params.safeParse(raw.params), query.safeParse(raw.query)]
      if (!inPath.success || !inQuery.success) return refuse('query-invalid')
      const inBody = body.safeParse(raw.body ?? {})
      if (!inBody.success) return refuse('body-invalid')
      // A shape that is not named takes nothing, and then nothing is what `handle` is typed to get.
      const input = { params: inPath.data, query: inQuery.data, body: inBody.data }
      return handle({
        ...situation,
        ...(input as Pick<Asked<Params, Query, Body>, keyof RawInput>),
      })
    },
  }
}

const nothing = z.strictObject({})
