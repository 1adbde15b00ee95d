import type { Rooms } from '../gateway/rooms.ts'
import { type Dialect, dialects } from '../model/checks.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import type { Result } from '../model/result.ts'
import { identifyCaller } from './callers.ts'
import type { Checking } from './checking.ts'

/** Answers the checks of other proxies, each in its own dialect. */
export function createForwardAuth({ rules }: Checking): Rooms {
  return async (path, { request, requestId }) => {
    const dialect = dialectOf(path)
    const caller: Result<unknown, Refusal> =
      dialect === undefined
        ? refuse('route-unknown')
        : identifyCaller(request, dialect, rules.checks)
    const refusal: Refusal = caller.ok ? { code: 'context-invalid' } : caller.error
    return refusalResponse(refusal, { method: request.method, headers: request.headers, requestId })
  }
}

function dialectOf(path: string): Dialect | undefined {
  return dialects.find((one) => path === `/auth/${one}`)
}
