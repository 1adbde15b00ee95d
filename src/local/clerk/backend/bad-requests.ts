import { Complaint } from '../kernel/complaint.ts'
import type { BackendOperation } from './api.ts'

/** The newer endpoints of Clerk's say 400 of a request that the others say 422 of. */
export function inBadRequests(one: BackendOperation): BackendOperation {
  return {
    ...one,
    async answer(asked, caller, raw) {
      try {
        return await one.answer(asked, caller, raw)
      } catch (thrown) {
        throw thrown instanceof Complaint && thrown.status === 422
          ? badRequest(thrown.message)
          : thrown
      }
    },
  }
}

/** A request that makes no sense: 400. */
export function badRequest(message: string): Complaint {
  return new Complaint(400, 'bad_request', { message: 'Bad Request', longMessage: message })
}
