const alphabet = /^[A-Za-z0-9_-]*$/

/**
 * Decodes base64url without padding (RFC 7515 section 2). `undefined` for anything else: padding, the
 * standard alphabet, white space, or a length that no encoder produces.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!alphabet.test(text) || text.length % 4 === 1) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}

/** Encodes bytes, or the UTF-8 of a text, as base64url without padding. */
export function encodeBase64url(data: Uint8Array | ArrayBuffer | string): string {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data)
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
