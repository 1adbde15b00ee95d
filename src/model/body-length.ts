/**
 * How many bytes the headers of a message say that its body has; `undefined` where they do not, or where it
 * comes in chunks, which a length beside them says nothing of (RFC 9112 section 6.3).
 */
export function announcedBytes(headers: Headers): number | undefined {
  const lengthBytes = writtenLength(headers)
  return lengthBytes === undefined || headers.has('transfer-encoding') ? undefined : lengthBytes
}

/** The same of headers that have lost what says that a body comes in chunks, as those of every answer that leaves. */
export function writtenLength(headers: Headers): number | undefined {
  const text = headers.get('content-length')
  return text === null || !/^\d{1,15}$/.test(text) ? undefined : Number(text)
}

/** A way on for a body as it is: where its headers say how long it is, whoever takes it can tell when it is cut. */
export function channelFor(headers: Headers): IdentityTransformStream {
  const lengthBytes = announcedBytes(headers)
  return lengthBytes === undefined
    ? new IdentityTransformStream()
    : new FixedLengthStream(lengthBytes)
}
