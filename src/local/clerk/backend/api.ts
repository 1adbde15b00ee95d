import { machineShowing } from '../acts/machines.ts'
import { Complaint } from '../kernel/complaint.ts'
import type { Fields, Raw } from '../kernel/fields.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import type { Asked, Operation, Written } from '../kernel/operation.ts'
import { operation } from '../kernel/operation.ts'
import { membersOf, readBody } from '../kernel/request-body.ts'
import type { World } from '../kernel/world.ts'

/** Whoever calls the Backend API: the owner of the secret key, or a machine with its own. */
export type BackendCaller =
  | { readonly kind: 'owner' }
  | { readonly kind: 'machine'; readonly id: string }

/** An operation of the Backend API. */
export type BackendOperation = Operation<BackendCaller> & { readonly isForMachines?: boolean }

/** Writes an operation of the Backend API down. */
export function backend<F extends Fields = Record<never, never>>(
  written: Written<BackendCaller, F>,
): BackendOperation {
  return operation(written)
}

/** Opens an operation to machines that show their own key, too. */
export function forMachines(one: BackendOperation): BackendOperation {
  return { ...one, isForMachines: true }
}

/** Answers one operation of the Backend API; 401 without a key that opens it. */
export async function answerBackend(found: BackendOperation, asked: Asked): Promise<Response> {
  const caller = callerOf(asked.request, asked.world, found.isForMachines === true)
  const raw: Raw = { ...membersOf(asked.url.searchParams), ...(await readBody(asked.request)) }
  const given = await found.answer(asked, caller, raw)
  return given instanceof Response ? given : jsonAnswer(given)
}

/** Who shows which key. The keys of a stand-in open nothing but the stand-in, so they are compared plainly. */
function callerOf(request: Request, world: World, mayBeMachine: boolean): BackendCaller {
  const [, shown] = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '') ?? []
  if (shown !== undefined && shown === world.settings.secretKey) return { kind: 'owner' }
  if (mayBeMachine && shown !== undefined) {
    const id = machineShowing(world, shown)
    if (id !== undefined) return { kind: 'machine', id }
  }
  throw new Complaint(401, 'clerk_key_invalid', {
    message: 'The provided Clerk Secret Key is invalid',
    longMessage:
      'The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.',
  })
}
