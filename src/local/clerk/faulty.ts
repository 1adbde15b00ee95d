import { Complaint, complaintResponse } from './kernel/complaint.ts'
import type { World } from './kernel/world.ts'

/** How long whoever is turned away is told to wait, in seconds. */
const retryAfterSeconds = 10

/** What is answered in the place of either API while it is broken on purpose; `undefined` while it is not. */
export async function faultyAnswer(
  { faults }: World,
  pause: (delayMs: number) => Promise<void>,
): Promise<Response | undefined> {
  const { slowMs, down, tooMany } = faults
  if (slowMs > 0) await pause(slowMs)
  if (down) {
    return complaintResponse(
      new Complaint(503, 'service_unavailable', { message: 'Service unavailable' }),
    )
  }
  if (!tooMany) return undefined
  const response = complaintResponse(
    new Complaint(429, 'too_many_requests', {
      message: 'Too many requests',
      longMessage: 'Too many requests, retry later',
    }),
  )
  response.headers.set('retry-after', String(retryAfterSeconds))
  return response
}
