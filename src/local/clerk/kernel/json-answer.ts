/** A JSON answer. Clerk's SDK reads JSON only where the type is exactly this. */
export function jsonAnswer(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const all = new Headers(headers)
  all.set('content-type', 'application/json')
  all.set('cache-control', 'no-store')
  return new Response(JSON.stringify(value), { status, headers: all })
}
