/** What one entry of Clerk's error envelope adds. */
export interface ComplaintMeta {
  /** The member of the request that is wrong. */
  readonly paramName?: string
  readonly [name: string]: unknown
}

/**
 * Why the stand-in refuses a request, in Clerk's own codes and words
 * (https://clerk.com/docs/errors/overview). Thrown by operations; the kernel answers with it.
 */
export class Complaint extends Error {
  readonly status: number
  readonly code: string
  readonly longMessage: string
  readonly meta: ComplaintMeta

  constructor(
    status: number,
    code: string,
    {
      message,
      longMessage = message,
      ...meta
    }: { message: string; longMessage?: string } & ComplaintMeta,
  ) {
    super(message)
    this.name = 'Complaint'
    this.status = status
    this.code = code
    this.longMessage = longMessage
    this.meta = meta
  }
}

/** A member of the request that is wrong: 422 with its name. */
export function wrongParameter(code: string, paramName: string, message: string): Complaint {
  return new Complaint(422, code, { message, paramName })
}

/** What is asked for is not there: 404. */
export function notFound(message = 'not found'): Complaint {
  return new Complaint(404, 'resource_not_found', { message })
}

/** The error envelope of both of Clerk's APIs. */
export function complaintResponse({
  status,
  code,
  message,
  longMessage,
  meta,
}: Complaint): Response {
  const { paramName, ...rest } = meta
  const entry = {
    message,
    long_message: longMessage,
    code,
    ...((paramName !== undefined || Object.keys(rest).length > 0) && {
      meta: { ...(paramName !== undefined && { param_name: paramName }), ...rest },
    }),
  }
  const clerk_trace_id = crypto.randomUUID().replaceAll('-', '')
  const body = JSON.stringify({ errors: [entry], clerk_trace_id })
  // Clerk's SDK reads JSON only where the type is exactly this.
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}
