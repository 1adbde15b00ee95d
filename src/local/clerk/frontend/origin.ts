import { Complaint } from '../kernel/complaint.ts'
import type { Asked } from '../kernel/operation.ts'

/** Whether an origin is one at which the application is seen. */
export function isApplications({ publicOrigin, world }: Asked, origin: string): boolean {
  return origin === publicOrigin || origin === world.settings.applicationOrigin
}

/**
 * The origin of the page that asks. Whatever changes something must come from the application's own pages;
 * browsers name the page on every such request, and on none that reads from its own origin.
 */
export function pageOriginOf(asked: Asked): string {
  const { request, publicOrigin } = asked
  const origin = request.headers.get('origin')
  if (request.method === 'GET' && origin === null) return publicOrigin
  if (origin === null) {
    throw new Complaint(400, 'request_header_missing', {
      message: 'Invalid request headers',
      longMessage: 'The HTTP Origin header is required in browser requests.',
    })
  }
  if (request.headers.has('authorization')) {
    throw new Complaint(400, 'origin_authorization_headers_conflict', {
      message: "Setting both the 'Origin' and 'Authorization' headers is forbidden",
    })
  }
  if (isApplications(asked, origin)) return origin
  throw new Complaint(400, 'origin_invalid', {
    message: 'Invalid HTTP Origin header',
    longMessage:
      'The Request HTTP Origin header must be equal to or a subdomain of the requesting URL.',
  })
}
