import { refusalResponse } from '../model/refusal-response.ts'
import { canonicalize } from './canonical.ts'

/** Where a shut house says that it is alive: its prefix may be what is wrong, so any will do. */
const livezPath = /^\/[^/]+\/livez$/

/** What a house answers that cannot open: its configuration is wrong. */
export function shut(request: Request): Response {
  const { method, headers } = request
  const target = canonicalize(request, new Set())
  if (target.ok && livezPath.test(target.value.path)) return Response.json({ status: 'alive' })
  const requestId = crypto.randomUUID()
  return refusalResponse({ code: 'gateway-misconfigured' }, { method, headers, requestId })
}
